"""Where the prenatal phase starts: at the first care, but in the experiment at the physical intake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from adapter.model.decision import AskedOfRules
from adapter.model.evidence import OrganisationKind
from adapter.model.facts import ActKind
from adapter.model.moments import day_of
from adapter.model.projection import ClaimsProjection, ProjectedAct
from adapter.rules import RuleBook

EXPERIMENT = "selection-experiment"
"""The rule set of 2017 to 2022, the only one that counts the prenatal phase from the intake (NR/REG-2201)."""


def from_intake(projection: ClaimsProjection, book: RuleBook) -> ClaimsProjection:
    """The projection as the regime of its start reads it.

    Where the first care falls in the experiment, the prenatal phase starts at the physical intake ("vanaf de fysieke
    intake bij de zorgaanbieder"), and care before it is in no phase. An intake in 2023 then puts the phase under the
    regular rules. Without a known intake the first care stands.
    """
    prenatal = projection.phase("prenataal")
    if prenatal.start is None or book.table("selectie", day_of(prenatal.start)).id != EXPERIMENT:
        return projection
    intake = min((act for act in projection.acts if _is_intake(act)), key=_day, default=None)
    if intake is None or intake.day is None or intake.day <= day_of(prenatal.start):
        return projection
    moved = replace(prenatal, start=intake.day, evidence=(*prenatal.evidence, intake.evidence))
    phases = tuple(moved if phase is prenatal else phase for phase in projection.phases)
    acts = tuple(replace(a, phase=None) if _before(a, intake.day) else a for a in projection.acts)
    return replace(projection, phases=phases, acts=acts)


def asked_of_start(projection: ClaimsProjection) -> Iterator[AskedOfRules]:
    """What `from_intake` asks of the rules: whose regime holds where the prenatal phase starts."""
    start = projection.phase("prenataal").start
    if start is not None:
        yield ("selectie", None, day_of(start), ())


def _is_intake(act: ProjectedAct) -> bool:
    obstetric = act.organisation.kind is not OrganisationKind.KRAAMZORG and act.discipline != "kraamzorg"
    return act.kind is ActKind.INTAKE and act.phase == "prenataal" and act.day is not None and obstetric


def _day(act: ProjectedAct) -> date:
    return act.day or date.max


def _before(act: ProjectedAct, day: date) -> bool:
    return act.phase == "prenataal" and act.day is not None and act.day < day
