"""Keeping source versions: append, dedup, time travel, removal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.store import KeyRing, Store, record_intent, record_of_intent

AT = datetime(2024, 5, 1, 8, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
KEYS = KeyRing(b"a" * 32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/store.db", KEYS) as opened:
        yield opened


def received(
    identifier: str = "1", content: str = "a", woman: str | None = "Patient/1", problem: str | None = None
) -> Received:
    return Received(
        source="vp-groen",
        fhir_version=FhirVersion.STU3,
        media=Media.JSON,
        type="Observation",
        id=identifier,
        version=None,
        body=f'{{"resourceType": "Observation", "note": "{content}"}}'.encode(),
        woman=woman,
        subject=woman,
        problem=problem,
        hash=f"hash-{content}",
    )


RECORD = RecordKey("vp-groen", "Patient/1")


def test_what_goes_in_comes_out_byte_for_byte(store: Store) -> None:
    one = received()
    (new,) = store.append([one], AT)
    assert (new.received, new.seq, new.received_at) == (one, 1, AT)
    assert store.versions_of(RECORD) == [new]


def test_the_same_content_again_is_nothing_new(store: Store) -> None:
    store.append([received(), received("2")], AT)
    assert store.append([received(), received("2"), received("2")], LATER) == []
    assert store.counts()["versions"] == 2


def test_changed_content_is_the_next_version_and_going_back_is_one_more(store: Store) -> None:
    store.append([received()], AT)
    store.append([received(content="b"), received(content="a")], LATER)
    assert [v.seq for v in store.history("vp-groen", "Observation/1")] == [3, 2, 1]
    assert [v.seq for v in store.versions_of(RECORD)] == [3]


def test_known_at_leaves_out_what_came_later(store: Store) -> None:
    store.append([received()], AT)
    store.append([received(content="b"), received("2")], LATER)
    assert [(v.received.id, v.seq) for v in store.versions_of(RECORD, AT)] == [("1", 1)]
    assert store.versions_of(RECORD, AT - timedelta(seconds=1)) == []
    assert {(v.received.id, v.seq) for v in store.versions_of(RECORD, LATER)} == {("1", 2), ("2", 1)}


def test_a_resource_that_is_not_invalid_any_more_is_a_new_version(store: Store) -> None:
    store.append([received(problem="Observation.status is missing")], AT)
    (new,) = store.append([received()], LATER)
    assert (new.seq, new.received.problem) == (2, None)


def test_a_resource_that_moves_to_another_woman_leaves_the_first(store: Store) -> None:
    store.append([received()], AT)
    store.append([replace(received(content="b"), woman="Patient/2")], LATER)
    assert store.versions_of(RECORD) == []
    assert len(store.versions_of(RECORD, AT)) == 1


def test_directory_resources_belong_to_nobody(store: Store) -> None:
    store.append([received("o", woman=None), received("p")], AT)
    (found,) = store.directory("vp-groen", ["Observation/o", "Observation/p", "Observation/none"])
    assert found.received.id == "o"
    assert store.directory("vp-groen", ["Observation/o"], AT - timedelta(days=1)) == []
    assert store.record_keys() == [RECORD]


def test_record_keys_go_by_the_first_time_anything_came(store: Store) -> None:
    store.append([received()], AT)
    store.append([received("2", woman="Patient/2")], LATER)
    assert store.record_keys(AT) == [RECORD]
    assert store.record_keys() == [RECORD, RecordKey("vp-groen", "Patient/2")]


def test_known_hashes(store: Store) -> None:
    store.append([received(), received("2", "b")], AT)
    asked = [("Observation", "1"), ("Observation", "2"), ("Observation", "3")]
    assert store.known_hashes("vp-groen", asked) == {
        ("Observation", "1"): "hash-a",
        ("Observation", "2"): "hash-b",
    }


def test_bad_text_is_kept_with_a_mark(store: Store) -> None:
    (new,) = store.append([replace(received(), version="\x00\ud800", problem="bad \x00")], AT)
    assert new.received.problem == "bad \ufffd"
    assert store.versions_of(RECORD) == [new]


def test_without_a_hash_the_bytes_decide(store: Store) -> None:
    store.append([replace(received(), hash="")], AT)
    assert store.append([replace(received(), hash="")], LATER) == []


def test_an_instant_needs_a_zone(store: Store) -> None:
    with pytest.raises(Exception, match="time zone"):
        store.append([received()], AT.replace(tzinfo=None))


def test_holders_are_in_order_of_arrival(store: Store) -> None:
    store.append([replace(received(), source="zz", fhir_version=FhirVersion.R4)], AT)
    store.append([received()], LATER)
    assert [v.received.source for v in store.holders("Observation/1")] == ["zz", "vp-groen"]
    assert [v.received.source for v in store.holders("Observation/1", FhirVersion.STU3)] == ["vp-groen"]


def test_removal_destroys_what_was_there_and_keeps_it_out(store: Store) -> None:
    store.append([received(), received("2", woman="Patient/2")], AT)
    store.index(RECORD, ["bsn"])
    store.forget(RECORD, "bezwaar", LATER)
    assert store.versions_of(RECORD) == []
    assert store.versions_of(RECORD, AT) == []
    assert store.history("vp-groen", "Observation/1") == []
    assert store.find(["bsn"]) == {"bsn": []}
    removal = store.removed(RECORD)
    assert removal is not None
    assert (removal.at, removal.reason) == (LATER, "bezwaar")
    assert store.removals() == [removal]
    assert store.append([received(), received("3")], LATER) == []
    assert store.record_keys() == [RecordKey("vp-groen", "Patient/2")]
    assert len(store.versions_of(RecordKey("vp-groen", "Patient/2"))) == 1


def test_a_readmitted_record_is_kept_again_from_then_on(store: Store) -> None:
    store.append([received()], AT)
    store.forget(RECORD, "bezwaar", AT)
    store.readmit(RECORD, LATER)
    (new,) = store.append([received()], LATER)
    assert new.seq == 2
    assert store.versions_of(RECORD) == [new]
    assert store.removed(RECORD) is None


def test_a_record_can_be_kept_out_before_it_ever_came(store: Store) -> None:
    store.forget(RECORD, "bezwaar", AT)
    assert store.append([received()], LATER) == []
    assert store.removed(RECORD) is not None


def test_changed_records_stand_in_the_outbox(store: Store) -> None:
    store.append([received(), received("2"), received("o", woman=None)], AT, intent="rebuild")
    (intent,) = store.pending()
    assert (intent.kind, record_of_intent(intent.key)) == ("rebuild", RECORD)
    assert record_intent(RECORD) == intent.key
    with pytest.raises(ValueError, match="outbox key"):
        record_of_intent("nonsense")
