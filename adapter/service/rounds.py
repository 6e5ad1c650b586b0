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


class Rounds:
    """Goes round until cancelled. Several may: one that finds a pull done leaves it."""

    def __init__(
        self,
        pull: Callable[[], Awaitable[object]],
        pulled_at: Callable[[], datetime | None],
        standing: Standing,
        clock: Clock,
        every: timedelta | None,
    ) -> None:
        """`pulled_at`: when the sources were last asked, by whomever. `every`: None for no pull but those asked for."""
        self._pull = pull
        self._pulled_at = pulled_at
        self._standing = standing
        self._clock = clock
        self._every = every

    async def go(self, wait: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        """Look at the clock again and again. What fails is logged and tried at the next look."""
        day = None
        while True:
            now = self._clock()
            try:
                if self._due(now):
                    await self._pull()
                if day != day_of(now):
                    await self._through_the_day()
                    day = day_of(now)
            except Exception as error:
                log.JOB_FAILED.log(kind="round", error=type(error).__name__)
            await wait(LOOK)

    def _due(self, now: datetime) -> bool:
        last = self._pulled_at()
        return self._every is not None and (last is None or last + self._every <= now)

    async def _through_the_day(self) -> None:
        """Decide again what stands as on an earlier day: a phase may have begun, or a contract ended."""
        stale = await asyncio.to_thread(self._standing.stale)
        for start in range(0, len(stale), _AT_ONCE):
            await asyncio.to_thread(self._standing.refresh, stale[start : start + _AT_ONCE])
