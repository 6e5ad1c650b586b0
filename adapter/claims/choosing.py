"""Which integral prestatie fits a phase: the catalogue's own tables decide, over a few plain questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from adapter.claims.catalogue import NONE, Catalogue, IntegralPrestatie
from adapter.claims.participants import Participant, days_of, participants
from adapter.model.decision import PhaseSelection, Reason
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.facts import ActKind, Outcome, ReferralKind
from adapter.model.moments import Span, day_of
from adapter.model.projection import ClaimsProjection, ProjectedReferral
from adapter.model.register import Igo
from adapter.rules import Outcome as Evaluated
from adapter.rules import Standing, evaluate, lowest, pivotal

SIXTEEN_WEEKS = 16 * 7
"""Days: a pregnancy that ends before 16+0 has no natal or postnatal phase."""

_FIRST_LINE = frozenset({"verloskunde", "echoscopie", "kraamzorg"})
_EARLY = {Outcome.MISCARRIAGE, Outcome.ECTOPIC, Outcome.TERMINATION}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The prestatie (None: none could be chosen), why, and which unknown answers could still make it another."""

    prestatie: IntegralPrestatie | None
    reasons: tuple[Reason, ...]
    unsettled: tuple[str, ...]
    standing: Standing


def choose(
    projection: ClaimsProjection,
    phase: PhaseSelection,
    igo: Igo,
    catalogue: Catalogue,
    present: list[Participant] | None = None,
) -> Chosen:
    """Choose the prestatie of a phase, by the table valid on the day that put the phase under its regime."""
    table = catalogue.tables[phase.phase]
    on = phase.regime_day or projection.as_of
    if present is None:
        present = participants(projection, phase, igo)
    inputs = _ASK[phase.phase](projection, phase, igo, present)
    outcome = evaluate(table, inputs, on)
    reasons, standing = _told(outcome)
    unsettled = tuple(asked.question for asked in pivotal(table, inputs, on))
    prestatie = None if outcome.value in NONE else catalogue.integral[outcome.value]
    return Chosen(prestatie, reasons, unsettled, standing)


_Told = tuple[tuple[Reason, ...], Standing]
_TOLD: dict[int, tuple[object, _Told]] = {}
_MOST = 10_000


def _told(outcome: Evaluated) -> _Told:
    """The reasons of an outcome. A table keeps its outcomes, and they are few: what is said of them is kept as well."""
    kept = _TOLD.get(id(outcome))
    if kept is not None and kept[0] is outcome:
        return kept[1]
    row = outcome.row
    reasons = [Reason(row.id, "met", row.text, row.citation, row.standing)]
    reasons += [
        Reason(
            f"{outcome.table.id}/{t.input.name}",
            t.verdict,
            f"{t.input.question} {t.value.replace('_', ' ').capitalize()}.",
            t.input.citation,
            t.input.standing,
        )
        for t in outcome.trace
    ]
    told = tuple(reasons), lowest(row.standing, *(t.input.standing for t in outcome.trace if t.decisive))
    if len(_TOLD) >= _MOST:
        _TOLD.clear()
    _TOLD[id(outcome)] = (outcome, told)
    return told


def ended_early(projection: ClaimsProjection) -> str:
    """`ja` when the pregnancy ended before 16+0, `onbekend` when it ended early in kind and nobody knows when."""
    if projection.outcome not in _EARLY:
        return "nee"
    if projection.gestational_days_at_end is None:
        return "ja" if projection.outcome is Outcome.ECTOPIC else "onbekend"
    return "ja" if projection.gestational_days_at_end < SIXTEEN_WEEKS else "nee"


def _prenatal(
    projection: ClaimsProjection, phase: PhaseSelection, igo: Igo, present: list[Participant]
) -> dict[str, str]:
    return {"einde_voor_16_weken": ended_early(projection), "volledig": _complete(projection, phase, igo, present)}


def _complete(projection: ClaimsProjection, phase: PhaseSelection, igo: Igo, present: list[Participant]) -> str:
    """Members from beginning to end: nobody else was responsible on any day, no switch or move but between members."""
    if not phase.responsible:
        return "onbekend"
    if any(_came_from_outside(referral, phase, igo) for referral in projection.referrals):
        return "nee"
    members = {p.organisation.id for p in present if p.responsible}
    if any(organisation.id not in members for organisation in phase.responsible):
        return "nee"
    if _left_or_joined_meanwhile(projection, phase, igo):
        return "nee"
    if (projection.practice_switch or projection.moved) and len(members) <= 1:
        return "nee"
    return "onbekend" if phase.state == "ended" and phase.end is None else "ja"


def _left_or_joined_meanwhile(projection: ClaimsProjection, phase: PhaseSelection, igo: Igo) -> bool:
    """Whether who was responsible joined or left the IGO in that time: then care by members was not all of it."""
    first, last = days_of(phase, projection.as_of)
    here = {organisation.id for organisation in phase.responsible}
    for held in projection.responsibility:
        start = max(first, day_of(held.span.start)) if held.span.start is not None else first
        end = min(last, day_of(held.span.end)) if held.span.end is not None else last
        counts = held.organisation.id in here and start <= end
        if counts and None in (igo.member(held.organisation, start), igo.member(held.organisation, end)):
            return True
    return False


def _came_from_outside(referral: ProjectedReferral, phase: PhaseSelection, igo: Igo) -> bool:
    """Whether an organisation outside the IGO handed her over before the end of the phase: it cared for her first."""
    if referral.kind is not ReferralKind.OVERDRACHT or referral.sender is None or referral.day is None:
        return False
    in_time = phase.end is None or referral.day < day_of(phase.end)
    return in_time and igo.member(referral.sender, referral.day) is None


def _natal(projection: ClaimsProjection, phase: PhaseSelection, igo: Igo, present: list[Participant]) -> dict[str, str]:
    return {"lijn": _line(projection, phase, present), "sectio": _sectio(projection, phase, igo, present)}


def _line(projection: ClaimsProjection, phase: PhaseSelection, present: list[Participant]) -> str:
    """The line of the member responsible on the day of birth, else the last one; else of the member that assisted.

    A vacuum, forceps or caesarean delivery is never first-line care: where no hospital is known, somebody took over,
    and nobody wrote who.
    """
    by_id = {p.organisation.id: p for p in present if p.responsible}
    latest_first = [by_id[o.id] for o in reversed(phase.responsible) if o.id in by_id]
    that_day = {r.organisation.id for r in projection.responsibility if _covers(r.span, projection.ended_on)}
    last = next((p for p in latest_first if p.organisation.id in that_day), next(iter(latest_first), None))
    if last is None:
        last = next((p for p in present if p.kinds & {ActKind.BEVALLING, ActKind.GEBOORTE}), None)
    if last is None:
        return "onbekend"
    if last.member.discipline not in _FIRST_LINE:
        return "tweede"
    return "onbekend" if _specialist_unknown(projection, phase) else "eerste"


def _specialist_unknown(projection: ClaimsProjection, phase: PhaseSelection) -> bool:
    kind = (projection.delivery_type or "").lower()
    known = projection.birth_organisation or next(
        (o for o in phase.responsible if o.kind is OrganisationKind.ZIEKENHUIS), None
    )
    return known is None and (is_sectio(kind) or kind in {"vacuum", "forceps"})


def _covers(span: Span, day: date | None) -> bool:
    return day is not None and span.covers(day)


def _sectio(projection: ClaimsProjection, phase: PhaseSelection, igo: Igo, present: list[Participant]) -> str:
    done = [a for a in projection.acts if a.kind is ActKind.SECTIO]
    if any(a.kind is ActKind.SECTIO for p in present for a in p.acts):
        return "ja"
    if projection.delivery_type is None:
        return "nee" if done or _line(projection, phase, present) == "eerste" else "onbekend"
    if not is_sectio(projection.delivery_type):
        return "nee"
    where = projection.birth_organisation or (phase.responsible[-1] if phase.responsible else None)
    return "ja" if where is not None and _member_hospital(igo, where, phase, projection) else "nee"


def is_sectio(delivery_type: str) -> bool:
    """Whether the words for the kind of birth mean a caesarean section."""
    return "sectio" in delivery_type.lower() or "keizersnede" in delivery_type.lower()


def _member_hospital(igo: Igo, organisation: Organisation, phase: PhaseSelection, projection: ClaimsProjection) -> bool:
    member = igo.member(organisation, projection.ended_on)
    hospital = organisation.kind in {OrganisationKind.ZIEKENHUIS, OrganisationKind.ONBEKEND}
    return member is not None and hospital


def _postnatal(
    projection: ClaimsProjection, phase: PhaseSelection, igo: Igo, present: list[Participant]
) -> dict[str, str]:
    hospitals = [p for p in present if p.member.discipline in {"ziekenhuis", "gynaecologie"}]
    stay = any(ActKind.OPNAME in p.kinds for p in hospitals)
    checks = any(p.responsible for p in present) or any(ActKind.POSTNATALE_ZORG in p.kinds for p in present)
    unknown = not phase.responsible and not checks
    return {
        "verblijf": "ja" if stay else "nee",
        "kraamzorg": _kraamzorg(projection, present),
        "controles": "ja" if checks else "onbekend" if unknown else "nee",
    }


def _kraamzorg(projection: ClaimsProjection, present: list[Participant]) -> str:
    if any(p.member.discipline == "kraamzorg" for p in present):
        return "ja"
    if projection.kraamzorg.organisations:
        return "nee"
    return "afgezien" if projection.kraamzorg.declined else "onbekend"


_ASK = {"prenataal": _prenatal, "nataal": _natal, "postnataal": _postnatal}
