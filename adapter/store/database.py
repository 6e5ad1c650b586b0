"""Open the database: engine, durable settings, one writer at a time, migrations."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Table, create_engine, event, literal_column, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from adapter.store import plain
from adapter.store.errors import ConflictError, NewerDatabaseError, StoreError, StoreUnavailableError, StoreUrlError

_BUSY_SECONDS = 15
_PRAGMAS = (
    *("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"),
    *("cache_size=-16000", "wal_autocheckpoint=4000"),  # kB and pages: linking writes all over its index
)
_MIGRATION_LOCK = 0x6765626F  # any fixed number: an advisory lock of PostgreSQL


class Database:
    """One engine with two ways in: `reading()` and `writing()`. Safe to use from several threads and processes."""

    def __init__(self, url: str) -> None:
        self.url = _supported(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = _sqlite(self.url) if self.is_sqlite else _postgresql(self.url)
        self._writer = self._engine.execution_options(adapter_write=True)
        # One picture for all statements of a read, as SQLite gives by itself. Not for a writer: it must see what was
        # committed while it waited for its lock.
        steady = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = self._engine.execution_options(**steady)
        self._unit = threading.local()
        self._one_writer = threading.RLock()  # SQLite lets one write at a time; waiting here is fairer than its polling

    @contextmanager
    def unit(self) -> Iterator[None]:
        """What this thread reads and writes meanwhile is one transaction (SQLite): done whole, or not at all.

        SQLite writes one at a time anyway, and each commit waits for the disk. PostgreSQL writes side by side: there
        every method keeps its own transaction, so that two units never wait for each other's locks. A unit within a
        unit can fail by itself: only what it did is undone.
        """
        if not self.is_sqlite:
            yield
            return
        if (joined := self._joined()) is not None:
            with translated(self.url), joined.begin_nested():
                yield
            return
        with self._one_writer, translated(self.url), self._writer.begin() as connection:
            self._unit.connection = connection
            try:
                yield
            finally:
                self._unit.connection = None

    def _joined(self) -> Connection | None:
        """The connection of the unit that this thread is in."""
        connection: Connection | None = getattr(self._unit, "connection", None)
        return connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction: one consistent picture. Raises `StoreError`."""
        joined = self._joined() or getattr(self._unit, "looking", None)
        if joined is not None:
            yield joined
            return
        with translated(self.url), self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def looking(self) -> Iterator[None]:
        """What this thread reads meanwhile is read in one transaction, as it was at the first reading."""
        if self._joined() is not None or getattr(self._unit, "looking", None) is not None:
            yield
            return
        with translated(self.url), self._reader.connect() as connection, connection.begin():
            self._unit.looking, self._unit.known = connection, {}
            try:
                yield
            finally:
                self._unit.looking = self._unit.known = None

    def holds(self, table: Table) -> bool:
        """Whether anything stands in a table, asked once in a `looking`: some are empty, and a look is cheaper."""
        known: dict[str, bool] | None = getattr(self._unit, "known", None)
        if known is not None and table.name in known:
            return known[table.name]
        with self.reading() as connection:
            found = bool(plain.rows(connection, _anything(table)))
        if known is not None:
            known[table.name] = found
        return found

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction: all of it, or nothing. Raises `StoreError`."""
        if (joined := self._joined()) is not None:
            yield joined
            return
        if not self.is_sqlite:
            with translated(self.url), self._writer.begin() as connection:
                yield connection
            return
        with self._one_writer, translated(self.url), self._writer.begin() as connection:
            yield connection

    def lock(self, connection: Connection, what: str) -> None:
        """Hold every other writer of `what` back until this transaction ends (SQLite: it already is the only one)."""
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})

    def migrate(self, connection: Connection) -> None:
        """Bring the tables up to this program. Raises `NewerDatabaseError`."""
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _MIGRATION_LOCK})
        config = Config()
        config.set_main_option("script_location", "adapter.store:migrations")
        config.attributes["connection"] = connection
        steps = ScriptDirectory.from_config(config)
        known = {step.revision for step in steps.walk_revisions()}
        found = set(MigrationContext.configure(connection).get_current_heads())
        if not found <= known:
            raise NewerDatabaseError(
                f"the database {shown(self.url)} is at version {', '.join(sorted(found))}, newer than this program"
                f" ({steps.get_current_head()}): use the newer program; a database is never taken back"
            )
        if found != set(steps.get_heads()):
            command.upgrade(config, "head")

    def scrub(self) -> None:
        """Overwrite what was just deleted where the database still keeps a copy of it (write-ahead log, dead rows)."""
        tables = "record_keys, identity_index, resource_identifiers"
        statement = "PRAGMA wal_checkpoint(TRUNCATE)" if self.is_sqlite else f"VACUUM {tables}"
        with translated(self.url), self._engine.connect() as connection:
            if self.is_sqlite:
                cursor = connection.connection.cursor()
                cursor.execute(statement)
                cursor.close()
            else:
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(statement))

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()


@cache
def _anything(table: Table) -> str:
    return str(select(literal_column("1")).select_from(table)) + " LIMIT 1"


def shown(url: URL) -> str:
    """The URL without its password."""
    return url.render_as_string(hide_password=True)


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turn the errors of the database into ours, without the values of the statement."""
    try:
        yield
    except IntegrityError as error:
        raise ConflictError(f"{shown(url)}: {_said(error)}") from error
    except OperationalError as error:
        raise StoreUnavailableError(f"cannot use the database {shown(url)}: {_said(error)}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the database {shown(url)} failed: {_said(error)}") from error


def _said(error: SQLAlchemyError) -> str:
    """The database's own words, first line: what follows it may hold values."""
    words = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return words.strip().splitlines()[0] if words.strip() else type(error).__name__


def _supported(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreUrlError("the store URL cannot be read; use sqlite:///path or postgresql+psycopg://…") from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise StoreUrlError(f"the store cannot be {parsed.drivername}; use sqlite:///path or postgresql+psycopg://…")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreUrlError("the store keeps what it is given: name a file, sqlite:///path")
    return parsed


def _sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # its write-ahead log gets the same mode
    except OSError as error:
        raise StoreUnavailableError(f"cannot open the database file {path}: {error.strerror}") from error
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS}, pool_size=8)

    @event.listens_for(engine, "connect")
    def settings(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # transactions are ours: see `begin`
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes the lock at once: taking it half-way can fail with "database is locked" at no fault of its own.
        write = connection.get_execution_options().get("adapter_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    return create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": 10})
