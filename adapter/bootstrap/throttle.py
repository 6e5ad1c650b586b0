"""Rate limits over all workers: counted in Redis, in lots, so that most requests cost no round trip.

A worker takes permits for some requests at once and gives them out itself. What is given out never exceeds what Redis
allowed; a lot that is not used up within a second is lost, which errs on the strict side. The lot of whoever asks much
is filled up before it is used up or too old, so that no request waits for Redis. Where Redis is away, each worker
counts for itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from adapter.access import log
from adapter.jobs import JobsError
from adapter.service.bounds import Taken
from adapter.service.gcra import Gcra

# In microseconds, by the clock of Redis: workers on several machines have one clock.
TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local interval, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local due = tonumber(redis.call('GET', KEYS[1]) or now)
if due < now then due = now end
local room = math.floor((now + burst * interval - due) / interval)
if room < 1 then return {0, 0, math.ceil(due - now - (burst - 1) * interval)} end
local given = math.min(wanted, room)
due = due + given * interval
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1)
return {given, room - given, 0}
"""
_LOT = 50
_LARGEST = 2000  # permits: a quarter of a second at a rate that only a system reaches
_LOT_SECONDS = 1.0
_AHEAD_SECONDS = 0.5  # what is left of the time of a lot when it is filled up, where so many of it were used:
_OFTEN = 10
_AWAY_SECONDS = 5.0
_COMMAND_SECONDS = 0.25
_MOST_KEPT = 10_000


class _Lot:
    """Permits at hand for one identity, or until when there are none."""

    __slots__ = ("ahead", "few", "left", "lock", "often", "remaining", "shut", "until")

    def __init__(self) -> None:
        self.left = 0
        self.often = self.few = -1  # what is left where it is used often, and where it is nearly used up
        self.ahead: asyncio.Task[None] | None = None
        self.remaining = 0
        self.until = 0.0
        self.shut = 0.0
        self.lock = asyncio.Lock()


class RedisThrottle:
    """Implements `service.bounds.Throttle`. `url` is asked when it is first needed: a server of our own starts then."""

    def __init__(
        self,
        url: Callable[[], str],
        per_minute: int,
        burst: int,
        failures: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._rate = Gcra(per_minute, burst) if per_minute else None
        self._failures = Gcra(failures, failures) if failures else None
        self._clock = clock
        self._lots: dict[str, _Lot] = {}
        self._shut: dict[str, float] = {}
        self._away = 0.0
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Redis] = WeakKeyDictionary()

    async def take(self, identity: str) -> Taken | None:
        """One request of this identity."""
        if (rate := self._rate) is None:
            return None
        lot = self._lot(identity)
        if (taken := self._at_hand(lot, rate)) is not None:
            return taken
        async with lot.lock:  # one asks for all that wait
            if (taken := self._at_hand(lot, rate)) is not None:
                return taken
            wait = await self._fill(lot, rate, identity)
            taken = self._at_hand(lot, rate)
        return taken or Taken(False, rate.per_minute, wait=max(wait, 0.001))

    def at_hand(self, identity: str) -> Taken | None:
        """One request of this identity, of the permits that this worker holds already."""
        lot = self._lots.get(identity)
        if self._rate is None or lot is None or not lot.left:
            return None
        taken = self._at_hand(lot, self._rate)
        if taken is not None and lot.ahead is None and self._soon_over(lot):
            lot.ahead = asyncio.get_running_loop().create_task(self._fill_ahead(lot, self._rate, identity))
        return taken

    async def failed(self, address: str) -> None:
        """A request from this address showed a token or session that does not hold."""
        if self._failures is None:
            return
        given, _, wait = await self._ask(self._failures, f"failed:{address}", 1)
        if not given:
            if len(self._shut) > _MOST_KEPT:
                self._shut = {key: until for key, until in self._shut.items() if until > self._clock()}
            self._shut[address] = self._clock() + max(wait, 1.0)

    def shut_out(self, address: str) -> float:
        """Seconds for which no new token from this address is looked at."""
        until = self._shut.get(address)
        return 0.0 if until is None else max(0.0, until - self._clock())

    async def aclose(self) -> None:
        """Let go of the connections of this event loop."""
        for lot in self._lots.values():
            if lot.ahead is not None:
                lot.ahead.cancel()
                lot.ahead = None
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    def _lot(self, identity: str) -> _Lot:
        lot = self._lots.get(identity)
        if lot is None:
            if len(self._lots) > _MOST_KEPT:
                now = self._clock()
                self._lots = {key: one for key, one in self._lots.items() if max(one.until, one.shut) > now}
            lot = self._lots[identity] = _Lot()
        return lot

    def _soon_over(self, lot: _Lot) -> bool:
        """Whether it is used, and will not do for long."""
        return lot.left <= lot.few or (lot.left <= lot.often and lot.until - self._clock() < _AHEAD_SECONDS)

    async def _fill_ahead(self, lot: _Lot, rate: Gcra, identity: str) -> None:
        try:
            async with lot.lock:
                await self._fill(lot, rate, identity)
        finally:
            lot.ahead = None

    async def _fill(self, lot: _Lot, rate: Gcra, identity: str) -> float:
        """Fill it up; what is left in it is good as long as what is new. Returns how long to wait where it is empty."""
        size = max(1, min(max(_LOT, rate.per_minute // 240), _LARGEST, rate.burst // 20))
        if self._clock() >= lot.until:
            lot.left = 0
        wanted = size - lot.left
        given, lot.remaining, wait = await self._ask(rate, f"rate:{identity}", wanted)
        now = self._clock()
        lot.left += given
        worth = given == wanted and size >= 2 * _OFTEN
        lot.few, lot.often = (size // 4, lot.left - _OFTEN) if worth else (-1, -1)
        lot.until, lot.shut = now + _LOT_SECONDS, now + wait
        return wait

    def _at_hand(self, lot: _Lot, rate: Gcra) -> Taken | None:
        now = self._clock()
        if lot.left and now < lot.until:
            lot.left -= 1
            return Taken(True, rate.per_minute, lot.left + lot.remaining)
        if now < lot.shut:
            return Taken(False, rate.per_minute, wait=lot.shut - now)
        return None

    async def _ask(self, rate: Gcra, key: str, wanted: int) -> tuple[int, int, float]:
        """Of Redis, in one round trip; while it is away, of this worker alone."""
        now = self._clock()
        if now >= self._away:
            try:
                name = "adapter:" + hashlib.sha256(key.encode()).hexdigest()[:32]  # no name stands in Redis in clear
                numbers = (round(rate.interval * 1_000_000), rate.burst, wanted)
                client: Any = await self._client()
                given, left, wait = await client.eval(TAKE, 1, name, *numbers)
                return int(given), int(left), int(wait) / 1_000_000
            except (RedisError, OSError, JobsError, TimeoutError) as error:
                self._away = now + _AWAY_SECONDS
                log.QUEUE_DOWN.log(what=f"rate limits are counted by each worker for itself: {type(error).__name__}")
        return rate.take(key, wanted, now)

    async def _client(self) -> Redis:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            url = await asyncio.to_thread(self._url)
            self._clients[loop] = Redis.from_url(
                url,
                protocol=2,
                retry=Retry(NoBackoff(), 0),
                socket_timeout=_COMMAND_SECONDS,
                socket_connect_timeout=_COMMAND_SECONDS,
            )
        return self._clients[loop]
