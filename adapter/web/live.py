"""Tell an open page that its pregnancy changed: server-sent events without content (WHATWG HTML, 9.2).

Every process asks the store for itself, so it does not matter which one brought the news. All pages of a process share
one question a second; only when the store holds anything new is it asked about each pregnancy that is watched.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool

from adapter.access import DeniedError
from adapter.model.sources import RecordKey
from adapter.service.origin import Changes
from adapter.service.port import UnknownPregnancyError

EVERY = 1.0
"""Seconds between two questions to the store."""
ANYWAY = 15
"""Questions after which a pregnancy is looked at whatever the answer: what was removed leaves no new row behind."""
CHANGED = "gewijzigd"


Narrowed = Callable[[], frozenset[RecordKey] | None]


def _all() -> None:
    return None


class Live:
    """The watchers of one process."""

    def __init__(self, changes: Changes, every: float = EVERY) -> None:
        self._changes = changes
        self._every = every
        self._asking = asyncio.Lock()
        self._answer = ""
        self._at = float("-inf")
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End every stream: the server is going to stop."""
        self._closing.set()

    async def stand(self) -> str:
        """What the store holds now, as one word for all pages; no older than the time between two questions."""
        async with self._asking:
            if time.monotonic() - self._at >= self._every:
                self._answer = await run_in_threadpool(self._changes.anything)
                self._at = time.monotonic()
            return self._answer

    async def events(self, pregnancy: str, seen: str, last: str, narrowed: Narrowed = _all) -> AsyncIterator[str]:
        """The stream for one page. `seen`: what `stand` was when it was made; `last`: the id of its last event.
        `narrowed`: gives the records of which news may be told now (None: all), or raises what ends the stream: it is
        asked again with everything new, for consent may have been withdrawn.
        """
        stand = await self.stand()
        only = await run_in_threadpool(narrowed)
        mark = await run_in_threadpool(self._changes.of, pregnancy, only)
        yield f"retry: 3000\nid: {mark}\n\n"
        if (last and last != mark) or (not last and seen and seen != stand):
            yield _event(mark)
        rounds = 0
        while not await self._over():
            rounds += 1
            now = await self.stand()
            if now == stand and rounds % ANYWAY:
                continue
            stand = now
            try:
                only = await run_in_threadpool(narrowed)
            except (UnknownPregnancyError, DeniedError):  # it is not for this reader any more: the page will say so
                yield _event("weg")
                return
            found = await run_in_threadpool(self._changes.of, pregnancy, only)
            if found != mark:
                mark = found
                yield _event(mark)
            elif rounds % ANYWAY == 0:
                yield ": \n\n"  # so that what stands in between keeps the line open

    async def _over(self) -> bool:
        try:
            await asyncio.wait_for(self._closing.wait(), self._every)
        except TimeoutError:
            return False
        return True


def _event(mark: str) -> str:
    return f"event: {CHANGED}\nid: {mark}\ndata: -\n\n"
