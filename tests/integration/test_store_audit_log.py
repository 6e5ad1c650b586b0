"""The audit log of `access` over the store: what is recorded is kept, read back, and proved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from adapter.access import (
    DEMONSTRATION,
    Action,
    AuditLog,
    Context,
    DeniedError,
    Entity,
    EventType,
    Policy,
    Purpose,
    Resource,
)
from adapter.model.sources import RecordKey
from adapter.store import KeyRing, Store

pytestmark = pytest.mark.integration

AT = datetime(2024, 5, 1, 8, tzinfo=UTC)
CONTEXT = Context(DEMONSTRATION, Purpose.TREAT, "request-1", "127.0.0.1")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url, KeyRing(b"a" * 32)) as opened:
        yield opened


def test_reads_and_denials_are_kept_and_found_by_woman(store: Store) -> None:
    audit, policy = AuditLog(store), Policy()
    grant = policy.require(CONTEXT, Action.READ, Resource.CARE_PATH)
    read = audit.event(
        CONTEXT, EventType.READ, Action.READ, AT, patient="w-1", entities=[Entity("pregnancy", "p-1")], grant=grant
    )
    audit.record(read)
    with pytest.raises(DeniedError) as denied:
        policy.require(CONTEXT, Action.READ, Resource.DECISION)
    audit.denied(CONTEXT, denied.value, AT + timedelta(minutes=1), policy)
    assert audit.read(patient="w-1") == [read]
    assert [event.type for event in audit.read()] == [EventType.DENIED, EventType.READ]
    assert [event.type for event in audit.read(until=AT)] == [EventType.READ]
    assert store.verify_audit() is None


def test_work_is_found_by_what_it_is(store: Store) -> None:
    assert store.waiting([("rebuild", "a")]) == []
    store.enqueue("rebuild", "a", AT)
    store.enqueue("rebuild", "a", AT + timedelta(hours=1))
    [intent] = store.waiting([("rebuild", "a"), ("rebuild", "b")])
    assert intent.at == AT
    assert store.pending() == [intent]
    [latest] = store.intents([intent.id, intent.id + 1])
    assert latest.at == AT + timedelta(hours=1)
    store.done([intent])
    assert store.intents([intent.id]) == store.waiting([("rebuild", "a")]) == []


def test_a_removed_record_gets_no_index(store: Store) -> None:
    record = RecordKey("vp", "Patient/1")
    store.forget(record, "bezwaar", AT)
    store.index(record, ["bsn"])
    assert store.find(["bsn"]) == {"bsn": []}
