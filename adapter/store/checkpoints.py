"""Take what was written out of the log into the database beside those who write, not while one waits (SQLite, WAL).

SQLite does it by itself in the commit that makes the log long enough: that commit, and whoever waits to write, then
waits for thousands of pages. <https://www.sqlite.org/wal.html>, Checkpointing.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Connection

from adapter.store import plain

_PAUSE = 1.0  # seconds: pages that are written again meanwhile are taken over once
_LONG = 10_000  # pages: from there on the log must begin anew, which it only does when nothing is left in it
_AGAIN, _TRIES = 0.05, 100
_STATEMENT = "PRAGMA wal_checkpoint(PASSIVE)"


class Checkpoints:
    """A thread of its own, begun at the first write. It waits for nobody, and is waited for once the log is long."""

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], turn: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._connect = connect
        self._turn = turn
        self._written = threading.Event()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._one = threading.Lock()  # during a checkpoint: of two at once, SQLite lets one fail

    def written(self) -> None:
        """There is something to take over. Called by one thread at a time: the one that wrote."""
        if self._thread is None and not self._over.is_set():
            self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
            self._thread.start()
        self._written.set()

    def close(self) -> None:
        """Do nothing more."""
        self._over.set()
        self._written.set()
        if self._thread is not None:
            self._thread.join()

    def empty(self, connection: Connection) -> None:
        """Leave nothing in the log, so that what was overwritten stands nowhere any more."""
        with self._one:
            for _ in range(_TRIES):
                ((busy, length, _),) = plain.run(connection, "PRAGMA wal_checkpoint(TRUNCATE)", ())
                if not busy or length >= 0:  # a length: it did wait, for somebody who reads
                    return
                self._over.wait(_AGAIN)  # another process is at it

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while self._written.wait() and not self._over.wait(_PAUSE):
            self._written.clear()
            try:
                connection = connection or self._connect()
                self._take_over(connection)
            except sqlite3.Error:  # whoever writes meets the same, and says so
                continue

    def _take_over(self, connection: sqlite3.Connection) -> None:
        with self._one:
            _, length, taken = connection.execute(_STATEMENT).fetchone()
        if length > _LONG and taken < length:
            with self._turn(), self._one:
                connection.execute(_STATEMENT).fetchone()
