"""Take in what a source sent: check each resource once, keep it as sent, and note whose record changed.

The same intake serves a pull and a push. An invalid resource is kept with its problem and read by nobody; the rest
goes on.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from adapter import facts, fhir
from adapter.model.facts import Person
from adapter.model.identifiers import Bsn
from adapter.model.sources import FhirVersion, Media, Problem, Received, StoredVersion
from adapter.service.astray import Astray
from adapter.service.links.women import RECORD_JOB
from adapter.service.processes import ctrl_c_held, processes
from adapter.service.rooms import Rooms

_IN_PROCESS = 2_000  # resources to check before other processes are worth their start

_FEW = 100  # resources that are checked here sooner than they are brought to another process and back

_TOGETHER = 400  # resources checked and stored at once

_Unit = tuple[bytes, str, str, str | None]  # body, media, FHIR version, hash under which it was found good before
_Result = tuple[str | None, str | None, str | None, str | None, str]
"""What `fhir.Checked` holds, plain: it goes from process to process, and plain is soonest packed."""


def check_all(units: Sequence[_Unit]) -> list[_Result]:
    """Check a batch; at module level, so that another process can run it."""
    done = (fhir.check(body, Media(media), FhirVersion(version), good=good) for body, media, version, good in units)
    return [(c.type, c.id, c.version, c.problem, c.hash) for c in done]


class Checker:
    """Checks resources, in this process for a few, in others for many."""

    def __init__(self, processes: int | None = None) -> None:
        self._processes = max(1, (os.cpu_count() or 2) - 1) if processes is None else processes
        self._pool: Executor | None = None
        self._seen = 0

    async def check(self, units: Sequence[_Unit]) -> list[_Result]:
        """The result of each unit, in order."""
        self._seen += len(units)
        if self._processes == 0 or self._seen <= _IN_PROCESS or len(units) <= _FEW:
            return await asyncio.to_thread(check_all, units)
        with ctrl_c_held():  # the processes start at their first work
            checked = asyncio.get_running_loop().run_in_executor(self._others(), check_all, units)
        return await checked

    @property
    def others(self) -> int:
        """How many other processes there are."""
        return self._processes

    def elsewhere(self, work: Callable[[], None]) -> asyncio.Future[None]:
        """Have other work done in another process, while there is nothing to check."""
        with ctrl_c_held():
            return asyncio.get_running_loop().run_in_executor(self._others(), work)

    def _others(self) -> Executor:
        if self._pool is None:
            self._pool = processes(self._processes)
        return self._pool

    def close(self) -> None:
        """Stop the other processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


@dataclass(slots=True)
class Tally:
    """What one source brought in one pull."""

    new_versions: int = 0
    invalid: int = 0
    problems: list[Problem] = field(default_factory=list)
    women: dict[str, Bsn | None] = field(default_factory=dict)  # Patient reference -> BSN


class Intake:
    """Takes batches of one source in."""

    def __init__(self, rooms: Rooms, checker: Checker, source: str) -> None:
        self._rooms = rooms
        self._checker = checker
        self._source = source
        self._astray = Astray(rooms.store, source)
        self._new_source: bool | None = None
        self._waiting: list[Received] = []
        self._under_way: asyncio.Task[None] | None = None
        self.tally = Tally()

    async def take(self, batch: list[Received]) -> None:
        """Take a batch in: `finish` waits until all is checked and stored durably, with a job in the outbox for every
        record that changed. Small batches go together, and the source goes on sending while they are at it.
        """
        self._waiting += batch
        if len(self._waiting) >= _TOGETHER:
            await self._flush()

    async def finish(self) -> None:
        """Wait until everything that was taken is stored. Raises what went wrong with any of it."""
        await self._flush()
        if self._under_way is not None:
            done, self._under_way = self._under_way, None
            await done

    async def _flush(self) -> None:
        """Begin with what waits, when what was begun before is done."""
        if self._under_way is not None:
            before, self._under_way = self._under_way, None
            await before
        if self._waiting:
            batch, self._waiting = self._waiting, []
            self._under_way = asyncio.create_task(self._through(batch))

    async def _through(self, batch: list[Received]) -> None:
        await self.keep(await self.checked(batch))

    async def checked(self, batch: list[Received]) -> list[Received]:
        """The batch with what is wrong with each filled in, and its hash; nothing is kept yet."""
        batch, good = await asyncio.to_thread(self._prepared, batch)
        checked = await self._checker.check([self._unit(r, good) for r in batch])
        return [_marked(r, c) for r, c in zip(batch, checked, strict=True)]

    def checked_here(self, batch: list[Received]) -> list[Received]:
        """`checked` of a few, in this thread."""
        batch = self._astray.placed(batch)
        good = self._rooms.store.known_hashes(self._source, {(r.type, r.id) for r in batch})
        checked = check_all([self._unit(r, good) for r in batch])
        return [_marked(r, c) for r, c in zip(batch, checked, strict=True)]

    def keep_here(
        self,
        ready: list[Received],
        expected: Mapping[tuple[str, str], int],
        first: Callable[[], None] | None = None,
    ) -> list[StoredVersion]:
        """`keep`, in this thread."""
        for received in ready:
            self._note(received)
        return self._keep(ready, expected, first)

    @property
    def few(self) -> int:
        """So many are checked here sooner than elsewhere."""
        return _FEW

    async def keep(
        self,
        ready: list[Received],
        expected: Mapping[tuple[str, str], int] | None = None,
        first: Callable[[], None] | None = None,
    ) -> list[StoredVersion]:
        """Store what was checked, in one transaction; gives what was new. `expected`, `first`: as `Versions.append`."""
        for received in ready:
            self._note(received)
        return await asyncio.to_thread(self._keep, ready, expected, first)

    @staticmethod
    def _unit(r: Received, good: Mapping[tuple[str, str], str]) -> _Unit:
        return r.body, r.media.value, r.fhir_version.value, good.get((r.type, r.id))

    def _prepared(self, batch: list[Received]) -> tuple[list[Received], dict[tuple[str, str], str]]:
        """The batch with each under the woman whose it is, and what of it was found good before."""
        placed = self._astray.placed(batch)
        return placed, self._found_good(placed)

    def _found_good(self, batch: list[Received]) -> dict[tuple[str, str], str]:
        """The hashes under which these were found good before; nothing to look for in a source that is new."""
        if self._new_source is None:
            self._new_source = self._source not in self._rooms.store.sources()
        if self._new_source:
            return {}
        return self._rooms.store.known_hashes(self._source, {(r.type, r.id) for r in batch})

    def _keep(
        self,
        ready: list[Received],
        expected: Mapping[tuple[str, str], int] | None,
        first: Callable[[], None] | None = None,
    ) -> list[StoredVersion]:
        new = self._rooms.store.append(ready, self._rooms.clock(), intent=RECORD_JOB, expected=expected, first=first)
        self.tally.new_versions += len(new)
        return new

    def _note(self, received: Received) -> None:
        if received.problem:
            self.tally.invalid += 1
            what = f"set aside: {received.problem}"
            self.tally.problems.append(Problem(self._source, received.reference, what, "mend it at the source"))
        elif received.type == "Patient" and received.woman == received.reference:
            self.tally.women[received.reference] = self._bsn(received)

    def _bsn(self, received: Received) -> Bsn | None:
        info = self._rooms.sources[self._source].info
        found: Person = facts.person(StoredVersion(received, 1, self._rooms.clock()), info)
        return found.bsn


def _marked(received: Received, checked: _Result) -> Received:
    r, (_, _, version, problem, hash) = received, checked
    marks = r.version or version, r.body, r.woman, r.subject, r.problem or problem, hash
    return Received(r.source, r.fhir_version, r.media, r.type, r.id, *marks)  # `replace` takes twice as long
