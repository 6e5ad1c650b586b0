"""Take in signals of care that no EPD of ours holds, and decide again for the women they are about."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime

from adapter.access import Action, Context, Entity, EventType, Grant, Resource
from adapter.model.moments import day_of
from adapter.model.signals import Signal
from adapter.model.sources import Problem
from adapter.service.guard import Guard
from adapter.service.links.women import WOMAN
from adapter.service.rooms import Rooms
from adapter.service.signal_file import RowError, SignalRow, read_rows
from adapter.service.views import Views
from adapter.service.work import WOMAN_JOB


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came of a file: new signals, how many were known already, and the rows that could not be used."""

    added: tuple[Signal, ...]
    known: int
    problems: tuple[Problem, ...]

    @property
    def pregnancies(self) -> tuple[str, ...]:
        """The pregnancies for which something new was told."""
        return tuple(dict.fromkeys(s.pregnancy for s in self.added))


class Signals:
    """Implements `adapter signals`. `settle` does the work that follows, and says what could not be done."""

    def __init__(self, rooms: Rooms, views: Views, settle: Callable[[], Awaitable[Problem | None]]) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self._views = views
        self._settle = settle

    async def take_in(self, ctx: Context, name: str, text: str, *, json_file: bool) -> TakenIn:
        """Keep the signals of a file that are new, and decide again. `name` stands in problems.

        The same signal twice is one. Raises `SignalFileError`, `DeniedError`.
        """
        grant = self._guard.allowed(ctx, Action.CREATE, Resource.SIGNAL)
        now = self._rooms.clock()
        found: list[Signal] = []
        problems: list[Problem] = []
        for row in read_rows(text, json_file=json_file):
            try:
                found.append(self._signal(row, now) if isinstance(row, SignalRow) else _refuse(row))
            except RowError as error:
                line = row.line if isinstance(row, SignalRow) else row[0]
                problems.append(Problem(None, f"{name}:{line}", str(error), "deze rij is niet ingelezen"))
        added = self._rooms.store.add_signals(found)
        taken = TakenIn(tuple(added), len(found) - len(added), tuple(problems))
        unfinished = await self._decide_again(taken.pregnancies, now)
        self._record(ctx, grant, taken)
        if unfinished is not None:
            taken = TakenIn(taken.added, taken.known, (*taken.problems, unfinished))
        return taken

    async def _decide_again(self, pregnancies: tuple[str, ...], now: datetime) -> Problem | None:
        if not pregnancies:
            return None
        women = {self._views.gather(p, None).woman for p in pregnancies}
        self._rooms.store.enqueue_all([(WOMAN_JOB, w) for w in sorted(women)], now)
        return await self._settle()

    def _signal(self, row: SignalRow, now: datetime) -> Signal:
        pregnancy = self._pregnancy(row, now)
        who = row.organisation
        told = (pregnancy, row.about, row.reported_by, row.reporter, row.reported_on, who.id if who else None, row.kind)
        told += (row.day, row.phase, row.return_code, row.claim, row.withdraws)  # type: ignore[assignment]
        identity = hashlib.sha256("\0".join(str(part) for part in told).encode()).hexdigest()[:24]
        return Signal(
            identity,
            pregnancy,
            row.about,
            row.reported_by,
            row.reporter,
            row.reported_on,
            now,
            who,
            row.kind,
            row.day,
            row.phase,
            row.return_code,
            row.claim,
            row.withdraws,
        )

    def _pregnancy(self, row: SignalRow, now: datetime) -> str:
        """Whose it is: by its id, or the pregnancy of the woman with this BSN that the day falls in."""
        if row.reported_on > day_of(now):
            raise RowError("reported_on lies in the future")
        if row.pregnancy is not None:
            if row.pregnancy not in self._views.ids():
                raise RowError("pregnancy: no pregnancy is known by this id")
            return row.pregnancy
        records = (
            [r for kept in self._rooms.store.find([f"bsn:{row.bsn.value}"]).values() for r in kept] if row.bsn else []
        )
        links = self._rooms.store.links(WOMAN, records=records) if records else []
        women = dict.fromkeys(link.target for link in links if link.target)
        found = [p for woman in women for p in self._views.of_woman(woman)]
        if not found:
            raise RowError("bsn: no source of ours knows this woman")
        if len(found) > 1:
            found = [p for p in found if self._covers(p, row.day or row.reported_on, now)]
        if len(found) != 1:
            raise RowError("bsn: she has more than one pregnancy, and the day falls in none or several; give its id")
        return found[0]

    def _covers(self, pregnancy: str, day: date, now: datetime) -> bool:
        phases = self._views.view(pregnancy, day_of(now), None, now).projection.phases
        starts = [day_of(p.start) for p in phases if p.start is not None]
        ends = [day_of(p.end) for p in phases if p.end is not None]
        return bool(starts) and min(starts) <= day and (not ends or day <= max(ends))

    def _record(self, ctx: Context, grant: Grant, taken: TakenIn) -> None:
        entities = [Entity("pregnancy", p) for p in taken.pregnancies]
        query = f"added={len(taken.added)}&known={taken.known}&refused={len(taken.problems)}"
        self._guard.record(ctx, EventType.RECEIVE, Action.CREATE, grant, entities, query=query)


def _refuse(row: tuple[int, str]) -> Signal:
    raise RowError(row[1])
