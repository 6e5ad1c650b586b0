"""Decide again what stands, after a change of rules, register or catalogue: from store to store, in several processes.

The projections are read, not the sources, and after a change of rules only those that the change can touch
(`payment.asked`). A decision whose outcome is the same is not written again: the run keeps a reference to it. A run
decides for the day for which each pregnancy stands; the passing of days is not its work.
"""

from __future__ import annotations

import gc
import multiprocessing
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from adapter.access import Action, Context, Entity, EventType, Resource
from adapter.model.decision import Decision
from adapter.model.projection import ClaimsProjection
from adapter.model.wire import from_json, to_json
from adapter.service.decide import Decided, Outcome, differences, made_of, outcome, why
from adapter.service.guard import Guard
from adapter.service.payment import lines
from adapter.service.payment.asked import asked_of
from adapter.service.payment.packing import unpack
from adapter.service.payment.persons import NOBODY, Persons, persons_of
from adapter.service.processes import end_with_parent
from adapter.service.rooms import Rooms
from adapter.store import AskedRow, Note, StandingRow

Opener = Callable[[], Rooms]
"""Opens the rooms anew in another process; it must be possible to pickle it."""

AT_ONCE = 1000
"""Pregnancies read, decided and written together."""
_IN_PROCESS = 3000
"""Up to so many pregnancies, starting processes costs more than it gains."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did. `unreadable`: a record was removed, or an older program wrote it; its sources must be read."""

    id: str
    begun_at: datetime
    rules: str
    register: str
    catalogue: str
    processes: int
    finished_at: datetime | None = None
    upheld: int = 0
    changed: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class _Tally:
    upheld: int = 0
    changed: int = 0
    unreadable: int = 0


class Redecide:
    """Runs over everything that stands."""

    def __init__(self, rooms: Rooms, opener: Opener | None = None, processes: int = 2) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self._opener = opener
        self._processes = processes

    def run(self, ctx: Context) -> RunReport:
        """Decide everything again, and keep what is new."""
        grant = self._guard.allowed(ctx, Action.EXECUTE, Resource.DECISION)
        rooms, ranges = self._rooms, self._rooms.store.standing_ranges(AT_ONCE)
        processes = self._processes if self._opener and len(ranges) * AT_ONCE > _IN_PROCESS else 1
        versions = (rooms.igo.version, rooms.rules.version, rooms.catalogue.version)
        begun = RunReport(str(uuid.uuid4()), rooms.clock(), versions[1], versions[0], versions[2], processes)
        number = rooms.store.add_run(Note(begun.id, "", begun.begun_at, to_json(begun)))
        at = rooms.clock()
        tallies = list(self._tallies(ranges, number, at, processes))
        done = replace(
            begun,
            finished_at=rooms.clock(),
            upheld=sum(t.upheld for t in tallies),
            changed=sum(t.changed for t in tallies),
            unreadable=sum(t.unreadable for t in tallies),
        )
        rooms.store.add_run(Note(done.id, "", done.finished_at or at, to_json(done)))
        query = f"upheld={done.upheld}&changed={done.changed}&unreadable={done.unreadable}"
        self._guard.record(ctx, EventType.DECIDE, Action.EXECUTE, grant, [Entity("run", done.id)], query=query)
        return done

    def runs(self, ctx: Context, limit: int = 50) -> list[RunReport]:
        """What earlier runs did, latest first; one that was cut off has no `finished_at`."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.DECISION)
        found: dict[str, RunReport] = {}
        for note in self._rooms.store.run_notes(2 * limit):
            found.setdefault(note.id, from_json(RunReport, note.body))
        self._guard.record(ctx, EventType.READ, Action.READ, grant, [Entity("run", i) for i in found])
        return list(found.values())[:limit]

    def _tallies(self, ranges: list[tuple[int, int]], number: int, at: datetime, processes: int) -> Iterator[_Tally]:
        if processes == 1 or self._opener is None:
            yield from (decide_range(self._rooms, first, last, number, at) for first, last in ranges)
            return
        with pool(processes, self._opener) as executor:
            yield from executor.map(_range_here, ((first, last, number, at) for first, last in ranges))


@contextmanager
def pool(processes: int, *openers: Opener) -> Iterator[ProcessPoolExecutor]:
    """Other processes with rooms of their own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(openers,)) as executor:
        yield executor


_here: list[Rooms] = []  # the rooms of this process, where it is one of a pool


def _begin(openers: Iterable[Opener]) -> None:
    end_with_parent()
    _here[:] = [opener() for opener in openers]
    gc.freeze()  # rules and register stay; what passes through is plain data, without cycles
    gc.set_threshold(100_000)


def here() -> list[Rooms]:
    """The rooms that this process of a pool was begun with."""
    return _here


def _range_here(task: tuple[int, int, int, datetime]) -> _Tally:
    return decide_range(_here[0], *task)


def decide_range(rooms: Rooms, first: int, last: int, run: int, at: datetime) -> _Tally:
    """Decide the pregnancies between two positions: all of it is computed, and then written at once.

    Where every rule table that was asked answers as before, the decision stands without computing it again; an
    override by a person is always looked at, since it may count otherwise today.
    """
    store, asked = rooms.store, asked_of(rooms)
    overridden = {note.pregnancy for note in store.override_notes()}
    upheld: list[str] = []
    again: list[AskedRow] = []
    for known in store.asked(first, last):
        if known.pregnancy not in overridden and asked.same(known.asked):
            upheld.append(known.decision)
        else:
            again.append(known)
    computed = _compute(rooms, again, overridden, at)
    upheld += computed.upheld
    changed = [d.decision for _, d in computed.otherwise]
    standing = {d.pregnancy: d for d in store.latest_decisions([d.pregnancy for d in changed])}
    decisions = [_after(standing.get(decision.pregnancy), decision) for decision in changed]
    rows = [
        replace(row, decision=new.id, line=lines.write(lines.line_of(new, d.projection, rooms.igo)), asked=d.asked)
        for new, (row, d) in zip(decisions, computed.otherwise, strict=True)
    ]
    with store.unit():
        held = store.restate(rows, [row.decision for row, _ in computed.otherwise])
        store.add_decisions([decision for decision, holds in zip(decisions, held, strict=True) if holds])
        store.keep_asked(computed.asked)
        store.add_upheld(run, upheld)
    return _Tally(len(upheld), sum(held), computed.unreadable)


@dataclass(slots=True)
class _Computed:
    """What came of computing anew. `asked`: of decisions that go on, where other things were asked now."""

    upheld: list[str] = field(default_factory=list)
    asked: list[AskedRow] = field(default_factory=list)
    otherwise: list[tuple[StandingRow, Decided]] = field(default_factory=list)
    unreadable: int = 0


def _compute(rooms: Rooms, again: Sequence[AskedRow], overridden: Collection[str], at: datetime) -> _Computed:
    store, asked, done = rooms.store, asked_of(rooms), _Computed()
    before = {row.position: row for row in again}
    turned: list[tuple[StandingRow, ClaimsProjection, Outcome]] = []
    for row in store.standings_at(list(before)):
        try:
            line, projection = lines.read(row.line or b""), unpack(row.projection or b"")
        except ValueError:
            done.unreadable += 1
            continue
        persons = _persons(rooms, row.pregnancy, at, projection) if row.pregnancy in overridden else NOBODY
        found = outcome(rooms, projection, persons)
        if found.fingerprint != line.outcome:
            turned.append((row, projection, found))
            continue
        done.upheld.append(row.decision)
        questions, known = asked.write(found.selection), before[row.position]
        if questions != known.asked:
            done.asked.append(known._replace(asked=questions))
    pregnancies = [row.pregnancy for row, *_ in turned]
    spoken = {*overridden, *(note.pregnancy for note in store.claim_notes(pregnancies))} if turned else set()
    for row, projection, found in turned:
        persons = _persons(rooms, row.pregnancy, at, projection) if row.pregnancy in spoken else NOBODY
        decision = made_of(rooms, projection, found, persons, at)
        done.otherwise.append((row, Decided(decision, projection, asked.write(found.selection))))
    return done


def _persons(rooms: Rooms, pregnancy: str, at: datetime, projection: ClaimsProjection) -> Persons:
    return persons_of(rooms.store, [pregnancy], at, projection.as_of).get(pregnancy, NOBODY)


def _after(before: Decision | None, decision: Decision) -> Decision:
    """The decision with what it replaces, what changed and why."""
    if before is None:
        return decision
    return replace(decision, replaces=before.id, changed=differences(before, decision), because=why(before, decision))
