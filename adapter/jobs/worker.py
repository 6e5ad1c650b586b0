"""A worker: takes messages, holds a lease on each while it is at it, and gives up on what keeps failing."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from adapter.jobs import scripts
from adapter.jobs.queue import GROUP, BatchHandler, Job, Queue

_LONGEST_REASON = 500

_Message = tuple[str, Job]


class Worker:
    """One consumer of the group. It takes up to `at_once` messages and does them together."""

    def __init__(self, queue: Queue, name: str, handler: BatchHandler, at_once: int = 1) -> None:
        self._queue = queue
        self._name = name
        self._handler = handler
        self._at_once = at_once
        self._looked_at = float("-inf")  # when we last looked for messages of workers that fell away
        self._done = 0

    async def work(self, stop: asyncio.Event, *, drain: bool) -> int:
        """Until told to stop, or until nothing waits."""
        while not stop.is_set():
            await self._take_over(stop)
            if stop.is_set():
                break
            messages = await self._next(wait=not drain)
            if messages:
                await self._attend(messages, taken_over=False)
            elif drain:
                break
        return self._done

    async def _next(self, *, wait: bool) -> list[_Message]:
        """The next new messages, waiting a little for the first."""
        q = self._queue
        block = int(q.timing.block * 1000) if wait else None
        found: Any = await q.in_group(
            lambda: q.redis.xreadgroup(GROUP, self._name, {q.stream: ">"}, count=self._at_once, block=block)
        )
        return _messages(found[0][1]) if found else []

    async def _take_over(self, stop: asyncio.Event) -> None:
        """Do what was left by workers that fell away or failed; now and then, not every time."""
        timing = self._queue.timing
        if time.monotonic() - self._looked_at < min(timing.stale / 2, timing.retry):
            return
        cursor = "0-0"
        while not stop.is_set():
            cursor, messages = await self._claim(cursor)
            if alive := [m for m in messages if not await self._given_up(m)]:
                await self._attend(alive, taken_over=True)
            if cursor == "0-0":
                break
        self._looked_at = time.monotonic()

    async def _claim(self, start: str) -> tuple[str, list[_Message]]:
        """Messages that nobody gave a sign of life for, and where to look on."""
        q, idle = self._queue, int(self._queue.timing.stale * 1000)
        answer: Any = await q.in_group(
            lambda: q.redis.xautoclaim(q.stream, GROUP, self._name, idle, start, count=self._at_once)
        )
        return answer[0], _messages(answer[1])

    async def _given_up(self, message: _Message) -> bool:
        """Whether it was handed out too often; then it is put with the dead."""
        if (deliveries := await self._deliveries(message[0])) <= self._queue.timing.deliveries:
            return False
        await self._bury(*message, deliveries - 1)
        return True

    async def _attend(self, messages: Sequence[_Message], *, taken_over: bool) -> None:
        """Do these messages, or see that they are done elsewhere."""
        token = f"{self._name} {uuid.uuid4()}"
        ours = await self._take(messages, token, taken_over=taken_over)
        if not ours:
            return
        heartbeat = asyncio.create_task(self._heartbeat(ours, token))
        try:
            failures = await self._handler([job for _, job in ours])
        except Exception as error:  # whatever the work raises: it is kept, and the next job goes on
            failures = {job: f"{type(error).__name__}: {error}" for _, job in ours}
        finally:
            heartbeat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await heartbeat
        await self._release(ours, token, failures)
        self._done += sum(job not in failures for _, job in ours)

    async def _deliveries(self, identifier: str) -> int:
        async with self._queue.guarded():
            rows: Any = await self._queue.redis.xpending_range(self._queue.stream, GROUP, identifier, identifier, 1)
        return int(rows[0]["times_delivered"]) if rows else 0

    async def _take(self, messages: Sequence[_Message], token: str, *, taken_over: bool) -> list[_Message]:
        q = self._queue
        keys = [q.stream, q.queued, q.again, *(q.lease(job) for _, job in messages)]
        arguments = [GROUP, token, str(int(q.timing.lease * 1000)), "1" if taken_over else "0"]
        arguments += [part for identifier, job in messages for part in (identifier, job.text())]
        async with q.guarded():
            ours = await q.run(scripts.TAKE, keys, arguments)
        return [message for message, mine in zip(messages, ours, strict=True) if mine]

    async def _heartbeat(self, messages: Sequence[_Message], token: str) -> None:
        """Keep leases and messages while the handler is at it. Redis away: the leases run out by themselves."""
        q = self._queue
        keys = [q.stream, *(q.lease(job) for _, job in messages)]
        arguments = [GROUP, self._name, token, str(int(q.timing.lease * 1000)), *(each for each, _ in messages)]
        ours = True
        while ours:
            await asyncio.sleep(q.timing.lease / 3)
            with contextlib.suppress(Exception):
                ours = bool(await q.run(scripts.EXTEND, keys, arguments))

    async def _release(self, messages: Sequence[_Message], token: str, failures: Mapping[Job, str]) -> None:
        q = self._queue
        keys = [q.stream, q.queued, q.again, q.errors, *(q.lease(job) for _, job in messages)]
        idle = str(int((q.timing.stale - q.timing.retry) * 1000))
        arguments = [GROUP, token, self._name, idle]
        for identifier, job in messages:
            failure = failures.get(job)
            reason = (failure or "")[:_LONGEST_REASON]
            arguments += [identifier, job.text(), "1" if failure is None else "0", reason]
        async with q.guarded():
            await q.run(scripts.RELEASE, keys, arguments)

    async def _bury(self, identifier: str, job: Job, deliveries: int) -> None:
        q = self._queue
        reason = f"given up after {deliveries} deliveries"
        keys = [q.stream, q.dead_stream, q.errors, q.queued, q.again, q.rest(job.text())]
        rest = str(int(q.timing.rest * 1000))
        async with q.guarded():
            await q.run(scripts.BURY, keys, [GROUP, identifier, job.text(), reason, str(deliveries), rest])


def _messages(rows: Sequence[tuple[str, dict[str, str]]]) -> list[_Message]:
    """What a read gave; empty values: deleted meanwhile (Redis 6.2 says so this way)."""
    return [(identifier, Job.parse(values["job"])) for identifier, values in rows if values]
