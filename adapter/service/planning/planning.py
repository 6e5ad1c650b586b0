"""The planner of the IGO: expected births per week and place, the caseload, completeness, over every pregnancy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from adapter.access import Action, Context, Entity, EventType, Resource
from adapter.model.moments import day_of
from adapter.service.guard import Guard
from adapter.service.planning.lines import PATIENCE, PlanLines
from adapter.service.planning.plan import Plan, plan
from adapter.service.rooms import Rooms
from adapter.service.views import Views


class Planning:
    """Makes the plan of a day: one pass over the lines that are kept."""

    def __init__(self, rooms: Rooms, views: Views, patience: float = PATIENCE) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self._lines = PlanLines(rooms, views, patience)

    def plan(self, ctx: Context, *, as_of: date | None = None, known_at: datetime | None = None) -> Plan:
        """The plan for a day, by what was known at an instant. Raises `access.DeniedError`."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.PLANNING)
        now = self._rooms.clock()
        day = as_of or day_of(now)
        found = self._lines.of(day) if known_at is None else self._lines.then(day, known_at)
        self._guard.record(ctx, EventType.READ, Action.READ, grant, [Entity("planning", day.isoformat())])
        made = plan(found.lines, day, found.known_at)
        return replace(made, known=found.known, counted=found.counted, complete=found.complete)

    def close(self) -> None:
        """Stop reading in the background."""
        self._lines.close()
