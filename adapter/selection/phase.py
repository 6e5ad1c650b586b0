"""IGO or niet-IGO for one phase: find the answers, ask the tables, and tell all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from adapter.model.decision import MissingVariable, OutsideCare, PhaseSelection, PhaseStatus, Reason
from adapter.rules import Outcome, Standing, counterfactuals, evaluate, lowest, pivotal
from adapter.selection import insurance, kraamzorg, outside, responsible, words
from adapter.selection.case import Case
from adapter.selection.finding import Finding
from adapter.selection.intake import EXPERIMENT
from adapter.selection.stage import stage_of

_NOT_ASKED = {"nvt", "niet_gesteld"}
"""Values of a condition that was not tested, because it does not apply."""

_STATUS: dict[str, PhaseStatus] = {"igo": "igo", "niet_igo": "niet_igo", "onbepaald": "onbepaald"}


@dataclass(frozen=True, slots=True)
class PhaseResult:
    """What was decided of one phase, with what it adds to the pregnancy as a whole."""

    selection: PhaseSelection
    outside: tuple[OutsideCare, ...]
    missing: tuple[MissingVariable, ...]
    version: str


@dataclass(frozen=True, slots=True)
class _Found:
    findings: dict[str, Finding]
    care: outside.Sorted
    cover: insurance.Cover
    holders: responsible.Holders


def decide_phase(case: Case) -> PhaseResult:
    """Decide one phase. One that has not begun gets what it would become (`expected`), and no status."""
    found = _find(case)
    values = {name: finding.value for name, finding in found.findings.items()}
    outcome = evaluate(case.table, values, case.regime_day)
    status = _STATUS[outcome.value]
    stage = stage_of(case, status, found.holders)
    reasons = (*_reasons(case, outcome, found), *stage.reasons)
    standing = _standing(outcome, found, stage.standing)
    selection = PhaseSelection(
        phase=case.phase.phase,
        state=case.phase.state,
        regime=case.table.id,
        start=case.phase.start,
        end=case.phase.end,
        status=status if case.begun else None,
        stage=stage.stage,
        standing=standing,
        reasons=reasons,
        igo_if=tuple(_igo_if(case, values, found)),
        expected=None if case.begun else status,
        regime_day=case.regime_day,
        contract_day=found.cover.contract_on,
        insurer=found.cover.uzovi,
        responsible=tuple(dict.fromkeys(h.held.organisation for h in found.holders.holders)),
    )
    deciding = [m for asked in pivotal(case.table, values, case.regime_day) for m in found.findings[asked.name].missing]
    unborn = found.findings["bevalling"].missing if "bevalling" in found.findings else ()
    missing = (*unborn, *deciding, *stage.missing) if case.begun else ()
    return PhaseResult(selection, tuple(found.care.outside), missing, case.table.version)


def _find(case: Case) -> _Found:
    """Answer every question that the table of this regime asks."""
    cover = insurance.cover_of(case)
    holders = responsible.holders_of(case)
    whole = case.igo.rules.break_scope == "pregnancy" and case.table.id == EXPERIMENT
    care = outside.sort_care(case, holders, whole)
    members = tuple(care.by_members)
    kraam = kraamzorg.kraamzorg_member(case)
    answers: dict[str, Callable[[], Finding]] = {
        "bevalling": lambda: birth(case),
        "verzekerd": lambda: insurance.insured(case, cover),
        "contract": lambda: insurance.contracted(case, cover),
        "minimum": lambda: insurance.minimum(case, cover),
        "verantwoordelijk": lambda: responsible.responsible(case, holders, members),
        "lid": lambda: responsible.member_care(case, holders, members, kraam),
        "kraamzorg_lid": lambda: kraam,
        "zorg_buiten": lambda: outside.outside_care(case, care, kraam),
        "derde_lijn": lambda: outside.third_line(case, care),
    }
    findings = {asked.name: answers[asked.name]() for asked in case.table.inputs}
    return _Found(findings, care, cover, holders)


def birth(case: Case) -> Finding:
    """`bevalling`: whether there was one; a pregnancy that must be over, and of which nobody wrote the end, may not."""
    if case.phase.phase == "prenataal" or not case.begun:
        return Finding("nvt", "De bevalling telt alleen in de natale en de postnatale fase.")
    if not case.birth_unknown:
        return Finding("bekend", "Bekend is hoe de zwangerschap eindigde.", case.phase.evidence)
    why = "Niet bekend is hoe de zwangerschap eindigde, en of er een bevalling was."
    return Finding("onbekend", why, case.phase.evidence, case.lacks("outcome", why))


def _reasons(case: Case, outcome: Outcome, found: _Found) -> Iterator[Reason]:
    row = outcome.row
    yield Reason(row.id, "met", row.text, row.citation, row.standing)
    yield Reason(
        case.table.id,
        "met",
        f"De {words.PHASE[case.phase.phase]} valt op {words.on(case.regime_day)} onder: {case.table.title}.",
        "eigen lezing",
        "provisional",
        case.phase.evidence,
    )
    for tested in outcome.trace:
        if tested.value in _NOT_ASKED:
            continue
        finding = found.findings[tested.input.name]
        rule = f"{case.table.id}/{tested.input.name}"
        citation = tested.input.citation
        standing = lowest(tested.input.standing, finding.standing)
        yield Reason(rule, tested.verdict, finding.text, citation, standing, finding.evidence)
    yield from outside.excluded_reasons(found.care)


def _standing(outcome: Outcome, found: _Found, stage: Standing) -> Standing:
    conditions = [
        s for t in outcome.trace if t.decisive for s in (t.input.standing, found.findings[t.input.name].standing)
    ]
    return lowest(outcome.row.standing, stage, *conditions, *(row.standing for row in found.care.rows.values()))


def _igo_if(case: Case, values: dict[str, str], found: _Found) -> Iterator[str]:
    facts = {
        "fase": words.PHASE[case.phase.phase],
        "verzekeraardag": words.on(found.cover.insured_on),
        "contractdag": words.on(found.cover.contract_on),
        "verzekeraar": words.insurer(found.cover.uzovi),
        "buiten": _instead_of(found.care),
    }
    verb = "is" if case.begun else "wordt"
    for turns in counterfactuals(case.table, values, case.regime_day, "igo"):
        changes = words.listed([turn.text.format(**facts) for turn in turns])
        yield f"Als {changes}, {verb} deze fase IGO."


def _instead_of(care: outside.Sorted) -> str:
    names = list(dict.fromkeys(words.name(o.organisation) for o in care.outside))
    return f" (nu ook door {words.listed(names)})" if names else ""
