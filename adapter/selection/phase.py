"""IGO or niet-IGO for one phase: find the answers, ask the tables, and tell all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.model.decision import MissingVariable, OutsideCare, PhaseSelection, PhaseStatus, Reason
from adapter.model.evidence import Organisation
from adapter.rules import Outcome, Standing, lowest
from adapter.selection import kraamzorg, outside, responsible, words
from adapter.selection.answers import ANSWERS, Seen
from adapter.selection.case import Case
from adapter.selection.finding import Finding
from adapter.selection.intake import EXPERIMENT
from adapter.selection.stage import stage_of

_NOT_ASKED = {"nvt", "niet_gesteld"}
"""Values of a condition that was not tested, because it does not apply."""

_STATUS: dict[str, PhaseStatus] = {"igo": "igo", "niet_igo": "niet_igo", "onbepaald": "onbepaald"}


@dataclass(slots=True)
class PhaseResult:
    """What was decided of one phase, with what it adds to the pregnancy as a whole."""

    selection: PhaseSelection
    outside: tuple[OutsideCare, ...]
    missing: tuple[MissingVariable, ...]
    version: str


@dataclass(slots=True)
class _Found:
    findings: dict[str, Finding]
    care: outside.Sorted
    holders: responsible.Holders


def decide_phase(case: Case) -> PhaseResult:
    """Decide one phase. One that has not begun gets what it would become (`expected`), and no status."""
    found = _find(case)
    findings = found.findings
    key = tuple([finding.value for finding in findings.values()])
    outcome = case.selecting.says(key)
    status = _STATUS[outcome.value]
    stage = stage_of(case, status, found.holders)
    begun = case.begun
    selection = PhaseSelection(
        phase=case.phase.phase,
        state=case.phase.state,
        regime=case.table.id,
        start=case.phase.start,
        end=case.phase.end,
        status=status if begun else None,
        stage=stage.stage,
        standing=_standing(outcome, found, stage.standing),
        reasons=(*_reasons(case, outcome, found), *stage.reasons),
        igo_if=tuple(_igo_if(case, key, found)),
        expected=None if begun else status,
        regime_day=case.regime_day,
        contract_day=case.cover.contract_on,
        insurer=case.cover.uzovi,
        responsible=_in_turn(found.holders),
        not_of_members=tuple(act.evidence for act in found.care.not_of_members),
    )
    missing: tuple[MissingVariable, ...] = ()
    if begun:
        deciding = [m for asked in case.selecting.pivotal(key) for m in findings[asked.name].missing]
        unborn = findings["bevalling"].missing if "bevalling" in findings else ()
        missing = (*unborn, *deciding, *stage.missing)
    return PhaseResult(selection, tuple(found.care.outside), missing, case.table.version)


def _in_turn(holders: responsible.Holders) -> tuple[Organisation, ...]:
    found = [h.held.organisation for h in holders.holders]
    return tuple(found) if len(found) < 2 else tuple(dict.fromkeys(found))


def _find(case: Case) -> _Found:
    """Answer every question that the table of this regime asks."""
    holders = responsible.holders_of(case)
    whole = case.igo.rules.break_scope == "pregnancy" and case.table.id == EXPERIMENT
    care = outside.sort_care(case, holders, whole)
    kraam = kraamzorg.kraamzorg_member(case)
    seen = Seen(holders, care, kraam)
    return _Found({asked.name: ANSWERS[asked.name](case, seen) for asked in case.table.inputs}, care, holders)


def _reasons(case: Case, outcome: Outcome, found: _Found) -> Iterator[Reason]:
    row = outcome.row
    yield row.reason
    phase, day, table = words.PHASE[case.phase.phase], words.on(case.regime_day), case.table
    text = f"De {phase} valt op {day} onder: {table.title}."
    yield Reason(table.id, "met", text, "eigen lezing", "provisional", case.phase.evidence)
    findings = found.findings
    for tested in outcome.trace:
        if tested.value not in _NOT_ASKED:
            asked = tested.input
            finding = findings[asked.name]
            standing = asked.standing if finding.standing == "verified" else finding.standing
            yield Reason(tested.rule, tested.verdict, finding.text, asked.citation, standing, finding.evidence)
    if found.care.joined:
        yield from outside.joined_reasons(found.care)
    if found.care.excluded:
        yield from outside.excluded_reasons(found.care)


def _standing(outcome: Outcome, found: _Found, stage: Standing) -> Standing:
    said = [found.findings[t.input.name].standing for t in outcome.trace if t.decisive]
    return lowest(outcome.standing, stage, *said, *[row.standing for row in found.care.rows.values()])


def _igo_if(case: Case, key: tuple[str, ...], found: _Found) -> Iterator[str]:
    ways = case.selecting.turns(key, "igo")
    if not ways:
        return
    facts = {
        "fase": words.PHASE[case.phase.phase],
        "verzekeraardag": words.on(case.cover.insured_on),
        "contractdag": words.on(case.cover.contract_on),
        "verzekeraar": words.insurer(case.cover.uzovi),
        "buiten": _instead_of(found.care),
    }
    verb = "is" if case.begun else "wordt"
    for turns in ways:
        changes = words.listed([turn.text.format(**facts) for turn in turns])
        yield f"Als {changes}, {verb} deze fase IGO."


def _instead_of(care: outside.Sorted) -> str:
    names = list(dict.fromkeys(words.name(o.organisation) for o in care.outside))
    return f" (nu ook door {words.listed(names)})" if names else ""
