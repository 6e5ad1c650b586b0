"""Two workers that link records of one woman at the same time make one woman of them, and one pregnancy."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime
from threading import Barrier
from types import SimpleNamespace
from typing import Any, cast

import pytest

from adapter.linking import Profile
from adapter.model.evidence import Evidence
from adapter.model.facts import Name, Person
from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.service.links.pregnancies import PREGNANCY, Pregnancies
from adapter.service.links.women import WOMAN, Women
from adapter.service.records import Records
from adapter.service.rooms import Rooms
from adapter.store import KeyRing, LinkRow, Store

pytestmark = pytest.mark.integration

AT = datetime(2024, 7, 29, 12, tzinfo=UTC)
MANY = 25
WORKERS = 3


@pytest.fixture
def stores(store_url: str) -> Iterator[list[Store]]:
    """The same database, opened as several processes do."""
    with ExitStack() as stack:
        yield [stack.enter_context(Store.open(store_url, KeyRing(b"\x05" * 32))) for _ in range(WORKERS)]


def record_of(worker: int, woman: int) -> RecordKey:
    return RecordKey(f"bron-{worker}", f"Patient/{woman}")


def profile_of(record: RecordKey, woman: int) -> Profile:
    born = date(1990, 1 + woman % 12, 13 + woman % 10)
    person = Person(
        record.source,
        record.woman,
        Evidence(record.source, record.woman, "1", ""),
        Name(None, (f"Anna{'abcdefghijklmnopqrstuvwxyz'[woman]}",), "Vries", "Vries", "de", None),
        birth_date=born,
        postal_code=f"{1000 + woman}AB",
        house_number="1",
    )
    return Profile(person)


def fill(store: Store) -> None:
    for worker in range(WORKERS):
        for woman in range(MANY):
            record, id_ = record_of(worker, woman), str(woman)
            version = (record.source, FhirVersion.R4, Media.JSON, "Patient", id_, "1", b"{}", record.woman)
            store.append([Received(*version, record.woman, None, f"{worker} {woman}")], AT)


def test_one_woman_is_made_however_many_link_her_at_once(stores: list[Store]) -> None:
    fill(stores[0])
    together = Barrier(WORKERS)

    def work(worker: int) -> None:
        rooms = cast(Rooms, SimpleNamespace(store=stores[worker], clock=lambda: AT, sources={}))
        women = Women(rooms, Records(rooms))
        for woman in range(MANY):
            record = record_of(worker, woman)
            together.wait()
            with stores[worker].unit():
                women.link_by({record: profile_of(record, woman)})

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, range(WORKERS)))
    rows = stores[0].links(WOMAN)
    ids: dict[str, set[str]] = {}
    for row in rows:
        ids.setdefault(row.reference, set()).add(row.target or "")
    assert len(ids) == MANY
    assert all(len(found) == 1 for found in ids.values()), ids
    assert len(rows) == MANY * WORKERS
    assert stores[0].pending() == []  # nobody has to be linked again


def test_who_grouped_her_dossiers_second_does_it_again(stores: list[Store]) -> None:
    fill(stores[0])
    record = record_of(0, 1)
    rooms = cast(Rooms, SimpleNamespace(store=stores[1], clock=lambda: AT, sources={}))
    pregnancies = Pregnancies(rooms, cast(Any, None))
    before = stores[1].links(PREGNANCY, within=[record])
    assert not pregnancies.regrouped([record], before)
    dossier = (record.source, FhirVersion.R4, Media.JSON, "EpisodeOfCare", "e1", "1", b"{}", record.woman)
    stores[0].append([Received(*dossier, record.woman, None, "e1")], AT)
    stores[0].add_links([LinkRow(PREGNANCY, record.source, "EpisodeOfCare/e1", "p1", "automatic", b"{}", AT)])
    assert pregnancies.regrouped([record], before)
    assert not pregnancies.regrouped([record], stores[1].links(PREGNANCY, within=[record]))
