"""The planner of the IGO: expected births per week and place, and the caseload, over every pregnancy.

Lines are kept in this process as long as what they were made from stands: a pregnancy whose records, dossiers or links
changed is read again, the others are not. `Planning.plan` is then one pass over what is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from threading import Lock

from adapter.access import Action, Context, Entity, EventType, Resource
from adapter.model.moments import day_of
from adapter.service.guard import Guard
from adapter.service.plan import Plan, PlanLine, line_of, plan
from adapter.service.port import UnknownPregnancyError
from adapter.service.pregnancies import PREGNANCY
from adapter.service.rooms import Rooms
from adapter.service.views import Views
from adapter.service.women import WOMAN

Stamp = tuple[object, ...]


class Planning:
    """Makes the plan of a day; remembers the lines of the last day asked about."""

    def __init__(self, rooms: Rooms, views: Views) -> None:
        self._rooms = rooms
        self._views = views
        self._guard = Guard(rooms)
        self._lock = Lock()
        self._day: date | None = None
        self._seen: tuple[int, ...] | None = None
        self._kept: dict[str, tuple[Stamp, PlanLine]] = {}

    def plan(self, ctx: Context, *, as_of: date | None = None, known_at: datetime | None = None) -> Plan:
        """The plan for a day, by what was known at an instant. Raises `access.DeniedError`."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.PLANNING)
        now = self._rooms.clock()
        day = as_of or day_of(now)
        lines = self._then(day, known_at, now) if known_at is not None else self._now(day, now)
        self._guard.record(ctx, EventType.READ, Action.READ, grant, [Entity("planning", day.isoformat())])
        return plan(lines, day, known_at or now)

    def _then(self, day: date, known_at: datetime, now: datetime) -> list[PlanLine]:
        found = (self._line(pregnancy, day, known_at, now) for pregnancy in self._views.ids(known_at))
        return [line for line in found if line is not None]

    def _now(self, day: date, now: datetime) -> list[PlanLine]:
        with self._lock:
            if day != self._day:
                self._kept, self._day, self._seen = {}, day, None
            seen = self._rooms.store.positions()
            if seen != self._seen:
                self._renew(day, now)
                self._seen = seen
            return [line for _, line in self._kept.values()]

    def _renew(self, day: date, now: datetime) -> None:
        stamps = self._stamps()
        kept: dict[str, tuple[Stamp, PlanLine]] = {}
        for pregnancy, stamp in stamps.items():
            held = self._kept.get(pregnancy)
            if held is None or held[0] != stamp:
                line = self._line(pregnancy, day, None, now)
                held = None if line is None else (stamp, line)
            if held is not None:
                kept[pregnancy] = held
        self._kept = kept

    def _line(self, pregnancy: str, day: date, known_at: datetime | None, now: datetime) -> PlanLine | None:
        try:
            return line_of(self._views.view(pregnancy, day, known_at, now).path)
        except UnknownPregnancyError:  # its records were removed
            return None

    def _stamps(self) -> Mapping[str, Stamp]:
        """Per pregnancy all that its line was made from: how its sources stand, its dossiers, its woman's records."""
        store = self._rooms.store
        states = tuple(sorted((a.source, a.state) for a in store.answers_for([])))
        owners = store.links(WOMAN)
        by_source: dict[str, list[str]] = defaultdict(list)
        for row in owners:
            by_source[row.source].append(row.reference)
        held = {source: store.stamps(source, women) for source, women in by_source.items()}
        records: dict[str, list[object]] = defaultdict(list)
        woman_of: dict[tuple[str, str], str] = {}
        for row in owners:
            if row.target:
                woman_of[row.source, row.reference] = row.target
                stamps = held[row.source]
                records[row.target].append((row.source, row.reference, stamps.get(row.reference), stamps.get(None)))
        dossiers: dict[str, list[object]] = defaultdict(list)
        women: dict[str, str] = {}
        for row in store.links(PREGNANCY):
            if row.target:
                dossiers[row.target].append((row.source, row.reference))
                if row.woman and (row.source, row.woman) in woman_of:
                    women.setdefault(row.target, woman_of[row.source, row.woman])
        return {
            pregnancy: (states, tuple(found), tuple(records.get(women.get(pregnancy, ""), ())))
            for pregnancy, found in dossiers.items()
        }
