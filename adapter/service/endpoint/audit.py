"""Audit events of many requests written together: each answer still waits until its own are durable."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from adapter.access import AuditEvent, AuditLog
from adapter.store.audit_pen import AuditPen

_LOOK_AGAIN = 0.0005
_PATIENCE = 0.05
"""Seconds between looks while another process writes, and in all before we wait for it in line."""
_TOGETHER = 0.004
"""Seconds in which whoever comes goes along, at most."""
_QUICK = 0.002
"""Seconds that a commit may take, as a rule, to be waited for where we stand: to hand it over takes about as long."""
Done = asyncio.Future[None]


class AuditQueue:
    """Gathers events while the disk is busy with those before; what one write costs is shared by all that wait."""

    def __init__(self, log: AuditLog, pen: AuditPen | None) -> None:
        self._log = log
        self._pen = pen
        self._waiting: list[tuple[Sequence[AuditEvent], Done]] = []
        self._writing: asyncio.Task[None] | None = None
        self._watched: deque[tuple[float, Done]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(1, "audit")  # always the same: its connection stays at hand
        self._took = 0.0  # a commit, lately

    async def record(self, events: Sequence[AuditEvent]) -> None:
        """Keep events; durable when this returns. Raises what the log raises: no log, no data."""
        if events:
            await self.begin(events)

    def begin(self, events: Sequence[AuditEvent], seconds: float = 0.0) -> Done:
        """Begin to keep events; durable when what this gives is done. `seconds`: after so many it fails with
        `TimeoutError`, though they may be kept yet; 0: it waits for as long as it takes.
        """
        loop = asyncio.get_running_loop()
        done: Done = loop.create_future()
        self._waiting.append((events, done))
        if self._writing is None or self._writing.done():
            self._writing = loop.create_task(self._write())
        if seconds:
            self._watch(loop.time() + seconds, done)
        return done

    async def _write(self) -> None:
        while self._waiting:
            await self._gather()
            batch, self._waiting = self._waiting, []
            try:
                await self._keep([event for some, _ in batch for event in some])
            except Exception as error:  # each that waits is told
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)

    async def _gather(self) -> None:
        """As long as others come along without anybody waiting for anything, they go along."""
        loop, here = asyncio.get_running_loop(), 0
        until = loop.time() + _TOGETHER
        while len(self._waiting) > here and loop.time() < until:
            here = len(self._waiting)
            await asyncio.sleep(0)

    async def _keep(self, events: list[AuditEvent]) -> None:
        loop = asyncio.get_running_loop()
        pen, until = self._pen, loop.time() + _PATIENCE
        lines = self._log.lines(events) if pen is not None else []
        while pen is not None and loop.time() < until:
            if pen.write(lines):
                try:
                    await self._commit(pen)
                finally:
                    pen.lift()
                return
            await asyncio.sleep(_LOOK_AGAIN)
        # Whoever writes now may do so for long: wait for them as any other writer does.
        await loop.run_in_executor(self._thread, self._log.record, *events)

    async def _commit(self, pen: AuditPen) -> None:
        if self._took < _QUICK:
            took = pen.commit()
        else:
            took = await asyncio.get_running_loop().run_in_executor(self._thread, pen.commit)
        self._took += (took - self._took) / 8

    def _watch(self, until: float, done: Done) -> None:
        """One timer for all: one for each would take longer than most of what is done for an answer."""
        while self._watched and self._watched[0][1].done():
            self._watched.popleft()
        self._watched.append((until, done))
        if self._timer is None:
            self._timer = done.get_loop().call_at(until, self._look)

    def _look(self) -> None:
        self._timer = None
        while self._watched:
            until, done = self._watched[0]
            loop = done.get_loop()
            if not done.done() and loop.time() < until:
                self._timer = loop.call_at(until, self._look)
                return
            self._watched.popleft()
            if not done.done():
                done.set_exception(TimeoutError())
