"""Source versions: every resource as its source sent it, each time it changed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    func,
    not_,
    select,
)

from adapter.model.sources import FhirVersion, Media, Received, RecordKey, StoredVersion
from adapter.store import plain
from adapter.store.errors import VersionConflictError
from adapter.store.identifiers import index as index_identifiers
from adapter.store.many import insert_many
from adapter.store.outbox import intend
from adapter.store.records import DIRECTORY, KEY_COLUMNS, ActiveKey, Part, active_keys
from adapter.store.tables import Instant, microseconds, record_keys, source_versions
from adapter.store.text import chunks, keepable, split_reference
from adapter.store.vault import Sealer

_V = source_versions.c


@dataclass(frozen=True, slots=True)
class Latest:
    """What the store holds of one resource: its last version."""

    seq: int
    hash: str
    problem: bool
    woman: str | None


class Versions(Part):
    """Append and read source versions."""

    def append(
        self,
        batch: Sequence[Received],
        at: datetime,
        *,
        intent: str | None = None,
        expected: Mapping[tuple[str, str], int] | None = None,
        first: Callable[[], None] | None = None,
    ) -> list[StoredVersion]:
        """Keep what is new of a batch, in one transaction, and give the versions that were new.

        Nothing is new where the content hash equals that of the resource's latest version, unless it was set aside
        and now is not (or the reverse), or belonged to nobody and now is a woman's. A record that was removed is not
        kept again. With `intent`, every woman's record that changed is put in the outbox (`record_intent`) in the same
        transaction, so that a crash loses neither or both.

        With `expected` the batch was sent to us by one source, for which whose record a resource is can change as more
        comes in: then it is a new version too. Each (type, id) in it must be at that version number (0: not there yet),
        or nothing is kept and `VersionConflictError` is raised. Raises `StoreError`.

        `first` is called when no other can keep anything of these sources until this is done: what it reads still holds
        then. Where it raises, nothing is kept.
        """
        new: list[StoredVersion] = []
        by_source: defaultdict[str, list[Received]] = defaultdict(list)
        for one in batch:
            by_source[one.source].append(_kept(one))
        with self._database.writing() as connection:
            for source in sorted(by_source):
                self._database.lock(connection, source)
            if first is not None:
                with self._database.by(connection):
                    first()
            for source in sorted(by_source):
                new += self._append(connection, source, by_source[source], at, expected)
            if intent is not None:
                changed = {RecordKey(v.received.source, v.received.woman) for v in new if v.received.woman}
                intend(connection, [(intent, record_intent(key)) for key in sorted(changed)], at)
        return new

    def settled(self, source: str) -> int:
        """The position of the newest version: what comes of this source after this was asked stands behind it.

        In PostgreSQL what is being written now may get a position before one that can be read already. So its turn, in
        which it does, is waited for.
        """
        database = self._database
        with database.reading() if database.is_sqlite else database.writing() as connection:
            database.lock(connection, source)
            return int(plain.rows(connection, _LAST)[0][0] or 0)

    def came(self, source: str, after: int) -> list[tuple[str, str]]:
        """(type, id) of what came of a source behind a position."""
        with self._database.reading() as connection:
            return [(kind, id) for kind, id in plain.rows(connection, _CAME, source=source, after=after)]

    def _append(
        self,
        connection: Connection,
        source: str,
        batch: Sequence[Received],
        at: datetime,
        expected: Mapping[tuple[str, str], int] | None,
    ) -> list[StoredVersion]:
        latest = _latest(connection, source, {(one.type, one.id) for one in batch})
        for (kind, id), seq in (expected or {}).items():
            there = latest.get((kind, id))
            if (there.seq if there is not None else 0) != seq:
                stands = 0 if there is None else there.seq if there.hash else None
                raise VersionConflictError(kind, id, seq, stands)
        fresh: list[StoredVersion] = []
        for one in batch:
            before = latest.get((one.type, one.id))
            if before is not None and _same(one, before) and not (expected is not None and _moved(one, before)):
                continue
            seq = 1 if before is None else before.seq + 1
            latest[one.type, one.id] = Latest(seq, one.hash, one.problem is not None, one.woman)
            fresh.append(StoredVersion(one, seq, at))
        if not fresh:
            return []
        keys = active_keys(connection, self._vault, source, {v.received.woman or DIRECTORY for v in fresh}, at)
        kept = [(v, key) for v in fresh if (key := keys[v.received.woman or DIRECTORY]) is not None]
        if kept:
            insert_many(connection, source_versions, _COLUMNS, (_row(version, key) for version, key in kept))
            index_identifiers(connection, self._vault, [version for version, _ in kept])
        return [version for version, _ in kept]

    def known_hashes(self, source: str, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """The content hash of the latest version of each of these (type, id) that was found good and can be read."""
        with self._database.reading() as connection:
            found = _latest(connection, source, pairs)
        return {pair: latest.hash for pair, latest in found.items() if not latest.problem and latest.hash}

    def versions_of(self, record: RecordKey, known_at: datetime | None = None) -> list[StoredVersion]:
        """The latest version, of those received up to `known_at`, of every resource of a woman and her children at a
        source, those set aside included; nothing of a removed record. Raises `TamperedError`.
        """
        asked: dict[str, object] = {"source": record.source, "woman": record.woman}
        if known_at is None:
            return self._versions(_OF_RECORD, asked)
        return self._versions(_OF_RECORD_THEN, {**asked, "known_at": known_at})

    def versions_of_all(self, source: str, women: Collection[str]) -> dict[str, list[StoredVersion]]:
        """`versions_of` for several women's records at one source, as they are now. Raises `TamperedError`."""
        found: dict[str, list[StoredVersion]] = {woman: [] for woman in women}
        for some in chunks(found):
            for version in self._versions(_OF_RECORDS, {"source": source, "women": some}):
                found[version.received.woman or DIRECTORY].append(version)
        return found

    def stamp(self, source: str, woman: str | None) -> int | None:
        """The stamp of one record (None: the source's directory); see `stamps`."""
        return self.stamps(source, [] if woman is None else [woman]).get(woman)

    def stamps(self, source: str, women: Collection[str]) -> dict[str | None, int]:
        """A number for each of these records, and for the source's directory (None), that changes whenever what the
        store holds of it does.

        None given where nothing is held, or it was removed: what was derived from it counts no more.
        """
        with self._database.reading() as connection:
            found: dict[str | None, int] = {}
            if (directory := connection.execute(_STAMP_DIRECTORY, {"of_source": source}).scalar()) is not None:
                found[None] = directory
            for some in chunks(women):
                found |= {row[0]: row[1] for row in connection.execute(_STAMPS, {"of_source": source, "women": some})}
        return found

    def directory(
        self, source: str, references: Collection[str], known_at: datetime | None = None
    ) -> list[StoredVersion]:
        """The latest version of these resources (`Type/id`) of a source that are nobody's record."""
        mine = and_(_V.source == source, _V.woman.is_(None))
        found: list[StoredVersion] = []
        query = _NOW if known_at is None else _select(known_at)
        for matching in _matching(split_reference(reference) for reference in references):
            found += self._versions(query.where(mine, matching))
        return found

    def history(self, source: str, reference: str) -> list[StoredVersion]:
        """Every version of one resource (`Type/id`) of a source, newest first."""
        kind, identifier = split_reference(reference)
        query = _select_all().where(_V.source == source, _V.type == kind, _V.id == identifier)
        return self._versions(query.order_by(None).order_by(_V.seq.desc()))

    def holders(self, reference: str, version: FhirVersion | None = None) -> list[StoredVersion]:
        """The latest version of a resource (`Type/id`) at every source that has it; the first to bring it first."""
        kind, identifier = split_reference(reference)
        sources = select(record_keys.c.source).distinct().scalar_subquery()
        query = _select(None).where(_V.source.in_(sources), _V.type == kind, _V.id == identifier)
        if version is not None:
            query = query.where(_V.fhir_version == version.value)
        found = {one.received.source: one for one in self._versions(query)}
        first = select(_V.source, func.min(_V.position)).where(
            _V.source.in_(found), _V.type == kind, _V.id == identifier
        )
        with self._database.reading() as connection:
            order = {row[0]: row[1] for row in connection.execute(first.group_by(_V.source))}
        return sorted(found.values(), key=lambda one: order[one.received.source])

    def _versions(self, query: Select[Any], asked: dict[str, object] | None = None) -> list[StoredVersion]:
        with self._database.reading() as connection:
            rows = connection.execute(query, asked or {}).all()
        sealers: dict[int, Sealer] = {}
        found: list[StoredVersion] = []
        for row in rows:
            sealer = sealers.get(row.key_id)
            if sealer is None:
                sealer = sealers[row.key_id] = self._sealer(row)
            found.append(_version(row, sealer))
        return found


_JOINED = source_versions.join(record_keys, _V.key_id == record_keys.c.id)
_HELD = (_V.source == bindparam("of_source"), record_keys.c.destroyed_at.is_(None))
_STAMP_DIRECTORY = select(func.max(_V.position)).select_from(_JOINED).where(*_HELD, _V.woman.is_(None))
_STAMPS = (
    select(_V.woman, func.max(_V.position))
    .select_from(_JOINED)
    .where(*_HELD, _V.woman.in_(bindparam("women", expanding=True)))
    .group_by(_V.woman)
)


def record_intent(record: RecordKey) -> str:
    """The outbox key of a record."""
    return f"{record.source}|{record.woman}"


def record_of_intent(key: str) -> RecordKey:
    """The record behind an outbox key. Raises `ValueError` for another text."""
    source, bar, woman = key.partition("|")
    if not bar or not woman:
        raise ValueError(f"not the outbox key of a record: {key!r}")
    return RecordKey(source, woman)


def _select_all() -> Select[Any]:
    """Versions with their data key; those of a removed record have none, and are left out."""
    joined = source_versions.join(record_keys, _V.key_id == record_keys.c.id)
    query = select(source_versions, *KEY_COLUMNS).select_from(joined).where(record_keys.c.destroyed_at.is_(None))
    return query.order_by(_V.position)


def _select(known_at: datetime | BindParameter[datetime] | None) -> Select[Any]:
    """The latest version of each resource, of those received up to `known_at`."""
    later = source_versions.alias("later")
    same = and_(later.c.source == _V.source, later.c.type == _V.type, later.c.id == _V.id, later.c.seq > _V.seq)
    if known_at is None:
        return _select_all().where(not_(exists().where(same)))
    newer = exists().where(same, later.c.received_at <= known_at)
    return _select_all().where(_V.received_at <= known_at, not_(newer))


def _of_record(known_at: BindParameter[datetime] | None) -> Select[Any]:
    return _select(known_at).where(_V.source == bindparam("source"), _V.woman == bindparam("woman"))


# Made once: they are asked for every record at every rebuild, and making them takes longer than the answer.
_OF_RECORD = _of_record(None)
_OF_RECORD_THEN = _of_record(bindparam("known_at", type_=Instant))
_OF_RECORDS = _select(None).where(_V.source == bindparam("source"), _V.woman.in_(bindparam("women", expanding=True)))


# Built once: making a statement costs more than running it.
_NOW = _select(None)


_LAST = "SELECT max(position) FROM source_versions"
_CAME = (  # not by the index of sources: what is new is little
    "SELECT DISTINCT type, id FROM source_versions WHERE position > :after AND source || '' = :source"
)
_LATEST = (
    "SELECT v.id, v.seq, v.hash, v.problem, v.woman, k.destroyed_at FROM source_versions v"
    " JOIN record_keys k ON k.id = v.key_id"
    " WHERE v.source = :source AND v.type = :type AND v.id IN <ids> ORDER BY v.seq"
)


def _matching(pairs: Iterable[tuple[str, str]]) -> list[ColumnElement[bool]]:
    """Conditions that together select these (type, id), each small enough for one statement."""
    by_type: defaultdict[str, set[str]] = defaultdict(set)
    for kind, identifier in pairs:
        by_type[kind].add(identifier)
    return [
        and_(_V.type == kind, _V.id.in_(some)) for kind in sorted(by_type) for some in chunks(sorted(by_type[kind]))
    ]


def _latest(connection: Connection, source: str, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], Latest]:
    """The last version of each resource. One that was removed counts with an empty hash: it equals nothing."""
    by_type: defaultdict[str, list[str]] = defaultdict(list)
    for kind, identifier in pairs:
        by_type[kind].append(identifier)
    found: dict[tuple[str, str], Latest] = {}
    for kind, identifiers in by_type.items():
        for some in chunks(identifiers):
            rows = plain.rows(connection, _LATEST, source=source, type=kind, ids=some)
            for identifier, seq, content, problem, woman, gone in rows:
                found[kind, identifier] = Latest(seq, "" if gone else content, problem is not None, woman)
    return found


def _same(one: Received, before: Latest) -> bool:
    herself = one.type == "Patient" and one.woman == one.reference != before.woman  # she was taken for a child
    newly_hers = one.woman is not None and (before.woman is None or herself)
    return one.hash == before.hash and (one.problem is not None) == before.problem and not newly_hers


def _moved(one: Received, before: Latest) -> bool:
    return one.woman is not None and one.woman != before.woman


def _kept(one: Received) -> Received:
    """The resource with a hash, and with texts that both databases can hold."""
    texts = f"{one.type}{one.id}{one.version}{one.woman}{one.subject}{one.problem}"
    if one.hash and texts.isascii() and "\x00" not in texts:
        return one
    return replace(
        one,
        type=keepable(one.type),
        id=keepable(one.id),
        version=None if one.version is None else keepable(one.version),
        woman=None if one.woman is None else keepable(one.woman),
        subject=None if one.subject is None else keepable(one.subject),
        problem=None if one.problem is None else keepable(one.problem),
        hash=one.hash or hashlib.sha256(one.body).hexdigest(),
    )


def _bound(source: str, kind: str, identifier: str, seq: int) -> bytes:
    return f"source_versions\n{source}\n{kind}\n{identifier}\n{seq}".encode()


_COLUMNS = tuple(column.name for column in source_versions.columns if column.name != "position")


def _row(version: StoredVersion, key: ActiveKey) -> tuple[object, ...]:
    one = version.received
    return (
        one.source,
        one.type,
        one.id,
        version.seq,
        one.version,
        one.hash,
        microseconds(version.received_at),
        one.fhir_version.value,
        one.media.value,
        one.woman,
        one.subject,
        one.problem,
        key.sealer.seal(one.body, _bound(one.source, one.type, one.id, version.seq)),
        key.id,
    )


_FHIR = {version.value: version for version in FhirVersion}
_MEDIA = {media.value: media for media in Media}


def _version(row: Any, sealer: Sealer) -> StoredVersion:
    # By place, in the order of the table: by name takes twice as long.
    _, source, kind, identifier, seq, version, content, at, fhir, media, woman, subject, problem, body, *_ = row
    opened = sealer.open(body, _bound(source, kind, identifier, seq))
    received = Received(
        source, _FHIR[fhir], _MEDIA[media], kind, identifier, version, opened, woman, subject, problem, content
    )
    return StoredVersion(received, seq, at)
