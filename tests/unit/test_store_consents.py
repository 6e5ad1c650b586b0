"""Keeping consents: append-only, withdrawal as a row of its own, sealed with the record, found by record or by BSN."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapter.model.identifiers import Bsn
from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.store import ConsentRow, KeyRing, Store

AT = datetime(2026, 5, 1, 8, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
GROEN, ZUID = RecordKey("vp-groen", "Patient/1"), RecordKey("zkh-zuid", "Patient/9")
BSN = Bsn("999911120")
GIVEN = ConsentRow("c1", "given", "lokaal", AT, "verloskundige-1", b'{"resourceType":"Consent"}', (GROEN,))
WITHDRAWN = ConsentRow("c1", "withdrawn", "lokaal", LATER, "verloskundige-2", b"op haar verzoek")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{path}", KeyRing(b"a" * 32)) as opened:
        opened.append([_resource(GROEN, "Patient", "1"), _resource(ZUID, "Patient", "9")], AT)
        yield opened


def _resource(record: RecordKey, kind: str, id: str, content: str = "a") -> Received:
    body = f'{{"resourceType": "{kind}", "id": "{id}", "language": "{content}"}}'.encode()
    version, media = FhirVersion.STU3, Media.JSON
    return Received(record.source, version, media, kind, id, None, body, record.woman, record.woman, None, content)


def test_what_was_said_is_found_by_her_record(store: Store) -> None:
    assert store.consents.add(GIVEN)
    (held,) = store.consents.of([GROEN])
    assert (held.id, held.given_at, held.made_by, held.body) == ("c1", AT, "verloskundige-1", GIVEN.body)
    assert (held.withdrawn_at, held.records) == (None, (GROEN,))
    assert store.consents.of([ZUID]) == []


def test_withdrawal_is_a_row_of_its_own_and_what_was_said_stays(store: Store) -> None:
    store.consents.add(GIVEN)
    store.consents.add(WITHDRAWN)
    (held,) = store.consents.of([GROEN])
    assert (held.withdrawn_at, held.withdrawn_by, held.body) == (LATER, "verloskundige-2", GIVEN.body)
    assert store.consents.one("c1") == held


def test_said_again_it_counts_again(store: Store) -> None:
    again = replace(GIVEN, at=LATER + timedelta(hours=1))
    for row in (GIVEN, WITHDRAWN, again):
        store.consents.add(row)
    (held,) = store.consents.of([GROEN])
    assert (held.withdrawn_at, held.given_at) == (None, again.at)


def test_on_several_records_it_is_one_and_outlives_the_removal_of_one(store: Store) -> None:
    store.consents.add(replace(GIVEN, records=(GROEN, ZUID)))
    assert [h.records for h in store.consents.of([GROEN, ZUID])] == [(GROEN, ZUID)]
    store.forget(GROEN, "op haar verzoek", LATER)
    assert [h.records for h in store.consents.of([ZUID])] == [(ZUID,)]


def test_with_the_last_record_it_is_gone(store: Store) -> None:
    store.consents.add(GIVEN)
    store.forget(GROEN, "op haar verzoek", LATER)
    assert store.consents.of([GROEN]) == []
    assert not store.consents.add(replace(GIVEN, id="c2"))


def test_the_national_service_tells_by_bsn(store: Store) -> None:
    store.consents.add(replace(GIVEN, records=(), bsn=BSN, origin="landelijk"))
    assert [h.origin for h in store.consents.of([], [BSN])] == ["landelijk"]
    assert store.consents.of([], [Bsn("900186021")]) == []


def test_every_change_moves_the_positions_so_that_views_are_made_anew(store: Store) -> None:
    before = store.positions()
    store.consents.add(GIVEN)
    given = store.positions()
    store.consents.add(WITHDRAWN)
    assert len({before, given, store.positions()}) == 3


def test_neither_bsn_nor_words_stand_in_clear(store: Store, path: Path) -> None:
    store.consents.add(replace(GIVEN, bsn=BSN, body=b'{"note":"liever niet"}'))
    store.close()
    kept = b"".join(p.read_bytes() for p in path.parent.iterdir())
    assert BSN.value.encode() not in kept
    assert b"liever niet" not in kept


@pytest.mark.parametrize("statement", ["UPDATE consents SET origin = 'x'", "DELETE FROM consents"])
def test_the_database_refuses_to_change_what_was_said(store: Store, path: Path, statement: str) -> None:
    store.consents.add(GIVEN)
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.DatabaseError, match="append-only"):
        connection.execute(statement)


def test_the_last_position_moves_and_the_records_are_known(store: Store) -> None:
    assert (store.consents.last(), store.consents.records()) == (0, set())
    store.consents.add(replace(GIVEN, records=(GROEN, ZUID)))
    assert (store.consents.last(), store.consents.records()) == (2, {GROEN, ZUID})
