"""Take what was written out of the log into the database when nobody writes, not while one waits (SQLite, WAL).

SQLite does it by itself in the commit that makes the log long enough: that commit, and whoever waits to write, then
waits for thousands of pages. <https://www.sqlite.org/wal.html>, Checkpointing. That is left for when much is written
on end: pages that are written again meanwhile go over once, and beside it every commit would wait for the same disk.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable

from sqlalchemy import Connection

from adapter.store import plain

_QUIET = 0.2  # seconds in which nothing was written
_LONG = 10_000  # pages: a log that is written to without end must begin anew, or it grows for ever
_AT_MOST = 20  # milliseconds that this waits for who reads or writes: it comes again
_AGAIN, _TRIES = 0.05, 100


class Checkpoints:
    """A thread of its own, begun at the first write. `patience`: seconds after which it does not wait for quiet, None
    where it always does.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], patience: float | None = None) -> None:
        self._connect = connect
        self._patience = patience
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
            quiet = self._wait_for_quiet()
            if self._over.is_set():
                return
            try:
                if connection is None:
                    connection = self._connect()
                    connection.execute(f"PRAGMA busy_timeout={_AT_MOST}")
                self._take_over(connection, to_its_end=not quiet)
            except sqlite3.Error:  # whoever writes meets the same, and says so
                continue

    def _wait_for_quiet(self) -> bool:
        """Until nothing was written for a while, or patience is at its end: then it gives False."""
        since = time.monotonic()
        while True:
            self._written.clear()
            if self._over.wait(_QUIET) or not self._written.is_set():
                return True
            if self._patience is not None and time.monotonic() - since > self._patience:
                return False

    def _take_over(self, connection: sqlite3.Connection, *, to_its_end: bool) -> None:
        """`to_its_end`: where the log is long. Whoever writes waits for that, so what came meanwhile goes first: it is
        less each time.
        """
        with self._one:
            _, length, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if to_its_end and length > _LONG:
                for how in ("PASSIVE", "PASSIVE", "RESTART"):
                    connection.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
