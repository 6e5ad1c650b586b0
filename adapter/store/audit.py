"""The audit log as it is kept: sealed, append-only, and chained, so that a line taken out or changed shows.

Each line carries a keyed hash (HMAC-SHA256) over itself and the line before it. The place and hash of the last line
stand apart, so that lines cut off at the end show as well. Restoring a whole older database does not show here: for
that the head (`audit_head`) must be noted elsewhere from time to time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, insert, select, update

from adapter.store.records import Part
from adapter.store.tables import audit, meta, microseconds

_HEAD = "audit_head"
_START = b"\x00" * 32
_A = audit.c

# Statements are built once: that costs more than running them.
_ADD = insert(audit)
_LAST = select(meta.c.value).where(meta.c.name == _HEAD)
_MOVE = update(meta).where(meta.c.name == _HEAD).values(value=bindparam("moved"))


class AuditLine(Protocol):
    """What the store must know of an audit event to keep it."""

    @property
    def recorded(self) -> datetime:
        """When it happened (UTC)."""
        ...

    @property
    def patient(self) -> str | None:
        """Our id of the woman concerned; never a BSN."""
        ...

    def to_json(self) -> bytes:
        """All of it."""
        ...


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The last line: how many there are, and its hash (hex)."""

    lines: int
    chain: str


class Audit(Part):
    """Add, read and prove audit lines."""

    def add_audit(self, events: Sequence[AuditLine]) -> None:
        """Add events behind the last line, in one transaction. Raises `StoreError`."""
        if not events:
            return
        with self._database.writing() as connection:
            self._database.lock(connection, "audit")
            lines, chain = _head(connection)
            first, rows = lines == 0, []
            for event in events:
                lines += 1
                body = self._vault.own.seal(event.to_json(), f"audit\n{lines}".encode())
                chain = self._next(chain, lines, event.recorded, event.patient, body)
                row = {"position": lines, "recorded": event.recorded, "patient": event.patient}
                rows.append({**row, "body": body, "chain": chain})
            connection.execute(_ADD, rows)
            value = lines.to_bytes(8, "big") + chain
            if first:
                connection.execute(insert(meta).values(name=_HEAD, value=value))
            else:
                connection.execute(_MOVE, {"moved": value})

    def audit(
        self,
        *,
        patient: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        offset: int = 0,
        limit: int = 1000,
    ) -> list[bytes]:
        """Events as JSON, newest first: about one woman, from `since` up to `until`, or all."""
        query = select(audit).order_by(_A.position.desc()).offset(offset).limit(limit)
        if patient is not None:
            query = query.where(_A.patient == patient)
        if since is not None:
            query = query.where(_A.recorded >= since)
        if until is not None:
            query = query.where(_A.recorded <= until)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [self._vault.own.open(row.body, f"audit\n{row.position}".encode()) for row in rows]

    def audit_head(self) -> AuditHead:
        """The last line, to note outside this database."""
        with self._database.reading() as connection:
            lines, chain = _head(connection)
        return AuditHead(lines, chain.hex())

    def verify_audit(self) -> int | None:
        """The number of the first line that is not as it was written or is gone; None when all are there."""
        chain, expected = _START, 1
        with self._database.reading() as connection:
            lines, head = _head(connection)
            few = connection.execution_options(yield_per=1000)
            with few.execute(select(audit).order_by(_A.position)) as rows:
                for row in rows:
                    chain = self._next(chain, expected, row.recorded, row.patient, row.body)
                    if row.position != expected or row.chain != chain:
                        return expected
                    expected += 1
        return None if expected == lines + 1 and chain == head else min(expected, lines + 1)

    def _next(self, chain: bytes, line: int, recorded: datetime, patient: str | None, body: bytes) -> bytes:
        at = microseconds(recorded).to_bytes(8, "big", signed=True)
        who = b"\x00" if patient is None else b"\x01" + patient.encode()
        return self._vault.chain(chain, line.to_bytes(8, "big"), at, who, body)


def _head(connection: Connection) -> tuple[int, bytes]:
    value: Any = connection.execute(_LAST).scalar()
    return (0, _START) if value is None else (int.from_bytes(value[:8], "big"), bytes(value[8:]))
