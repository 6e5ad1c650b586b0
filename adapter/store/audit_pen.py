"""Add lines to the audit log in steps, so that waiting for the disk stands apart from the work: SQLite alone.

The work is done in the thread that has the events. The commit, which waits and computes nothing, may be for another
where the disk is slow: two threads that compute side by side take longer together than one after the other.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any

from adapter.store.database import Database, shown
from adapter.store.errors import StoreUnavailableError

HEAD = "audit_head"
START = b"\x00" * 32
_HASH = 32

_LAST = "SELECT value FROM meta WHERE name = ?"
_FIRST = "INSERT INTO meta (value, name) VALUES (?, ?)"
_MOVE = "UPDATE meta SET value = ? WHERE name = ?"
_ADD = (
    "INSERT INTO audit (position, recorded, patient, body, chain, actor, kind, action, outcome, emergency)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

Rows = Callable[[Sequence[Any], int, bytes], tuple[list[tuple[object, ...]], bytes]]


def head_of(found: Sequence[Any]) -> tuple[int, bytes, bytes]:
    """Number and hash of the last line, and the hash over these two (empty from an older program)."""
    if not found:
        return 0, START, b""
    value: bytes = found[0][0]
    return int.from_bytes(value[:8], "big"), bytes(value[8 : 8 + _HASH]), bytes(value[8 + _HASH :])


class AuditPen:
    """`write`, then `commit`, then `lift`: what others see of it is all or nothing."""

    def __init__(self, database: Database, rows: Rows) -> None:
        self._database = database
        self._rows = rows
        self._connection: sqlite3.Connection | None = None

    def write(self, events: Sequence[Any]) -> bool:
        """Put the events behind the last line. False, at once, while anybody else writes: then nothing was done.

        After True `commit` and `lift` must follow. Raises `StoreUnavailableError`.
        """
        if not self._database.take_turn():
            return False
        begun = False
        try:
            begun = self._begun(events)
        except sqlite3.Error as error:
            raise self._told(error) from error
        finally:
            if not begun:
                self._undo()
                self._database.leave_turn()
        return begun

    def commit(self) -> float:
        """Wait until they are durable; in any thread. Returns how long that took, in seconds.

        Raises `StoreUnavailableError`: then they are not kept.
        """
        begun = time.perf_counter()
        try:
            self._open().execute("COMMIT")
        except sqlite3.Error as error:
            self._undo()
            raise self._told(error) from error
        return time.perf_counter() - begun

    def lift(self) -> None:
        """Let others write; in the thread that wrote."""
        self._database.leave_turn()

    def _begun(self, events: Sequence[Any]) -> bool:
        connection = self._open()
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                return False
            raise
        lines, chain, _ = head_of(connection.execute(_LAST, (HEAD,)).fetchall())
        rows, value = self._rows(events, lines, chain)
        connection.executemany(_ADD, rows)
        connection.execute(_MOVE if lines else _FIRST, (value, HEAD))
        return True

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._database.raw()
            self._connection.execute("PRAGMA busy_timeout=0")
            self._connection.execute("PRAGMA wal_autocheckpoint=0")  # `Checkpoints` does it: nobody waits for that
        return self._connection

    def _undo(self) -> None:
        if self._connection is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _told(self, error: sqlite3.Error) -> StoreUnavailableError:
        """The words of the database name no value of a row."""
        return StoreUnavailableError(f"cannot use the database {shown(self._database.url)}: {error}")
