"""The shelf of sessions in Redis: every worker sees the same, and what is too old goes by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapter.access.people import ShelfError
from adapter.jobs import JobsError

T = TypeVar("T")
_SECONDS = 5.0
_SWAP = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""


class RedisShelf:
    """Implements `access.people.Shelf`. `url` is asked when it is first needed: a server of our own starts then."""

    def __init__(self, url: Callable[[], str], prefix: str = "adapter:people:") -> None:
        self._url = url
        self._prefix = prefix
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Redis] = WeakKeyDictionary()

    async def put(self, key: str, value: bytes, seconds: int) -> None:
        """Keep a value for so many seconds."""
        await self._ask(lambda redis: redis.set(self._prefix + key, value, ex=seconds))

    async def swap(self, key: str, before: bytes, value: bytes, seconds: int) -> bool:
        """The same, only where `before` is still there."""
        return bool(await self._ask(lambda redis: redis.eval(_SWAP, 1, self._prefix + key, before, value, seconds)))

    async def get(self, key: str) -> bytes | None:
        """The value."""
        return await self._ask(lambda redis: redis.get(self._prefix + key))

    async def take(self, key: str) -> bytes | None:
        """The value, which is gone then."""
        return await self._ask(lambda redis: redis.getdel(self._prefix + key))

    async def once(self, key: str, seconds: int) -> bool:
        """Whether this key was not there yet."""
        return bool(await self._ask(lambda redis: redis.set(self._prefix + key, b"1", ex=seconds, nx=True)))

    async def drop(self, *keys: str) -> None:
        """Let go of these."""
        await self._ask(lambda redis: redis.delete(*(self._prefix + key for key in keys)))

    async def gather(self, key: str, member: str, seconds: int) -> None:
        """Add to a set."""
        name = self._prefix + key
        await self._ask(lambda redis: redis.pipeline().sadd(name, member).expire(name, seconds).execute())

    async def gathered(self, key: str) -> frozenset[str]:
        """The members of a set."""
        found: Any = await self._ask(lambda redis: redis.smembers(self._prefix + key))
        return frozenset(member.decode() for member in found)

    async def _ask(self, what: Callable[[Any], Awaitable[T]]) -> T:
        try:
            return await what(await self._client())
        except (RedisError, OSError, JobsError) as error:
            raise ShelfError(f"sessions cannot be read now ({type(error).__name__})") from None

    async def _client(self) -> Redis:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            url = await asyncio.to_thread(self._url)
            self._clients[loop] = Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
        return self._clients[loop]

    async def aclose(self) -> None:
        """Let go of the connections of this event loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()
