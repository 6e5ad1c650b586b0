"""The audit log in a file of its own, where the store is SQLite: `adapter.db` has `adapter-audit.db` beside it.

SQLite writes one at a time in each file, and what was read before must be read anew after each write. Each look is
written down, so with one file every reader would pay for every other, and wait for whoever brings data in. PostgreSQL
does neither: there the log stands with the rest.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Table, delete, func, insert, select

from adapter.store.audit_pen import HEAD, head_of
from adapter.store.audit_tables import audit_checkpoints
from adapter.store.database import Database, shown
from adapter.store.errors import NewerDatabaseError
from adapter.store.tables import audit, meta, metadata

GONE = "audit_gone"
"""Stands in a log that was begun anew where there had been one."""
_KEPT = "audit_kept"
"""Stands in the store once it has a log beside it."""
_VERSION = 1
_AT_ONCE = 1000
_PATIENCE = 1.0
"""Seconds: where many look there is no end to writing, and whoever commits here is the event loop."""
_TRIGGERS = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {table}_no_{event.lower()} BEFORE {event} ON {table} {when}"
    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for table, event, when in (
        ("audit", "UPDATE", ""),
        ("audit", "DELETE", "WHEN NOT EXISTS (SELECT 1 FROM audit_checkpoints WHERE position >= OLD.position) "),
        ("audit_checkpoints", "UPDATE", ""),
        ("audit_checkpoints", "DELETE", ""),
    )
)
Seal = Callable[[bytes, bytes], bytes]


def beside(database: Database) -> Path:
    """Where the log of a SQLite store stands."""
    path = Path(str(database.url.database))
    return path.with_name(f"{path.stem}-audit{path.suffix}")


def opened(database: Database, store: Connection, seal: Seal) -> Database:
    """Where the log of this store is kept: made where it is not there, and filled with what an older program kept.

    `store`: a write transaction on it, so that nobody else opens it meanwhile. `seal`: the keyed hash of this store, by
    which its own log is known. One that is not, is set aside under another name. Raises `StoreError`.
    """
    if not database.is_sqlite:
        return database
    path = beside(database)
    ledger, made = _file(path)
    with ledger.reading() as log:
        foreign = not _is_of(log, seal)
    if foreign:
        ledger.close()
        path.rename(path.with_name(f"{path.stem}-{datetime.now(UTC):%Y%m%d%H%M%S%f}{path.suffix}"))
        ledger, made = _file(path)
    with ledger.writing() as log:
        _take_over(store, log)
        if _value(store, _KEPT) is None:
            store.execute(insert(meta).values(name=_KEPT, value=b"1"))
        elif made:
            log.execute(insert(meta).values(name=GONE, value=b"1"))
    return ledger


def _file(path: Path) -> tuple[Database, bool]:
    """The file, and whether it was made now."""
    ledger = Database(f"sqlite:///{path}", _PATIENCE)
    with ledger.writing() as log:
        version = log.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version > _VERSION:
            raise NewerDatabaseError(f"the audit log {shown(ledger.url)} is newer than this program: use the newer one")
        if version < _VERSION:
            metadata.create_all(log, tables=[audit, audit_checkpoints, meta])
            for trigger in _TRIGGERS:
                log.exec_driver_sql(trigger)
            log.exec_driver_sql(f"PRAGMA user_version={_VERSION}")
    return ledger, version < _VERSION


def _is_of(log: Connection, seal: Seal) -> bool:
    value = _value(log, HEAD)
    if value is None:
        return True
    lines, chain, kept = head_of([(value,)])
    return not kept or hmac.compare_digest(kept, seal(b"head", lines.to_bytes(8, "big") + chain))


def _take_over(store: Connection, log: Connection) -> None:
    """The lines that stand in the store itself, as programs before this one kept them."""
    head = _value(store, HEAD)
    if head is None:
        return
    pruned = _last(log, audit_checkpoints)  # what was taken out of the log does not come back
    for table, behind in ((audit_checkpoints, 0), (audit, pruned)):
        position = table.c.position
        while rows := store.execute(
            select(table).where(position > max(behind, _last(log, table))).order_by(position).limit(_AT_ONCE)
        ).all():
            log.execute(insert(table), [row._asdict() for row in rows])
    if _lines(_value(log, HEAD)) < _lines(head):  # else it moved before, and went on
        log.execute(delete(meta).where(meta.c.name == HEAD))
        log.execute(insert(meta).values(name=HEAD, value=head))
    for table in (audit, audit_checkpoints):
        name = f"{table.name}_no_delete"
        trigger = store.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).scalar_one()
        store.exec_driver_sql(f"DROP TRIGGER {name}")
        store.execute(delete(table))
        store.exec_driver_sql(trigger)
    store.execute(delete(meta).where(meta.c.name == HEAD))


def _lines(head: bytes | None) -> int:
    return 0 if head is None else head_of([(head,)])[0]


def _last(log: Connection, table: Table) -> int:
    return int(log.execute(select(func.coalesce(func.max(table.c.position), 0))).scalar_one())


def _value(connection: Connection, name: str) -> bytes | None:
    found = connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar()
    return None if found is None else bytes(found)
