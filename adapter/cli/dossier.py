"""What the decision may know of a pregnancy as plain text, in Dutch: the dossier that goes with the rulebook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from adapter.cli.text import block, places
from adapter.model.evidence import OrganisationKind
from adapter.selection import named_in
from adapter.service import dutch

if TYPE_CHECKING:
    from adapter.model.evidence import Organisation
    from adapter.model.moments import Moment, Span
    from adapter.model.projection import (
        ClaimsProjection,
        Insurance,
        ProjectedAct,
        ProjectedPhase,
        ProjectedReferral,
        ProjectedSource,
    )


class _Names:
    """What each organisation is called: by name, and with its id where two share one."""

    def __init__(self, organisations: Iterable[Organisation]) -> None:
        self.all = {o.id: o for o in organisations}
        self._said = Counter(o.name for o in self.all.values())

    def of(self, organisation: Organisation | None) -> str:
        if organisation is None:
            return "onbekend"
        if organisation.name and self._said[organisation.name] < 2:
            return organisation.name
        return f"{organisation.name or 'organisatie zonder naam'} [{organisation.id}]"

    def told(self) -> Iterator[str]:
        for organisation in self.all.values():
            codes = [f"AGB {organisation.agb}"] if organisation.agb else []
            codes += [f"URA {organisation.ura}"] if organisation.ura else []
            kind = organisation.kind.value if organisation.kind is not OrganisationKind.ONBEKEND else "soort onbekend"
            yield f"{self.of(organisation)}: {kind}, {', '.join(codes) or 'geen AGB-code of URA'}"


def dossier_text(given: ClaimsProjection) -> Text:
    """The claims projection: everything that selection and claims can read, and nothing else."""
    return Text("\n".join(_dossier(given)))


def _dossier(given: ClaimsProjection) -> Iterator[str]:
    names = _Names(_organisations(given))
    yield f"Zwangerschap {given.pregnancy}: wat het besluit weet"
    yield f"stand op {dutch.day(given.as_of)}, bekend tot {dutch.instant(given.known_at)}: {_course(given)}"
    yield from block("Organisaties", names.told())
    yield from block("Fasen", (_phase(p) for p in given.phases))
    held = (f"{names.of(r.organisation)}: {_span(r.span)}{places(r.evidence)}" for r in given.responsibility)
    yield from block("Verantwoordelijk", held)
    yield from block("Verwijzingen", (_referral(r, names) for r in given.referrals))
    yield from block("Zorg", (_act(a, names) for a in given.acts))
    yield from block("Verzekering", [_insured(i) for i in given.insurance] or ["geen verzekeraar bekend"])
    yield from block("Kraamzorg", _kraamzorg(given, names))
    yield from block("Geboorte en verder", _rest(given, names))
    named = named_in(given)
    yield from block("Bronnen", (_source(s, names, named) for s in given.sources))


def _organisations(given: ClaimsProjection) -> Iterator[Organisation]:
    """Every one that the projection names; what the data say of it goes before what a source says of itself."""
    yield from (s.organisation for s in given.sources)
    for referral in given.referrals:
        yield from (o for o in (referral.sender, referral.receiver) if o is not None)
    yield from given.kraamzorg.organisations
    if given.birth_organisation is not None:
        yield given.birth_organisation
    yield from (r.organisation for r in given.responsibility)
    for act in given.acts:
        yield from (o for o in (act.referrer, act.organisation) if o is not None)


def _course(given: ClaimsProjection) -> str:
    if given.outcome is None:
        return f"lopend, {_term(given.gestational_days)}"
    on = f" op {dutch.day(given.ended_on)}" if given.ended_on else ", dag onbekend"
    return f"{dutch.outcome(given.outcome)}{on}, {_term(given.gestational_days_at_end)}"


def _term(days: int | None) -> str:
    return "termijn onbekend" if days is None else f"termijn {days // 7}+{days % 7}"


def _phase(phase: ProjectedPhase) -> str:
    state = dutch.PHASE_STATE[phase.state]
    if phase.state in ("not_started", "not_applicable"):
        return f"{phase.phase}: {state}"
    start = f"{_at(phase.start)}{' (afgeleid)' if phase.derived_start else ''}"
    end = (
        f"{_until(phase.end) if phase.end is not None else 'tot onbekend'}{' (afgeleid)' if phase.derived_end else ''}"
    )
    return f"{phase.phase}: {state}, van {start} {end}{places(phase.evidence)}"


def _at(moment: Moment | None) -> str:
    return "onbekend" if moment is None else dutch.instant(moment)


def _span(span: Span) -> str:
    start = dutch.instant(span.start) if span.start is not None else "begin onbekend"
    return f"van {start}, einde open" if span.end is None else f"van {start} {_until(span.end)}"


def _until(end: Moment) -> str:
    """A day is part of it, an instant is where it stops."""
    return f"{'tot' if isinstance(end, datetime) else 't/m'} {dutch.instant(end)}"


def _referral(referral: ProjectedReferral, names: _Names) -> str:
    who = f"van {names.of(referral.sender)} naar {names.of(referral.receiver)}"
    return f"{dutch.day(referral.day)} {referral.kind.value} {who}{places(referral.evidence)}"


def _act(act: ProjectedAct, names: _Names) -> str:
    told = [act.phase or "geen fase", act.kind.value, names.of(act.organisation)]
    if act.discipline:
        told.append(f"discipline {act.discipline}")
    if act.line:
        told.append(f"lijn {act.line}")
    if act.practitioners:
        told.append(f"zorgverlener AGB {', '.join(act.practitioners)}")
    if act.referrer is not None:
        told.append(f"verwezen door {names.of(act.referrer)}")
    return f"{dutch.day(act.day) if act.day else 'dag onbekend':>12}  {', '.join(told)}{places([act.evidence])}"


def _insured(insurance: Insurance) -> str:
    who = f"UZOVI {insurance.uzovi}" if insurance.uzovi else "geen UZOVI-code"
    state = {True: "verzekerd", False: "onverzekerd", None: "niet bekend of verzekerd"}[insurance.insured]
    return f"{who}, {state}, {_span(insurance.valid)}{places(insurance.evidence)}"


def _kraamzorg(given: ClaimsProjection, names: _Names) -> Iterator[str]:
    known = given.kraamzorg
    yield f"organisatie: {'; '.join(names.of(o) for o in known.organisations) or 'onbekend'}"
    yield f"uren: {dutch.value(known.hours)}"
    yield f"aangevraagd: {dutch.value(known.requested)}; afgezien: {dutch.value(known.declined)}"


def _rest(given: ClaimsProjection, names: _Names) -> Iterator[str]:
    yield f"plaats van de geboorte: {dutch.value(given.place_of_birth)}"
    yield f"bevalling begeleid door: {names.of(given.birth_organisation)}"
    yield f"wijze van bevallen: {dutch.value(given.delivery_type)}; kinderen: {dutch.value(given.children)}"
    yield f"gewenste plaats van de geboorte: {dutch.value(given.intended_place_of_birth)}"
    yield f"praktijkwissel: {dutch.value(given.practice_switch)}; verhuisd: {dutch.value(given.moved)}"


def _source(source: ProjectedSource, names: _Names, named: Iterable[str]) -> str:
    told = f"{names.of(source.organisation)}: {dutch.SOURCE_STATE[source.state.value]}"
    if source.source is not None:
        return f"{told} (bron {source.source})"
    if source.organisation.id in named:
        return f"{told} (geen bron; in deze gegevens genoemd)"
    return f"{told} (geen bron; staat in het register, in deze gegevens niet genoemd)"
