"""Every question that a selection table may ask, and who answers it. A table may ask any of them, in any order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapter.selection import circumstances, insurance, outside, responsible
from adapter.selection.case import Case, unsettled_birth
from adapter.selection.finding import Finding


@dataclass(slots=True)
class Seen:
    """What was found of a phase before any question is answered."""

    holders: responsible.Holders
    care: outside.Sorted
    kraamzorg: Finding


def birth(case: Case) -> Finding:
    """`bevalling`: whether there was one; a pregnancy that must be over, and of which nobody wrote the end, may not."""
    if case.phase.phase == "prenataal" or not case.begun:
        return Finding("nvt", "De bevalling telt alleen in de natale en de postnatale fase.")
    why = unsettled_birth(case.projection)
    if why is None:
        return Finding("bekend", "Bekend is hoe de zwangerschap eindigde.", case.phase.evidence)
    return Finding("onbekend", why, case.phase.evidence, case.lacks("outcome", why))


ANSWERS: dict[str, Callable[[Case, Seen], Finding]] = {
    "bevalling": lambda case, _: birth(case),
    "verzekerd": lambda case, _: insurance.insured(case, case.cover),
    "contract": lambda case, _: insurance.contracted(case, case.cover),
    "minimum": lambda case, _: insurance.minimum(case, case.cover),
    "verantwoordelijk": lambda case, seen: responsible.responsible(case, seen.holders, tuple(seen.care.by_members)),
    "lid": lambda case, seen: responsible.member_care(case, seen.holders, tuple(seen.care.by_members), seen.kraamzorg),
    "kraamzorg_lid": lambda _, seen: seen.kraamzorg,
    "zorg_buiten": lambda case, seen: outside.outside_care(case, seen.care, seen.kraamzorg),
    "derde_lijn": lambda case, seen: outside.third_line(case, seen.care),
    "fase": lambda case, _: circumstances.phase(case),
    "geboorteplaats": lambda case, _: circumstances.place(case),
    "meerling": lambda case, _: circumstances.multiple(case),
    "praktijkwissel": lambda case, _: circumstances.practice_switch(case),
    "verhuisd": lambda case, _: circumstances.moved(case),
    "einde_voor_16_weken": lambda case, _: circumstances.ended_early(case),
    "overdracht_buiten": lambda case, _: circumstances.handed_over(case),
}
"""By the name of the input in `mappings/rules`; a table that asks anything else is refused when it is loaded."""
