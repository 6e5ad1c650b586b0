"""Rate limits over several workers in Redis: never more than is allowed; and Redis may fall away."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from adapter.bootstrap.throttle import TAKE, RedisThrottle
from adapter.jobs import JobsError

pytestmark = pytest.mark.integration


@pytest.fixture
async def workers(redis_url: str) -> AsyncIterator[list[RedisThrottle]]:
    made = [RedisThrottle(lambda: redis_url, 60, 200, 3) for _ in range(3)]
    yield made
    for worker in made:
        await worker.aclose()


async def test_workers_share_one_count(workers: list[RedisThrottle]) -> None:
    name = uuid.uuid4().hex
    taken = await asyncio.gather(*(workers[n % 3].take(name) for n in range(400)))
    assert sum(t is not None and t.allowed for t in taken) in (200, 201)  # one comes back each second
    assert all(t is not None and (t.allowed or 0 < t.wait <= 1.1) for t in taken)
    other = await workers[0].take(uuid.uuid4().hex)
    assert other is not None
    assert other.allowed


async def test_a_lot_costs_one_round_trip(redis_url: str, workers: list[RedisThrottle]) -> None:
    async with Redis.from_url(redis_url, protocol=2) as redis:
        before = (await redis.info("commandstats")).get("cmdstat_eval", {"calls": 0})["calls"]
        name = uuid.uuid4().hex
        for _ in range(10):
            await workers[0].take(name)
        after = (await redis.info("commandstats"))["cmdstat_eval"]["calls"]
        assert after - before == 1
        assert all(name not in key.decode() for key in await redis.keys("adapter:*"))


async def test_who_asks_much_waits_for_redis_once(redis_url: str) -> None:
    now = 0.0
    worker, other = (RedisThrottle(lambda: redis_url, 60, 1_000, 3, lambda: now) for _ in range(2))
    name = uuid.uuid4().hex
    try:
        async with Redis.from_url(redis_url, protocol=2) as redis:
            assert await worker.take(name) is not None
            for number in range(600):
                now += 0.01  # six seconds in all, and a lot is good for one
                assert worker.at_hand(name) is not None, f"request {number} would have waited"
                await redis.ping()  # as long as a request takes at the least
        last = await other.take(name)
        assert last is not None
        assert 1_000 - 602 - 50 <= last.remaining <= 1_000 - 602 + 10, "what was asked for beforehand was used"
    finally:
        await worker.aclose()
        await other.aclose()


async def test_who_asks_much_is_stopped_where_it_is_too_much(redis_url: str) -> None:
    worker = RedisThrottle(lambda: redis_url, 60, 400, 3)
    name, allowed = uuid.uuid4().hex, 0
    try:
        for _ in range(500):
            taken = worker.at_hand(name) or await worker.take(name)
            assert taken is not None
            allowed += taken.allowed
            await asyncio.sleep(0)
    finally:
        await worker.aclose()
    assert allowed in (400, 401)  # one comes back each second


async def test_the_count_in_redis_goes_by_itself(redis_url: str) -> None:
    async with Redis.from_url(redis_url, protocol=2) as redis:
        key = f"adapter:{uuid.uuid4().hex}"
        assert await redis.eval(TAKE, 1, key, 1_000_000, 5, 3) == [3, 2, 0]
        assert await redis.eval(TAKE, 1, key, 1_000_000, 5, 3) == [2, 0, 0]
        given, left, wait = await redis.eval(TAKE, 1, key, 1_000_000, 5, 3)
        assert (given, left) == (0, 0)
        assert 0 < wait <= 1_000_000
        assert 0 < await redis.pttl(key) <= 5001


async def test_failures_of_an_address_are_known_to_every_worker(workers: list[RedisThrottle]) -> None:
    address = uuid.uuid4().hex
    for n in range(3):
        await workers[n].failed(address)
    assert all(worker.shut_out(address) == 0 for worker in workers)
    await workers[1].failed(address)
    assert workers[1].shut_out(address) > 0


async def test_without_redis_each_worker_counts_for_itself() -> None:
    for url in ("redis://127.0.0.1:1/0", ""):

        def away(url: str = url) -> str:
            if not url:
                raise JobsError("none")
            return url

        worker = RedisThrottle(away, 60, 2, 1)
        taken = [await worker.take("a") for _ in range(3)]
        assert [t is not None and t.allowed for t in taken] == [True, True, False]
        await worker.aclose()
