"""From plan to facts in time: which dossier holds which visit, up to and including the reference day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from adapter.model.evidence import OrganisationKind
from adapter.model.facts import ActKind, Outcome
from adapter.model.moments import AMSTERDAM, Moment, day_of
from adapter.simulation.organisations import PARTICIPANTS
from adapter.simulation.plan import REFERENCE_DAY, Care, Ending, Plan, PlannedReferral, gestation

_CHECKS = (
    "12+0",
    "16+0",
    "20+0",
    "24+0",
    "27+0",
    "30+0",
    "32+0",
    "34+0",
    "36+0",
    "37+0",
    "38+0",
    "39+0",
    "40+0",
    "41+0",
)
_VISITS_AFTER_BIRTH = (1, 3, 5, 8)
_CHECK_UP = 40
_WITH_BIRTH = frozenset({Outcome.BIRTH, Outcome.STILLBIRTH})


@dataclass(frozen=True, slots=True)
class Visit:
    """One act as an EPD writes it down."""

    kind: ActKind
    at: Moment
    by: str
    referrer: str | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """One dossier in one EPD. `birth`: it tells of the birth. `kraam`: a dossier of a kraamzorg organisation."""

    number: int
    source: str
    by: str
    start: date
    end: date | None
    visits: tuple[Visit, ...]
    birth: bool
    consult: bool = False
    kraam: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """A pregnancy as it stands in the EPDs on the reference day."""

    plan: Plan
    ending: Ending | None
    dossiers: tuple[Dossier, ...]
    referrals: tuple[PlannedReferral, ...]

    def of(self, source: str) -> tuple[Dossier, ...]:
        """The dossiers in that source."""
        return tuple(d for d in self.dossiers if d.source == source)


def tell(plan: Plan) -> Story:
    """Work out every dossier of a plan."""
    dossiers = [d for care in plan.care if (d := _dossier(plan, care)) is not None]
    if (kraam := _kraam_dossier(plan)) is not None:
        dossiers.append(kraam)
    numbered = [_renumber(d, n) for n, d in enumerate(dossiers, 1)]
    referrals = tuple(r for r in plan.referrals if day_of(r.on) <= REFERENCE_DAY)
    return Story(plan, plan.ended(), tuple(_with_extra(plan, numbered)), referrals)


def _renumber(dossier: Dossier, number: int) -> Dossier:
    return Dossier(number, dossier.source, dossier.by, dossier.start, dossier.end, dossier.visits, dossier.birth,
                   dossier.consult, dossier.kraam)  # fmt: skip


def _until_today(end: date | None) -> date | None:
    return end if end is not None and end <= REFERENCE_DAY else None


def _dossier(plan: Plan, care: Care) -> Dossier | None:
    if care.source is None or care.start > REFERENCE_DAY:
        return None
    visits = tuple(_routine(plan, care)) if care.routine else ()
    end = _until_today(care.end)
    ending = plan.ended()
    told = (
        ending is not None
        and not care.consult
        and (care.tells_birth or care.start <= day_of(ending.at) <= (end or REFERENCE_DAY))
    )
    return Dossier(0, care.source, care.by, care.start, end, _ordered(visits), told, care.consult)


def _ordered(visits: tuple[Visit, ...]) -> tuple[Visit, ...]:
    past = (v for v in visits if day_of(v.at) <= REFERENCE_DAY)
    return tuple(sorted(past, key=lambda v: (day_of(v.at), v.kind)))


def _routine(plan: Plan, care: Care) -> Iterator[Visit]:
    ending = plan.ending
    born = day_of(ending.at) if ending else None
    last = min(day for day in (care.end, born, REFERENCE_DAY) if day is not None)
    if care.consult:
        yield Visit(ActKind.CONSULT, care.start, care.by)
        return
    if born is None or care.start < born:
        first = care is plan.care[0] or PARTICIPANTS[care.by].kind is OrganisationKind.VERLOSKUNDIGENPRAKTIJK
        yield Visit(ActKind.INTAKE if first else ActKind.CONSULT, care.start, care.by)
        yield from _checks(plan, care, last)
    if ending is not None and born is not None:
        yield from _around_birth(care, ending, born)


def _checks(plan: Plan, care: Care, last: date) -> Iterator[Visit]:
    for text in _CHECKS:
        if care.start < (on := gestation(plan.lmp, text)) < last:
            yield Visit(ActKind.CONSULT, on, care.by)
    by = care.echo or care.by
    referrer = care.by if care.echo else None
    scans: tuple[tuple[ActKind, str], ...] = ((ActKind.TERMIJNECHO, "10+3"), (ActKind.SEO_2, "19+5"))
    if PARTICIPANTS[care.by].kind is OrganisationKind.ZIEKENHUIS:
        scans = (*scans, (ActKind.ECHO, "30+0"))
    for kind, text in scans:
        if care.start <= (on := gestation(plan.lmp, text)) < last:
            yield Visit(kind, on, by, referrer)
    if care.start + timedelta(days=7) < min(last, gestation(plan.lmp, "13+0")):
        yield Visit(ActKind.LAB, care.start + timedelta(days=7), care.by)


def _around_birth(care: Care, ending: Ending, born: date) -> Iterator[Visit]:
    def inside(on: date) -> bool:
        return care.start <= on and (care.end is None or on <= care.end)

    if ending.by == care.by and inside(born):
        yield from _birth(ending, care.by)
    if ending.outcome is Outcome.MATERNAL_DEATH:
        return
    early = ending.outcome not in _WITH_BIRTH
    for after in (10,) if early else _VISITS_AFTER_BIRTH:
        if inside(on := born + timedelta(days=after)):
            yield Visit(ActKind.CONSULT if early else ActKind.POSTNATALE_ZORG, on, care.by)
    if not early and inside(on := born + timedelta(days=_CHECK_UP)):
        yield Visit(ActKind.NACONTROLE, on, care.by)


def _birth(ending: Ending, by: str) -> Iterator[Visit]:
    if ending.outcome not in _WITH_BIRTH:
        yield Visit(ActKind.CONSULT, ending.at.astimezone(AMSTERDAM).date(), by)
        return
    if PARTICIPANTS[by].kind is OrganisationKind.ZIEKENHUIS:
        yield Visit(ActKind.OPNAME, (ending.labour or ending.at - timedelta(hours=2)), by)
    yield Visit(ActKind.BEVALLING, ending.at, by)
    if ending.delivery is not None and ending.delivery.startswith("sectio"):
        yield Visit(ActKind.SECTIO, ending.at - timedelta(minutes=25), by)


def _kraam_dossier(plan: Plan) -> Dossier | None:
    kraam = plan.kraamzorg
    if kraam is None or kraam.by is None or not PARTICIPANTS[kraam.by].source or kraam.intake is None:
        return None
    if kraam.intake > REFERENCE_DAY:
        return None
    visits = [Visit(ActKind.PRENATAAL_HUISBEZOEK_KRAAMZORG, kraam.intake, kraam.by)]
    ending = plan.ended()
    end: date | None = None
    if ending is not None:
        born = day_of(ending.at)
        end = born + timedelta(days=kraam.days)
        visits.extend(_kraam_days(kraam.by, kraam.days, ending, born))
    return Dossier(0, kraam.by, kraam.by, kraam.intake, _until_today(end), _ordered(tuple(visits)),
                   ending is not None, kraam=True)  # fmt: skip


def _kraam_days(by: str, days: int, ending: Ending, born: date) -> Iterator[Visit]:
    if ending.place in ("thuis", "geboortecentrum"):
        yield Visit(ActKind.PARTUSASSISTENTIE, ending.at - timedelta(hours=1), by)
    for after in range(1, days + 1):
        yield Visit(ActKind.KRAAMZORG, born + timedelta(days=after), by)


def _with_extra(plan: Plan, dossiers: list[Dossier]) -> Iterator[Dossier]:
    """Add the planned acts, and kraamzorg by an organisation without EPD here, to the dossiers that mention them."""
    extra: dict[int, list[Visit]] = {}
    for act in plan.acts:
        if act.source is not None and act.on <= REFERENCE_DAY:
            home = _home(dossiers, act.source, act.on)
            extra.setdefault(home.number, []).append(Visit(act.kind, act.on, act.by, act.referrer))
    kraam, ending = plan.kraamzorg, plan.ended()
    if kraam is not None and kraam.by is not None and not PARTICIPANTS[kraam.by].source and ending is not None:
        on = day_of(ending.at) + timedelta(days=2)
        home = _home([d for d in dossiers if not d.consult], None, on)
        extra.setdefault(home.number, []).append(Visit(ActKind.KRAAMZORG, on, kraam.by))
    for d in dossiers:
        visits = _ordered((*d.visits, *extra.get(d.number, ())))
        yield Dossier(d.number, d.source, d.by, d.start, d.end, visits, d.birth, d.consult, d.kraam)


def _home(dossiers: list[Dossier], source: str | None, on: date) -> Dossier:
    here = [d for d in dossiers if source is None or d.source == source]
    if not here:
        raise ValueError(f"an act is written in {source}, but no dossier is")
    return next((d for d in here if d.start <= on and (d.end is None or on <= d.end)), here[0])
