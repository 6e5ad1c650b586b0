"""What was written goes out of the log into the database by itself, and is gone from the log when that was asked."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from adapter.store import KeyRing, Store, checkpoints
from adapter.store.checkpoints import Checkpoints

AT = datetime(2024, 7, 29, 12, tzinfo=UTC)


def test_what_was_written_is_taken_over_once_it_is_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_QUIET", 0.0)
    path, taken = tmp_path / "a.db", Event()
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("PRAGMA wal_autocheckpoint=0")
    writer.execute("CREATE TABLE t (a)")

    class Telling(sqlite3.Connection):
        def execute(self, *given: object) -> sqlite3.Cursor:
            found = super().execute(*given)  # type: ignore[arg-type]
            if "wal_checkpoint" in str(given[0]):
                taken.set()
            return found

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, check_same_thread=False, isolation_level=None, factory=Telling)

    running = Checkpoints(connect)
    running.written()
    assert taken.wait(10)
    running.close()
    log = tmp_path / "a.db-wal"
    before = log.stat().st_size
    writer.execute("INSERT INTO t VALUES (1)")  # nothing was left in the log: it begins anew
    assert log.stat().st_size == before
    writer.close()


@pytest.mark.parametrize("patience", [None, 0.0])
def test_a_log_that_is_written_to_without_end_begins_anew_where_that_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: float | None
) -> None:
    monkeypatch.setattr(checkpoints, "_QUIET", 0.01)
    monkeypatch.setattr(checkpoints, "_LONG", 0)
    path, done = tmp_path / "a.db", list[str]()
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("PRAGMA wal_autocheckpoint=0")
    writer.execute("CREATE TABLE t (a)")

    class Telling(sqlite3.Connection):
        def execute(self, *given: object) -> sqlite3.Cursor:
            done.append(str(given[0]))
            return super().execute(*given)  # type: ignore[arg-type]

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, check_same_thread=False, isolation_level=None, factory=Telling)

    running = Checkpoints(connect, patience)
    until = monotonic() + (0.3 if patience is None else 10)
    while not any("RESTART" in statement for statement in done) and monotonic() < until:
        running.written()
    running.close()
    writer.close()
    assert any("RESTART" in statement for statement in done) == (patience is not None)


def test_a_store_that_wrote_is_closed_at_once_and_writes_no_more(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/a.db", KeyRing(b"\x05" * 32)) as store:
        store.enqueue("a", "b", AT)
    assert not (tmp_path / "a.db-wal").exists()


def test_a_database_that_is_gone_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_QUIET", 0.0)
    asked = Event()

    def connect() -> sqlite3.Connection:
        asked.set()
        return sqlite3.connect(tmp_path / "nowhere" / "a.db")

    running = Checkpoints(connect)
    running.written()
    assert asked.wait(10)
    running.close()
