"""The key of each record: made with its first resource, destroyed when the record is removed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from adapter.model.sources import RecordKey
from adapter.store import plain
from adapter.store.database import Database
from adapter.store.keys import Wrapped
from adapter.store.search_tables import referred, resource_identifiers
from adapter.store.tables import identity_index, meta, record_keys
from adapter.store.text import chunks
from adapter.store.vault import Sealer, Vault

DIRECTORY = ""
"""Stands in the place of the woman for what is nobody's record: organisations, practitioners."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A record that was removed: its data cannot be read any more, by anyone."""

    record: RecordKey
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ActiveKey:
    """The key in use for a record."""

    id: int
    sealer: Sealer


class Part:
    """What every part of the store works with."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def _sealer(self, row: Row[tuple[object, ...]]) -> Sealer:
        """The data key of a row that was joined with `record_keys`."""
        found = row._mapping
        return self._vault.sealer(
            found["key_id"], found["key_source"], found["key_woman"], lambda: Wrapped(found["master"], found["wrapped"])
        )


KEY_COLUMNS = (
    record_keys.c.source.label("key_source"),
    record_keys.c.woman.label("key_woman"),
    record_keys.c.master,
    record_keys.c.wrapped,
)


class Records(Part):
    """Records and their keys."""

    def record_keys(self, known_at: datetime | None = None) -> list[RecordKey]:
        """Every woman's record that was there at `known_at` and has not been removed since, in a fixed order."""
        active = (record_keys.c.destroyed_at.is_(None)) & (record_keys.c.woman != DIRECTORY)
        query = select(record_keys.c.source, record_keys.c.woman).where(active)
        if known_at is not None:
            query = query.where(record_keys.c.created_at <= known_at)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(record_keys.c.source, record_keys.c.woman)).all()
        return [RecordKey(source, woman) for source, woman in rows]

    def sources(self) -> list[str]:
        """Every source that anything was ever kept of."""
        query = select(record_keys.c.source).distinct().order_by(record_keys.c.source)
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def forget(self, record: RecordKey, reason: str, at: datetime) -> None:
        """Destroy the key of a record: its bodies are unreadable from then on, in every copy of this database made
        later; its rows stay. What it was found by goes too. Later deliveries of it are not kept, until `readmit`.

        Forgetting a record that was never seen is remembered as well: it keeps the record out.
        """
        with self._database.writing() as connection:
            self._database.lock(connection, record.source)
            gone = {"wrapped": None, "destroyed_at": at, "reason": reason}
            chosen = _of(record) & record_keys.c.destroyed_at.is_(None)
            ids = list(connection.execute(select(record_keys.c.id).where(_of(record))).scalars())
            if not ids:
                row = {"source": record.source, "woman": record.woman, "master": "", "created_at": at, **gone}
                connection.execute(insert(record_keys).values(row))
            connection.execute(update(record_keys).where(chosen).values(gone))
            connection.execute(delete(identity_index).where(identity_index.c.record.in_(ids)))
            found_by = resource_identifiers.c
            mine = (found_by.source == record.source) & (found_by.woman == record.woman)
            connection.execute(delete(resource_identifiers).where(mine))
            to = referred.c
            connection.execute(delete(referred).where((to.source == record.source) & (to.woman == record.woman)))
        self._vault.forget(ids)
        self._database.scrub()

    def readmit(self, record: RecordKey, at: datetime) -> None:
        """Keep a removed record again from now on (consent given anew). What was removed stays unreadable."""
        with self._database.writing() as connection:
            self._database.lock(connection, record.source)
            active = _of(record) & record_keys.c.destroyed_at.is_(None)
            if connection.execute(select(record_keys.c.id).where(active)).first() is None:
                _make_keys(connection, self._vault, record.source, [record.woman], at)

    def removed(self, record: RecordKey) -> Removal | None:
        """When and why a record was removed; None when it was not (or was readmitted)."""
        query = select(record_keys).where(_of(record)).order_by(record_keys.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None or row.destroyed_at is None else Removal(record, row.destroyed_at, row.reason)

    def removals(self) -> list[Removal]:
        """Every removed record, latest first."""
        query = select(record_keys).order_by(record_keys.c.id)
        with self._database.reading() as connection:
            latest = {RecordKey(row.source, row.woman): row for row in connection.execute(query)}
        gone = [Removal(key, row.destroyed_at, row.reason) for key, row in latest.items() if row.destroyed_at]
        return sorted(gone, key=lambda removal: removal.at, reverse=True)

    def rewrap(self, at_once: int = 500, told: Callable[[int], None] | None = None) -> int:
        """After a change of master key: wrap every data key under the new one; gives how many were changed.

        In small steps, each a transaction: others read and write meanwhile, and one that was broken off is gone on
        with by the next. `told`: hears after each step how many are done.
        """
        with self._database.writing() as connection:
            changed = self._vault.rewrap_own(connection)
        while True:
            with self._database.writing() as connection:
                some = self._vault.rewrap_some(connection, at_once)
            changed += some
            if told is not None:
                told(changed)
            if not some:
                return changed

    def masters(self) -> dict[str, int]:
        """How many data keys each master key wraps, by its fingerprint."""
        wrapped = select(record_keys.c.master, func.count()).where(record_keys.c.wrapped.is_not(None))
        own = select(meta.c.master, func.count()).where(meta.c.master.is_not(None))
        found: dict[str, int] = {}
        with self._database.reading() as connection:
            for query in (wrapped.group_by(record_keys.c.master), own.group_by(meta.c.master)):
                for master, number in connection.execute(query):
                    found[master] = found.get(master, 0) + number
        return found


_KEYS = (
    "SELECT k.source, k.woman, k.id, k.master, k.wrapped, k.destroyed_at FROM <<records>> r CROSS JOIN record_keys k"
    " WHERE k.source = r.source AND k.woman = r.woman ORDER BY k.id"
)


def keys_of(connection: Connection, vault: Vault, records: Collection[RecordKey]) -> dict[RecordKey, ActiveKey | None]:
    """The key of each of these records that has one; None for a record that was removed."""
    keys: dict[RecordKey, ActiveKey | None] = {}
    for some in chunks(records):
        for source, woman, key_id, master, wrapped, destroyed in plain.rows(connection, _KEYS, records=some):
            sealer = None if destroyed else vault.sealer(key_id, source, woman, partial(Wrapped, master, wrapped))
            keys[RecordKey(source, woman)] = None if sealer is None else ActiveKey(key_id, sealer)
    return keys


def active_keys(
    connection: Connection, vault: Vault, source: str, women: Collection[str], at: datetime | None
) -> dict[str, ActiveKey | None]:
    """The key of each of these records of one source; None for a record that was removed.

    A record that has no key yet gets one, made at `at`; where `at` is None it is left out.
    """
    found = keys_of(connection, vault, [RecordKey(source, woman) for woman in women])
    keys = {record.woman: key for record, key in found.items()}
    if at is not None and (new := sorted(set(women) - set(keys))):
        keys |= _make_keys(connection, vault, source, new, at)
    return keys


def _make_keys(
    connection: Connection, vault: Vault, source: str, women: Sequence[str], at: datetime
) -> dict[str, ActiveKey | None]:
    made = {woman: vault.new_key(source, woman) for woman in women}
    rows = [
        {"source": source, "woman": woman, "master": wrapped.master, "wrapped": wrapped.blob, "created_at": at}
        for woman, (wrapped, _) in made.items()
    ]
    return {woman: ActiveKey(id, made[woman][1]) for id, woman in connection.execute(_ADD_KEYS, rows)}


_ADD_KEYS = insert(record_keys).returning(record_keys.c.id, record_keys.c.woman)


def _of(record: RecordKey) -> ColumnElement[bool]:
    return (record_keys.c.source == record.source) & (record_keys.c.woman == record.woman)
