"""The days on which nobody stands as responsible: shown, not filled in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise

from adapter.carepath.asof import Chosen
from adapter.carepath.merge import unique
from adapter.carepath.natures import NOT_PREGNANCY_CARE
from adapter.carepath.phases import Phases
from adapter.carepath.timeline import GIVEN, start_of
from adapter.model.carepath import Hole, Responsibility
from adapter.model.evidence import RESPONSIBLE_KINDS
from adapter.model.facts import Act
from adapter.model.moments import day_of

_DAY = timedelta(days=1)


def holes_of(
    spans: Sequence[Responsibility], chosen: Chosen, phases: Phases, *, ended_on: date | None, ended: bool, as_of: date
) -> tuple[Hole, ...]:
    """From the first care of this pregnancy to its end, or the day asked about."""
    first = phases.get("prenataal").start.value
    last = ended_on if ended else as_of
    acts = [a for a in chosen.acts if a.state in GIVEN and _obstetric(a)]
    if not spans:
        days = (None if first is None else day_of(first), last)
        return (_hole(*days, acts),) if first is not None or chosen.dossiers or acts else ()
    return tuple(_hole(low, high, acts) for low, high in _between(spans, first and day_of(first), last))


def _between(spans: Sequence[Responsibility], first: date | None, last: date | None) -> Iterable[tuple[date, date]]:
    begun = spans[0].from_
    if first is not None and begun is not None and first < day_of(begun):
        yield first, day_of(begun) - _DAY
    for before, after in pairwise(spans):
        if before.to is not None and after.from_ is not None:
            low, high = day_of(before.to) + _DAY, day_of(after.from_) - _DAY
            if low <= high:
                yield low, high
    stopped = spans[-1].to
    if stopped is not None and last is not None and day_of(stopped) < last:
        yield day_of(stopped) + _DAY, last


def _obstetric(act: Act) -> bool:
    return act.organisation.kind in RESPONSIBLE_KINDS and act.kind not in NOT_PREGNANCY_CARE


def _hole(low: date | None, high: date | None, acts: Iterable[Act]) -> Hole:
    within = [
        a
        for a in acts
        if (at := start_of(a)) is not None
        and (low is None or low <= day_of(at))
        and (high is None or day_of(at) <= high)
    ]
    acting = tuple(dict.fromkeys(a.organisation for a in within))
    return Hole(low, high, acting, unique(a.evidence for a in within))
