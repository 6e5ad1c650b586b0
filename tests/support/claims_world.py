"""A small birth-care region for the tests of selection and claims: two regimes, five members, three outsiders.

Everybody answers, everything is known and all care is by members, unless a test says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from adapter import claims, rules, selection
from adapter.model.carepath import PhaseName
from adapter.model.decision import PhaseClaim, PhaseSelection, Selection
from adapter.model.evidence import Evidence, Organisation, OrganisationKind
from adapter.model.facts import ActKind, Outcome
from adapter.model.identifiers import Agb, Ura
from adapter.model.moments import Moment, Span, day_of
from adapter.model.projection import (
    ClaimsProjection,
    Insurance,
    Kraamzorg,
    ProjectedAct,
    ProjectedPhase,
    ProjectedResponsibility,
    ProjectedSource,
)
from adapter.model.register import Contract, Igo, Member, RuleParameters
from adapter.model.sources import SourceState

MAPPINGS = Path(__file__).parents[2] / "mappings"
K = OrganisationKind


def organisation(agb: str | None, name: str, kind: OrganisationKind, ura: str | None = None) -> Organisation:
    return Organisation(f"agb:{agb}" if agb else f"ura:{ura}" if ura else f"bron:{name}", agb, ura, name, kind)


groen = organisation("08001234", "Verloskundigenpraktijk 't Groen", K.VERLOSKUNDIGENPRAKTIJK)
blauw = organisation("08004321", "Verloskundigenpraktijk Blauw", K.VERLOSKUNDIGENPRAKTIJK)
stad = organisation("06001234", "Stadsziekenhuis", K.ZIEKENHUIS)
kraam = organisation("72001234", "Kraamzorg De Wieg", K.KRAAMZORG)
beeld = organisation("08055555", "Echocentrum Beeld", K.ECHOCENTRUM)
MEMBERS = (groen, blauw, stad, kraam, beeld)
rood = organisation("08009999", "Verloskundigenpraktijk Rood", K.VERLOSKUNDIGENPRAKTIJK)
elders = organisation("06009999", "Ziekenhuis Elders", K.ZIEKENHUIS)
vreemd = organisation("72009999", "Kraamzorg Vreemd", K.KRAAMZORG)

_DISCIPLINES = ("verloskunde", "verloskunde", "ziekenhuis", "kraamzorg", "echoscopie")
ALWAYS = date(2015, 1, 1)


def member(who: Organisation, discipline: str, since: date = ALWAYS, until: date | None = None) -> Member:
    return Member(
        who.name or who.id,
        discipline,
        since,
        until,
        Agb(who.agb) if who.agb else None,
        Ura(who.ura) if who.ura else None,
    )


def an_igo(contracts: Sequence[Contract] | None = None, members: Sequence[Member] | None = None, **rules_: Any) -> Igo:
    return Igo(
        "IGO Voorbeeld",
        Agb("53000001"),
        tuple(members) if members is not None else tuple(map(member, MEMBERS, _DISCIPLINES)),
        tuple(contracts) if contracts is not None else (Contract(("1000",), ALWAYS),),
        RuleParameters(**rules_),
    )


def evidence(who: Organisation, reference: str = "Encounter/1") -> Evidence:
    return Evidence("bron", reference, "1", "period.start", who.agb)


def care(
    kind: ActKind,
    who: Organisation,
    day: date | None,
    phase: PhaseName | None = "prenataal",
    *,
    discipline: str | None = None,
    line: str | None = None,
) -> ProjectedAct:
    return ProjectedAct(kind, day, phase, who, discipline, None, line, evidence(who, f"Encounter/{kind}"))


def held(who: Organisation, start: Moment | None = None, end: Moment | None = None) -> ProjectedResponsibility:
    return ProjectedResponsibility(who, Span(start, end), (evidence(who, "EpisodeOfCare/1"),))


def insured(uzovi: str | None = "1000", known: bool | None = True, valid: Span | None = None) -> Insurance:
    return Insurance(uzovi, known, valid or Span(None, None), ())


def answers(who: Organisation, state: SourceState = SourceState.ANSWERED) -> ProjectedSource:
    return ProjectedSource(who.id, who, state)


def silent(*who: Organisation, state: SourceState = SourceState.FAILED) -> tuple[ProjectedSource, ...]:
    """All members answer, except these (members or not)."""
    return (*(answers(m) for m in MEMBERS if m not in who), *(answers(o, state) for o in who))


BORN = datetime(2024, 6, 1, 3, tzinfo=UTC)


def in_year(year: int, day: date = date(2024, 6, 1)) -> date:
    return day.replace(year=year)


def pregnancy(year: int = 2024, **changes: Any) -> ClaimsProjection:
    """A pregnancy from 2 January, born at home on 1 June with 't Groen, kraamzorg by De Wieg, all over in August."""
    start, born, placenta = date(year, 1, 2), BORN.replace(year=year), BORN.replace(year=year, hour=6)
    ended = placenta + timedelta(hours=2)
    plain = ClaimsProjection(
        pregnancy="zwangerschap",
        as_of=date(year, 8, 1),
        known_at=datetime(year, 8, 1, tzinfo=UTC),
        outcome=Outcome.BIRTH,
        ended_on=day_of(born),
        gestational_days_at_end=280,
        gestational_days=280,
        phases=(
            ProjectedPhase("prenataal", "ended", start, born, False, False, ()),
            ProjectedPhase("nataal", "ended", born, ended, False, False, ()),
            ProjectedPhase("postnataal", "ended", ended, day_of(born) + timedelta(days=42), False, False, ()),
        ),
        acts=(
            care(ActKind.INTAKE, groen, start),
            care(ActKind.BEVALLING, groen, day_of(born), "nataal"),
            care(ActKind.POSTNATALE_ZORG, groen, day_of(born) + timedelta(days=3), "postnataal"),
            care(ActKind.KRAAMZORG, kraam, day_of(born) + timedelta(days=1), "postnataal"),
        ),
        responsibility=(held(groen, start),),
        referrals=(),
        insurance=(insured(),),
        kraamzorg=Kraamzorg((kraam,), 49.0, True, None, ()),
        place_of_birth="thuis",
        intended_place_of_birth="thuis",
        birth_organisation=groen,
        delivery_type="spontaan",
        children=1,
        practice_switch=False,
        moved=None,
        sources=tuple(answers(m) for m in MEMBERS),
    )
    return replace(plain, **changes)


def with_care(year: int, *extra: ProjectedAct, **changes: Any) -> ClaimsProjection:
    """The plain pregnancy with more care."""
    plain = pregnancy(year)
    return replace(plain, acts=(*plain.acts, *extra), **changes)


def with_phase(given: ClaimsProjection, name: PhaseName, **changes: Any) -> ClaimsProjection:
    """The same with one phase otherwise."""
    return replace(given, phases=tuple(replace(p, **changes) if p.phase == name else p for p in given.phases))


def ongoing(year: int = 2024, **changes: Any) -> ClaimsProjection:
    """The same pregnancy on 1 April: the prenatal phase runs, the others have not begun."""
    plain = replace(
        pregnancy(year),
        as_of=date(year, 4, 1),
        outcome=None,
        ended_on=None,
        gestational_days_at_end=None,
        gestational_days=219,
        acts=(care(ActKind.INTAKE, groen, date(year, 1, 2)),),
        place_of_birth=None,
        birth_organisation=None,
        delivery_type=None,
        children=None,
        phases=(
            ProjectedPhase("prenataal", "running", date(year, 1, 2), None, False, False, ()),
            ProjectedPhase("nataal", "not_started", None, None, False, False, ()),
            ProjectedPhase("postnataal", "not_started", None, None, False, False, ()),
        ),
    )
    return replace(plain, **changes)


def miscarriage(year: int, outcome: Outcome = Outcome.MISCARRIAGE, days: int | None = 70) -> ClaimsProjection:
    """A pregnancy that ended early: no natal or postnatal phase."""
    end = date(year, 3, 1)
    phases = (
        ProjectedPhase("prenataal", "ended", date(year, 1, 2), end, False, False, ()),
        ProjectedPhase("nataal", "not_applicable", None, None, False, False, ()),
        ProjectedPhase("postnataal", "not_applicable", None, None, False, False, ()),
    )
    acts = (care(ActKind.INTAKE, groen, date(year, 1, 2)),)
    return pregnancy(
        year,
        phases=phases,
        acts=acts,
        outcome=outcome,
        ended_on=end,
        gestational_days_at_end=days,
        gestational_days=days,
        place_of_birth=None,
        birth_organisation=None,
        delivery_type=None,
        children=None,
        kraamzorg=Kraamzorg((), None, None, None, ()),
    )


def end_unknown(year: int = 2024) -> ClaimsProjection:
    """A pregnancy that must be over: handed on after a few weeks, and nobody wrote how it ended, or when."""
    phases = (
        ProjectedPhase("prenataal", "ended", date(year, 1, 2), None, False, False, ()),
        ProjectedPhase("nataal", "ended", None, None, False, False, ()),
        ProjectedPhase("postnataal", "ended", None, None, False, False, ()),
    )
    return replace(
        miscarriage(year, Outcome.UNKNOWN, None),
        phases=phases,
        ended_on=None,
        responsibility=(held(groen, date(year, 1, 2), date(year, 2, 1)),),
    )


@cache
def book() -> rules.RuleBook:
    return rules.load(MAPPINGS)


@cache
def catalogue() -> claims.Catalogue:
    return claims.load_catalogue(MAPPINGS)


def decide(given: ClaimsProjection, igo: Igo | None = None) -> Selection:
    return selection.decide(given, igo or an_igo(), book())


def decided(given: ClaimsProjection, phase: PhaseName = "prenataal", igo: Igo | None = None) -> PhaseSelection:
    return next(p for p in decide(given, igo).phases if p.phase == phase)


def advise(given: ClaimsProjection, igo: Igo | None = None) -> dict[str, PhaseClaim]:
    igo = igo or an_igo()
    return {c.phase: c for c in claims.advise(given, decide(given, igo), igo, catalogue())}


def advised(given: ClaimsProjection, phase: PhaseName = "prenataal", igo: Igo | None = None) -> PhaseClaim:
    return advise(given, igo)[phase]
