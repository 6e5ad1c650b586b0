"""A worker: takes one message at a time, holds a lease while it is at it, and gives up on what keeps failing."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from typing import Any

from adapter.jobs import scripts
from adapter.jobs.queue import GROUP, Handler, Job, Queue

_LONGEST_REASON = 500


class Worker:
    """One consumer of the group."""

    def __init__(self, queue: Queue, name: str, handler: Handler) -> None:
        self._queue = queue
        self._name = name
        self._handler = handler
        self._looked_at = float("-inf")  # when we last looked for messages of workers that fell away
        self._done = 0

    async def work(self, stop: asyncio.Event, *, drain: bool) -> int:
        """Until told to stop, or until nothing waits."""
        while not stop.is_set():
            await self._take_over(stop)
            if stop.is_set():
                break
            message = await self._next(wait=not drain)
            if message is not None:
                await self._attend(*message, taken_over=False)
            elif drain:
                break
        return self._done

    async def _next(self, *, wait: bool) -> tuple[str, Job] | None:
        """The next new message, waiting a little for it."""
        q = self._queue
        block = int(q.timing.block * 1000) if wait else None
        found: Any = await q.in_group(
            lambda: q.redis.xreadgroup(GROUP, self._name, {q.stream: ">"}, count=1, block=block)
        )
        messages = found[0][1] if found else []
        return None if not messages else (messages[0][0], Job.parse(messages[0][1]["job"]))

    async def _take_over(self, stop: asyncio.Event) -> None:
        """Do what was left by workers that fell away or failed; now and then, not every time."""
        timing = self._queue.timing
        if time.monotonic() - self._looked_at < min(timing.stale / 2, timing.retry):
            return
        cursor = "0-0"
        while not stop.is_set():
            cursor, messages = await self._claim(cursor)
            for identifier, values in messages:
                if values:  # empty: deleted meanwhile (Redis 6.2 says so this way)
                    await self._attend(identifier, Job.parse(values["job"]), taken_over=True)
            if cursor == "0-0":
                break
        self._looked_at = time.monotonic()

    async def _claim(self, start: str) -> tuple[str, list[tuple[str, dict[str, str]]]]:
        """One message that nobody gave a sign of life for, and where to look on."""
        q, idle = self._queue, int(self._queue.timing.stale * 1000)
        answer: Any = await q.in_group(lambda: q.redis.xautoclaim(q.stream, GROUP, self._name, idle, start, count=1))
        return answer[0], answer[1]

    async def _attend(self, identifier: str, job: Job, *, taken_over: bool) -> None:
        """Do one message, or see that it is done, or give up on it."""
        if taken_over and (deliveries := await self._deliveries(identifier)) > self._queue.timing.deliveries:
            await self._bury(identifier, job, deliveries - 1)
            return
        token = f"{self._name} {uuid.uuid4()}"
        if not await self._take(identifier, job, token, taken_over=taken_over):
            return
        heartbeat = asyncio.create_task(self._heartbeat(identifier, job, token))
        failure = ""
        try:
            await self._handler(job)
        except Exception as error:  # whatever the work raises: it is kept, and the next job goes on
            failure = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
        finally:
            heartbeat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await heartbeat
        await self._release(identifier, job, token, failure)
        self._done += not failure

    async def _deliveries(self, identifier: str) -> int:
        async with self._queue.guarded():
            rows: Any = await self._queue.redis.xpending_range(self._queue.stream, GROUP, identifier, identifier, 1)
        return int(rows[0]["times_delivered"]) if rows else 0

    async def _take(self, identifier: str, job: Job, token: str, *, taken_over: bool) -> bool:
        q = self._queue
        keys = [q.stream, q.queued, q.again, q.lease(job)]
        milliseconds = str(int(q.timing.lease * 1000))
        arguments = [GROUP, identifier, job.text(), token, milliseconds, "1" if taken_over else "0"]
        async with q.guarded():
            return bool(await q.run(scripts.TAKE, keys, arguments))

    async def _heartbeat(self, identifier: str, job: Job, token: str) -> None:
        """Keep lease and message while the handler is at it. Redis away: the lease runs out by itself."""
        q = self._queue
        arguments = [GROUP, self._name, identifier, token, str(int(q.timing.lease * 1000))]
        ours = True
        while ours:
            await asyncio.sleep(q.timing.lease / 3)
            with contextlib.suppress(Exception):
                ours = bool(await q.run(scripts.EXTEND, [q.stream, q.lease(job)], arguments))

    async def _release(self, identifier: str, job: Job, token: str, failure: str) -> None:
        q = self._queue
        keys = [q.stream, q.queued, q.again, q.lease(job), q.errors]
        idle = str(int((q.timing.stale - q.timing.retry) * 1000))
        arguments = [GROUP, identifier, job.text(), token, "0" if failure else "1", failure, self._name, idle]
        async with q.guarded():
            await q.run(scripts.RELEASE, keys, arguments)

    async def _bury(self, identifier: str, job: Job, deliveries: int) -> None:
        q = self._queue
        reason = f"given up after {deliveries} deliveries"
        keys = [q.stream, q.dead_stream, q.errors, q.queued, q.again, q.rest(job.text())]
        rest = str(int(q.timing.rest * 1000))
        async with q.guarded():
            await q.run(scripts.BURY, keys, [GROUP, identifier, job.text(), reason, str(deliveries), rest])
