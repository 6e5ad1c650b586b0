"""Monodisciplinary prestaties of the members: what each would claim itself for its care in a phase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from adapter.claims.catalogue import NONE, Catalogue, MonoPrestatie
from adapter.claims.choosing import ended_early
from adapter.claims.participants import Participant, days_of
from adapter.model.decision import Fallback, PhaseSelection
from adapter.model.evidence import OrganisationKind
from adapter.model.moments import day_of
from adapter.model.projection import ClaimsProjection, ProjectedResponsibility
from adapter.model.register import Contract
from adapter.rules import evaluate

WHY = "Een lid met discipline {discipline} gaf zorg in de {phase}."
WHOLE = "Dit lid gaf alle delen van de zorg zelf, van begin tot eind."
_PHASES = {"prenataal": "prenatale fase", "nataal": "natale fase", "postnataal": "postnatale fase"}


@dataclass(frozen=True, slots=True)
class Own:
    """One prestatie that one member would claim itself, for care from `first` up to and including `day`."""

    agb: str | None
    prestatie: MonoPrestatie
    quantity: float | None
    day: date
    first: date
    why: str = ""

    def fallback(self, contract: Contract | None = None) -> Fallback:
        """As a decision shows it; the tariff is that which the contract names for this prestatie, if it does."""
        tariff = contract.tariff.get(self.prestatie.id) if contract is not None else None
        amount = None if tariff is None or self.quantity is None else round(tariff * self.quantity)
        return Fallback(
            agb=self.agb,
            prestatie=self.prestatie.on(self.day),
            quantity=self.quantity,
            unit=self.prestatie.unit,
            from_=self.first,
            to=self.day,
            tariff=tariff,
            amount=amount,
            why=self.why,
        )


def own_prestaties(
    projection: ClaimsProjection, phase: PhaseSelection, present: Sequence[Participant], catalogue: Catalogue
) -> tuple[Own, ...]:
    """What each member that gave care in this phase would claim itself."""
    first, last = days_of(phase, projection.as_of)
    found: dict[tuple[str | None, str], Own] = {}
    for participant in present:
        begin, end = _care(participant, first, last)
        for prestatie, why in _prestaties(projection, phase, participant, catalogue):
            quantity = projection.kraamzorg.hours if prestatie.unit == "uur" else 1.0
            own = Own(participant.agb, prestatie, quantity, end, begin, why)
            found.setdefault((own.agb, prestatie.id), own)
    return tuple(found.values())


def _care(participant: Participant, first: date, last: date) -> tuple[date, date]:
    """From its first to its last act in the phase; who was responsible, or of whom no act is known, all of it."""
    days = [act.day for act in participant.acts if act.day is not None]
    if participant.responsible or not days:
        return first, last
    return min(days), max(days)


def _prestaties(
    projection: ClaimsProjection, phase: PhaseSelection, participant: Participant, catalogue: Catalogue
) -> Iterator[tuple[MonoPrestatie, str]]:
    discipline = participant.member.discipline
    if phase.phase == "prenataal" and discipline == "verloskunde" and participant.responsible:
        chosen = _obstetric_prenatal(projection, phase, participant, catalogue)
        if chosen is not None:
            yield chosen
    candidates = catalogue.given_by(discipline, phase.phase)
    if candidates:
        early = ended_early(projection) == "ja"
        for entry in candidates:
            if (entry.early is None or entry.early is early) and _given(entry, participant):
                yield entry, WHY.format(discipline=discipline, phase=_PHASES[phase.phase])


def _given(entry: MonoPrestatie, participant: Participant) -> bool:
    if not entry.responsible and not entry.acts:
        return True
    by_responsibility = entry.responsible and participant.responsible
    return by_responsibility or bool(participant.kinds & set(entry.acts)) or _hours_only(entry, participant)


def _hours_only(entry: MonoPrestatie, participant: Participant) -> bool:
    """Kraamzorg by the hour: the organisation is known before its first visit is recorded."""
    return entry.unit == "uur" and not participant.acts


def _obstetric_prenatal(
    projection: ClaimsProjection, phase: PhaseSelection, participant: Participant, catalogue: Catalogue
) -> tuple[MonoPrestatie, str] | None:
    held = [r for r in projection.responsibility if r.organisation.id == participant.organisation.id]
    role = _role(projection, phase, participant, held)
    whole = role == "enige" and phase.responsible[-1].id == participant.organisation.id
    inputs = {
        "rol": role,
        "volledig": "ja" if whole and ended_early(projection) == "nee" else "nee",
        "weken": _weeks(projection, phase, held, at_start=role == "tweede"),
    }
    outcome = evaluate(catalogue.tables["verloskunde-prenataal"], inputs, phase.regime_day or projection.as_of)
    return None if outcome.value in NONE else (catalogue.mono[outcome.value], outcome.row.text)


def _role(
    projection: ClaimsProjection,
    phase: PhaseSelection,
    participant: Participant,
    held: list[ProjectedResponsibility],
) -> str:
    """First or second practice where she switched; the only one where she did not."""
    practices = [o.id for o in phase.responsible if o.kind is OrganisationKind.VERLOSKUNDIGENPRAKTIJK]
    if len(practices) > 1 and participant.organisation.id in practices:
        return "eerste" if practices[0] == participant.organisation.id else "tweede"
    if not projection.practice_switch:
        return "enige"
    first, _ = days_of(phase, projection.as_of)
    late = any(r.span.start is not None and day_of(r.span.start) > first for r in held)
    return "tweede" if late else "eerste"


def _weeks(
    projection: ClaimsProjection, phase: PhaseSelection, held: list[ProjectedResponsibility], *, at_start: bool
) -> str:
    first, last = days_of(phase, projection.as_of)
    if at_start:
        day = max([first, *(day_of(r.span.start) for r in held if r.span.start is not None)])
    else:
        day = min([last, *(day_of(r.span.end) for r in held if r.span.end is not None)])
    age = gestational_days(projection, day)
    if age is None:
        return "onbekend"
    return "tm_14" if age < 15 * 7 else "van_15_tm_29" if age < 30 * 7 else "na_29"


def gestational_days(projection: ClaimsProjection, day: date) -> int | None:
    """Days of gestation on that day, counted from what is known at the end of the pregnancy, or on `as_of`."""
    if projection.gestational_days_at_end is not None and projection.ended_on is not None:
        return projection.gestational_days_at_end - (projection.ended_on - day).days
    if projection.gestational_days is not None:
        return projection.gestational_days - (projection.as_of - day).days
    return None


def bring_together(owns: dict[str, tuple[Own, ...]], catalogue: Catalogue) -> dict[str, tuple[Own, ...]]:
    """Over the phases: parts that make a whole become the whole (in the first phase), what is once stays once."""
    for whole in dict.fromkeys(p.part_of for p in catalogue.mono.values() if p.part_of is not None):
        parts = {p.id for p in catalogue.mono.values() if p.part_of == whole}
        for agb in {own.agb for group in owns.values() for own in group}:
            mine = [own for group in owns.values() for own in group if own.agb == agb and own.prestatie.id in parts]
            if {own.prestatie.id for own in mine} == parts:
                owns = _replaced(owns, mine, _joined(mine, catalogue.mono[whole]))
    return _once(owns)


def _joined(mine: list[Own], whole: MonoPrestatie) -> Own:
    return Own(mine[0].agb, whole, 1.0, max(o.day for o in mine), min(o.first for o in mine), WHOLE)


def _replaced(owns: dict[str, tuple[Own, ...]], parts: list[Own], whole: Own) -> dict[str, tuple[Own, ...]]:
    result: dict[str, tuple[Own, ...]] = {}
    placed = False
    for phase, group in owns.items():
        kept = tuple(own for own in group if own not in parts)
        if not placed and len(kept) < len(group):
            kept, placed = (whole, *kept), True
        result[phase] = kept
    return result


def _once(owns: dict[str, tuple[Own, ...]]) -> dict[str, tuple[Own, ...]]:
    seen: set[tuple[str | None, str]] = set()
    result: dict[str, tuple[Own, ...]] = {}
    for phase, group in owns.items():
        result[phase] = tuple(o for o in group if not o.prestatie.once or (o.agb, o.prestatie.id) not in seen)
        seen |= {(o.agb, o.prestatie.id) for o in group}
    return result
