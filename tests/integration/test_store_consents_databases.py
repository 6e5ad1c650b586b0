"""Consents in SQLite and in PostgreSQL: kept, withdrawn, sealed with the record, never changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError

from adapter.model.identifiers import Bsn
from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.store import ConsentRow, KeyRing, Store

pytestmark = pytest.mark.integration

AT = datetime(2026, 5, 1, 8, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
RECORD = RecordKey("vp", "Patient/1")
BSN = Bsn("999911120")
GIVEN = ConsentRow("c1", "given", "lokaal", AT, "iemand", b'{"resourceType":"Consent"}', (RECORD,))


def patient() -> Received:
    version, media = FhirVersion.STU3, Media.JSON
    return Received("vp", version, media, "Patient", "1", None, b"{}", "Patient/1", "Patient/1", None, "a")


def test_consents_through_a_reopening_and_the_removal_of_a_record(store_url: str) -> None:
    keys = KeyRing(b"a" * 32)
    with Store.open(store_url, keys) as store:
        store.append([patient()], AT)
        store.consents.add(GIVEN)
        store.consents.add(replace(GIVEN, id="c2", records=(), bsn=BSN))
        store.consents.add(ConsentRow("c1", "withdrawn", "lokaal", LATER, "iemand anders", b"op haar verzoek"))
    with Store.open(store_url, keys) as store:
        first, second = store.consents.of([RECORD], [BSN])
        assert (first.id, first.body, first.withdrawn_at) == ("c1", GIVEN.body, LATER)
        assert (second.id, second.withdrawn_at, second.records) == ("c2", None, ())
        assert (store.consents.last(), store.consents.records()) == (3, {RECORD})
        store.forget(RECORD, "op haar verzoek", LATER)
        assert [held.id for held in store.consents.of([RECORD], [BSN])] == ["c2"]


@pytest.mark.parametrize("statement", ["UPDATE consents SET origin = 'x'", "DELETE FROM consents"])
def test_the_database_refuses_to_change_what_was_said(store_url: str, statement: str) -> None:
    with Store.open(store_url, KeyRing(b"a" * 32)) as store:
        store.append([patient()], AT)
        store.consents.add(GIVEN)
        engine = create_engine(store_url)
        try:
            with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()
        assert len(store.consents.of([RECORD])) == 1
