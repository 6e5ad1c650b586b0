"""Carries the outbox to the queue, and does the work that the queue delivers.

What must be done stands in the store's outbox until it is done; the queue only hands it out, so losing the queue loses
nothing. A record's reference may hold a name, so it never stands in the queue: its job names the intent in the outbox.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

from adapter.access import log
from adapter.jobs import Job, Queue
from adapter.service.women import RECORD_JOB
from adapter.service.work import Work
from adapter.store import Intent, Store

_BATCH = 500
_JOINED = 25  # jobs written at once while there is much to do
_PATIENCE = 0.1  # seconds between looks while another worker holds what we wait for


class Worker:
    """Works in this process, beside any number of others."""

    def __init__(self, store: Store, work: Work, queue: Callable[[], Queue]) -> None:
        self._store = store
        self._work = work
        self._open = queue
        self._queue: Queue | None = None
        self._name = f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"
        self._thread = ThreadPoolExecutor(1, "work")  # one at a time, and in one thread: a unit belongs to its thread
        self._unit: AbstractContextManager[None] | None = None
        self._joined = 0
        self._failed: set[tuple[str, str]] = set()  # in this settling: tried again at the next

    async def settle(self) -> int:
        """Do everything that waits. Returns how much could not be done; it stays in the outbox."""
        queue = await self._connected()
        self._failed.clear()
        for given_up in await queue.dead():  # asked for anew, so tried anew
            await queue.revive(given_up)
        before: list[Intent] = []
        while pending := await asyncio.to_thread(self._store.pending, _BATCH):
            todo = [i for i in pending if (i.kind, i.key) not in self._failed]
            if not todo or (todo == before and (await queue.depth()).taken == 0):
                return len(pending)
            before = todo
            await queue.publish(_jobs(todo))
            done = await queue.consume(self._name, self._handle_joined, drain=True)
            await self._in_thread(self._commit)
            if done == 0:
                await asyncio.sleep(_PATIENCE)
        return 0

    async def run(self) -> None:
        """Do work as it comes, until cancelled."""
        queue = await self._connected()
        stop = asyncio.Event()
        consuming = asyncio.create_task(queue.consume(self._name, self._handle, stop=stop))
        try:
            while not consuming.done():
                await queue.publish(_jobs(await asyncio.to_thread(self._store.pending, _BATCH)))
                await asyncio.wait([consuming], timeout=queue.timing.block)
            await consuming
        finally:
            stop.set()
            await asyncio.gather(consuming, return_exceptions=True)

    async def aclose(self) -> None:
        """Let go of the queue."""
        await self._in_thread(self._commit)
        self._thread.shutdown()
        if self._queue is not None:
            await self._queue.aclose()
            self._queue = None

    async def _connected(self) -> Queue:
        if self._queue is None:
            self._queue = await asyncio.to_thread(self._open)
        return self._queue

    async def _handle(self, job: Job) -> None:
        await self._in_thread(lambda: self._do(job))

    async def _handle_joined(self, job: Job) -> None:
        await self._in_thread(lambda: self._do_joined(job))

    async def _in_thread(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _do_joined(self, job: Job) -> None:
        """Do it, and write it with the jobs around it: what the disk costs is paid once for all.

        Redis forgets the job before it is written. That is safe: its intent is taken out of the outbox by the same
        write, so it stands there still if that write never comes.
        """
        if self._unit is None:
            self._unit = self._store.unit()
            self._unit.__enter__()
        try:
            self._do(job)
        finally:
            self._joined += 1
            if self._joined >= _JOINED:
                self._commit()

    def _commit(self) -> None:
        """Write what was done since the last time."""
        unit, self._unit, self._joined = self._unit, None, 0
        if unit is not None:
            unit.__exit__(None, None, None)

    def _do(self, job: Job) -> None:
        """Do it, and take out of the outbox what was asked for before we began."""
        intent: Intent | None = None
        try:
            with self._store.unit():
                intent = self._intent(job)
                if intent is None:
                    return
                self._work.do(intent.kind, intent.key)
                self._store.done([intent.id])
        except Exception as error:
            if intent is not None:
                self._failed.add((intent.kind, intent.key))
            log.JOB_FAILED.log(kind=job.kind, key=job.key, error=_where(error))
            raise

    def _intent(self, job: Job) -> Intent | None:
        if job.kind == RECORD_JOB:
            return self._store.intent(int(job.key))
        return self._store.waiting(job.kind, job.key)


def _where(error: BaseException) -> str:
    """The kind of error and the line it came from; never its text, which may quote a source."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if f"{os.sep}adapter{os.sep}" in f.filename] or frames
    return (
        f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else type(error).__name__
    )


def _jobs(intents: list[Intent]) -> list[Job]:
    return [Job(i.kind, str(i.id) if i.kind == RECORD_JOB else i.key) for i in intents]
