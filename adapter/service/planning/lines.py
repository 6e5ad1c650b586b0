"""The planner's lines, one for each pregnancy, kept in this process as long as what they were made from stands.

A pregnancy whose records, dossiers or links changed is read again, the others are not. Reading takes its time after a
start, and so does looking what changed in a large region: a question gets what is there within its patience, and a
thread in the background goes on.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from threading import Event, Lock, Thread

from adapter.service.links.pregnancies import PREGNANCY
from adapter.service.links.women import WOMAN
from adapter.service.planning.plan import PlanLine, line_of
from adapter.service.port import UnknownPregnancyError
from adapter.service.rooms import Rooms
from adapter.service.views import Views
from adapter.store import StoreError

Stamp = tuple[object, ...]
PATIENCE = 0.4
"""Seconds that a question waits for lines that are not there yet."""
_DAYS = 3


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines there are; `counted` of the `known` pregnancies are in them as they were at `known_at`."""

    lines: tuple[PlanLine, ...]
    known: int
    counted: int
    known_at: datetime
    complete: bool = True  # nothing is left to read, or to look at


class PlanLines:
    """Keeps the lines of the days last asked about."""

    def __init__(
        self,
        rooms: Rooms,
        views: Views,
        patience: float = PATIENCE,
        whole: Callable[[date, Lines], None] | None = None,
    ) -> None:
        """`whole` hears of every count that is complete, in the thread that reads."""
        self.whole = whole
        self._rooms = rooms
        self._views = views
        self._patience = patience
        self._lock = Lock()
        self._days: OrderedDict[date, _Day] = OrderedDict()

    def of(self, day: date, patience: float | None = None) -> Lines:
        """The lines of a day, by what is known now: those that can be had within the patience (usual: ours)."""
        with self._lock:
            kept = self._days.pop(day, None) or _Day(self, day)
            self._days[day] = kept
            gone = self._days.popitem(last=False)[1] if len(self._days) > _DAYS else None
        if gone is not None:
            gone.close()
        return kept.lines(self._patience if patience is None else patience)

    def then(self, day: date, known_at: datetime) -> Lines:
        """The lines of a day by what was known at an instant; nothing of it is kept."""
        found = [self.made(p, day, known_at) for p in self._views.ids(known_at)]
        lines = tuple(line for line in found if line is not None)
        return Lines(lines, len(lines), len(lines), known_at)

    def close(self) -> None:
        """Stop reading."""
        with self._lock:
            days = [*self._days.values()]
        for day in days:
            day.close()

    def made(self, pregnancy: str, day: date, known_at: datetime | None = None) -> PlanLine | None:
        """One line; None where there is no such pregnancy (any more)."""
        try:
            path = self._views.view(pregnancy, day, known_at, self._rooms.clock()).path
        except UnknownPregnancyError:  # its records were removed
            return None
        return line_of(path, self._rooms.zorgpad.expectations)

    def now(self) -> datetime:
        """The instant."""
        return self._rooms.clock()

    def positions(self) -> tuple[int, ...]:
        """What changes whenever the store got anything new."""
        return self._rooms.store.positions()

    def stamps(self) -> Mapping[str, Stamp]:
        """Per pregnancy all that its line was made from: how its sources stand, its dossiers, its woman's records."""
        store = self._rooms.store
        states = tuple(sorted((a.source, a.state) for a in store.answers_for([])))
        owners = [row for row in store.links(WOMAN) if row.target]
        by_source: dict[str, list[str]] = defaultdict(list)
        for row in owners:
            by_source[row.source].append(row.reference)
        held = {source: store.stamps(source, women) for source, women in by_source.items()}
        records: dict[str, list[object]] = defaultdict(list)
        woman_of: dict[tuple[str, str], str] = {}
        for row in owners:
            woman_of[row.source, row.reference] = row.target or ""
            stamps = held[row.source]
            records[row.target or ""].append((row.source, row.reference, stamps.get(row.reference), stamps.get(None)))
        dossiers: dict[str, list[tuple[str, str]]] = defaultdict(list)
        women: dict[str, str] = {}
        for row in store.links(PREGNANCY):
            if row.target:
                dossiers[row.target].append((row.source, row.reference))
                women.setdefault(row.target, woman_of.get((row.source, row.woman or ""), ""))
        return {
            pregnancy: (states, tuple(found), tuple(records.get(women[pregnancy], ())))
            for pregnancy, found in dossiers.items()
        }


class _Day:
    """The lines of one day. One thread at a time looks and reads; a question waits for it as long as its patience."""

    def __init__(self, maker: PlanLines, day: date) -> None:
        self._maker = maker
        self._day = day
        self._lock = Lock()  # over the fields below; never held while a line is made
        self._seen: tuple[int, ...] | None = None
        self._looked_at: datetime | None = None
        self._wanted: Mapping[str, Stamp] = {}
        self._kept: dict[str, tuple[Stamp, PlanLine | None]] = {}
        self._failed: StoreError | None = None
        self._reader: Thread | None = None
        self._closing = Event()

    def lines(self, patience: float) -> Lines:
        """What there is within the patience; the rest is read in the background. Raises `StoreError`."""
        seen = self._maker.positions()
        reader = self._reading(seen)
        if reader is not None:
            reader.join(patience)
        with self._lock:
            if self._failed is not None:
                failed, self._failed = self._failed, None
                raise failed
        return self._counted(seen)

    def _counted(self, seen: tuple[int, ...]) -> Lines:
        """What there is. `seen`: how far the store is by now."""
        now = self._maker.now()
        with self._lock:
            lines = tuple(line for _, line in self._kept.values() if line is not None)
            known_at = now if self._seen == seen or self._looked_at is None else self._looked_at
            left = len(self._left())
            complete = not left and self._seen == seen
            return Lines(lines, len(self._wanted), len(self._wanted) - left, known_at, complete)

    def close(self) -> None:
        """Stop reading."""
        self._closing.set()
        if self._reader is not None:
            self._reader.join()

    def _reading(self, seen: tuple[int, ...]) -> Thread | None:
        """The thread that reads, started if there is something to read; None where all is there."""
        with self._lock:
            if self._reader is not None and self._reader.is_alive():
                return self._reader
            if self._closing.is_set() or (self._seen == seen and not self._left()):
                return None
            self._reader = Thread(target=self._catch_up, name="planning", daemon=True)
            self._reader.start()
            return self._reader

    def _catch_up(self) -> None:
        """Look and read until nothing is new. What the store cannot do is told to the question that waits."""
        try:
            while not self._closing.is_set() and (self._look() or self._left()):
                self._read()
            if self._maker.whole is not None and (found := self._counted(self._maker.positions())).complete:
                self._maker.whole(self._day, found)
        except StoreError as error:
            self._failed = error

    def _look(self) -> bool:
        """See what there is; whether anything changed."""
        at, seen = self._maker.now(), self._maker.positions()
        if seen == self._seen:
            return False
        wanted = self._maker.stamps()
        with self._lock:
            self._seen, self._wanted, self._looked_at = seen, wanted, at
            self._kept = {p: held for p, held in self._kept.items() if p in wanted}
        return True

    def _left(self) -> list[str]:
        return [p for p, stamp in self._wanted.items() if self._kept.get(p, (None,))[0] != stamp]

    def _read(self) -> None:
        """Make the lines that are missing, in turn."""
        with self._lock:
            left = {p: self._wanted[p] for p in self._left()}
        for pregnancy, stamp in left.items():
            if self._closing.is_set():
                return
            line = self._maker.made(pregnancy, self._day)
            with self._lock:
                self._kept[pregnancy] = (stamp, line)
