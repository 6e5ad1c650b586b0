"""What was written goes out of the log into the database by itself, and is gone from the log when that was asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from adapter.store import KeyRing, Store, checkpoints
from adapter.store.checkpoints import Checkpoints

AT = datetime(2024, 7, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize("read", [False, True])
def test_what_was_written_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: bool) -> None:
    monkeypatch.setattr(checkpoints, "_PAUSE", 0.0)
    monkeypatch.setattr(checkpoints, "_LONG", 0)
    path, asked, turns = tmp_path / "a.db", Event(), Event()
    writer, reader = (sqlite3.connect(path, isolation_level=None) for _ in range(2))
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("PRAGMA wal_autocheckpoint=0")
    writer.execute("CREATE TABLE t (a)")
    if read:  # what came after the beginning of this has to wait
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t").fetchall()
    writer.execute("INSERT INTO t VALUES (1)")

    class Telling(sqlite3.Connection):
        def execute(self, *given: object) -> sqlite3.Cursor:
            found = super().execute(*given)  # type: ignore[arg-type]
            asked.set()
            return found

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, check_same_thread=False, isolation_level=None, factory=Telling)

    @contextmanager
    def turn() -> Iterator[None]:
        turns.set()
        yield

    running = Checkpoints(connect, turn)
    running.written()
    assert (turns if read else asked).wait(10)
    running.close()
    assert turns.is_set() == read
    log = tmp_path / "a.db-wal"
    before = log.stat().st_size
    writer.execute("INSERT INTO t VALUES (2)")  # taken over whole, the log begins anew
    assert (log.stat().st_size == before) == (not read)
    reader.close()
    writer.close()


def test_a_store_that_wrote_is_closed_at_once_and_writes_no_more(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/a.db", KeyRing(b"\x05" * 32)) as store:
        store.enqueue("a", "b", AT)
    assert not (tmp_path / "a.db-wal").exists()


def test_a_database_that_is_gone_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_PAUSE", 0.0)
    asked = Event()

    def connect() -> sqlite3.Connection:
        asked.set()
        return sqlite3.connect(tmp_path / "nowhere" / "a.db")

    running = Checkpoints(connect, nullcontext)
    running.written()
    assert asked.wait(10)
    running.close()
