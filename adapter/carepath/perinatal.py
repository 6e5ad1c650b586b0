"""Perinatal periods 1 to 8 as times: value set PeriodeZorgverlening, OID 2.16.840.1.113883.2.4.3.22.1.2.20.

1 start/intake and 2 rest of the pregnancy; 3 start of labour, 4 second stage, 5 afterbirth; 6 first 24 hours, 7 second
to seventh day, 8 follow-up of the first six weeks.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from adapter.carepath.births import Births
from adapter.carepath.phases import Phases
from adapter.carepath.times import plus
from adapter.model.moments import Moment, is_instant

Bounds = tuple[Moment | None, Moment | None]


def runs_of(periods: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each unbroken run: 1, 2, 7, 8 are two."""
    runs: list[tuple[int, int]] = []
    for period in sorted({p for p in periods if 1 <= p <= 8}):
        if runs and runs[-1][1] == period - 1:
            runs[-1] = (runs[-1][0], period)
        else:
            runs.append((period, period))
    return runs


def bounds_of(first: int, last: int, phases: Phases, births: Births) -> Bounds | None:
    """From when up to when a run of periods is; an open side is None. None: it has not begun.

    Of a pregnancy that is over without a known labour, the run is taken to have begun at an unknown time.
    """
    start = _start(first, phases, births)
    if start is None and first >= 3 and phases.get("nataal").state == "not_started":
        return None
    return start, _start(last + 1, phases, births)


def _start(period: int, phases: Phases, births: Births) -> Moment | None:
    """When a period begins. When the second stage did is hardly ever known: the birth is the latest that it can be."""
    natal = phases.get("nataal")
    born = births.last
    match period:
        case 3:
            return natal.start.value
        case 4:
            return births.first or natal.start.value
        case 5:
            return born or natal.start.value
        case 6:
            return natal.end.value
        case 7:
            return None if born is None else born + timedelta(days=1) if is_instant(born) else plus(born, 1)
        case 8:
            return None if born is None else plus(born, 7)
        case _:
            return None
