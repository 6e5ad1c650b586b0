"""Take what was written out of the log into the database when nobody writes, not while one waits (SQLite, WAL).

SQLite does it by itself in the commit that makes the log long enough: that commit, and whoever waits to write, then
waits for thousands of pages. <https://www.sqlite.org/wal.html>, Checkpointing. That is left for when much is written
on end: pages that are written again meanwhile go over once, and beside it every commit would wait for the same disk.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

from sqlalchemy import Connection

from adapter.store import plain

_QUIET = 0.2  # seconds in which nothing was written
_AGAIN, _TRIES = 0.05, 100


class Checkpoints:
    """A thread of its own, begun at the first write."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
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
        while self._written.wait():
            self._written.clear()
            if self._over.wait(_QUIET):
                return
            if self._written.is_set():
                continue  # not quiet yet
            try:
                connection = connection or self._connect()
                with self._one:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlite3.Error:  # whoever writes meets the same, and says so
                continue
