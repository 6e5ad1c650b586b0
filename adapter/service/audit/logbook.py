"""The log keeper's book: find lines, take them along, see that the log is whole. Looking at the log is logged too."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from adapter.access import Action, AuditEvent, Context, Entity, EventType, Grant, Resource, log
from adapter.model.sources import RecordKey
from adapter.model.wire import from_json
from adapter.service.audit.lines import MOST, Chain, LogLine, LogPage, LogQuestion
from adapter.service.audit.names import OrganisationNames
from adapter.service.guard import Guard
from adapter.service.rooms import Rooms
from adapter.store import AuditRow

MOST_EXPORTED = 100_000
"""Lines in one export: more goes by period."""
_STEP = 1000
_FRESH = timedelta(minutes=15)
_QUICK = 100_000
"""Lines that are proved in a few seconds: longer logs only when somebody asks, or once a day."""
_LONG = timedelta(days=1)


class Logbook:
    """Every method asks the policy (`DeniedError`) and leaves an audit event."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self._names = OrganisationNames(rooms)
        self._proving = threading.Lock()
        self._proved: Chain | None = None

    def page(self, ctx: Context, asked: LogQuestion) -> LogPage:
        """The lines that answer the question, newest first. Raises `DeniedError`."""
        grant = self._guard.allowed(ctx, Action.EXECUTE, Resource.AUDIT)
        limit = max(1, min(asked.limit, MOST))
        rows = self._rooms.store.audit_rows(asked.stored(self._ids(asked.woman)), limit + 1)
        self._looked(ctx, grant, asked, EventType.AUDIT_READ)
        lines = tuple(self.line(row) for row in rows[:limit])
        return LogPage(lines, lines[-1].number if len(rows) > limit else None)

    def count(self, ctx: Context, asked: LogQuestion) -> int:
        """How many lines answer the question. Raises `DeniedError`."""
        grant = self._guard.allowed(ctx, Action.EXECUTE, Resource.AUDIT)
        found = self._rooms.store.audit_count(asked.stored(self._ids(asked.woman)))
        self._looked(ctx, grant, asked, EventType.AUDIT_READ)
        return found

    def emergencies(self, ctx: Context, days: int = 30, most: int = 20) -> tuple[LogLine, ...]:
        """What was done under noodtoegang these days, newest first: to be looked into. Part of looking at a page."""
        self._guard.allowed(ctx, Action.EXECUTE, Resource.AUDIT)
        since = self._rooms.clock() - timedelta(days=days)
        rows = self._rooms.store.audit_rows(LogQuestion(since=since, emergency=True).stored(), most)
        return tuple(self.line(row) for row in rows)

    def read(self, ctx: Context, number: int) -> LogLine | None:
        """One line. Raises `DeniedError`."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.AUDIT)
        row = self._rooms.store.audit_row(number)
        self._looked(ctx, grant, LogQuestion(before=number + 1, limit=1), EventType.AUDIT_READ)
        return None if row is None else self.line(row)

    def export(self, ctx: Context, asked: LogQuestion) -> list[LogLine]:
        """All lines that answer the question, at most `MOST_EXPORTED`, newest first. Raises `DeniedError`."""
        grant = self._guard.allowed(ctx, Action.EXECUTE, Resource.AUDIT)
        self._looked(ctx, grant, asked, EventType.EXPORT)
        return list(self._all(asked))

    def chain(self, ctx: Context, *, anew: bool = False) -> Chain:
        """Whether the log is whole: looked at now, or at most a quarter of an hour ago. Raises `DeniedError`."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.AUDIT)
        if not anew and self._proved is None and (head := self._rooms.store.audit_head()).lines > _QUICK:
            return Chain(1, head.lines, head.chain, self._rooms.clock(), proved=False)
        with self._proving:  # one at a time: it reads the whole log
            now = self._rooms.clock()
            age = None if self._proved is None else now - self._proved.at
            kept = _FRESH if self._proved is None or self._proved.last < _QUICK else _LONG
            if anew or self._proved is None or age is None or not timedelta() <= age < kept:
                proof = self._rooms.store.prove_audit()
                self._proved = Chain(proof.first, proof.last, proof.head, now, proof.broken, proof.why)
                if proof.broken is not None:
                    log.AUDIT_BROKEN.log(line=proof.broken)
                query = f"chain={proof.first}-{proof.last}"
                broken = None if proof.broken is None else f"line {proof.broken}: {proof.why}"
                self._guard.record(ctx, EventType.AUDIT_READ, Action.READ, grant, query=query, refused=broken)
            return self._proved

    def line(self, row: AuditRow) -> LogLine:
        """A stored line as it is read."""
        event = from_json(AuditEvent, row.body)
        return LogLine(row.position, event, event.purpose_of_use, self._names.of(event.organisation))

    def records_of(self, woman: str) -> list[RecordKey]:
        """The records that are linked to her now."""
        return [RecordKey(row.source, row.reference) for row in self._rooms.store.links("woman", targets=[woman])]

    def woman_of(self, record: RecordKey) -> str | None:
        """Our id of the woman to whom a record is linked now."""
        return self._rooms.store.search.woman_of(record)

    def _ids(self, woman: str | None) -> tuple[str, ...]:
        return () if woman is None else self._rooms.store.known_as(self.records_of(woman), also=woman)

    def _all(self, asked: LogQuestion) -> Iterator[LogLine]:
        ids, left = self._ids(asked.woman), MOST_EXPORTED
        while left > 0:
            rows = self._rooms.store.audit_rows(asked.stored(ids), min(_STEP, left))
            yield from (self.line(row) for row in rows)
            if len(rows) < min(_STEP, left):
                return
            left -= len(rows)
            asked = replace(asked, before=rows[-1].position)

    def _looked(self, ctx: Context, grant: Grant, asked: LogQuestion, kind: EventType) -> None:
        audit, at = self._rooms.audit, self._rooms.clock()
        entities = [Entity("audit", "")]
        audit.record(
            audit.event(
                ctx, kind, Action.EXECUTE, at, patient=asked.woman, entities=entities, query=asked.shown(), grant=grant
            )
        )
