"""The queue on a real Redis: coalescing, one worker at a job, retries, giving up, workers that fall away."""

from __future__ import annotations

import asyncio
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapter.jobs import Depth, Job, JobsError, Queue, Timing

pytestmark = pytest.mark.integration

QUICK = Timing(lease=0.15, stale=0.3, retry=0.05, block=0.05, deliveries=3)
JOB = Job("rebuild", "vp-groen|Patient/1")


@pytest.fixture
def prefix() -> str:
    return f"test-{uuid.uuid4().hex}"


@pytest.fixture
async def queue(redis_url: str, prefix: str) -> AsyncIterator[Queue]:
    async with Queue(redis_url, prefix, QUICK) as opened:
        yield opened


class Hands:
    """A handler that remembers, and stops the worker when it has seen enough."""

    def __init__(self, enough: int) -> None:
        self.seen: list[Job] = []
        self.stop = asyncio.Event()
        self._enough = enough

    async def __call__(self, job: Job) -> None:
        self.seen.append(job)
        if len(self.seen) >= self._enough:
            self.stop.set()


async def until(true: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(20):
        while not await true():  # noqa: ASYNC110 (the other side is a server)
            await asyncio.sleep(0.01)


async def is_done(queue: Queue) -> bool:
    return await queue.depth() == Depth(0, 0, 0)


async def has_dead(queue: Queue) -> bool:
    return (await queue.depth()).dead > 0


async def test_jobs_are_done_in_order_and_gone(queue: Queue) -> None:
    jobs = [Job("rebuild", f"vp|Patient/{n}") for n in range(1200)]
    assert await queue.publish(jobs) == 1200
    hands = Hands(10_000)
    assert await queue.consume("a", hands, drain=True) == 1200
    assert hands.seen == jobs
    assert await queue.depth() == Depth(0, 0, 0)


async def test_a_job_that_waits_is_not_put_in_again(queue: Queue) -> None:
    assert await queue.publish([JOB, JOB]) == 1
    assert await queue.publish([JOB]) == 0
    assert (await queue.depth()).waiting == 1


async def test_a_job_asked_for_while_it_is_done_is_done_again(queue: Queue) -> None:
    await queue.publish([JOB])
    seen = 0

    async def handler(job: Job) -> None:
        nonlocal seen
        seen += 1
        if seen == 1:
            assert await queue.publish([job]) == 1

    assert await queue.consume("a", handler, drain=True) == 2


async def test_two_workers_never_do_one_job_at_once(queue: Queue) -> None:
    await queue.publish([JOB])
    busy, most, runs = 0, 0, 0
    both_saw = asyncio.Event()

    async def handler(job: Job) -> None:
        nonlocal busy, most, runs
        busy, runs = busy + 1, runs + 1
        most = max(most, busy)
        if runs == 1:
            await queue.publish([job])  # the other worker gets this one, and leaves it to us
            await until(lambda: queue.redis.exists(queue.again))
            both_saw.set()
        busy -= 1

    stop = asyncio.Event()
    workers = [asyncio.create_task(queue.consume(name, handler, stop=stop)) for name in ("a", "b")]
    await asyncio.wait_for(both_saw.wait(), 20)
    await until(lambda: is_done(queue))
    stop.set()
    assert sum(await asyncio.gather(*workers)) == 2
    assert most == 1


async def test_a_long_job_stays_with_its_worker(redis_url: str, prefix: str) -> None:
    roomy = replace(QUICK, lease=1.0, stale=1.5)  # on a busy machine a sign of life may come half a second late
    runs = 0

    async def handler(_: Job) -> None:
        nonlocal runs
        runs += 1
        await asyncio.sleep(roomy.stale * 2)
        stop.set()

    stop = asyncio.Event()
    async with Queue(redis_url, prefix, roomy) as queue:
        await queue.publish([JOB])
        done = await asyncio.gather(*(queue.consume(name, handler, stop=stop) for name in ("a", "b")))
    assert (sum(done), runs) == (1, 1)


async def test_what_keeps_failing_is_given_up_on_with_the_reason(queue: Queue) -> None:
    await queue.publish([JOB])
    runs = 0

    async def handler(_: Job) -> None:
        nonlocal runs
        runs += 1
        raise ValueError("no dialect")

    stop = asyncio.Event()
    worker = asyncio.create_task(queue.consume("a", handler, stop=stop))
    await until(lambda: has_dead(queue))
    stop.set()
    assert await worker == 0
    (dead,) = await queue.dead()
    assert (dead.job, dead.deliveries, runs) == (JOB, 3, 3)
    assert dead.reason == "given up after 3 deliveries: ValueError: no dialect"
    assert await queue.publish([JOB]) == 0  # it rests: what puts the outbox in again and again does not wake it
    assert await queue.depth() == Depth(0, 0, 1)
    await queue.revive(dead)
    assert await queue.depth() == Depth(1, 0, 0)


async def test_what_failed_is_tried_again_long_before_what_was_abandoned(redis_url: str, prefix: str) -> None:
    async with Queue(redis_url, prefix, Timing(lease=30, stale=60, retry=0.05, block=0.05)) as queue:
        await queue.publish([JOB])
        runs = 0

        async def handler(_: Job) -> None:
            nonlocal runs
            runs += 1
            if runs == 1:
                raise ValueError("not yet")
            stop.set()

        stop = asyncio.Event()
        assert await asyncio.wait_for(queue.consume("a", handler, stop=stop), 20) == 1
        assert await queue.depth() == Depth(0, 0, 0)


async def test_a_failure_does_not_hold_up_the_others(queue: Queue) -> None:
    other = Job("rebuild", "vp|Patient/2")
    await queue.publish([JOB, other])
    seen: list[Job] = []

    async def handler(job: Job) -> None:
        seen.append(job)
        if job == JOB:
            raise ValueError("no")

    assert await queue.consume("a", handler, drain=True) == 1
    assert seen == [JOB, other]


KILLED = """
import asyncio, sys
from adapter.jobs import Queue, Timing
async def main():
    async with Queue(sys.argv[1], sys.argv[2], Timing(lease=0.15, stale=0.3, retry=0.05, block=0.05)) as queue:
        async def handler(job):
            print(job.key, flush=True)
            await asyncio.sleep(600)
        await queue.consume("killed", handler)
asyncio.run(main())
"""


async def test_the_job_of_a_killed_worker_is_taken_over(queue: Queue, redis_url: str, prefix: str) -> None:
    await queue.publish([JOB])
    command = [sys.executable, "-c", KILLED, redis_url, prefix]
    worker = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert worker.stdout is not None
    assert (await worker.stdout.readline()).decode().strip() == JOB.key
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    hands = Hands(1)
    assert await asyncio.wait_for(queue.consume("b", hands, stop=hands.stop), 20) == 1
    assert hands.seen == [JOB]
    assert await queue.depth() == Depth(0, 0, 0)


async def test_an_emptied_redis_is_started_over(queue: Queue) -> None:
    await queue.publish([JOB])
    await queue.depth()
    await queue.redis.delete(queue.stream, queue.queued)
    assert await queue.consume("a", Hands(1), drain=True) == 0
    await queue.publish([JOB])
    assert await queue.consume("a", Hands(1), drain=True) == 1


async def test_without_redis_it_says_so_at_once(tmp_path: Path) -> None:
    async with Queue(f"unix://{tmp_path}/none.sock?password=geheim") as queue:
        started = asyncio.get_running_loop().time()
        for attempt in (queue.publish([JOB]), queue.depth(), queue.ping(), queue.consume("a", Hands(1))):
            with pytest.raises(JobsError) as caught:
                await attempt
            assert "geheim" not in str(caught.value)
        assert asyncio.get_running_loop().time() - started < 2


def test_timing_must_make_sense() -> None:
    with pytest.raises(ValueError, match="lease < stale"):
        Timing(lease=60, stale=60)
    with pytest.raises(ValueError, match="retry <= stale"):
        Timing(retry=61)
    with pytest.raises(ValueError, match="block < command"):
        Timing(block=9)
    with pytest.raises(JobsError, match="not a Redis URL"):
        Queue("http://localhost")
