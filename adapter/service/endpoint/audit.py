"""Audit events of many requests written together: each answer still waits until its own are durable."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from adapter.access import AuditEvent, AuditLog


class AuditQueue:
    """Gathers events while the disk is busy with those before; what one write costs is shared by all that wait."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._waiting: list[tuple[Sequence[AuditEvent], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def record(self, events: Sequence[AuditEvent]) -> None:
        """Keep events; durable when this returns. Raises what the log raises: no log, no data."""
        if events:
            await self.begin(events)

    def begin(self, events: Sequence[AuditEvent]) -> asyncio.Future[None]:
        """Begin to keep events; durable when what this gives is done."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((events, done))
        if self._writing is None or self._writing.done():
            self._writing = loop.create_task(self._write())
        return done

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            events = [event for some, _ in batch for event in some]
            try:
                await asyncio.to_thread(self._log.record, *events)
            except Exception as error:  # each that waits is told
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)
