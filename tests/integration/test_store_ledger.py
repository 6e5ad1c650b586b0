"""The audit log of a SQLite store stands in a file of its own: made, filled from older programs, missed, mixed up."""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.store import KeyRing, NewerDatabaseError, Store

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = bytes(range(32))


@dataclass(frozen=True)
class Line:
    """An audit event, as far as the store looks at it."""

    what: str
    recorded: datetime = AT
    patient: str | None = "w1"
    marks: tuple[str, str, str, str, str] = ("somebody", "read", "R", "0", "")

    def to_json(self) -> bytes:
        return json.dumps({"what": self.what}).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def opened(folder: Path, key: bytes = KEY) -> Store:
    return Store.open(f"sqlite:///{folder / 'adapter.db'}", KeyRing(key))


def said(store: Store) -> list[str]:
    return [json.loads(line)["what"] for line in reversed(store.audit())]


def count(path: Path, table: str) -> int:
    with sqlite3.connect(path) as raw:
        return int(raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def older(folder: Path) -> None:
    """Put the log back where programs before this one kept it."""
    log = folder / "adapter-audit.db"
    raw = sqlite3.connect(folder / "adapter.db", isolation_level=None)
    raw.execute("ATTACH ? AS log", (str(log),))
    raw.execute("INSERT INTO audit SELECT * FROM log.audit")
    raw.execute("INSERT INTO audit_checkpoints SELECT * FROM log.audit_checkpoints")
    raw.execute("INSERT INTO meta SELECT * FROM log.meta WHERE name = 'audit_head'")
    raw.execute("DELETE FROM meta WHERE name = 'audit_kept'")
    raw.close()
    log.unlink()


def test_a_look_writes_nothing_into_the_store_itself(folder: Path) -> None:
    with opened(folder) as store:
        store.add_audit([Line("a"), Line("b")])
        assert store.counts()["audit"] == 2
    assert count(folder / "adapter.db", "audit") == 0
    assert count(folder / "adapter-audit.db", "audit") == 2
    with opened(folder) as store:
        store.add_audit([Line("c")])
        assert said(store) == ["a", "b", "c"]
        assert store.prove_audit().broken is None


def test_the_log_of_an_older_program_goes_along_and_is_proved_as_before(folder: Path) -> None:
    with opened(folder) as store:
        store.add_audit([Line(str(n), AT.replace(day=1 + n // 500)) for n in range(2500)])
        store.prune_audit(AT.replace(day=2), AT.replace(day=28))
        before = store.prove_audit()
    older(folder)
    with opened(folder) as store:
        assert store.prove_audit() == before
        store.add_audit([Line("next")])
        assert store.prove_audit().broken is None
        assert said(store)[-2:] == ["2499", "next"]
    assert [count(folder / "adapter.db", table) for table in ("audit", "audit_checkpoints")] == [0, 0]
    with sqlite3.connect(folder / "adapter.db") as raw, pytest.raises(sqlite3.DatabaseError, match="append-only"):
        raw.execute("INSERT INTO audit (position, recorded, body, chain) VALUES (1, 1, '', '')")
        raw.execute("DELETE FROM audit")


def test_a_move_that_was_cut_short_goes_on(folder: Path) -> None:
    """The lines are durable at their new place before they leave the old one."""
    with opened(folder) as store:
        store.add_audit([Line("a"), Line("b")])
    kept = (folder / "adapter-audit.db").read_bytes()
    older(folder)
    (folder / "adapter-audit.db").write_bytes(kept)
    with opened(folder) as store:
        assert said(store) == ["a", "b"]
        assert store.prove_audit().broken is None


def test_what_was_pruned_after_a_move_does_not_come_back_with_it(folder: Path) -> None:
    with opened(folder) as store:
        store.add_audit([Line("a"), Line("b")])
    kept = (folder / "adapter-audit.db").read_bytes()
    older(folder)
    (folder / "adapter-audit.db").write_bytes(kept)
    before = (folder / "adapter.db").read_bytes()
    with opened(folder) as store:
        store.add_audit([Line("c", AT.replace(day=2))])
        store.prune_audit(AT.replace(day=3), AT.replace(day=28))
        proved = store.prove_audit()
        assert said(store) == []
    (folder / "adapter.db").write_bytes(before)
    with opened(folder) as store:
        assert said(store) == []
        assert store.prove_audit() == proved


def test_what_was_moved_and_went_on_is_not_set_back(folder: Path) -> None:
    """What the store said of a move can be undone after it: by a unit that fails, or by a crash."""
    with opened(folder) as store:
        store.add_audit([Line("a"), Line("b")])
    kept = (folder / "adapter-audit.db").read_bytes()
    older(folder)
    (folder / "adapter-audit.db").write_bytes(kept)
    before = (folder / "adapter.db").read_bytes()
    with opened(folder) as store:
        store.add_audit([Line("c")])
    (folder / "adapter.db").write_bytes(before)
    with opened(folder) as store:
        store.add_audit([Line("d")])
        assert said(store) == ["a", "b", "c", "d"]
        assert store.prove_audit().broken is None


def test_a_log_that_was_taken_away_shows(folder: Path) -> None:
    with opened(folder) as store:
        store.add_audit([Line("a")])
    (folder / "adapter-audit.db").unlink()
    with opened(folder) as store:
        store.add_audit([Line("b")])  # nothing stops: care goes on, and what is asked now is kept
    with opened(folder) as store:
        proof = store.prove_audit()
        assert (proof.broken, said(store)) == (1, ["b"])
        assert "was taken away" in proof.why
        assert store.prune_audit(AT.replace(year=2027), AT) == 1


def test_the_log_of_another_store_is_set_aside(folder: Path) -> None:
    with opened(folder) as store:
        store.add_audit([Line("of the other")])
    (folder / "adapter.db").unlink()
    with opened(folder, bytes(32)) as store:
        store.add_audit([Line("ours")])
        assert said(store) == ["ours"]
        assert store.prove_audit().broken is None
    aside = list(folder.glob("adapter-audit-*.db"))
    assert [count(path, "audit") for path in aside] == [1]


def test_who_writes_and_who_opens_the_log_do_not_wait_for_each_other_for_ever(folder: Path) -> None:
    with opened(folder) as store:
        inside, asked = threading.Event(), threading.Event()

        def other() -> None:
            inside.wait(10)
            asked.set()
            store.add_audit([Line("from beside")])

        beside = threading.Thread(target=other)
        beside.start()
        with store.unit():
            inside.set()
            asked.wait(10)
            store.add_audit([Line("from within")])
        beside.join(10)
        assert not beside.is_alive()
        assert sorted(said(store)) == ["from beside", "from within"]


def test_a_newer_log_is_not_misread(folder: Path) -> None:
    with opened(folder) as store:
        store.add_audit([Line("a")])
    with sqlite3.connect(folder / "adapter-audit.db") as raw:
        raw.execute("PRAGMA user_version=9")
    with opened(folder) as store, pytest.raises(NewerDatabaseError, match="use the newer one"):
        store.add_audit([Line("b")])
