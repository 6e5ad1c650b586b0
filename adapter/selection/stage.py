"""Voorlopig or definitief: never definitief on silence."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.model.decision import MissingVariable, PhaseStatus, Reason, Stage
from adapter.rules import Standing
from adapter.selection import words
from adapter.selection.case import Case
from adapter.selection.finding import Finding
from adapter.selection.intake import EXPERIMENT
from adapter.selection.responsible import Holders

_STAGE: dict[str, Stage] = {"voorlopig": "voorlopig", "definitief": "definitief"}


@dataclass(slots=True)
class StageOf:
    """The stage of a phase, why, and what it waits for."""

    stage: Stage
    standing: Standing
    reasons: tuple[Reason, ...]
    missing: tuple[MissingVariable, ...]


def stage_of(case: Case, status: PhaseStatus, holders: Holders) -> StageOf:
    """The stage of a phase with this status."""
    findings = _findings(case, status, holders)
    outcome = case.staging.says(tuple([findings[asked.name].value for asked in case.staging.table.inputs]))
    row = outcome.row
    reasons = [row.reason]
    for t in outcome.trace:
        if t.value != "nvt":
            asked, finding = t.input, findings[t.input.name]
            reasons.append(Reason(t.rule, t.verdict, finding.text, asked.citation, asked.standing, finding.evidence))
    missing = tuple([m for finding in findings.values() for m in finding.missing])
    return StageOf(_STAGE[outcome.value], row.standing, tuple(reasons), missing)


def _findings(case: Case, status: PhaseStatus, holders: Holders) -> dict[str, Finding]:
    settled = "onbepaald" if status == "onbepaald" else "bepaald"
    return {
        "fase": _phase(case),
        "uitkomst": Finding(settled, f"De uitkomst is {settled}."),
        "bronnen": _sources(case),
        "verantwoordelijke": _responsible(case, holders),
        "geboorteplaats": _place(case),
        "kraamzorg": _kraamzorg(case),
    }


def _phase(case: Case) -> Finding:
    phase, projection = words.PHASE[case.phase.phase], case.projection
    if case.phase.state == "not_started":
        return Finding("niet_begonnen", f"De {phase} is op {words.on(projection.as_of)} nog niet begonnen.")
    if case.phase.state == "running":
        return Finding("lopend", f"De {phase} loopt op {words.on(projection.as_of)} nog.", case.phase.evidence)
    whole = case.igo.rules.break_scope == "pregnancy" and case.table.id == EXPERIMENT
    if whole and any(p.state in {"not_started", "running"} for p in projection.phases):
        return Finding("lopend", f"De {phase} is afgelopen, maar zorg in een latere fase telt hier mee (break_scope).")
    if case.phase.start is None or case.phase.end is None:
        why = f"De {phase} is voorbij, maar wanneer zij begon of eindigde, is niet bekend."
        return Finding("onbekend", why, case.phase.evidence, case.lacks("phase", why))
    return Finding("afgelopen", f"De {phase} is afgelopen.", case.phase.evidence)


def _sources(case: Case) -> Finding:
    if not case.silent:
        return Finding("volledig", "Alle bronnen, leden en genoemde organisaties hebben geantwoord.")
    told = [f"{silent.who} {silent.why}" for silent in case.silent]
    missing = tuple(MissingVariable("source", f"{what}.") for what in told)
    return Finding("onvolledig", f"Niet iedereen heeft geantwoord: {'; '.join(told)}.", (), missing)


def _responsible(case: Case, holders: Holders) -> Finding:
    phase = words.PHASE[case.phase.phase]
    if holders.holders:
        names = words.listed(sorted({words.name(h.held.organisation) for h in holders.holders}))
        evidence = tuple(e for h in holders.holders for e in h.held.evidence)
        return Finding("bekend", f"Verantwoordelijk in de {phase}: {names}.", evidence)
    why = f"Niet bekend is wie in de {phase} verantwoordelijk was voor de verloskundige zorg."
    return Finding("onbekend", why, (), case.lacks("responsible", why))


def _place(case: Case) -> Finding:
    if case.phase.phase != "nataal":
        return Finding("nvt", "De plaats van de geboorte telt alleen in de natale fase.")
    if case.projection.place_of_birth or case.projection.birth_organisation:
        return Finding("bekend", "De plaats van de geboorte is bekend.", case.phase.evidence)
    why = "De plaats van de geboorte is niet bekend."
    return Finding("onbekend", why, (), case.lacks("place_of_birth", why) if case.begun else ())


def _kraamzorg(case: Case) -> Finding:
    known = case.projection.kraamzorg
    if case.phase.phase != "postnataal":
        return Finding("nvt", "De kraamzorg telt alleen in de postnatale fase.")
    if known.organisations:
        return Finding("bekend", "Bekend is wie de kraamzorg geeft.", known.evidence)
    if known.declined:
        return Finding("afgezien", "Van kraamzorg is afgezien.", known.evidence)
    why = "Niet bekend is welke organisatie de kraamzorg geeft, of dat ervan is afgezien."
    return Finding("onbekend", why, known.evidence, case.lacks("kraamzorg", why))
