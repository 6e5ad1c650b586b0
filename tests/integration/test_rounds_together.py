"""Several workers go round by one clock on a real Redis: what is due one does, and another where that one falls."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest

from adapter.jobs import JobsError, Once, Queue
from adapter.service.rounds import Rounds

pytestmark = pytest.mark.integration
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
async def claims(redis_url: str) -> AsyncIterator[list[Once]]:
    """Four processes at one queue."""
    prefix = f"test-{uuid.uuid4().hex}"
    async with AsyncExitStack() as stack:
        yield [Once(await stack.enter_async_context(Queue(redis_url, prefix)), lease=0.3) for _ in range(4)]


class Sources:
    """Remembers who pulled, and lets a pull take as long as a test likes."""

    def __init__(self) -> None:
        self.pulled: datetime | None = None
        self.pulls = self.days = 0
        self.go = asyncio.Event()

    async def pull(self) -> None:
        self.pulls += 1
        await self.go.wait()
        self.pulled = NOW

    def stale(self) -> list[str]:
        self.days += 1
        return []

    def rounds(self, once: Once) -> Rounds:
        return Rounds(self.pull, lambda: self.pulled, self, lambda: NOW, timedelta(hours=1), once.do)  # type: ignore[arg-type]


class Looks:
    """Lets a process look so many times."""

    def __init__(self, most: int, between: float = 0.02) -> None:
        self.left, self.between = most, between

    async def __call__(self, seconds: float) -> None:
        self.left -= 1
        if self.left == 0:
            raise asyncio.CancelledError
        await asyncio.sleep(self.between)


async def test_of_many_that_find_a_pull_due_one_pulls_however_long_it_takes(claims: list[Once]) -> None:
    sources = Sources()
    going = [asyncio.create_task(sources.rounds(one).go(Looks(60))) for one in claims]
    await asyncio.sleep(0.7)  # longer than the lease: it is held as long as the pull goes on
    sources.go.set()
    await asyncio.gather(*going, return_exceptions=True)
    assert sources.pulls == 1
    assert sources.days == 1


async def test_also_where_no_process_can_see_what_another_asked(claims: list[Once]) -> None:
    """Sources of a list leave no answer for all: only the claim tells that it was done."""
    done = 0

    async def pull() -> None:
        nonlocal done
        done += 1

    for one in claims:
        assert await one.do("pull", pull, 60)
    assert done == 1


async def test_what_fails_is_for_anybody_to_try_again(claims: list[Once]) -> None:
    async def failing() -> None:
        raise ValueError("a source fell over")

    async def well() -> None:
        return None

    with pytest.raises(ValueError, match="fell over"):
        await claims[0].do("pull", failing, 60)
    assert await claims[1].do("pull", well, 60)


async def test_a_process_that_is_gone_is_followed_by_another(claims: list[Once]) -> None:
    holding = asyncio.Event()

    async def never() -> None:
        holding.set()
        await asyncio.Event().wait()

    async def nothing(*_: object) -> None:
        return None

    claims[0]._end = nothing  # type: ignore[method-assign] # gone: it gives nothing back
    task = asyncio.create_task(claims[0].do("day", never, 60))
    await holding.wait()
    done: list[str] = []

    async def work() -> None:
        done.append("done")

    assert not await claims[1].do("day", work, 60), "another is at it"
    task.cancel()
    for _ in range(200):
        if await claims[1].do("day", work, 60):
            break
        await asyncio.sleep(0.05)
    assert done == ["done"]


async def test_it_is_done_again_when_its_time_is_there(claims: list[Once]) -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(1)

    assert await claims[0].do("pull", work, 0.0)
    assert await claims[1].do("pull", work, 0.2)
    assert len(done) == 2
    async with asyncio.timeout(10):
        while len(done) == 2:
            assert await claims[2].do("pull", work, 60)
            await asyncio.sleep(0.02)


async def test_without_redis_it_is_said() -> None:
    async def work() -> None:
        raise AssertionError("nobody knows whether another is at it")

    async with Queue("redis://127.0.0.1:1/0") as queue:
        with pytest.raises(JobsError):
            await Once(queue).do("pull", work, 60)
