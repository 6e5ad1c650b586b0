"""Opening the store: what is refused, and how it is said."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.store import KeyRing, Store, StoreError, StoreUnavailableError, StoreUrlError
from adapter.store.database import Database

KEYS = KeyRing(b"a" * 32)


@pytest.mark.parametrize("url", ["mysql://localhost/x", "postgresql+asyncpg://h/d", "nonsense", "sqlite://", ""])
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises(StoreUrlError, match="sqlite:///path"):
        Store.open(url, KEYS)


def test_plain_postgresql_means_psycopg() -> None:
    database = Database("postgresql://user:geheim@127.0.0.1:1/x")
    assert database.url.drivername == "postgresql+psycopg"
    database.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://user:geheim@127.0.0.1:1/x",
        "postgresql+psycopg://user@127.0.0.1:1/x?password=geheim",
        "postgresql+psycopg://user@127.0.0.1:1/x?sslmode=disable&sslpassword=geheim",
    ],
)
def test_a_server_that_does_not_answer_is_named_without_the_password(url: str) -> None:
    with pytest.raises(StoreUnavailableError, match=r"127\.0\.0\.1:1") as caught:
        Store.open(url, KEYS)
    assert "geheim" not in str(caught.value)


def test_the_file_and_its_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/new/store.db", KEYS) as store:
        store.enqueue("rebuild", "a", datetime(2024, 5, 1, tzinfo=UTC))
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
        for file in (tmp_path / "new").iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(StoreError, match=r"store\.db.*not a database"):
        Store.open(f"sqlite:///{tmp_path}/store.db", KEYS)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError, match="cannot open the database file"):
        Store.open(f"sqlite:///{tmp_path}/file/store.db", KEYS)


def test_sqlite_is_set_to_lose_nothing(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/store.db", KEYS) as store, store._database.reading() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 15000,
    }


def test_an_error_of_the_database_repeats_no_value(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/store.db", KEYS) as store:
        connection = sqlite3.connect(tmp_path / "store.db")
        connection.execute("DROP TABLE identity_index")
        connection.close()
        with pytest.raises(StoreUnavailableError, match="no such table") as caught:
            store.find(["999900006"])
        assert "999900006" not in str(caught.value)
        store.ping()
