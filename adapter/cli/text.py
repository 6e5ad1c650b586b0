"""A care path and a decision as plain text, in Dutch, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from adapter.service import dutch

if TYPE_CHECKING:
    from adapter.model.carepath import CarePath
    from adapter.model.decision import Decision, PhaseDecision
    from adapter.model.evidence import Evidence, Organisation

_MARKS = {"met": "+", "not_met": "-", "unknown": "?"}


def _organisation(organisation: Organisation | None) -> str:
    return dutch.name(organisation.name, organisation.id) if organisation else "onbekend"


def coded(organisation: Organisation) -> str:
    """The organisation with the code by which the register knows members."""
    codes = [f"{kind} {code}" for kind, code in (("AGB", organisation.agb), ("URA", organisation.ura)) if code]
    return f"{_organisation(organisation)} ({', '.join(codes) or 'geen AGB-code of URA'})"


def places(evidence: Iterable[Evidence]) -> str:
    """Where it stands, at the end of a line."""
    places = ", ".join(f"{e.source} {e.reference}" for e in evidence)
    return f"  [{places}]" if places else ""


def block(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines under a title; nothing where there are none."""
    found = list(lines)
    if found:
        yield ""
        yield title
        yield from (f"  {line}" for line in found)


def care_path_text(path: CarePath) -> Text:
    """The care path, source by every value."""
    return Text("\n".join(_care_path(path)))


def _care_path(path: CarePath) -> Iterator[str]:
    yield f"{dutch.name(path.woman.name)}, geb. {dutch.day(path.woman.birth_date)}  ({path.pregnancy})"
    term = f"termijn {dutch.term(path.gestational_age)}"
    if path.state == "ended":
        term = f"{dutch.outcome(path.outcome)} op {dutch.day(path.ended_on)}, {term}"
    yield f"stand op {dutch.day(path.as_of)}, bekend tot {dutch.instant(path.known_at)}: {term}"
    silent = [s for s in path.sources if s.state.value != "answered"]
    yield from block(
        "ONVOLLEDIG",
        (
            f"{coded(s.organisation)}: {dutch.SOURCE_STATE[s.state.value]}" + (f" ({s.problem})" if s.problem else "")
            for s in silent
        ),
    )
    yield from block(
        "Gegevens",
        (
            f"{dutch.FACTS.get(key, key)}: {dutch.fact(key, fact.value, fact.display)}{places(fact.evidence)}"
            + "".join(f"; ook genoemd: {dutch.value(c.value)}{places(c.evidence)}" for c in fact.conflicts)
            for key, fact in path.facts.items()
        ),
    )
    yield from block(
        "Fasen",
        (
            f"{p.phase}: {dutch.PHASE_STATE[p.state]}  {dutch.instant(p.start.value)} - {dutch.instant(p.end.value)}"
            for p in path.phases
        ),
    )
    yield from block(
        "Verantwoordelijk",
        (
            f"{coded(r.organisation)}: {dutch.instant(r.from_)} - {dutch.instant(r.to) if r.to else 'nu'}"
            f"{places(r.evidence)}"
            for r in path.responsibility
        ),
    )
    yield from block("Betrokken", (f"{coded(i.organisation)}: {i.acts} handelingen" for i in path.involved))
    yield from block(
        "Tijdlijn",
        (
            f"{dutch.day(a.day):>12}  {a.name}, {_organisation(a.organisation)}"
            + ("" if a.state == "done" else f" ({a.state})")
            + places([a.evidence])
            for a in path.acts
        ),
    )
    yield from block(
        "Zorgpad",
        (f"{m.name}: {dutch.MOMENT_STATE[m.state]}" for m in path.moments if m.state != "not_applicable"),
    )
    yield from block(
        "Verwijzingen",
        (f"{dutch.day(r.at)} {r.kind}: {_organisation(r.from_)} > {_organisation(r.to)}" for r in path.referrals),
    )
    yield from block("Kinderen", (f"{k.name or k.id}: geboren {dutch.instant(k.birth)}" for k in path.children))
    yield from block("Bronnen spreken elkaar tegen", (d.text for d in path.conflicts))
    yield from block("Mogelijk dubbel", (d.text for d in path.duplicates))


def decision_text(decision: Decision) -> Text:
    """One decision, with every reason."""
    return Text("\n".join(_decision(decision)))


def _decision(decision: Decision) -> Iterator[str]:
    standing = dutch.STANDING[decision.standing]
    yield f"{decision.pregnancy}: {dutch.STATUS[decision.status]} ({decision.stage}, {standing})"
    yield f"  regels {decision.rule_set.id} {decision.rule_set.version}, stand op {dutch.day(decision.as_of)}"
    for phase in decision.phases:
        yield from (f"  {line}" for line in _phase(phase))
    for care in decision.outside_care:
        yield f"  buiten de IGO: {_organisation(care.organisation)}, {care.what}{places(care.evidence)}"
    for variable in decision.missing:
        yield f"  ontbreekt: {dutch.about(variable.variable)}: {variable.why}"
    if decision.warning is not None and decision.warning.risk != "geen":
        yield f"  vroege waarschuwing ({decision.warning.risk}): {decision.warning.reasons[0].text}"
        yield from (f"    wat nog kan: {advice}" for advice in decision.warning.advice)
    yield ""


def _phase(phase: PhaseDecision) -> Iterator[str]:
    status = dutch.STATUS[phase.status] if phase.status else dutch.PHASE_STATE[phase.state]
    prestatie = f", {phase.prestatie.name} ({dutch.STANDING[phase.prestatie.standing]})" if phase.prestatie else ""
    yield f"{phase.phase}: {status}{prestatie}"
    for reason in phase.reasons:
        grounds = dutch.cites(reason.cites, reason.standing)
        standing = dutch.STANDING[reason.standing]
        yield f"  {_MARKS[reason.outcome]} {reason.text} [{grounds}; {standing}]".replace("[; ", "[")
    if phase.claim and not phase.claim.ready:
        yield f"  nog niet te declareren: {'; '.join(phase.claim.blocked_by)}"
    for other in phase.fallback:
        yield f"  zelf te declareren door {other.agb or 'onbekend'}: {other.prestatie.name}"
    for text in phase.igo_if:
        yield f"  wordt IGO als: {text}"
    if phase.forecast:
        yield f"  verwachting: {dutch.STATUS[phase.forecast.status]}"
