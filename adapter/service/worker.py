"""Carries the outbox to the queue, and does the work that the queue delivers.

What must be done stands in the store's outbox until it is done; the queue only hands it out, so losing the queue loses
nothing. A record's reference may hold a name, so it never stands in the queue: its job names the intent in the outbox.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from adapter.access import log
from adapter.jobs import Job, Once, Queue
from adapter.service.links.women import RECORD_JOB
from adapter.service.work import Work
from adapter.store import Intent, Store

_BATCH = 500
_TOGETHER = 25  # jobs done and written at once: what the disk costs is paid once for all
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
            done = await queue.consume_many(self._name, self._handle, at_once=_TOGETHER, drain=True)
            if done == 0:
                await asyncio.sleep(_PATIENCE)
        return 0

    async def run(self) -> None:
        """Do work as it comes, until cancelled."""
        queue = await self._connected()
        stop = asyncio.Event()
        consuming = asyncio.create_task(queue.consume_many(self._name, self._handle, at_once=_TOGETHER, stop=stop))
        try:
            while not consuming.done():
                await queue.publish(_jobs(await asyncio.to_thread(self._store.pending, _BATCH)))
                await asyncio.wait([consuming], timeout=queue.timing.block)
            await consuming
        finally:
            stop.set()
            await asyncio.gather(consuming, return_exceptions=True)

    async def once(self, name: str, work: Callable[[], Awaitable[object]], keep: float) -> bool:
        """Do what one of all processes does, as `jobs.Once` says."""
        return await Once(await self._connected()).do(name, work, keep)

    async def aclose(self) -> None:
        """Let go of the queue."""
        self._thread.shutdown()
        if self._queue is not None:
            await self._queue.aclose()
            self._queue = None

    async def _connected(self) -> Queue:
        if self._queue is None:
            opened = await asyncio.to_thread(self._open)
            kept = self._keep(opened)
            if kept is not opened:  # another settling was first: one of the two would be left open
                await opened.aclose()
            return kept
        return self._queue

    def _keep(self, opened: Queue) -> Queue:
        if self._queue is None:
            self._queue = opened
        return self._queue

    async def _handle(self, jobs: Sequence[Job]) -> Mapping[Job, str]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, jobs)

    def _do(self, jobs: Sequence[Job]) -> Mapping[Job, str]:
        """Do them, and take out of the outbox what was asked for before we began. Gives those that failed, and why."""
        waiting = self._intents(jobs)
        try:
            self._work.finish(list(waiting.values()))
            return {}
        except Exception as error:
            if len(waiting) == 1:
                return {job: self._failure(job, intent, error) for job, intent in waiting.items()}
        failures: dict[Job, str] = {}
        for job, intent in waiting.items():  # one by one: one that cannot be done holds back no other
            try:
                self._work.finish([intent])
            except Exception as error:
                failures[job] = self._failure(job, intent, error)
        return failures

    def _failure(self, job: Job, intent: Intent, error: Exception) -> str:
        self._failed.add((intent.kind, intent.key))
        where = _where(error)
        log.JOB_FAILED.log(kind=job.kind, key=job.key, error=where)
        return where

    def _intents(self, jobs: Sequence[Job]) -> dict[Job, Intent]:
        """What was asked for, where it still waits."""
        by_id = {int(job.key): job for job in jobs if job.kind == RECORD_JOB}
        others = {(job.kind, job.key): job for job in jobs if job.kind != RECORD_JOB}
        found = {by_id[intent.id]: intent for intent in self._store.intents(by_id)}
        return found | {others[i.kind, i.key]: i for i in self._store.waiting(others)}


def _where(error: BaseException) -> str:
    """The kind of error and the line it came from; never its text, which may quote a source."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if f"{os.sep}adapter{os.sep}" in f.filename] or frames
    return (
        f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else type(error).__name__
    )


def _jobs(intents: list[Intent]) -> list[Job]:
    return [Job(i.kind, str(i.id) if i.kind == RECORD_JOB else i.key) for i in intents]
