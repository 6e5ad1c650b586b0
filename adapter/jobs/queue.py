"""The queue: what is to be done, each piece of work once, kept in a Redis stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from adapter.jobs import scripts
from adapter.jobs.errors import JobsError

GROUP = "workers"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """A piece of work: what kind, and on what. Neither may hold a BSN or a name: they stand in Redis in clear."""

    kind: str
    key: str

    def text(self) -> str:
        """As it stands in Redis."""
        return f"{self.kind} {self.key}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `text`."""
        kind, _, key = text.partition(" ")
        return cls(kind, key)


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that was given up on, and why."""

    id: str
    job: Job
    reason: str
    deliveries: int


@dataclass(frozen=True, slots=True)
class Depth:
    """How much there is: waiting, in the hands of a worker, given up on."""

    waiting: int
    taken: int
    dead: int


@dataclass(frozen=True, slots=True)
class Timing:
    """How the queue deals with workers that fall away. `lease` must be shorter than `stale`."""

    lease: float = 30.0  # seconds that a worker holds a job without a sign of life
    stale: float = 60.0  # seconds after which another worker takes over the message of one that fell away
    retry: float = 1.0  # seconds after which a job that failed is tried again
    rest: float = 600.0  # seconds that a job that was given up on cannot be put in again
    block: float = 0.5  # seconds that a worker waits for a message before it looks whether it should stop
    deliveries: int = 5  # times a message is handed out before it is given up on
    command: float = field(default=5.0)  # seconds that Redis may take to answer

    def __post_init__(self) -> None:
        if not self.lease < self.stale:
            raise ValueError("a lease must end before its message is taken over: lease < stale")
        if not self.retry <= self.stale:
            raise ValueError("what failed is not left alone longer than what was abandoned: retry <= stale")
        if not self.block < self.command:
            raise ValueError("a blocking read must end before its command times out: block < command")


Handler = Callable[[Job], Awaitable[None]]
BatchHandler = Callable[[Sequence[Job]], Awaitable[Mapping[Job, str]]]
"""Does jobs together; gives those that failed, and why. Raises: all of them failed."""


class Queue:
    """One queue in one Redis. Every method raises `JobsError`, at once, when Redis cannot be reached."""

    def __init__(self, url: str, prefix: str = "adapter", timing: Timing | None = None) -> None:
        self.timing = timing or Timing()
        try:
            self.redis: Redis = Redis.from_url(
                url,
                protocol=2,
                decode_responses=True,
                retry=Retry(NoBackoff(), 0),  # by default it tries for seconds; who calls knows better what to do
                socket_timeout=self.timing.command,
                socket_connect_timeout=self.timing.command,
            )
        except ValueError as error:
            raise JobsError(f"[jobs] url is not a Redis URL: {error}") from None
        self.stream, self.queued, self.again, self.errors, self.dead_stream = (
            f"{prefix}:{name}" for name in ("jobs", "queued", "again", "errors", "dead")
        )
        self._prefix = prefix
        self._scripts: dict[str, Any] = {}

    async def publish(self, jobs: Iterable[Job]) -> int:
        """Put jobs in; gives how many were new: not waiting already, and not resting after they were given up on."""
        texts = [job.text() for job in jobs]
        added = 0
        async with self.guarded():
            for start in range(0, len(texts), _AT_ONCE):
                some = texts[start : start + _AT_ONCE]
                added += int(await self.run(scripts.PUBLISH, [self.stream, self.queued], [self.rest(""), *some]))
        return added

    async def consume(
        self, worker: str, handler: Handler, *, stop: asyncio.Event | None = None, drain: bool = False
    ) -> int:
        """Do jobs, one at a time, until `stop` is set (the job at hand is finished first) or, with `drain`, until
        none waits; gives how many were done. `worker` names this worker, unlike any other that runs.

        A job whose handler raises is tried again after `timing.retry`, and given up on (`dead`) after
        `timing.deliveries`. No two workers do the same job at once. Jobs may be done twice: handlers are idempotent.
        """

        async def one(jobs: Sequence[Job]) -> Mapping[Job, str]:
            for job in jobs:
                await handler(job)
            return {}

        return await self.consume_many(worker, one, at_once=1, stop=stop, drain=drain)

    async def consume_many(
        self,
        worker: str,
        handler: BatchHandler,
        *,
        at_once: int,
        stop: asyncio.Event | None = None,
        drain: bool = False,
    ) -> int:
        """As `consume`, with up to `at_once` jobs in the handler's hands together: it says which of them failed."""
        from adapter.jobs.worker import Worker

        return await Worker(self, worker, handler, at_once).work(stop or asyncio.Event(), drain=drain)

    async def depth(self) -> Depth:
        """How much there is."""
        taken = int((await self.in_group(lambda: self.redis.xpending(self.stream, GROUP)))["pending"])
        async with self.guarded():
            there = int(await self.redis.xlen(self.stream))
            dead = int(await self.redis.xlen(self.dead_stream))
        return Depth(max(0, there - taken), taken, dead)

    async def dead(self, limit: int = 100) -> list[DeadJob]:
        """Jobs that were given up on, latest first."""
        async with self.guarded():
            rows: Any = await self.redis.xrevrange(self.dead_stream, count=limit)
        return [
            DeadJob(identifier, Job.parse(row["job"]), row["reason"], int(row["deliveries"]))
            for identifier, row in rows
        ]

    async def revive(self, dead: DeadJob) -> None:
        """Try a job again that was given up on, now."""
        async with self.guarded():
            await self.redis.delete(self.rest(dead.job.text()))
        await self.publish([dead.job])
        async with self.guarded():
            await self.redis.xdel(self.dead_stream, dead.id)

    async def ping(self) -> None:
        """Whether Redis answers."""
        async with self.guarded():
            await self.redis.exists(self.stream)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self.redis.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def lease(self, job: Job) -> str:
        """The Redis key of the lease on a job."""
        return f"{self._prefix}:lease:{job.text()}"

    def claim(self, name: str) -> str:
        """The Redis key of a claim on what one process does for all."""
        return f"{self._prefix}:claim:{name}"

    def rest(self, job: str) -> str:
        """The Redis key that is there while a job rests."""
        return f"{self._prefix}:rest:{job}"

    async def run(self, script: str, keys: list[str], arguments: list[str]) -> Any:
        """Run one of the scripts (Redis keeps it after the first time)."""
        if script not in self._scripts:
            self._scripts[script] = self.redis.register_script(script)
        return await self._scripts[script](keys=keys, args=arguments)

    async def in_group(self, command: Callable[[], Awaitable[Any]]) -> Any:
        """What a command on the consumer group answers; the group is made first where Redis does not have it."""
        async with self.guarded():
            try:
                return await command()
            except ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
            try:
                await self.redis.xgroup_create(self.stream, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):  # another worker made it
                    raise
            return await command()

    @asynccontextmanager
    async def guarded(self) -> AsyncIterator[None]:
        """Turn the errors of Redis into ours, without the URL (it holds a password)."""
        try:
            yield
        except (RedisError, OSError) as error:
            raise JobsError(f"Redis does not do its work ({type(error).__name__}): {error}") from error
