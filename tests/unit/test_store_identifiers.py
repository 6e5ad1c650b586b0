"""The index of identifiers: filled with what comes, caught up with what was there, gone with the record."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest

from adapter import fhir
from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.store import KeyRing, Store
from adapter.store.identifiers import values_in

AT = datetime(2026, 3, 1, tzinfo=UTC)
BSN = "999911120"


def organisation(id, value, **more):
    identifier = [{"system": "http://example.org/id", "value": value}]
    return {"resourceType": "Organization", "id": id, "identifier": identifier, **more}


def received(resource, woman=None, media=Media.JSON, problem=None):
    xml = media is Media.XML
    body = fhir.to_xml(resource, FhirVersion.STU3) if xml else fhir.to_json(resource)
    kind, id = resource["resourceType"], resource["id"]
    return Received("vp", FhirVersion.STU3, media, kind, id, None, body, woman, woman, problem, "")


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/s.db", KeyRing(b"k" * 32)) as store:
        yield store


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (b'{"identifier":[{"value":"a"},{"system":"s","value":"b"},{"system":"s"},{"value":7},8]}', {"a", "b"}),
        (b'\xef\xbb\xbf{"identifier":{"value":"a"}}', {"a"}),
        (b'{"subject":{"identifier":{"value":"not mine"}}}', set()),
        (b'{"contained":[{"identifier":[{"value":"not mine"}]}]}', set()),
        (b'{"identifier"', set()),
        (b'["identifier"]', set()),
        (b'{"identifier":[{"value":"\xff"}]}', set()),
    ],
)
def test_what_is_read_of_a_body(body, values):
    assert values_in(body, Media.JSON) == values


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (b'<A xmlns="http://hl7.org/fhir"><identifier><value value="a"/></identifier></A>', {"a"}),
        (b'<A xmlns="http://hl7.org/fhir"><identifier><system value="a"/></identifier></A>', set()),
        (b'<A xmlns="http://hl7.org/fhir"><b><identifier><value value="a"/></identifier></b></A>', set()),
        (b"<A>identifier", set()),
    ],
)
def test_what_is_read_of_xml(body, values):
    assert values_in(body, Media.XML) == values


@pytest.mark.parametrize("media", list(Media))
def test_what_comes_is_found_at_once_and_never_stands_in_clear(store, tmp_path, media):
    store.append([received(organisation("o1", BSN), media=media), received(organisation("o2", "z"), media=media)], AT)
    assert store.identifiers.complete()
    assert store.identifiers.find("Organization", [BSN]) == {("vp", "o1")}
    assert store.identifiers.find("Organization", [BSN, "z"]) == {("vp", "o1"), ("vp", "o2")}
    assert store.identifiers.find("Patient", [BSN]) == set()
    for file in tmp_path.iterdir():
        assert BSN.encode() not in file.read_bytes()


def test_what_was_set_aside_is_not_found(store):
    store.append([received(organisation("o1", "x"), problem="wrong")], AT)
    assert store.identifiers.find("Organization", ["x"]) == set()


def test_what_was_there_before_is_taken_in_by_steps(store, tmp_path):
    store.append([received(organisation(f"o{n}", f"x{n}")) for n in range(5)], AT)
    with sqlite3.connect(tmp_path / "s.db") as raw:  # as it was before there was an index
        raw.execute("DELETE FROM resource_identifiers")
        raw.execute("DELETE FROM identifier_progress")
    raw.close()
    with Store.open(f"sqlite:///{tmp_path}/s.db", KeyRing(b"k" * 32)) as again:
        again.append([received(organisation("o9", "x9"))], AT)
        assert not again.identifiers.complete()
        assert again.identifiers.find("Organization", ["x9", "x4"]) == {("vp", "o9")}
        assert not again.identifiers.catch_up(3)
        assert again.identifiers.find("Organization", ["x4", "x1"]) == {("vp", "o4")}
        assert again.identifiers.catch_up(3)
        assert again.identifiers.complete()
        assert len(again.identifiers.find("Organization", [f"x{n}" for n in range(10)])) == 6
        assert again.identifiers.catch_up(3)


def test_it_goes_with_the_record(store, tmp_path):
    woman = {"resourceType": "Patient", "id": "w1", "identifier": [{"value": "mine"}]}
    store.append([received(woman, "Patient/w1")], AT)
    assert store.identifiers.find("Patient", ["mine"]) == {("vp", "w1")}
    store.forget(RecordKey("vp", "Patient/w1"), "gevraagd", AT)
    assert store.identifiers.find("Patient", ["mine"]) == set()
    with sqlite3.connect(tmp_path / "s.db") as raw:
        assert raw.execute("SELECT count(*) FROM resource_identifiers").fetchone() == (0,)
    raw.close()
