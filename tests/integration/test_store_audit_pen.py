"""The audit log in steps: from several threads and processes at once it stays one chain, and nothing is half kept."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from datetime import UTC, datetime

import pytest

from adapter.access import DEMONSTRATION, Action, AuditLog, Context, EventType, Purpose
from adapter.service.endpoint.audit import AuditQueue
from adapter.store import KeyRing, Store, StoreUnavailableError

CONTEXT = Context(DEMONSTRATION, Purpose.TREAT, "r", "127.0.0.1")


@pytest.fixture
def stores(tmp_path):
    ring = KeyRing.create(tmp_path / "k")
    made = [Store.open(f"sqlite:///{tmp_path / 'a.db'}", ring) for _ in range(2)]
    yield made
    for store in made:
        store.close()


def events(log: AuditLog, number: int):
    return [log.event(CONTEXT, EventType.READ, Action.READ, datetime.now(UTC), query=str(n)) for n in range(number)]


async def test_many_at_once_from_two_workers_are_one_chain(stores):
    queues = [AuditQueue(AuditLog(store), store.audit_pen()) for store in stores]
    logs = [AuditLog(store) for store in stores]
    threads = [
        threading.Thread(target=lambda log=log: [log.record(*events(log, 2)) for _ in range(10)]) for log in logs
    ]
    for thread in threads:
        thread.start()
    await asyncio.gather(*(queue.record(events(logs[0], 1)) for _ in range(60) for queue in queues))
    for thread in threads:
        await asyncio.to_thread(thread.join)
    proof = stores[0].prove_audit()
    assert (proof.broken, proof.last) == (None, 120 + 40)


async def test_what_is_told_is_durable_and_shared(stores, tmp_path):
    pen = stores[0].audit_pen()
    groups = []
    before = pen.write
    pen.write = lambda lines: groups.append(len(lines)) or before(lines)
    queue, log = AuditQueue(AuditLog(stores[0]), pen), AuditLog(stores[0])
    await asyncio.gather(*(queue.record(events(log, 1)) for _ in range(32)))
    assert sum(groups) == 32
    assert len(groups) <= 2  # who comes while nothing is written yet, goes along
    with sqlite3.connect(tmp_path / "a-audit.db") as other:
        assert other.execute("SELECT count(*) FROM audit").fetchone() == (32,)


async def test_while_another_writes_it_waits_in_line(stores):
    queue, log = AuditQueue(AuditLog(stores[0]), stores[0].audit_pen()), AuditLog(stores[0])
    begun, done = threading.Event(), threading.Event()

    def long_write():
        with stores[1]._ledger.writing():
            begun.set()
            done.wait(10)

    writer = threading.Thread(target=long_write)
    writer.start()
    begun.wait(10)
    kept = queue.begin(events(log, 1))
    await asyncio.sleep(0.2)
    assert not kept.done()
    done.set()
    await kept
    writer.join()
    assert stores[0].audit_head().lines == 1


async def test_what_cannot_be_written_is_not_there_and_the_next_goes_on(stores, monkeypatch):
    pen = stores[0].audit_pen()
    queue, log = AuditQueue(AuditLog(stores[0]), pen), AuditLog(stores[0])
    await queue.record(events(log, 1))

    def broken(*_):
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(pen, "_rows", broken)
        with pytest.raises(StoreUnavailableError, match="disk I/O error"):
            await queue.record(events(log, 1))
    await queue.record(events(log, 1))
    proof = stores[1].prove_audit()
    assert (proof.broken, proof.last) == (None, 2)


async def test_who_may_not_wait_longer_is_told_so(stores):
    queue, log = AuditQueue(AuditLog(stores[0]), stores[0].audit_pen()), AuditLog(stores[0])
    with stores[1]._ledger.writing(), pytest.raises(TimeoutError):
        await queue.begin(events(log, 1), 0.05)
    await queue.record(events(log, 1))
