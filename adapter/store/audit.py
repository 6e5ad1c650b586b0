"""The audit log as it is kept: sealed, append-only, and chained, so that a line taken out or changed shows.

Each line carries a keyed hash (HMAC-SHA256) over itself and the line before it. The place and hash of the last line
stand apart under a hash of their own, so that lines cut off at the end show as well. Restoring a whole older database
does not show here: for that the head (`audit_head`) must be noted elsewhere from time to time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any, Protocol

from sqlalchemy import Connection, Select, bindparam, func, select

from adapter.model.sources import RecordKey
from adapter.store import ledger, plain
from adapter.store.audit_pen import HEAD, AuditPen, head_of
from adapter.store.database import Database
from adapter.store.many import insert_many
from adapter.store.records import Part
from adapter.store.tables import audit, links, microseconds
from adapter.store.text import chunks
from adapter.store.vault import Vault

_A = audit.c

# Statements are built once: that costs more than running them.
_LAST = "SELECT value FROM meta WHERE name = :name"
_FIRST = "INSERT INTO meta (value, name) VALUES (:value, :name)"
_MOVE = "UPDATE meta SET value = :value WHERE name = :name"
_COLUMNS = tuple(column.name for column in audit.columns)
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
    """Which lines. What is empty is not asked; `before`: only lines with a lower number, for the next page.

    `positions`: only lines with these numbers; None: with any.
    """

    patients: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    kinds: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    emergency: bool = False
    before: int | None = None
    positions: tuple[int, ...] | None = None


class Audit(Part):
    """Add and read audit lines. With SQLite they are durable at once, whatever becomes of a unit they are part of."""

    def __init__(self, database: Database, vault: Vault) -> None:
        super().__init__(database, vault)
        self._kept_apart: Database | None = None
        self._opening = Lock()

    @property
    def _ledger(self) -> Database:
        """Where the log stands. Opened at its first use."""
        if self._kept_apart is None:
            with self._database.writing() as store, self._opening:  # in this order, as who writes already does
                self._kept_apart = self._kept_apart or ledger.opened(self._database, store, self._vault.chain)
        return self._kept_apart

    def add_audit(self, events: Sequence[AuditLine]) -> None:
        """Add events behind the last line, in one transaction. Raises `StoreError`."""
        if not events:
            return
        with self._ledger.writing() as connection:
            self._ledger.lock(connection, "audit")
            lines, chain, _ = self._head(connection)
            rows, value = self._rows(events, lines, chain)
            insert_many(connection, audit, _COLUMNS, rows)
            plain.rows(connection, _MOVE if lines else _FIRST, value=value, name=HEAD)

    def audit_pen(self) -> AuditPen | None:
        """To add events in steps; None where writers do not wait for each other but in the database (PostgreSQL)."""
        return AuditPen(self._ledger, self._rows) if self._ledger.is_sqlite else None

    def _rows(self, events: Iterable[AuditLine], lines: int, chain: bytes) -> tuple[list[tuple[object, ...]], bytes]:
        """The rows of these events behind the last line, and the head after them."""
        rows: list[tuple[object, ...]] = []
        seal = self._vault.own.seal_loose
        for event in events:
            lines += 1
            body, at = seal(event.to_json(), b"audit\n%d" % lines), microseconds(event.recorded)
            who, kind, action, outcome, emergency = event.marks
            marks = (self._actor(who), kind, action, outcome)
            chain = self._chain_line(chain, lines, at, event.patient, body, (*marks, emergency))
            rows.append((lines, at, event.patient, body, chain, *marks, 1 if emergency else None))
        value = lines.to_bytes(8, "big") + chain
        return rows, value + self._vault.chain(b"head", value)

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
        with self._ledger.reading() as connection:
            rows = connection.execute(query).all()
        opened = self._vault.own.open
        return [AuditRow(row.position, opened(row.body, f"audit\n{row.position}".encode())) for row in rows]

    def audit_count(self, asked: AuditQuestion) -> int:
        """How many lines answer the question."""
        with self._ledger.reading() as connection:
            return int(connection.execute(self._narrowed(select(func.count()).select_from(audit), asked)).scalar_one())

    def audit_row(self, position: int) -> AuditRow | None:
        """One line by its number."""
        with self._ledger.reading() as connection:
            row = connection.execute(select(audit).where(_A.position == position)).first()
        return (
            None if row is None else AuditRow(position, self._vault.own.open(row.body, f"audit\n{position}".encode()))
        )

    def audit_head(self) -> AuditHead:
        """The last line, to note outside this database."""
        with self._ledger.reading() as connection:
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
        if asked.positions is not None:
            query = query.where(_A.position.in_(asked.positions))
        return query if asked.before is None else query.where(_A.position < asked.before)

    def _actor(self, who: str) -> str:
        return _shortened(self._vault.token, who)

    def _next(self, before: bytes, row: Any) -> bytes:
        """The hash of a line, over all of it and the hash of the line before it."""
        marks: tuple[str, ...] = ()
        if row["actor"] is not None:  # an older program wrote none of these
            marks = (row["actor"], row["kind"], row["action"], row["outcome"], "1" if row["emergency"] else "")
        at = microseconds(row["recorded"])
        return self._chain_line(before, row["position"], at, row["patient"], row["body"], marks)

    def _chain_line(
        self, before: bytes, position: int, at: int, patient: str | None, body: bytes, marks: tuple[str, ...]
    ) -> bytes:
        who = b"\x00" if patient is None else b"\x01" + patient.encode()
        said = ("\n".join(marks).encode(),) if marks else ()
        numbers = (position.to_bytes(8, "big"), at.to_bytes(8, "big", signed=True))
        return self._vault.chain(before, *numbers, who, body, *said)

    def _head(self, connection: Connection) -> tuple[int, bytes, bytes]:
        """Number and hash of the last line, and the hash over these two (empty from an older program)."""
        return head_of(plain.rows(connection, _LAST, name=HEAD))


@lru_cache(maxsize=4096)
def _shortened(token: Any, who: str) -> str:
    """By what an actor is found: not the id itself, which may name a person."""
    return str(token(f"audit actor\n{who}")[:24])
