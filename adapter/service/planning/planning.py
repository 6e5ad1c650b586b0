"""The planner of the IGO: expected births per week and place, the caseload, completeness, over every pregnancy.

Counting a large region takes its time. The last whole count of the present day is kept in the store: after a start it
is the answer until everything was read again, with the day and the instant it is of.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime

from adapter.access import Action, Context, Entity, EventType, Resource
from adapter.model.moments import day_of
from adapter.model.wire import from_json, to_json
from adapter.service.guard import Guard
from adapter.service.planning.lines import PATIENCE, Lines, PlanLines
from adapter.service.planning.plan import NotCountedError, Plan, plan
from adapter.service.rooms import Rooms
from adapter.service.views import Views
from adapter.store import StoreError

FIRST = 5.0
_NAME = "plan"


@dataclass(frozen=True, slots=True)
class _Counted:
    """A whole count, and what it was made from: equal where nothing came in and no rule changed since."""

    made_from: str
    plan: Plan


class Planning:
    """Makes the plan of a day: one pass over the lines that are kept."""

    def __init__(self, rooms: Rooms, views: Views, patience: float = PATIENCE, first: float = FIRST) -> None:
        """`first`: seconds that a question waits where nothing was ever counted."""
        self._rooms = rooms
        self._first = first
        self._guard = Guard(rooms)
        self._lines = PlanLines(rooms, views, patience, self._whole)

    def plan(self, ctx: Context, *, as_of: date | None = None, known_at: datetime | None = None) -> Plan:
        """The plan for a day, by what was known at an instant.

        Raises `access.DeniedError`, `NotCountedError` where nothing was ever counted of what there is.
        """
        grant = self._guard.allowed(ctx, Action.READ, Resource.PLANNING)
        now = self._rooms.clock()
        day = as_of or day_of(now)
        found = self._lines.of(day) if known_at is None else self._lines.then(day, known_at)
        self._guard.record(ctx, EventType.READ, Action.READ, grant, [Entity("planning", day.isoformat())])
        if not found.complete and (found.counted < found.known or not found.known):
            before = self._before(day, exactly=as_of is not None and as_of != day_of(now))
            if before is not None and before.counted >= found.counted:
                return before
            found = self._lines.of(day, self._first)
            if not found.counted and not found.complete:
                raise NotCountedError
        return _plan(found, day)

    def refresh(self) -> None:
        """Begin to count today in the background, where the last whole count is not of what there is now."""
        day = day_of(self._rooms.clock())
        before = self._before(day, exactly=True)
        if before is None or not before.complete:
            with suppress(StoreError):  # the store is away: the first question counts
                self._lines.of(day, 0)

    def close(self) -> None:
        """Stop reading in the background."""
        self._lines.close()

    def _whole(self, day: date, found: Lines) -> None:
        """Keep a whole count of the present day."""
        if day == day_of(self._rooms.clock()):
            self._rooms.store.keep(_NAME, to_json(_Counted(self._made_from(), _plan(found, day))))

    def _before(self, day: date, *, exactly: bool) -> Plan | None:
        """The last whole count: of this day or, where today is meant, of one before."""
        try:
            written = self._rooms.store.kept(_NAME)
            kept = None if written is None else from_json(_Counted, written)
        except (StoreError, ValueError):  # of an earlier version of this program, say: it is counted again
            return None
        if kept is None or kept.plan.as_of > day or (exactly and kept.plan.as_of != day):
            return None
        same = kept.plan.as_of == day and kept.made_from == self._made_from()
        return replace(kept.plan, complete=same)

    def _made_from(self) -> str:
        rooms = self._rooms
        return repr((rooms.store.positions(), rooms.igo.version, rooms.mappings_version))


def _plan(found: Lines, day: date) -> Plan:
    made = plan(found.lines, day, found.known_at)
    return replace(made, known=found.known, counted=found.counted, complete=found.complete)
