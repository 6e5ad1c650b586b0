"""A database that an earlier version filled: what stands in it is found after migrating, on both databases."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Table, create_engine, inspect, text

from adapter import bootstrap
from adapter.model.identifiers import Bsn
from adapter.model.sources import FhirVersion, Media, Received, RecordKey, SourceState
from adapter.store import Answer, KeyRing, LinkRow, Store
from support.migrating import migrated
from support.reach_world import ANNA, AT, care, care_provider, opened, referral, woman, written

pytestmark = pytest.mark.integration
KEYS = KeyRing(b"\x07" * 32)
WHEN = datetime(2024, 5, 1, 8, tzinfo=UTC)
ANNE, BEP, GONE = (RecordKey("vp", f"Patient/{n}") for n in ("anne", "bep", "weg"))
BSN = Bsn(ANNA)


def fill(store: Store) -> None:
    """Women with versions, links and answers; one of them removed."""
    for number, record in enumerate((ANNE, BEP, GONE)):
        body = json.dumps({"resourceType": "Patient", "id": record.woman}).encode()
        got = Received(
            "vp", FhirVersion.STU3, Media.JSON, "Patient", record.woman[8:], "1", body, record.woman, record.woman
        )
        store.append([got], WHEN)
        store.add_links([LinkRow("woman", "vp", record.woman, f"vrouw-{number}", "automatic", b"{}", WHEN)])
    hours = [WHEN + timedelta(hours=h) for h in range(6)]
    states = (SourceState.FAILED, SourceState.ANSWERED)
    for at, state in zip(hours, states * 3, strict=True):
        store.add_answers([Answer("vp", None, None, state, at), Answer("vp", ANNE.woman, None, state, at)])
        store.add_answers([Answer("zh", None, BSN, state, at, "een reden")])
    store.forget(GONE, "op haar verzoek", hours[0])


def told(store: Store) -> Any:
    """What is asked of such a store."""
    return (
        [store.answers_for([record], BSN, known) for record in (ANNE, BEP) for known in (None, WHEN)],
        [[v.received.body for v in store.versions_of(record)] for record in (ANNE, BEP, GONE)],
        [store.search.woman_of(record) for record in (ANNE, BEP)],
        store.positions(),
        store.related.told(),
        [removal.record for removal in store.removals()],
    )


def copied(source: Connection, target: Connection, tables: Collection[str]) -> None:
    """The rows of these tables, as they are."""
    for name in tables:
        before, after = (Table(name, MetaData(), autoload_with=c) for c in (source, target))
        rows = [dict(row._mapping) for row in source.execute(before.select())]
        if rows:
            target.execute(after.insert(), rows)


def test_what_stood_in_a_database_before_its_indexes_is_found_after_them(empty_url: str, tmp_path: Path) -> None:
    """0008 (answers), 0010 and 0011 (identities), 0012 (referrals, removals)."""
    now = f"sqlite:///{tmp_path}/now.db"
    with Store.open(now, KEYS) as store:
        fill(store)
        expected = told(store)
        assert expected[0][0] != expected[0][1]
    here, there = create_engine(now), create_engine(empty_url)
    with here.begin() as source, there.begin() as target:
        migrated(target, "0007")
        assert "answers_woman" in {index["name"] for index in inspect(target).get_indexes("answers")}
        copied(source, target, ("meta", "record_keys", "source_versions", "links", "answers"))
    here.dispose()
    with Store.open(empty_url, KEYS) as store:
        assert told(store) == expected
        assert (store.referred.progress("1"), store.referred.newest("vp", 0)) == ({}, 3)
        assert store.referred.know("1", "vp", (0, 3), [(ANNE, {"agb:1"}), (GONE, {"agb:1"})])
        assert store.referred.to(["agb:1"]) == {ANNE}
    with there.connect() as connection:
        found = {i["name"] for t in ("answers", "record_keys") for i in inspect(connection).get_indexes(t)}
    there.dispose()
    assert {"answers_whole", "answers_woman_at", "answers_bsn_at", "record_keys_gone"} <= found
    assert not {"answers_woman", "answers_bsn"} & found


def test_a_filled_index_of_identities_is_copied_whole(empty_url: str) -> None:
    """0010: another kind of table in SQLite, the same rows in both."""
    engine = create_engine(empty_url)
    rows = {
        (sha256(f"{n % 7}".encode()).hexdigest(), source, f"Patient/{n}") for n in range(40) for source in ("vp", "zh")
    }
    with engine.begin() as connection:
        migrated(connection, "0009")
        add = text("INSERT INTO identity_index (token, source, woman) VALUES (:token, :source, :woman)")
        connection.execute(add, [dict(zip(("token", "source", "woman"), row, strict=True)) for row in rows])
        migrated(connection, "0010")
        after = {tuple(row) for row in connection.execute(text("SELECT token, source, woman FROM identity_index"))}
        tables = inspect(connection).get_table_names()
    engine.dispose()
    assert after == rows
    assert "identity_index_before" not in tables


def test_a_reader_of_a_store_from_before_the_referrals_sees_her(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0012, as the program fills it: what came in before it was there is taken in by the first who asks."""
    holdings = {"vp": [*woman("vp", "anna", ANNA), referral("vp", "anna", "zh")], "zh": [], "vp2": []}
    config = written(tmp_path, holdings)
    with opened(config):
        pass
    with sqlite3.connect(tmp_path / "adapter.db") as connection:
        for statement in ("DROP TABLE referred", "DROP TABLE referred_progress", "DROP INDEX record_keys_gone"):
            connection.execute(statement)
        connection.execute("UPDATE alembic_version SET version_num = '0011'")
    connection.close()
    for again in range(2):
        application = bootstrap.open_application(config, clock=lambda: AT)
        try:
            assert len(application.reach.women(care(care_provider("zh"))) or ()) == 1, again
            assert application.reach.women(care(care_provider("vp2"))) == frozenset()
        finally:
            asyncio.run(application.aclose())
