"""Another master key while the program runs: nothing stops, nothing is lost, and what was destroyed stays so."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.store import KeyRing, KeyRingError, Store, WrongMasterKeyError
from adapter.store.keys import drop, rotate

pytestmark = pytest.mark.integration

AT = datetime(2024, 5, 1, 8, tzinfo=UTC)
WOMEN = 23


def received(woman: int, id: str = "1") -> Received:
    named, reference = f"{woman}-{id}", f"Patient/{woman}"
    body = b'{"resourceType":"Observation"}'
    version = FhirVersion.STU3
    return Received("vp", version, Media.JSON, "Observation", named, None, body, reference, reference, hash=named)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "master"
    KeyRing.create(path)
    return path


def reads(store: Store) -> int:
    return sum(len(store.versions_of(record)) for record in store.record_keys())


def test_a_running_program_follows_a_key_file_that_changes(store_url: str, keys: Path) -> None:
    with Store.open(store_url, KeyRing.from_keyfile(keys)) as running:
        running.append([received(n) for n in range(WOMEN)], AT)
        old = running._vault._ring.current
        with Store.open(store_url, KeyRing.from_keyfile(keys)) as command:
            new = rotate(keys)
            assert command.rewrap(at_once=5) == WOMEN + 3
            assert command.masters() == {new: WOMEN + 3}
        running._vault.forget(list(range(100)))  # as if it had read none of them before
        assert reads(running) == WOMEN
        running.append([received(99)], AT)
        assert running.masters() == {new: WOMEN + 4}
        assert drop(keys, running.masters()) == [old]
        running.append([received(100)], AT)
        assert reads(running) == WOMEN + 2
    with Store.open(store_url, KeyRing.from_keyfile(keys)) as later:
        assert reads(later) == WOMEN + 2


def test_rewrapping_that_was_broken_off_is_gone_on_with(store_url: str, keys: Path) -> None:
    class Killed(Exception):
        pass

    def kill(done: int) -> None:
        if done > 10:
            raise Killed

    with Store.open(store_url, KeyRing.from_keyfile(keys)) as store:
        store.append([received(n) for n in range(WOMEN)], AT)
        old, new = store._vault._ring.current, rotate(keys)
        with pytest.raises(Killed):
            store.rewrap(4, kill)
        assert set(store.masters()) == {old, new}
        assert drop(keys, store.masters()) == []  # the old one is needed still
    with Store.open(store_url, KeyRing.from_keyfile(keys)) as store:
        left = store.masters()[old]
        assert reads(store) == WOMEN
        assert store.rewrap(4) == left
        assert set(store.masters()) == {new}


def test_reading_writing_and_destroying_go_on_meanwhile(store_url: str, keys: Path) -> None:
    with Store.open(store_url, KeyRing.from_keyfile(keys)) as store:
        store.append([received(n) for n in range(WOMEN)], AT)
        rotate(keys)
        stop = threading.Event()
        failed: list[Exception] = []

        def serve() -> None:
            number = 1000
            while not stop.is_set():
                try:
                    store.append([received(number)], AT)
                    assert reads(store)
                except Exception as error:  # whatever it is, it is a failure
                    failed.append(error)
                    return
                number += 1

        def tell(_: int) -> None:
            if reads(store) and store.removed(RecordKey("vp", "Patient/22")) is None:
                store.forget(RecordKey("vp", "Patient/22"), "bezwaar", AT)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            store.rewrap(2, tell)
        finally:
            stop.set()
            thread.join()
        assert failed == []
        assert store.versions_of(RecordKey("vp", "Patient/22")) == []
        assert set(store.masters()) == {store._vault._ring.current}


def test_a_ring_from_the_environment_opens_with_both_and_then_with_the_new(store_url: str) -> None:
    old, new = b"o" * 32, b"n" * 32
    with Store.open(store_url, KeyRing(old)) as store:
        store.append([received(1)], AT)
    with Store.open(store_url, KeyRing(old, [new])) as first, Store.open(store_url, KeyRing(new, [old])) as second:
        second.rewrap()
        first._vault.forget(list(range(10)))
        assert reads(first) == reads(second) == 1
    with Store.open(store_url, KeyRing(new)) as store:
        assert reads(store) == 1
    with pytest.raises(WrongMasterKeyError):
        Store.open(store_url, KeyRing(old))


def test_a_key_file_that_is_away_for_a_moment_changes_nothing(keys: Path) -> None:
    ring = KeyRing.from_keyfile(keys)
    text = keys.read_text()
    keys.unlink()
    assert ring.wrap(b"data", b"row").master == ring.current
    keys.write_text("no key\n")
    assert ring.unwrap(ring.wrap(b"data", b"row"), b"row") == b"data"
    with pytest.raises(KeyRingError):
        rotate(keys)
    keys.write_text(text)
    rotate(keys)
    assert keys.stat().st_mode & 0o777 == 0o600
    assert len(keys.read_text().splitlines()) == 2
