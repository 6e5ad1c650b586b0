"""What one of many processes does for all: at most one is at it at once, and it is not done again for a while."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable

from adapter.jobs import scripts
from adapter.jobs.queue import Queue

DONE = "done"


class Once:
    """Claims by name in the Redis of a queue. `lease`: seconds after which a claim falls away whose process did."""

    def __init__(self, queue: Queue, lease: float = 60.0) -> None:
        self._queue = queue
        self._lease = lease

    async def do(self, name: str, work: Callable[[], Awaitable[object]], keep: float) -> bool:
        """Do `work` unless another process is at it or did it less than `keep` seconds ago.

        False where another is at it: whether it will be done is not known yet. What `work` raises goes on, and the
        claim is given back for anybody to try again. Raises `JobsError`.
        """
        key, mine = self._queue.claim(name), secrets.token_hex(8)
        async with self._queue.guarded():
            while not await self._queue.redis.set(key, mine, nx=True, px=_ms(self._lease)):
                found = await self._queue.redis.get(key)
                if found is not None:  # else it fell away in between: once more
                    return bool(found == DONE)
        holding = asyncio.create_task(self._hold(key, mine))
        try:
            await work()
        except BaseException:
            with contextlib.suppress(Exception):  # it falls away by itself where Redis is away
                await self._end(key, mine, 0.0)
            raise
        finally:
            holding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await holding
        await self._end(key, mine, keep)
        return True

    async def _hold(self, key: str, mine: str) -> None:
        while True:
            await asyncio.sleep(self._lease / 3)
            with contextlib.suppress(Exception):  # tried again before the claim falls away
                await self._queue.run(scripts.HOLD, [key], [mine, str(_ms(self._lease))])

    async def _end(self, key: str, mine: str, keep: float) -> None:
        async with self._queue.guarded():
            await self._queue.run(scripts.END, [key], [mine, DONE, str(_ms(keep))])


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
