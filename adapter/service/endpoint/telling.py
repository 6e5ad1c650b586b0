"""Telling after a write: one round at a time, so many side by side, for so long; what is left waits for the next."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from adapter.access import log

ROUND = 30.0
"""Seconds that one round takes at most."""
_GRACE = 2.0
"""Seconds that a round gets to end when we stop."""


class Telling:
    """Does rounds of work in the background. However often it is asked for meanwhile, one more follows, not many."""

    def __init__(self, work: Callable[[], Awaitable[object]]) -> None:
        self._work = work
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def soon(self) -> None:
        """Have a round done, after the one that goes on."""
        if self._task is not None and not self._task.done():
            self._again = True
            return
        self._task = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        """Let what goes on end, if it does so soon."""
        if self._task is None:
            return
        done, _ = await asyncio.wait([self._task], timeout=_GRACE)
        if not done:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            self._again = False
            try:
                await self._work()
            except Exception as error:  # a later round may do better, and nobody waits for this one
                log.TELLING_FAILED.log(error=type(error).__name__)
            if not self._again:
                return
