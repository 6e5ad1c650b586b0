"""The audit log as it is kept: sealed, append-only, and chained, so that a line taken out or changed shows.

Each line carries a keyed hash (HMAC-SHA256) over itself and the line before it. The place and hash of the last line
stand apart under a hash of their own, so that lines cut off at the end show as well. Restoring a whole older database
does not show here: for that the head (`audit_head`) must be noted elsewhere from time to time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from adapter.model.sources import RecordKey
from adapter.store.records import Part
from adapter.store.tables import audit, links, meta, microseconds
from adapter.store.text import chunks

HEAD = "audit_head"
START = b"\x00" * 32
_HASH = 32
_A = audit.c

# Statements are built once: that costs more than running them.
_ADD = insert(audit)
_LAST = select(meta.c.value).where(meta.c.name == HEAD)
_TARGETS = (
    select(links.c.target)
    .where(
        links.c.kind == "woman",
        links.c.source == bindparam("of_source"),
        links.c.reference == bindparam("of_reference"),
        links.c.target.is_not(None),
    )
    .distinct()
)
_HERS = links.alias("hers")
_WHOSE = (
    select(links.c.target, _HERS.c.target)
    .join(_HERS, (_HERS.c.source == links.c.source) & (_HERS.c.reference == links.c.woman))
    .where(
        links.c.kind == "pregnancy",
        links.c.target.in_(bindparam("pregnancies", expanding=True)),
        _HERS.c.kind == "woman",
    )
    .order_by(_HERS.c.position)
)
_MOVE = update(meta).where(meta.c.name == HEAD).values(value=bindparam("moved"))


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

    @property
    def marks(self) -> tuple[str, str, str, str, str]:
        """What it is found by: who, kind of event, action, outcome, and whether under noodtoegang (`1`)."""
        ...

    def to_json(self) -> bytes:
        """All of it."""
        ...


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The last line: how many there are, and its hash (hex)."""

    lines: int
    chain: str


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line: its number, and the event as JSON."""

    position: int
    body: bytes


@dataclass(frozen=True, slots=True)
class AuditQuestion:
    """Which lines. What is empty is not asked; `before`: only lines with a lower number, for the next page."""

    patients: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    kinds: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    emergency: bool = False
    before: int | None = None


class Audit(Part):
    """Add and read audit lines."""

    def add_audit(self, events: Sequence[AuditLine]) -> None:
        """Add events behind the last line, in one transaction. Raises `StoreError`."""
        if not events:
            return
        with self._database.writing() as connection:
            self._database.lock(connection, "audit")
            lines, chain, _ = self._head(connection)
            first, rows = lines == 0, []
            for event in events:
                lines += 1
                body = self._vault.own.seal(event.to_json(), f"audit\n{lines}".encode())
                who, kind, action, outcome, emergency = event.marks
                row: dict[str, Any] = {"position": lines, "recorded": event.recorded, "patient": event.patient}
                row |= {"actor": self._actor(who), "kind": kind, "action": action, "outcome": outcome}
                row |= {"emergency": 1 if emergency else None, "body": body}
                row["chain"] = chain = self._next(chain, row)
                rows.append(row)
            connection.execute(_ADD, rows)
            value = lines.to_bytes(8, "big") + chain
            value += self._vault.chain(b"head", value)
            if first:
                connection.execute(insert(meta).values(name=HEAD, value=value))
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
        asked = AuditQuestion((patient,) if patient is not None else (), since, until)
        return [row.body for row in self.audit_rows(asked, limit, offset)]

    def audit_rows(self, asked: AuditQuestion, limit: int, offset: int = 0) -> list[AuditRow]:
        """Lines that answer the question, newest first. Raises `StoreError`."""
        query = self._narrowed(select(audit), asked).order_by(_A.position.desc()).offset(offset).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        opened = self._vault.own.open
        return [AuditRow(row.position, opened(row.body, f"audit\n{row.position}".encode())) for row in rows]

    def audit_row(self, position: int) -> AuditRow | None:
        """One line by its number."""
        with self._database.reading() as connection:
            row = connection.execute(select(audit).where(_A.position == position)).first()
        return (
            None if row is None else AuditRow(position, self._vault.own.open(row.body, f"audit\n{position}".encode()))
        )

    def audit_head(self) -> AuditHead:
        """The last line, to note outside this database."""
        with self._database.reading() as connection:
            lines, chain, _ = self._head(connection)
        return AuditHead(lines, chain.hex())

    def known_as(self, records: Collection[RecordKey], *, also: str = "") -> tuple[str, ...]:
        """Every id under which the woman of these records ever stood: records are linked anew as more is known."""
        found = {also} if also else set()
        with self._database.reading() as connection:
            for record in records:
                values = {"of_source": record.source, "of_reference": record.woman}
                found |= set(connection.execute(_TARGETS, values).scalars())
        return tuple(sorted(found))

    def whose(self, pregnancies: Collection[str]) -> dict[str, str]:
        """Our id of the woman of each of these pregnancies, by the links that hold."""
        found: dict[str, str] = {}
        with self._database.reading() as connection:
            for some in chunks(sorted(set(pregnancies))):
                for pregnancy, woman in connection.execute(_WHOSE, {"pregnancies": some}):
                    found[pregnancy] = woman  # the latest comes last
        return {pregnancy: woman for pregnancy, woman in found.items() if woman}

    def _narrowed(self, query: Select[Any], asked: AuditQuestion) -> Select[Any]:
        if asked.patients:
            query = query.where(_A.patient.in_(asked.patients))
        if asked.since is not None:
            query = query.where(_A.recorded >= asked.since)
        if asked.until is not None:
            query = query.where(_A.recorded <= asked.until)
        if asked.actor is not None:
            query = query.where(_A.actor == self._actor(asked.actor))
        for column, among in ((_A.kind, asked.kinds), (_A.action, asked.actions), (_A.outcome, asked.outcomes)):
            if among:
                query = query.where(column.in_(among))
        if asked.emergency:
            query = query.where(_A.emergency == 1)
        return query if asked.before is None else query.where(_A.position < asked.before)

    def _actor(self, who: str) -> str:
        return _shortened(self._vault.token, who)

    def _next(self, before: bytes, row: Any) -> bytes:
        """The hash of a line, over all of it and the hash of the line before it."""
        at = microseconds(row["recorded"]).to_bytes(8, "big", signed=True)
        patient = row["patient"]
        who = b"\x00" if patient is None else b"\x01" + patient.encode()
        parts = [before, row["position"].to_bytes(8, "big"), at, who, row["body"]]
        if row["actor"] is not None:  # an older program wrote none of these
            marks = (row["actor"], row["kind"], row["action"], row["outcome"], "1" if row["emergency"] else "")
            parts.append("\n".join(marks).encode())
        return self._vault.chain(*parts)

    def _head(self, connection: Connection) -> tuple[int, bytes, bytes]:
        """Number and hash of the last line, and the hash over these two (empty from an older program)."""
        value: Any = connection.execute(_LAST).scalar()
        if value is None:
            return 0, START, b""
        return int.from_bytes(value[:8], "big"), bytes(value[8 : 8 + _HASH]), bytes(value[8 + _HASH :])


@lru_cache(maxsize=4096)
def _shortened(token: Any, who: str) -> str:
    """By what an actor is found: not the id itself, which may name a person."""
    return str(token(f"audit actor\n{who}")[:24])
