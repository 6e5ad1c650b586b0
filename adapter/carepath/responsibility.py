"""Who is responsible for obstetric care, and when: one organisation at a time.

Dossiers give responsibility over their period (only those of a verloskundigenpraktijk, hospital or huisarts), narrowed
by the perinatal periods they name. A referral of type 308292007 (overdracht) moves it on its date from sender to
receiver, also inside one dossier. Where dossiers overlap, the one that began last has it from its start, and the other
has it again when that one ends first; an overlap that no overdracht explains is a contradiction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from adapter.carepath.asof import Chosen
from adapter.carepath.births import Births
from adapter.carepath.ending import CLOSED
from adapter.carepath.merge import by_evidence, unique
from adapter.carepath.natures import NOT_PREGNANCY_CARE
from adapter.carepath.perinatal import bounds_of, runs_of
from adapter.carepath.phases import Phases
from adapter.carepath.timeline import GIVEN
from adapter.carepath.times import plausible
from adapter.model.carepath import Responsibility
from adapter.model.evidence import RESPONSIBLE_KINDS, Evidence, Organisation
from adapter.model.facts import Dossier, ReferralKind, ReferralMade
from adapter.model.moments import Moment, Span, day_of, end_instant_of, instant_of, is_instant

EVER = datetime(1800, 1, 1, tzinfo=UTC)
NEVER = datetime(2300, 1, 1, tzinfo=UTC)
_VOID = frozenset({"cancelled", "revoked", "entered-in-error", "draft", "proposed", "rejected"})
_SOON = 60  # days within which a dossier of the receiver is the one the overdracht was for


@dataclass(frozen=True, slots=True)
class Claim:
    """One ground on which an organisation is responsible, from and up to an instant (half open)."""

    organisation: Organisation
    low: datetime
    high: datetime
    evidence: tuple[Evidence, ...]
    basis: str
    told: bool = False  # only a referral tells of it: no dossier of the organisation's own


@dataclass(frozen=True, slots=True)
class Timeline:
    """Responsibility over time, with the dossiers' claims and the transfers it was made from."""

    spans: tuple[Responsibility, ...]
    claims: tuple[Claim, ...] = ()
    moves: tuple[ReferralMade, ...] = ()


def responsibility_of(chosen: Chosen, phases: Phases, births: Births) -> Timeline:
    """The timeline, as far as it is known on the day asked about."""
    days: set[datetime] = set()  # boundaries that came as a day
    claims = [c for d in chosen.dossiers for c in _claims(_in_time(d, chosen), phases, births, days)]
    moves = _moves(chosen.referrals)
    original = tuple(claims)
    for move in moves:
        claims = _moved(claims, move, days)
    return Timeline(_timeline([c for c in claims if c.low < c.high], days), original, tuple(moves))


def _can(organisation: Organisation | None) -> bool:
    return organisation is not None and organisation.kind in RESPONSIBLE_KINDS


def _low(moment: Moment | None, days: set[datetime]) -> datetime:
    if moment is None:
        return EVER
    if not is_instant(moment):
        days.add(instant_of(moment))
    return instant_of(moment)


def _high(moment: Moment | None, days: set[datetime]) -> datetime:
    if moment is None:
        return NEVER
    if not is_instant(moment):
        days.add(end_instant_of(moment))
    return end_instant_of(moment)


def _in_time(dossier: Dossier, chosen: Chosen) -> Dossier:
    """A dossier that does not say when it began or ended takes that from the acts of its organisation."""
    closed = dossier.status in CLOSED
    if not _can(dossier.organisation) or (dossier.span.start and (dossier.span.end or not closed)):
        return dossier
    source, organisation = dossier.evidence.source, dossier.organisation.id
    when = [
        a.when
        for a in chosen.acts
        if a.when is not None
        and a.state in GIVEN
        and a.evidence.source == source
        and a.organisation.id == organisation
        and a.kind not in NOT_PREGNANCY_CARE
    ]
    starts = [day_of(w.start) for w in when if w.start is not None]
    ends = [day_of(end) for w in when if (end := w.end or w.start) is not None]
    start = dossier.span.start or min(starts, default=None)
    end = dossier.span.end or (max(ends, default=None) if closed else None)
    return replace(dossier, span=Span(start, end))


def _claims(dossier: Dossier, phases: Phases, births: Births, days: set[datetime]) -> list[Claim]:
    """One over the dossier's period; one for each run of perinatal periods where it names those."""
    if not _can(dossier.organisation):
        return []
    low, high = _low(dossier.span.start, days), _high(dossier.span.end, days)
    whole = Claim(dossier.organisation, low, high, (dossier.evidence,), "dossier")
    runs = runs_of(dossier.periods)
    if not runs:
        return [whole]
    bounds = [b for first, last in runs if (b := bounds_of(first, last, phases, births)) is not None]
    narrowed = [_narrowed(whole, start, end, days) for start, end in bounds]
    found = [claim for claim in narrowed if claim.low < claim.high]
    return found if found or not bounds else [whole]


def _narrowed(whole: Claim, start: Moment | None, end: Moment | None, days: set[datetime]) -> Claim:
    """Within the dossier's own period. The next period begins on the day that this one ends, where that is a day."""
    low, high = max(whole.low, _low(start, days)), whole.high
    if end is not None:
        high = min(high, _low(end, days))
    basis = "dossier" if (low, high) == (whole.low, whole.high) else "perinatal_period"
    return replace(whole, low=low, high=high, basis=basis)


def _moves(referrals: Iterable[ReferralMade]) -> list[ReferralMade]:
    """The transfers of care, each once (both parties may hold it), in time."""
    moves = [
        r
        for r in referrals
        if r.kind is ReferralKind.OVERDRACHT
        and r.state not in _VOID
        and r.at is not None
        and plausible(r.at)
        and r.receiver is not None
        and (r.sender is None or r.sender.id != r.receiver.id)
    ]
    moves.sort(key=lambda r: (instant_of(r.at) if r.at else EVER, by_evidence(r.evidence)))
    return moves


def _moved(claims: list[Claim], move: ReferralMade, days: set[datetime]) -> list[Claim]:
    """The claims after one transfer: the receiver's begins on its date, the sender has it until then."""
    if not _can(move.receiver) or move.receiver is None:
        return claims
    at = _low(move.at, days)
    receiver = move.receiver
    result: list[Claim] = []
    before: Claim | None = None
    taken = False
    soon = min((c.low for c in claims if c.organisation.id == receiver.id and c.low >= at), default=None)
    if soon is not None and soon - at > timedelta(days=_SOON):
        soon = None
    for claim in claims:
        if claim.organisation.id != receiver.id:
            result.append(claim)
        elif claim.low < at < claim.high:
            before, taken = claim, True
            result.append(replace(claim, low=at, basis="referral", evidence=unique((*claim.evidence, move.evidence))))
        elif claim.low == soon:
            taken = True
            result.append(replace(claim, low=at, basis="referral", evidence=unique((*claim.evidence, move.evidence))))
        else:
            result.append(claim)
    result = [_given_up(claim, move, at) for claim in result]
    if before is not None:
        came = any(_is(c, move.sender) and before.low < c.low < at for c in claims)  # the sender got it meanwhile
        result.append(replace(before, high=at) if came else _held_until(before, at, move))
    if not taken:
        result.append(Claim(receiver, at, NEVER, (move.evidence,), "referral", told=True))
    if move.sender is not None and _can(move.sender) and before is None:
        holds = any(c.organisation.id == move.sender.id and c.low < at for c in claims)
        if not holds and not any(c.low < at for c in claims):
            result.append(Claim(move.sender, EVER, at, (move.evidence,), "referral"))
    return result


def _is(claim: Claim, organisation: Organisation | None) -> bool:
    return organisation is not None and claim.organisation.id == organisation.id


def _given_up(claim: Claim, move: ReferralMade, at: datetime) -> Claim:
    """Who holds it by a referral alone, and hands over in turn, has it no longer: no dossier says it comes back."""
    gives = claim.told and _is(claim, move.sender) and claim.low < at
    return (
        replace(claim, high=min(claim.high, at), evidence=unique((*claim.evidence, move.evidence))) if gives else claim
    )


def _held_until(before: Claim, at: datetime, move: ReferralMade) -> Claim:
    """The time before the transfer inside the receiver's own dossier: the sender's, if it can be responsible."""
    if move.sender is not None and _can(move.sender):
        evidence = unique((*before.evidence, move.evidence))
        return Claim(move.sender, before.low, at, evidence, "referral")
    return replace(before, high=at)


def _timeline(claims: list[Claim], days: set[datetime]) -> tuple[Responsibility, ...]:
    edges = sorted({c.low for c in claims} | {c.high for c in claims})
    pieces: list[tuple[datetime, datetime, Claim]] = []
    for low, high in pairwise(edges):
        active = [c for c in claims if c.low <= low and c.high >= high]
        if not active:
            continue
        winner = max(active, key=lambda c: (c.low, c.basis == "referral", c.organisation.id))
        if pieces and pieces[-1][2].organisation.id == winner.organisation.id and pieces[-1][1] == low:
            last = pieces[-1]
            both = last[2] if last[2] == winner else replace(last[2], evidence=(*last[2].evidence, *winner.evidence))
            pieces[-1] = (last[0], high, both)
        else:
            pieces.append((low, high, winner))
    return tuple(
        Responsibility(
            organisation=claim.organisation,
            from_=_start_of(low, days),
            to=_end_of(high, days),
            evidence=unique(claim.evidence),
            basis=claim.basis,
        )
        for low, high, claim in pieces
    )


def _start_of(low: datetime, days: set[datetime]) -> Moment | None:
    if low == EVER:
        return None
    return day_of(low) if low in days else low


def _end_of(high: datetime, days: set[datetime]) -> Moment | None:
    if high == NEVER:
        return None
    return day_of(high) - timedelta(days=1) if high in days else high
