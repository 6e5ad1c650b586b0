"""Tell an open page that its pregnancy changed: server-sent events without content (WHATWG HTML, 9.2).

A stream ends with the session, and where she is not there for its reader any more: what is on the screen goes as well.

Every process asks the store for itself, so it does not matter which one brought the news. All pages of a process share
one question a second; only when the store holds anything new is it asked about each pregnancy that is watched.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from adapter.access import Context, DeniedError, Purpose, UnauthenticatedError, UnavailableError
from adapter.model.sources import RecordKey
from adapter.service.origin import Changes
from adapter.service.port import UnknownPregnancyError
from adapter.web.asking import context, context_again

EVERY = 1.0
"""Seconds between two questions to the store."""
ANYWAY = 15
"""Questions after which a pregnancy is looked at whatever the answer: what was removed leaves no new row behind."""
STILL = 2
"""Rounds after which who reads is asked for again: a session ends elsewhere."""
CHANGED, OVER = "gewijzigd", "voorbij"


class Watching(Protocol):
    """Who reads a stream, and what of it is for them."""

    async def still(self) -> None:
        """Establish anew who reads. Raises `UnauthenticatedError` once they are logged out, `UnavailableError`."""
        ...

    async def narrowed(self) -> frozenset[RecordKey] | None:
        """The records of which news may be told now, None for all. Raises `UnknownPregnancyError`, `DeniedError`."""
        ...


class Reader:
    """Implements `Watching` for the browser that asked."""

    def __init__(self, request: Request, changes: Changes, pregnancy: str) -> None:
        self._request = request
        self._changes = changes
        self._pregnancy = pregnancy
        self._ctx: Context = context(request, Purpose.TREAT)

    async def still(self) -> None:
        """By the cookie or token of the request, which is looked at again."""
        self._ctx = await context_again(self._request, Purpose.TREAT)

    async def narrowed(self) -> frozenset[RecordKey] | None:
        """As it is now: consent may have been withdrawn."""
        return await run_in_threadpool(self._changes.narrowed, self._ctx, self._pregnancy)


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

    async def events(self, pregnancy: str, seen: str, last: str, reader: Watching) -> AsyncIterator[str]:
        """The stream for one page. `seen`: what `stand` was when it was made; `last`: the id of its last event."""
        try:
            stand = await self.stand()
            only = await reader.narrowed()
            mark = await run_in_threadpool(self._changes.of, pregnancy, only)
            yield f"retry: 3000\nid: {mark}\n\n"
            if (last and last != mark) or (not last and seen and seen != stand):
                yield _event(mark)
            rounds = 0
            while not await self._over():
                rounds += 1
                now = await self.stand()
                anyway = not rounds % ANYWAY
                try:
                    if now != stand or anyway or not rounds % STILL:
                        await reader.still()
                except UnavailableError:  # nothing is told until it can be said whether they are still there
                    continue
                if now == stand and not anyway:
                    continue
                stand = now
                only = await reader.narrowed()
                found = await run_in_threadpool(self._changes.of, pregnancy, only)
                if found != mark:
                    mark = found
                    yield _event(mark)
                elif anyway:
                    yield ": \n\n"  # so that what stands in between keeps the line open
        except (UnauthenticatedError, UnknownPregnancyError, DeniedError):
            yield _event("", OVER)

    async def _over(self) -> bool:
        try:
            await asyncio.wait_for(self._closing.wait(), self._every)
        except TimeoutError:
            return False
        return True


def _event(mark: str, kind: str = CHANGED) -> str:
    return f"event: {kind}\nid: {mark}\ndata: -\n\n"
