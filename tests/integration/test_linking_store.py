"""The index with what records are weighed by: found together, sealed under the record, gone with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.store import KeyRing, LinkRow, Store
from adapter.store.identities import Indexed

AT = datetime(2024, 7, 29, 12, tzinfo=UTC)
A, B, C = RecordKey("vp", "Patient/a"), RecordKey("zh", "Patient/b"), RecordKey("zh", "Patient/c")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url, KeyRing(b"\x05" * 32)) as opened:
        for n, key in enumerate((A, B, C)):
            id_ = key.woman.removeprefix("Patient/")
            one = Received(key.source, FhirVersion.R4, Media.JSON, "Patient", id_, "1", b"{}", key.woman, key.woman)
            opened.append([Received(*(getattr(one, f) for f in one.__slots__[:-1]), hash=str(n))], AT)
        yield opened


def linked(record: RecordKey, target: str) -> LinkRow:
    return LinkRow("woman", record.source, record.woman, target, "automatic", b'{"notes":[]}', AT)


def test_records_are_found_with_what_they_are_weighed_by_and_where_they_stand(store: Store) -> None:
    store.index_all(
        {A: Indexed(["name", "bsn"], b"[a]"), B: Indexed(["bsn"], b"[b]"), C: Indexed(["other"], b"[c]")}, AT
    )
    store.add_links([linked(B, "w1")])
    shared, details, left_out = store.neighbours_of({A: ["name", "bsn"], C: ["other"]}, 10)
    assert shared == {A: (A, B), C: (C,)}
    assert left_out == {A: {}, C: {}}
    assert (details[A].profile, details[A].target) == (b"[a]", None)
    assert (details[B].profile, details[B].target, details[B].how) == (b"[b]", "w1", "automatic")
    (same,) = (n for n in store.neighbours(["name"], 10).found)
    assert (same.record, same.profile) == (A, b"[a]")
    assert [n.record for n in store.linked_to("w1", "w2")] == [B]


def test_what_arrives_is_indexed_and_comes_with_the_explanation_of_its_own_link(store: Store) -> None:
    store.index(B, ["bsn"], b"[b]", AT)
    store.add_links([linked(A, "w1"), linked(B, "w2")])
    shared, details, left_out = store.arrive({A: Indexed(["bsn"], b"[a]")}, 10, AT)
    assert (shared, left_out) == ({A: (A, B)}, {A: {}})
    assert (details[A].profile, details[A].target, details[A].explanation) == (b"[a]", "w1", b'{"notes":[]}')
    assert (details[B].profile, details[B].target, details[B].explanation) == (b"[b]", "w2", b"")
    assert store.arrive({A: Indexed(["bsn"], b"[a]")}, 10, AT)[1] == details
    assert store.counts()["links"] == 2


def test_the_latest_counts_and_a_profile_that_did_not_change_is_not_kept_again(store: Store) -> None:
    for profile in (b"[1]", b"[1]", b"[2]"):
        store.index(A, ["t"], profile, AT)
    for target in ("w1", "w2"):
        store.add_links([linked(A, target)])
    (found,) = store.neighbours(["t"], 10).found
    assert (found.profile, found.target) == (b"[2]", "w2")
    assert store.counts()["links"] == 2
    assert store.linked_to("w1") == ()


def test_a_token_that_too_many_share_is_left_out_and_said(store: Store) -> None:
    store.index_all({A: Indexed(["a", "all"]), B: Indexed(["all"]), C: Indexed(["all"])}, AT)
    shared, _, left_out = store.neighbours_of({A: ["a", "all"]}, 2)
    assert (shared, left_out) == ({A: (A,)}, {A: {"all": 3}})


def test_what_a_removed_record_was_weighed_by_cannot_be_read(store: Store) -> None:
    store.index(A, ["t"], b"[a]", AT)
    store.add_links([linked(A, "w1")])
    store.forget(A, "toestemming ingetrokken", AT)
    assert store.neighbours(["t"], 10).found == ()
    assert [n.profile for n in store.linked_to("w1")] == [None]
    store.index(A, ["t"], b"[a]", AT)
    assert store.neighbours(["t"], 10).found == ()
