"""Keep what stands up to date: for one pregnancy, for those that have nothing yet, and for those of an earlier day."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.model.decision import Decision
from adapter.model.moments import day_of
from adapter.service.decide import decide, keep
from adapter.service.links.pregnancies import Pregnancies
from adapter.service.payment import lines
from adapter.service.payment.lines import Line
from adapter.service.port import UnknownPregnancyError
from adapter.service.rooms import Rooms
from adapter.service.views import Views

AT_ONCE = 500
"""Pregnancies computed at a time when a database from before this table is opened."""


class Standing:
    """Computes views and decides, for what does not stand as it should."""

    def __init__(self, rooms: Rooms, pregnancies: Pregnancies, views: Views) -> None:
        self._rooms = rooms
        self._pregnancies = pregnancies
        self._views = views

    def again(self, pregnancy: str) -> Decision:
        """Compute the view of today and decide. Raises `UnknownPregnancyError`."""
        now = self._rooms.clock()
        view = self._views.view(pregnancy, day_of(now), None, now)
        records = self._pregnancies.records_of(view.path.woman.id)
        decided = decide(self._rooms, view.projection, now)
        return keep(self._rooms, decided, records, restate=True)

    def fill(self, limit: int = AT_ONCE) -> int:
        """Decide for pregnancies of which nothing stands that can be read; gives how many were."""
        return self._each([*self._unreadable(limit), *self._rooms.store.unstanding(limit)][:limit])

    def _unreadable(self, limit: int) -> list[str]:
        found = []
        for row in self._rooms.store.standing_lines():
            try:
                lines.read(row.line or b"")
            except ValueError:
                found.append(row.pregnancy)
        return found[:limit]

    def stale(self) -> list[str]:
        """The pregnancies that still go on and stand as on an earlier day."""
        today = day_of(self._rooms.clock())
        return [line.pregnancy for line in self.lines() if line.as_of < today and _goes_on(line)]

    def refresh(self, pregnancies: Sequence[str]) -> int:
        """Decide again for these; gives how many there still were."""
        return self._each(pregnancies)

    def lines(self) -> list[Line]:
        """The line of every pregnancy that there is; one that an older program wrote is left out until it is redone."""
        found = []
        for row in self._rooms.store.standing_lines():
            try:
                found.append(lines.read(row.line or b""))
            except ValueError:
                continue
        return found

    def _each(self, pregnancies: Sequence[str]) -> int:
        done = 0
        for pregnancy in pregnancies:
            try:
                self.again(pregnancy)
            except UnknownPregnancyError:  # its records were removed meanwhile
                continue
            done += 1
        return done


def _goes_on(line: Line) -> bool:
    """Whether the passing of days can change it: a phase that runs or has not begun, or something still provisional."""
    return any(p.state in {"running", "not_started"} for p in line.phases) or line.overridden
