"""What is not clear about responsibility: two at once, nobody at all, or an organisation of unknown kind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise

from adapter.carepath.merge import unique
from adapter.carepath.responsibility import EVER, NEVER, Claim, Timeline
from adapter.carepath.times import dutch
from adapter.model.carepath import Conflict, Disagreement, Responsibility
from adapter.model.evidence import Evidence, Organisation, OrganisationKind
from adapter.model.facts import Dossier, ReferralMade
from adapter.model.moments import day_of, instant_of


def about_responsibility(
    timeline: Timeline, dossiers: Iterable[Dossier], *, ended: bool, support_days: int, as_of: date
) -> Iterable[Disagreement]:
    """Contradictions and holes. `support_days`: how far from the overlap an overdracht may be to explain it."""
    yield from _unknown_kinds(dossiers, timeline.moves)
    yield from _overlaps(timeline.claims, timeline.moves, support_days)
    yield from _holes(timeline.spans, ended, as_of)


def _unknown_kinds(dossiers: Iterable[Dossier], moves: Iterable[ReferralMade]) -> Iterable[Disagreement]:
    unknown: dict[str, tuple[Organisation, list[Evidence]]] = {}
    for organisation, evidence in [
        *((d.organisation, d.evidence) for d in dossiers),
        *((m.receiver, m.evidence) for m in moves if m.receiver is not None),
    ]:
        if organisation.kind is OrganisationKind.ONBEKEND:
            unknown.setdefault(organisation.id, (organisation, []))[1].append(evidence)
    for organisation, found in unknown.values():
        yield Disagreement(
            "responsibility",
            f"Van {named(organisation)} is niet bekend wat voor organisatie het is; of zij verantwoordelijk was, is "
            "daarom niet te zeggen. Neem haar op in het register.",
            (Conflict(organisation.name or organisation.id, unique(found)),),
        )


def _overlaps(claims: tuple[Claim, ...], moves: tuple[ReferralMade, ...], support_days: int) -> Iterable[Disagreement]:
    for i, a in enumerate(claims):
        for b in claims[i + 1 :]:
            low, high = max(a.low, b.low), min(a.high, b.high)
            if a.organisation.id == b.organisation.id or high - low <= timedelta(days=1):
                continue
            if any(_supports(m, a, b, low=low, high=high, within=timedelta(days=support_days)) for m in moves):
                continue
            last = a if a.low > b.low else b
            until = "heden" if high == NEVER else dutch(high)
            since = "onbekende datum" if low == EVER else dutch(low)
            yield Disagreement(
                "responsibility",
                f"{named(a.organisation)} en {named(b.organisation)} hebben allebei een dossier van {since} tot "
                f"{until}, zonder overdracht. Het laatst begonnen dossier ({named(last.organisation)}) is aangehouden.",
                tuple(Conflict(named(c.organisation), c.evidence, c.basis) for c in (a, b)),
            )


def _supports(move: ReferralMade, a: Claim, b: Claim, *, low: datetime, high: datetime, within: timedelta) -> bool:
    parties = {o.id for o in (move.sender, move.receiver) if o is not None}
    pair = {a.organisation.id, b.organisation.id}
    if move.at is None or move.receiver is None or not parties <= pair:
        return False
    return low - within <= instant_of(move.at) <= high + within


def _holes(spans: tuple[Responsibility, ...], ended: bool, as_of: date) -> Iterable[Disagreement]:
    if not spans:
        yield _hole("Van niemand is bekend dat die verantwoordelijk was voor de verloskundige zorg.", ())
        return
    for before, nxt in pairwise(spans):
        if before.to is not None and nxt.from_ is not None:
            gap = (day_of(nxt.from_) - day_of(before.to)).days - 1
            if gap > 0:
                first, last = day_of(before.to) + timedelta(days=1), day_of(nxt.from_) - timedelta(days=1)
                yield _hole(
                    f"Van {dutch(first)} tot en met {dutch(last)} staat niemand als verantwoordelijk.", (before, nxt)
                )
    last_to = spans[-1].to
    if not ended and last_to is not None and day_of(last_to) < as_of:
        yield _hole(
            f"Sinds {dutch(last_to)} staat niemand als verantwoordelijk, en de zwangerschap duurt voort.", spans[-1:]
        )


def _hole(text: str, around: tuple[Responsibility, ...]) -> Disagreement:
    return Disagreement(
        "responsibility", text, tuple(Conflict(named(r.organisation), r.evidence, r.basis) for r in around)
    )


def named(organisation: Organisation) -> str:
    """The name to show, else the id."""
    return organisation.name or organisation.id
