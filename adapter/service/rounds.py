"""What comes back by itself: a pull every so often, and each day what the passing of days changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from adapter.access import log
from adapter.model.moments import day_of
from adapter.service.payment.standing import Standing
from adapter.service.rooms import Clock

LOOK = 60.0
"""Seconds between two looks at the clock."""
_AT_ONCE = 200  # pregnancies that are decided again between two looks at whether we must stop


Once = Callable[[str, Callable[[], Awaitable[object]], float], Awaitable[bool]]
"""Does work under a name unless another process is at it (False) or did it less than so many seconds ago."""
_A_DAY = timedelta(days=1).total_seconds()


async def alone(name: str, work: Callable[[], Awaitable[object]], keep: float) -> bool:
    """As `Once`, where there is no other process."""
    await work()
    return True


class Rounds:
    """Goes round until cancelled. Several processes may: of those that find something due, one does it."""

    def __init__(
        self,
        pull: Callable[[], Awaitable[object]],
        pulled_at: Callable[[], datetime | None],
        standing: Standing,
        clock: Clock,
        every: timedelta | None,
        once: Once = alone,
    ) -> None:
        """`pulled_at`: when the sources were last asked, by whomever. `every`: None for no pull but those asked for.
        `once`: keeps other processes from doing the same.
        """
        self._pull = pull
        self._pulled_at = pulled_at
        self._standing = standing
        self._clock = clock
        self._every = every
        self._once = once

    async def go(self, wait: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        """Look at the clock again and again. What fails is logged and tried at the next look."""
        day = None
        while True:
            now = self._clock()
            try:
                if self._every is not None and self._due(now):
                    keep = (self._every - timedelta(seconds=LOOK)).total_seconds()
                    await self._once("pull", self._still_due, max(keep, 1.0))
                today = day_of(now)
                if day != today and await self._once(f"day:{today}", self._through_the_day, _A_DAY):
                    day = today
            except Exception as error:
                log.JOB_FAILED.log(kind="round", error=type(error).__name__)
            await wait(LOOK)

    def _due(self, now: datetime) -> bool:
        last = self._pulled_at()
        return self._every is not None and (last is None or last + self._every <= now)

    async def _still_due(self) -> None:
        """Pull, unless another process ended doing so just before we could."""
        if self._due(self._clock()):
            await self._pull()

    async def _through_the_day(self) -> None:
        """Decide again what stands as on an earlier day: a phase may have begun, or a contract ended."""
        stale = await asyncio.to_thread(self._standing.stale)
        for start in range(0, len(stale), _AT_ONCE):
            await asyncio.to_thread(self._standing.refresh, stale[start : start + _AT_ONCE])
