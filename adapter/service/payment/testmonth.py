"""The test month: what would be claimed for the phases that ended in a month. Everything runs, and nothing is sent."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from adapter.access import Action, Context, Entity, EventType, Resource
from adapter.service.guard import Guard
from adapter.service.payment.lines import Line
from adapter.service.payment.standing import Standing
from adapter.service.rooms import Rooms


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One phase that ended in the month. Amount in eurocents; `blocked`: why it could not be sent, in Dutch."""

    pregnancy: str
    phase: str
    ended_on: date
    status: str | None
    stage: str
    insurer: str | None
    prestatie: str | None
    amount: int | None
    ready: bool
    blocked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MonthTotal:
    """Claims of one prestatie at one insurer."""

    insurer: str
    prestatie: str
    ready: int
    blocked: int
    amount_ready: int
    amount_blocked: int


@dataclass(frozen=True, slots=True)
class MonthReport:
    """What the month would bring. `blocked`: how often each reason stood in the way."""

    month: str
    phases: int
    igo: int
    niet_igo: int
    onbepaald: int
    lines: tuple[MonthLine, ...]
    totals: tuple[MonthTotal, ...]
    blocked: dict[str, int]


class TestMonth:
    """Adds up the worklist; decides nothing and keeps nothing."""

    __test__ = False  # no test for pytest to collect

    def __init__(self, rooms: Rooms, standing: Standing) -> None:
        self._guard = Guard(rooms)
        self._standing = standing

    def report(self, ctx: Context, year: int, month: int) -> MonthReport:
        """The phases that ended in that month. Raises `ValueError` for what is no month."""
        grant = self._guard.allowed(ctx, Action.EXECUTE, Resource.TRIAL)
        first = date(year, month, 1)
        last = first.replace(day=monthrange(year, month)[1])
        found = _report(f"{first:%Y-%m}", tuple(_lines(self._standing.lines(), first, last)))
        query = f"month={found.month}&phases={found.phases}"
        entities = [Entity("trial", "")]
        self._guard.record(ctx, EventType.DECIDE, Action.EXECUTE, grant, entities, query=query, subtype="test-month")
        return found


def _lines(lines: Iterable[Line], first: date, last: date) -> Iterable[MonthLine]:
    for line in lines:
        for p in line.phases:
            if p.state == "ended" and p.end is not None and first <= p.end <= last:
                yield MonthLine(
                    line.pregnancy,
                    p.phase,
                    p.end,
                    p.status,
                    p.stage,
                    p.insurer,
                    p.prestatie,
                    p.amount,
                    p.ready,
                    p.blocked,
                )


def _report(month: str, lines: tuple[MonthLine, ...]) -> MonthReport:
    statuses = Counter(line.status for line in lines)
    totals: dict[tuple[str, str], list[int]] = {}
    for line in lines:
        if line.prestatie is not None:
            mine = totals.setdefault((line.insurer or "onbekend", line.prestatie), [0, 0, 0, 0])
            mine[0 if line.ready else 1] += 1
            mine[2 if line.ready else 3] += line.amount or 0
    return MonthReport(
        month=month,
        phases=len(lines),
        igo=statuses["igo"],
        niet_igo=statuses["niet_igo"],
        onbepaald=statuses["onbepaald"],
        lines=tuple(sorted(lines, key=lambda line: (line.ended_on, line.pregnancy, line.phase))),
        totals=tuple(MonthTotal(*key, *numbers) for key, numbers in sorted(totals.items())),
        blocked=dict(Counter(why for line in lines for why in line.blocked).most_common()),
    )
