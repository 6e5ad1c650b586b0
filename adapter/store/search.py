"""Find source versions for the FHIR endpoint: by id, within one record, or by walking a type.

A search is narrowed to records first (one woman at one source), whose few resources are then read and compared. So no
index of codes or names stands beside the sealed bodies, removal of a record removes it from every search, and taking
data in costs nothing more. Statements are plain text and run on a connection of their own where the database is SQLite:
reading by id is the hot path of the endpoint, and making a statement costs ten times what running it does.
"""

from __future__ import annotations

import base64
import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from typing import Any, NamedTuple

from sqlalchemy import insert, text

from adapter.model.sources import FhirVersion, Media, Received, RecordKey, StoredVersion
from adapter.store import plain
from adapter.store.database import Database
from adapter.store.errors import TamperedError
from adapter.store.keys import Wrapped
from adapter.store.moment import Moment
from adapter.store.records import DIRECTORY, Part
from adapter.store.search_tables import awaited
from adapter.store.tables import microseconds
from adapter.store.text import chunks
from adapter.store.vault import Sealer, Vault

_SEALED = b"fhir address"
_MAPPED = 1 << 30  # bytes of the database file that are read without copying: half the time of a read
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = (
    "v.position, v.source, v.type, v.id, v.seq, v.source_version, v.hash, v.received_at, v.fhir_version, v.media,"
    " v.woman, v.subject, v.problem, v.body, v.key_id, k.master, k.wrapped"
)
_FROM = "FROM source_versions v JOIN record_keys k ON k.id = v.key_id AND k.destroyed_at IS NULL"
_LATEST = (
    "NOT EXISTS (SELECT 1 FROM source_versions l WHERE l.source = v.source AND l.type = v.type AND l.id = v.id"
    " AND l.seq > v.seq AND l.position <= :upto)"
)
_BY_ID = (
    f"SELECT {_COLUMNS} {_FROM} WHERE v.source = :source AND v.type = :type AND v.id = :id AND v.position <= :upto"
    " ORDER BY v.seq DESC LIMIT 1"
)
_VERSION = f"SELECT {_COLUMNS} {_FROM} WHERE v.source = :source AND v.type = :type AND v.id = :id AND v.seq = :seq"
_HISTORY = f"SELECT {_COLUMNS} {_FROM} WHERE v.source = :source AND v.type = :type AND v.id = :id ORDER BY v.seq DESC"
_OF_RECORD = (
    f"SELECT {_COLUMNS} {_FROM} WHERE v.source = :source AND v.woman = :woman AND v.position <= :upto AND {_LATEST}"
)
_OF_RECORD_TYPE = (
    f"SELECT {_COLUMNS} {_FROM} WHERE v.source = :source AND v.woman = :woman AND v.type = :type"
    f" AND v.position <= :upto AND {_LATEST}"
)
_BRIEF = (
    f"SELECT {_COLUMNS} {_FROM} WHERE v.source = :source AND v.woman = :woman AND v.position <= :upto AND {_LATEST}"
    " AND v.type IN ('Patient', 'RelatedPerson', 'ReferralRequest', 'ServiceRequest')"
)
_SCAN = (
    f"SELECT {_COLUMNS} {_FROM} WHERE v.source = :source AND v.type = :type AND v.id > :after"
    f" AND v.position <= :upto AND {_LATEST} ORDER BY v.id LIMIT :most"
)
_BY_TIME = (
    f"SELECT {_COLUMNS} {_FROM} WHERE v.type = :type AND v.position > :after AND v.position < :before"
    f" AND v.position <= :upto AND {_LATEST} ORDER BY v.position"
)
_NEWEST_FIRST, _OLDEST_FIRST = f"{_BY_TIME} DESC LIMIT :most", f"{_BY_TIME} LIMIT :most"
_NAMES = (
    "SELECT v.position, v.source, v.type, v.id, v.seq, v.source_version, v.hash, v.received_at, v.fhir_version,"
    " v.media, v.woman, v.subject, v.problem FROM"
)
_NEWEST = (
    "v.position > :after AND v.position <= :upto AND v.fhir_version = :version"
    " AND (:type = '' OR v.type = :type) ORDER BY v.position DESC LIMIT :most"
)
_IN_RECORDS = "<<records>> r CROSS JOIN source_versions v WHERE v.source = r.source AND v.woman = r.woman"
_OF_NOBODY = "source_versions v WHERE v.source IN <sources> AND v.woman IS NULL"
_NAMED = f"{_NAMES} source_versions v WHERE {_NEWEST}"
_NAMED_IN = f"{_NAMES} {_IN_RECORDS} AND {_NEWEST}"
_NAMED_OF_NOBODY = f"{_NAMES} {_OF_NOBODY} AND {_NEWEST}"
_OF_TYPE = "v.type = :type AND v.position <= :upto"
_IDS_IN = f"{_NAMES} {_IN_RECORDS} AND {_OF_TYPE}"
_IDS_OF_NOBODY = f"{_NAMES} {_OF_NOBODY} AND {_OF_TYPE}"
_USED = "SELECT DISTINCT id FROM source_versions WHERE source IN <sources> AND type = :type AND id IN <ids>"
_SOURCES = "SELECT DISTINCT source FROM record_keys"
_HELD = "SELECT DISTINCT woman FROM record_keys WHERE source = :source AND woman <> '' AND destroyed_at IS NULL"
_AT = f"SELECT {_COLUMNS} {_FROM} WHERE v.position = :position"
_BEFORE = f"SELECT {_COLUMNS} {_FROM} WHERE v.position <= :upto ORDER BY v.position DESC LIMIT :most"
_PLACE = "SELECT position, woman FROM source_versions WHERE source = :source AND type = :type AND id = :id LIMIT 1"
_OWNER = (
    "SELECT woman FROM source_versions WHERE source = :source AND type = :type AND id = :id ORDER BY seq DESC LIMIT 1"
)
_DOSSIER = "SELECT 1 FROM source_versions WHERE source = :source AND woman = :woman AND type = 'EpisodeOfCare' LIMIT 1"
_CHANGED = (
    "SELECT DISTINCT source, woman FROM source_versions WHERE position > :after AND position <= :upto"
    " AND woman IS NOT NULL"
)
_LAST = "SELECT max(position) FROM source_versions"
_WAITING = "SELECT woman FROM awaited WHERE source = :source AND reference = :reference"
_WAITS = _WAITING + " AND woman = :woman"
_LAST_OF = (
    "SELECT received_at FROM source_versions WHERE position ="
    " (SELECT max(position) FROM source_versions WHERE source = :source)"
)
_LAST_SINCE = (  # not by the index of sources: what is new is little
    "SELECT max(received_at) FROM source_versions WHERE position > :after AND position <= :upto"
    " AND source || '' = :source"
)
_LAST_IN = (
    "SELECT max(received_at) FROM source_versions WHERE source = :source AND woman = :woman AND received_at <= :until"
)
_NEXT_AT = "SELECT received_at FROM source_versions WHERE position >= :position ORDER BY position LIMIT 1"
_SHARED = (
    "SELECT type, id FROM (SELECT type, id, source FROM source_versions WHERE seq = 1) one"
    " GROUP BY type, id HAVING count(*) > 1"
)
_FIRST_SINCE = "SELECT type, id, source FROM source_versions WHERE position > :after AND position <= :upto AND seq = 1"
_TARGET = (
    "SELECT target FROM links WHERE kind = 'woman' AND source = :source AND reference = :reference"
    " ORDER BY position DESC LIMIT 1"
)
_PREGNANCY = (
    "SELECT target FROM links WHERE kind = 'pregnancy' AND source = :source AND reference = :reference"
    " ORDER BY position DESC LIMIT 1"
)
_PREGNANCIES = (
    "SELECT l.target FROM links l WHERE l.kind = 'pregnancy' AND l.source = :source AND l.woman = :woman"
    " AND NOT EXISTS (SELECT 1 FROM links n WHERE n.kind = l.kind AND n.source = l.source"
    " AND n.reference = l.reference AND n.position > l.position) ORDER BY l.position"
)
_LINKED = (
    "SELECT l.source, l.reference FROM links l WHERE l.kind = 'woman' AND l.target = :target AND NOT EXISTS"
    " (SELECT 1 FROM links n WHERE n.kind = l.kind AND n.source = l.source AND n.reference = l.reference"
    " AND n.position > l.position)"
)

_FHIR = {version.value: version for version in FhirVersion}
_MEDIA = {media.value: media for media in Media}


class Row(NamedTuple):
    """One version as it lies in the store: what may be compared without opening it, and how to open it."""

    position: int
    source: str
    type: str
    id: str
    seq: int
    source_version: str | None
    hash: str
    received_us: int
    version: str
    media: str
    woman: str | None
    subject: str | None
    problem: str | None
    sealed: bytes
    sealer: Sealer

    @property
    def reference(self) -> str:
        """`Type/id` as its source gave it."""
        return f"{self.type}/{self.id}"

    @property
    def record(self) -> RecordKey | None:
        """Whose record it is part of; None for a directory resource."""
        return RecordKey(self.source, self.woman) if self.woman else None

    @property
    def received_at(self) -> datetime:
        """When this version came."""
        return _EPOCH + timedelta(microseconds=self.received_us)

    def body(self) -> bytes:
        """The bytes as sent. Raises `TamperedError`."""
        bound = f"source_versions\n{self.source}\n{self.type}\n{self.id}\n{self.seq}".encode()
        return self.sealer.open(self.sealed, bound)

    def stored(self) -> StoredVersion:
        """The same as the rest of the product knows it."""
        received = Received(
            self.source,
            _FHIR[self.version],
            _MEDIA[self.media],
            self.type,
            self.id,
            self.source_version,
            self.body(),
            self.woman,
            self.subject,
            self.problem,
            self.hash,
        )
        return StoredVersion(received, self.seq, self.received_at)


class Search(Part):
    """Reading for the FHIR endpoint. `upto`: only versions up to that position count (a page of a steady result)."""

    def __init__(self, database: Database, vault: Vault) -> None:
        super().__init__(database, vault)
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._lasts: dict[str, tuple[int, int | None]] = {}  # source -> looked up to here, when its newest came

    def moment(self) -> Moment | None:
        """What one thread may hold; None where each question must be asked anew."""
        return Moment(self.rows) if self._database.is_sqlite else None

    @property
    def held(self) -> Moment | None:
        """The moment as of which this thread reads."""
        return getattr(self._local, "held", None)

    def hold(self, moment: Moment | None) -> None:
        """Read as of this moment from here on, in this thread."""
        self._local.held = moment

    def last_position(self) -> int:
        """The position of the newest version: what is asked up to it gives the same answer for ever."""
        held = self.held
        return (self.rows(_LAST, {})[0][0] or 0) if held is None else held.stand.versions

    def last_of(self, source: str) -> datetime | None:
        """When the newest version of a source came; None where nothing did."""
        upto = self.last_position()
        after, last = self._lasts.get(source, (0, None))
        if after == 0:
            last = next((row[0] for row in self.rows(_LAST_OF, {"source": source})), None)
        elif after < upto:
            rows = self.rows(_LAST_SINCE, {"source": source, "after": after, "upto": upto})
            last = rows[0][0] or last
        self._lasts[source] = upto, last
        return None if last is None else _EPOCH + timedelta(microseconds=last)

    def last_in(self, record: RecordKey, known_at: datetime | None = None) -> datetime | None:
        """When the newest version in a record came, of those that had come at that instant; None where none had."""
        until = microseconds(datetime.max.replace(tzinfo=UTC) if known_at is None else known_at)
        rows = self.rows(_LAST_IN, {"source": record.source, "woman": record.woman, "until": until})
        return _EPOCH + timedelta(microseconds=rows[0][0]) if rows[0][0] is not None else None

    def position_before(self, at: datetime) -> int:
        """The position of the last version that came before `at`."""
        wanted, low, high = microseconds(at), 0, self.last_position()
        while low < high:  # positions grow with time
            middle = (low + high + 1) // 2
            found = self.rows(_NEXT_AT, {"position": middle})
            if found and found[0][0] < wanted:
                low = middle
            else:
                high = middle - 1
        return low

    def current(self, source: str, kind: str, id: str, upto: int) -> Row | None:
        """The latest version of one resource at one source."""
        rows = self._read(_BY_ID, {"source": source, "type": kind, "id": id, "upto": upto})
        return rows[0] if rows else None

    def version_of(self, source: str, kind: str, id: str, seq: int) -> Row | None:
        """One version of one resource at one source."""
        rows = self._read(_VERSION, {"source": source, "type": kind, "id": id, "seq": seq})
        return rows[0] if rows else None

    def all_versions(self, source: str, kind: str, id: str) -> list[Row]:
        """Every version of one resource at one source, newest first."""
        return self._read(_HISTORY, {"source": source, "type": kind, "id": id})

    def in_record(self, record: RecordKey, kind: str | None, upto: int) -> list[Row]:
        """The latest version of every resource (of one type) of a record."""
        asked: dict[str, object] = {"source": record.source, "woman": record.woman, "upto": upto}
        return self._read(_OF_RECORD, asked) if kind is None else self._read(_OF_RECORD_TYPE, {**asked, "type": kind})

    def brief(self, record: RecordKey, upto: int) -> list[Row]:
        """Of a record no more than who she is and who referred her to whom."""
        return self._read(_BRIEF, {"source": record.source, "woman": record.woman, "upto": upto})

    def walk(self, source: str, kind: str, after: str, upto: int, most: int) -> list[Row]:
        """The latest versions of a type at a source in order of id, those behind `after`, at most so many."""
        asked = {"source": source, "type": kind, "after": after, "upto": upto, "most": most}
        return self._read(_SCAN, asked)

    def walk_by_time(
        self, kind: str, after: int, before: int, upto: int, most: int, *, newest_first: bool
    ) -> list[Row]:
        """The versions of a type between two positions that are the latest up to `upto`; at most so many."""
        asked = {"type": kind, "after": after, "before": before, "upto": upto, "most": most}
        return self._read(_NEWEST_FIRST if newest_first else _OLDEST_FIRST, asked)

    def named(self, version: FhirVersion, kind: str | None, after: int, upto: int, most: int) -> list[Row]:
        """Versions (of one type) that came behind `after` up to `upto`, newest first, at most so many.

        Without what is in them: to see which are worth opening, with `at`.
        """
        asked: dict[str, object] = {"after": after, "upto": upto, "version": version.value, "most": most}
        asked["type"] = kind or ""
        return [_unopened(row) for row in self.rows(_NAMED, asked)]

    def named_in(
        self, records: Collection[RecordKey], version: FhirVersion, kind: str | None, after: int, upto: int, most: int
    ) -> list[Row]:
        """The same of these records and of what is about nobody: the rest of the store is not looked at."""
        asked = {"after": after, "upto": upto, "version": version.value, "most": most, "type": kind or ""}
        rows = self._in_records(_NAMED_IN, _NAMED_OF_NOBODY, records, asked)
        return [_unopened(row) for row in nlargest(most, rows, key=lambda row: int(row[0]))]

    def ids_in(self, records: Collection[RecordKey], kind: str, upto: int) -> list[tuple[str, str]]:
        """Source and id of what there is of a type in these records and about nobody, in that order."""
        rows = self._in_records(_IDS_IN, _IDS_OF_NOBODY, records, {"type": kind, "upto": upto})
        return sorted({(row[1], row[3]) for row in rows})

    def latest_in(self, records: Collection[RecordKey], kind: str, upto: int) -> list[int]:
        """The position of the latest version of each resource of a type in these records and about nobody, in order."""
        latest: dict[tuple[str, str], int] = {}
        for row in self._in_records(_IDS_IN, _IDS_OF_NOBODY, records, {"type": kind, "upto": upto}):
            latest[row[1], row[3]] = max(row[0], latest.get((row[1], row[3]), 0))
        return sorted(latest.values())

    def used(self, sources: Collection[str], kind: str, ids: Collection[str]) -> set[str]:
        """Those of these ids under which any of the sources has a resource of this type."""
        found: set[str] = set()
        with self._database.reading() as connection:
            for some in chunks(ids):
                rows = plain.rows(connection, _USED, sources=sources, type=kind, ids=some)
                found |= {row[0] for row in rows}
        return found

    def held_at(self, source: str) -> list[RecordKey]:
        """Every record of a source, linked or not."""
        return [RecordKey(source, row[0]) for row in self.rows(_HELD, {"source": source})]

    def _in_records(
        self, within: str, nobody: str, records: Collection[RecordKey], asked: Mapping[str, object]
    ) -> list[Any]:
        with self._database.reading() as connection:
            sources = [row[0] for row in plain.rows(connection, _SOURCES)]
            found = plain.rows(connection, nobody, sources=sources, **asked)
            for some in chunks(records):
                found += plain.rows(connection, within, records=some, **asked)
        return found

    def at(self, position: int) -> Row | None:
        """The version at a position; None where it was removed."""
        rows = self._read(_AT, {"position": position})
        return rows[0] if rows else None

    def before(self, upto: int, most: int) -> list[Row]:
        """Versions up to `upto`, newest first, at most so many."""
        return self._read(_BEFORE, {"upto": upto, "most": most})

    def place(self, source: str, kind: str, id: str) -> tuple[int, str | None] | None:
        """The position of a resource and the woman it stood under, where the source has it."""
        rows = self.rows(_PLACE, {"source": source, "type": kind, "id": id})
        return (rows[0][0], rows[0][1]) if rows else None

    def owner(self, source: str, kind: str, id: str) -> str | None:
        """The woman under whom the latest version of a resource stands; None for nobody, or nothing here."""
        rows = self.rows(_OWNER, {"source": source, "type": kind, "id": id})
        return rows[0][0] if rows else None

    def has_dossier(self, record: RecordKey) -> bool:
        """Whether a dossier (EpisodeOfCare) stands in this record."""
        return bool(self.rows(_DOSSIER, {"source": record.source, "woman": record.woman}))

    def wait_for(self, source: str, waiting: Sequence[tuple[str, str]]) -> None:
        """Remember that records (Patient references) wait for a dossier or contact (`Type/id`) that is not here."""
        if not waiting:
            return
        with self._database.writing() as connection:
            for reference, woman in sorted(set(waiting)):
                values = {"source": source, "reference": reference, "woman": woman}
                if connection.execute(text(_WAITS), values).first() is None:
                    connection.execute(insert(awaited).values(values))

    def waiting_for(self, source: str, reference: str) -> list[str]:
        """The records that waited for this dossier or contact."""
        return [row[0] for row in self.rows(_WAITING, {"source": source, "reference": reference})]

    def changed_records(self, after: int, upto: int) -> list[RecordKey]:
        """The records of which a version came behind `after` up to `upto`."""
        return [RecordKey(row[0], row[1]) for row in self.rows(_CHANGED, {"after": after, "upto": upto})]

    def shared_ids(self) -> set[tuple[str, str]]:
        """(type, id) that more than one source uses."""
        return {(kind, id) for kind, id in self.rows(_SHARED, {})}

    def first_versions(self, after: int, upto: int) -> list[tuple[str, str, str]]:
        """(type, id, source) of the resources that first came behind `after` up to `upto`."""
        return [(row[0], row[1], row[2]) for row in self.rows(_FIRST_SINCE, {"after": after, "upto": upto})]

    def woman_of(self, record: RecordKey) -> str | None:
        """Our id of the woman to whom a record is linked now."""
        held = self.held
        return self._woman_of(record) if held is None else held.woman(record, self._woman_of)

    def _woman_of(self, record: RecordKey) -> str | None:
        rows = self.rows(_TARGET, {"source": record.source, "reference": record.woman})
        return rows[0][0] if rows else None

    def pregnancy_of(self, source: str, reference: str) -> str | None:
        """Our id of the pregnancy that a dossier (`Type/id`) is linked to now."""
        rows = self.rows(_PREGNANCY, {"source": source, "reference": reference})
        return rows[0][0] if rows else None

    def pregnancies_of(self, record: RecordKey) -> list[str]:
        """Our ids of the pregnancies that the dossiers of a record are linked to now."""
        rows = self.rows(_PREGNANCIES, {"source": record.source, "woman": record.woman})
        return list(dict.fromkeys(row[0] for row in rows if row[0]))

    def records_of(self, woman: str) -> list[RecordKey]:
        """The records that are linked to a woman now."""
        return sorted(RecordKey(source, reference) for source, reference in self.rows(_LINKED, {"target": woman}))

    def linked_to(self, record: RecordKey) -> list[RecordKey]:
        """The records of the same woman, this one among them; it alone while it is not linked."""
        target = self.woman_of(record)
        rows = self.rows(_LINKED, {"target": target}) if target else []
        found = {RecordKey(source, reference) for source, reference in rows} | {record}
        return sorted(found)

    def seal(self, text: bytes) -> str:
        """A text that only this store can open, fit for an address."""
        return base64.urlsafe_b64encode(self._vault.own.seal(text, _SEALED)).decode().rstrip("=")

    def unseal(self, sealed: str) -> bytes | None:
        """What `seal` closed; None for anything else."""
        try:
            return self._vault.own.open(base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)), _SEALED)
        except (ValueError, TamperedError):
            return None

    def close(self) -> None:
        """Give back what searching holds open."""
        while self._opened:
            self._opened.pop().close()
        self._local = threading.local()

    def _read(self, statement: str, values: dict[str, object]) -> list[Row]:
        found: list[Row] = []
        key_id, sealer = None, None
        for row in self.rows(statement, values):
            if row[14] != key_id:  # those of one record come together
                key_id, sealer = row[14], self._sealer(row)
            found.append(Row._make((*row[:14], sealer)))  # by place: by name takes as long as reading it
        return found

    def _sealer(self, row: Any) -> Sealer:
        master, wrapped, key_id, source, woman = row[15], row[16], row[14], row[1], row[10]
        return self._vault.sealer(key_id, source, woman or DIRECTORY, lambda: Wrapped(master, wrapped))

    def rows(self, statement: str, values: dict[str, object]) -> Sequence[Any]:
        """All rows: on SQLite by a connection of this thread, else through the engine. Raises `StoreError`."""
        if self._database.is_sqlite:
            try:
                return self._connection().execute(statement, values).fetchall()
            except sqlite3.Error:
                pass  # once more by the ordinary way: the reason has passed, or it fails with the ordinary error
        with self._database.reading() as connection:
            return connection.execute(text(statement), values).all()

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            # Each thread uses its own; only `close` reaches those of others, when nobody reads any more.
            path = str(self._database.url.database)
            found = sqlite3.connect(path, timeout=15, isolation_level=None, check_same_thread=False)
            found.execute("PRAGMA query_only=ON")
            found.execute(f"PRAGMA mmap_size={_MAPPED}")
            self._opened.append(found)
            self._local.connection = found
        return found


def _unopened(row: Any) -> Row:
    nothing: Any = None
    return Row._make((*row, b"", nothing))


def batches(source: str, kind: str, store: Search, upto: int, after: str = "", most: int = 500) -> Iterator[Row]:
    """Walk over a type at a source, batch by batch."""
    while rows := store.walk(source, kind, after, upto, most):
        yield from rows
        if len(rows) < most:
            return
        after = rows[-1].id
