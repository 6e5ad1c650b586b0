"""Read one woman's record at one source into facts."""

from __future__ import annotations

import pickle
import threading
import zlib
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import Lock

from adapter import facts
from adapter.model.facts import SourceFacts
from adapter.model.sources import RecordKey, StoredVersion
from adapter.service.rooms import Rooms, SourceSetup

_KEPT = 20_000  # records, some 2.5 kB each
_DIRECTORY = 2_000

_Stamp = tuple[int | None, int | None]


class Records:
    """Facts of records, kept as long as the store holds what they were read from: derived, thrown away at will."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._lock = Lock()
        self._kept: OrderedDict[RecordKey, tuple[_Stamp, bytes]] = OrderedDict()
        self._brief: OrderedDict[RecordKey, tuple[_Stamp, SourceFacts]] = OrderedDict()
        self._directories: dict[str, tuple[int | None, dict[str, StoredVersion]]] = {}
        self._now = threading.local()

    @contextmanager
    def together(self, *, keep: bool = True) -> Iterator[None]:
        """Meanwhile this thread reads each record once, and takes it as it was then. `keep`: for later, too.

        Nobody else writes during a unit (SQLite); elsewhere, what comes in meanwhile brings its own work with it.
        """
        self._now.read, self._now.keep = {}, keep
        try:
            yield
        finally:
            del self._now.read, self._now.keep

    def facts(self, record: RecordKey, known_at: datetime | None = None) -> SourceFacts | None:
        """What the source says of this woman; None where the source is no longer configured or nothing is held."""
        return self.facts_of([record], known_at).get(record)

    def facts_of(
        self, records: Collection[RecordKey], known_at: datetime | None = None
    ) -> dict[RecordKey, SourceFacts]:
        """What the sources say in these records; one of a source no longer configured, or not held, is left out."""
        if known_at is not None:
            setups = ((r, self._rooms.sources[r.source]) for r in records if r.source in self._rooms.sources)
            read = ((r, self._read(r, setup, known_at)) for r, setup in setups)
            return {record: found for record, found in read if found is not None}
        before: dict[RecordKey, SourceFacts | None] = getattr(self._now, "read", {})
        by_source: defaultdict[str, list[RecordKey]] = defaultdict(list)
        for record in records:
            if record not in before and record.source in self._rooms.sources:
                by_source[record.source].append(record)
        for source, wanted in by_source.items():
            before |= self._as_held(self._rooms.sources[source], wanted)
        return {r: found for r in records if (found := before.get(r)) is not None}

    def limited(
        self, record: RecordKey, known_at: datetime | None, shows: Callable[[StoredVersion], bool]
    ) -> SourceFacts | None:
        """What the source says in the resources that `shows` leaves. Not kept: each reader has their own."""
        setup = self._rooms.sources.get(record.source)
        if setup is None:
            return None
        versions = [v for v in self._rooms.store.versions_of(record, known_at) if shows(v)]
        stamp = self._rooms.store.stamp(record.source, None) if known_at is None else None
        return self._facts(record, versions, setup, known_at, stamp)

    def brief(self, records: Collection[RecordKey]) -> dict[RecordKey, SourceFacts]:
        """Who she is and who referred her to whom, and nothing else, as it is now: far less is opened for it."""
        by_source: defaultdict[str, list[RecordKey]] = defaultdict(list)
        for record in records:
            if record.source in self._rooms.sources:
                by_source[record.source].append(record)
        found: dict[RecordKey, SourceFacts] = {}
        for source, wanted in by_source.items():
            found |= self._briefly(self._rooms.sources[source], wanted)
        return found

    def _briefly(self, setup: SourceSetup, records: list[RecordKey]) -> dict[RecordKey, SourceFacts]:
        search = self._rooms.store.search
        upto = search.last_position()
        stamps = self._rooms.store.stamps(setup.info.id, [r.woman for r in records])
        found: dict[RecordKey, SourceFacts] = {}
        for record in records:
            if record.woman not in stamps:
                continue
            stamp = (stamps[record.woman], stamps.get(None))
            with self._lock:
                kept = self._brief.get(record)
            if kept is None or kept[0] != stamp:
                versions = [row.stored() for row in search.brief(record, upto)]
                read = self._facts(record, versions, setup, None, stamp[1])
                if read is None:
                    continue
                kept = (stamp, read)
                with self._lock:
                    self._brief[record] = kept
                    while len(self._brief) > _KEPT:
                        self._brief.popitem(last=False)
            found[record] = kept[1]
        return found

    def _as_held(self, setup: SourceSetup, records: list[RecordKey]) -> dict[RecordKey, SourceFacts | None]:
        """The facts of records of one source as they are now; those that were read before are not read again."""
        store, source = self._rooms.store, setup.info.id
        stamps = store.stamps(source, [r.woman for r in records])
        found: dict[RecordKey, SourceFacts | None] = {}
        with self._lock:
            for record in records:
                kept = self._kept.get(record)
                if kept is not None and kept[0] == (stamps.get(record.woman), stamps.get(None)):
                    self._kept.move_to_end(record)
                    found[record] = _unpacked(kept[1])
        new = [r for r in records if r not in found and r.woman in stamps]
        held = store.versions_of_all(source, [r.woman for r in new]) if new else {}
        for record in new:
            stamp = (stamps.get(record.woman), stamps.get(None))
            read = found[record] = self._facts(record, held[record.woman], setup, None, stamp[1])
            if read is not None and getattr(self._now, "keep", True):
                self._keep(record, stamp, read)
        return found

    def _keep(self, record: RecordKey, stamp: _Stamp, read: SourceFacts) -> None:
        packed = zlib.compress(pickle.dumps(read, pickle.HIGHEST_PROTOCOL), 1)
        with self._lock:
            self._kept[record] = (stamp, packed)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    def _read(self, record: RecordKey, setup: SourceSetup, known_at: datetime) -> SourceFacts | None:
        return self._facts(record, self._rooms.store.versions_of(record, known_at), setup, known_at, None)

    def _facts(
        self,
        record: RecordKey,
        versions: Sequence[StoredVersion],
        setup: SourceSetup,
        known_at: datetime | None,
        stamp: int | None,
    ) -> SourceFacts | None:
        if not versions:
            return None
        directory = self._directory(record.source, versions, known_at, stamp)
        read = facts.read(record, versions, directory, setup.info, setup.dialect)
        return replace(read, resources=len(versions))

    def _directory(
        self, source: str, versions: Sequence[StoredVersion], known_at: datetime | None, stamp: int | None
    ) -> list[StoredVersion]:
        """The directory resources that a record needs, those that they need in turn included (role, organisation)."""
        kept = {} if known_at is not None else self._kept_directory(source, stamp)
        found: dict[str, StoredVersion] = {}
        asked: set[str] = set()
        wanted = set(facts.directory_references(versions))
        while wanted:
            asked |= wanted
            new = [kept[r] for r in wanted if r in kept]
            if missing := [r for r in wanted if r not in kept]:
                read = self._rooms.store.directory(source, missing, known_at)
                kept |= {v.received.reference: v for v in read}
                new += read
            found |= {v.received.reference: v for v in new}
            wanted = set(facts.directory_references(new)) - asked
        return list(found.values())

    def _kept_directory(self, source: str, stamp: int | None) -> dict[str, StoredVersion]:
        """What was read of a source's directory, as long as it is what the store holds."""
        with self._lock:
            held = self._directories.get(source)
            if held is None or held[0] != stamp or len(held[1]) > _DIRECTORY:
                held = self._directories[source] = (stamp, {})
            return held[1]


def _unpacked(packed: bytes) -> SourceFacts:
    facts: SourceFacts = pickle.loads(zlib.decompress(packed))  # noqa: S301 - packed by this object, never from outside
    return facts
