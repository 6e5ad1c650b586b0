"""Read one woman's record at one source into facts."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from threading import Lock

from adapter import facts
from adapter.model.facts import SourceFacts
from adapter.model.sources import RecordKey
from adapter.service.rooms import Rooms

_KEPT = 1000

_Key = tuple[RecordKey, tuple[tuple[str, int], ...]]


class Records:
    """Facts of records, kept by the versions they were read from: derived, and thrown away at will."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._lock = Lock()
        self._kept: OrderedDict[_Key, SourceFacts] = OrderedDict()

    def facts(self, record: RecordKey, known_at: datetime | None = None) -> SourceFacts | None:
        """What the source says of this woman; None where the source is no longer configured or nothing is held."""
        setup = self._rooms.sources.get(record.source)
        if setup is None:
            return None
        store = self._rooms.store
        versions = store.versions_of(record, known_at)
        if not versions:
            return None
        directory = store.directory(record.source, facts.directory_references(versions), known_at)
        held = tuple((v.received.reference, v.seq) for v in (*versions, *directory))
        key = (record, held)
        with self._lock:
            if (found := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return found
        read = facts.read(record, versions, directory, setup.info, setup.dialect)
        read = replace(read, resources=len(versions))
        with self._lock:
            self._kept[key] = read
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return read
