"""Whatever is appended, in whatever order: the store says the same as a plain list of everything that came."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.store import KeyRing, Store
from support.examples import many

START = datetime(2024, 5, 1, tzinfo=UTC)

resources = st.builds(
    lambda source, identifier, content, woman, problem: Received(
        source,
        FhirVersion.STU3,
        Media.XML,
        "Observation",
        identifier,
        None,
        content.encode(),
        woman,
        woman,
        problem,
        f"hash {content}",
    ),
    source=st.sampled_from(["vp", "zh"]),
    identifier=st.sampled_from(["1", "2", "é"]),
    content=st.sampled_from(["a", "b", ""]),
    woman=st.sampled_from([None, "Patient/1", "Patient/2"]),
    problem=st.sampled_from([None, None, "status is missing"]),
)
batches = st.lists(st.lists(resources, max_size=5), max_size=6)


class Model:
    """What a store should hold, in the simplest way that can be right."""

    def __init__(self) -> None:
        self.kept: list[tuple[Received, int, datetime]] = []

    def append(self, batch: list[Received], at: datetime) -> list[tuple[Received, int, datetime]]:
        new = []
        for one in batch:
            versions = [k for k in self.kept if (k[0].source, k[0].id) == (one.source, one.id)]
            last = versions[-1][0] if versions else None
            if (
                last is not None
                and last.hash == one.hash
                and bool(last.problem) == bool(one.problem)
                and not (last.woman is None and one.woman is not None)
            ):
                continue
            kept = (one, len(versions) + 1, at)
            self.kept.append(kept)
            new.append(kept)
        return new

    def latest(self, known_at: datetime) -> list[tuple[Received, int, datetime]]:
        found = {(k[0].source, k[0].id): k for k in self.kept if k[2] <= known_at}
        return list(found.values())


@settings(max_examples=many(40), deadline=None)
@given(batches)
def test_the_store_holds_what_came(given_batches: list[list[Received]]) -> None:
    model = Model()
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(f"sqlite:///{folder}/store.db", KeyRing(b"a" * 32)) as store,
    ):
        for number, batch in enumerate(given_batches):
            at = START + timedelta(hours=number)
            new = store.append(batch, at)
            assert [(v.received, v.seq, v.received_at) for v in sorted(new, key=_order)] == sorted(
                model.append(batch, at), key=lambda kept: (kept[0].source, kept[0].id, kept[1])
            )
            assert store.append(batch[-1:], at) == []  # a repeat is nothing
        for number in range(len(given_batches) + 1):
            _same_at(store, model, START + timedelta(hours=number))


def _order(version):  # type: ignore[no-untyped-def]
    return version.received.source, version.received.id, version.seq


def _same_at(store: Store, model: Model, known_at: datetime) -> None:
    latest = model.latest(known_at)
    for source in ("vp", "zh"):
        for woman in ("Patient/1", "Patient/2"):
            read = [(v.received, v.seq, v.received_at) for v in store.versions_of(RecordKey(source, woman), known_at)]
            hers = [k for k in latest if (k[0].source, k[0].woman) == (source, woman)]
            assert sorted(read, key=lambda k: k[0].id) == sorted(hers, key=lambda k: k[0].id)
        directory = store.directory(source, ["Observation/1", "Observation/2", "Observation/é"], known_at)
        nobodys = {k[0].id for k in latest if k[0].source == source and k[0].woman is None}
        assert {v.received.id for v in directory} == nobodys
