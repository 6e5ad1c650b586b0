"""Open the database: engine, durable settings, one writer at a time, migrations."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Table, create_engine, event, literal_column, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from adapter.store import plain
from adapter.store.checkpoints import Checkpoints
from adapter.store.errors import ConflictError, NewerDatabaseError, StoreError, StoreUnavailableError, StoreUrlError

_BUSY_SECONDS = 15
_LOOK_AGAIN = 0.001
_PRAGMAS = (
    *("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"),
    *("cache_size=-32000", "wal_autocheckpoint=20000"),  # kB and pages; see `checkpoints`
)
_SECRET = re.compile(r"(?i)passw|secret|token")  # parameters of PostgreSQL's own library among them
_MIGRATION_LOCK = 0x6765626F  # any fixed number: an advisory lock of PostgreSQL

_ALONE = (  # a bounded number of locks, always taken in one order, so that two never wait for each other
    "SELECT pg_advisory_xact_lock(:room, n) FROM (SELECT DISTINCT hashtext(name) & 1023 AS n"
    " FROM unnest(CAST(:names AS text[])) AS name ORDER BY 1) AS numbers"
).replace(":room", str(0x6C696E6B))


class Database:
    """One engine with two ways in: `reading()` and `writing()`. Safe to use from several threads and processes."""

    def __init__(self, url: str, patience: float | None = None) -> None:
        """`patience`: of what takes the log of a SQLite file over (`Checkpoints`)."""
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
        self._wanting: set[int] = set()  # threads that wait for it
        self._raw: list[sqlite3.Connection] = []
        self._checkpoints = Checkpoints(self.raw, patience)

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
        with self._turn(), translated(self.url), self._writer.begin() as connection:
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
        with self._turn(), translated(self.url), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until nobody else in this process writes."""
        me = threading.get_ident()
        self._wanting.add(me)
        try:
            self._one_writer.acquire()
        finally:
            self._wanting.discard(me)
        try:
            yield
        finally:
            self.leave_turn()

    def take_turn(self) -> bool:
        """The turn to write, where nobody in this process writes or waits to; else no, without waiting (SQLite)."""
        return not self._wanting and self._one_writer.acquire(blocking=False)

    def leave_turn(self) -> None:
        """Let others have it; by the thread that took it."""
        self._checkpoints.written()
        self._one_writer.release()

    def raw(self) -> sqlite3.Connection:
        """A connection of the driver's own with the settings of all, for one thread after another; closed with the rest
        (SQLite).
        """
        path = str(self.url.database)
        found = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            found.execute(f"PRAGMA {pragma}")
        self._raw.append(found)
        return found

    @contextmanager
    def by(self, connection: Connection) -> Iterator[None]:
        """What this thread reads meanwhile it reads by this connection of a writer, which holds its lock: to wait for
        another connection while one waits for that lock could last for ever.
        """
        if self._joined() is not None:
            yield
            return
        name = "connection" if self.is_sqlite else "looking"
        setattr(self._unit, name, connection)
        try:
            yield
        finally:
            setattr(self._unit, name, None)

    def lock(self, connection: Connection, what: str) -> None:
        """Hold every other writer of `what` back until this transaction ends (SQLite: it already is the only one)."""
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})

    @contextmanager
    def alone(self, names: Collection[str]) -> Iterator[None]:
        """Meanwhile no other thread or process is in here with one of these names. Not to be entered twice.

        PostgreSQL only: with SQLite a unit does it, for it is the only writer.
        """
        if self.is_sqlite or not names:
            yield
            return
        with translated(self.url), self._writer.begin() as connection:
            connection.execute(text(_ALONE), {"names": sorted(names)})
            yield

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
        statement = "VACUUM record_keys, identity_index, resource_identifiers, referred"
        with translated(self.url), self._engine.connect() as connection:
            if self.is_sqlite:
                self._checkpoints.empty(connection)
            else:
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(statement))

    def close(self) -> None:
        """Give every connection back."""
        self._checkpoints.close()
        while self._raw:
            self._raw.pop().close()
        self._engine.dispose()


@cache
def _anything(table: Table) -> str:
    return str(select(literal_column("1")).select_from(table)) + " LIMIT 1"


def shown(url: URL) -> str:
    """The URL without its password, also where that stands among the parameters."""
    secret = [name for name in url.query if _SECRET.search(name)]
    return url.difference_update_query(secret).render_as_string(hide_password=True)


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
        if not connection.get_execution_options().get("adapter_write"):
            connection.exec_driver_sql("BEGIN")
        elif not _begun(cast(sqlite3.Connection, connection.connection.driver_connection)):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _begun(connection: sqlite3.Connection) -> bool:
    """Begin to write, looking more often than SQLite does by itself: others leave it free for a millisecond at a time.

    False where that did not do: then once more by the ordinary way, which fails with the ordinary error.
    """
    until = time.monotonic() + _BUSY_SECONDS
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < until:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    return False
                time.sleep(_LOOK_AGAIN)
            else:
                return True
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")


def _postgresql(url: URL) -> Engine:
    return create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": 10})
