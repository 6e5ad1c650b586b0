"""Read one woman's record at one source into facts."""

from __future__ import annotations

import pickle
import zlib
from collections import OrderedDict
from collections.abc import Sequence
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
        self._directories: dict[str, tuple[int | None, dict[str, StoredVersion]]] = {}

    def facts(self, record: RecordKey, known_at: datetime | None = None) -> SourceFacts | None:
        """What the source says of this woman; None where the source is no longer configured or nothing is held."""
        setup = self._rooms.sources.get(record.source)
        if setup is None:
            return None
        if known_at is not None:
            return self._read(record, setup, known_at)
        store = self._rooms.store
        stamp = (store.stamp(record.source, record.woman), store.stamp(record.source, None))
        with self._lock:
            kept = self._kept.get(record)
            if kept is not None and kept[0] == stamp:
                self._kept.move_to_end(record)
                return _unpacked(kept[1])
        read = self._read(record, setup, None, stamp[1])
        if read is not None:
            with self._lock:
                self._kept[record] = (stamp, zlib.compress(pickle.dumps(read, pickle.HIGHEST_PROTOCOL), 1))
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return read

    def _read(
        self, record: RecordKey, setup: SourceSetup, known_at: datetime | None, stamp: int | None = None
    ) -> SourceFacts | None:
        store = self._rooms.store
        versions = store.versions_of(record, known_at)
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
