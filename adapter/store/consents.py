"""What women permit and forbid: each statement a row, its withdrawal another, sealed with the key of her record.

A statement hangs on one or more records of the woman, so that it goes where they go when links change; or on her BSN
(an HMAC of it) where the national consent service told of it. When the last record that it hangs on is removed it
cannot be read any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
)

from adapter.model.identifiers import Bsn
from adapter.model.sources import RecordKey
from adapter.store.records import KEY_COLUMNS, Part, active_keys
from adapter.store.tables import Instant, metadata, record_keys
from adapter.store.text import chunks

_Position = BigInteger().with_variant(Integer, "sqlite")

consents = Table(
    "consents",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("source", Text),
    Column("woman", Text),
    Column("bsn", Text),  # HMAC
    Column("origin", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("key_id", _Position, ForeignKey("record_keys.id")),  # empty: sealed under the key of the store
    sqlite_autoincrement=True,
)
Index("consents_id", consents.c.id)
Index("consents_record", consents.c.source, consents.c.woman)
Index("consents_bsn", consents.c.bsn)

_C = consents.c
Event = Literal["given", "withdrawn"]


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One statement, or its withdrawal. `body`: the FHIR Consent (R4, JSON), or of a withdrawal the reason.

    `records`, `bsn`: what it hangs on; a withdrawal needs neither. `origin`: where it was told. `made_by`: who.
    """

    id: str
    event: Event
    origin: str
    at: datetime
    made_by: str
    body: bytes
    records: tuple[RecordKey, ...] = ()
    bsn: Bsn | None = None


@dataclass(frozen=True, slots=True)
class HeldConsent:
    """A statement as it stands: the last that was said under its id. `records`: those that it hangs on."""

    id: str
    origin: str
    given_at: datetime
    made_by: str
    body: bytes
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    records: tuple[RecordKey, ...] = ()


class Consents(Part):
    """Add and read consents."""

    _spoken = False

    def add(self, row: ConsentRow) -> bool:
        """Keep a statement or a withdrawal, in one transaction. False where nothing holds it: the woman has no BSN
        given, and every record that it would hang on was removed.
        """
        values: list[dict[str, object]] = []
        with self._database.writing() as connection:
            for record in sorted(row.records):
                key = active_keys(connection, self._vault, record.source, {record.woman}, None).get(record.woman)
                if key is None:
                    continue
                sealed = key.sealer.seal(row.body, _bound(row.id))
                values.append(_values(row, sealed) | {"source": record.source, "woman": record.woman, "key_id": key.id})
            if row.bsn is not None or row.event == "withdrawn":
                hidden = None if row.bsn is None else self._hidden_bsn(row.bsn)
                values.append(_values(row, self._vault.own.seal(row.body, _bound(row.id))) | {"bsn": hidden})
            for each in values:
                connection.execute(insert(consents).values(each))
        return bool(values)

    def of(self, records: Collection[RecordKey], bsns: Collection[Bsn] = ()) -> list[HeldConsent]:
        """What a woman said, by her records and BSNs, in the order in which it was said; what cannot be read any more
        is left out. Raises `TamperedError`.
        """
        by_source: defaultdict[str, set[str]] = defaultdict(set)
        for record in records:
            by_source[record.source].add(record.woman)
        asked: list[tuple[Select[Any], dict[str, object]]] = [
            (_OF_RECORDS, {"of_source": source, "women": some})
            for source in sorted(by_source)
            for some in chunks(sorted(by_source[source]))
        ]
        if bsns:
            asked.append((_OF_BSNS, {"bsns": [self._hidden_bsn(b) for b in bsns]}))
        with self._database.reading() as connection:
            ids = {row[0] for query, given in asked for row in connection.execute(query, given)}
            rows = [row for some in chunks(sorted(ids)) for row in connection.execute(_ALL, {"ids": some})]
        return self._held(rows)

    def one(self, id: str) -> HeldConsent | None:
        """One statement by its id."""
        with self._database.reading() as connection:
            rows = connection.execute(_ALL, {"ids": [id]}).all()
        return next(iter(self._held(rows)), None)

    def name(self, bsn: Bsn, scope: str) -> str:
        """The id under which a choice of this woman that was told by BSN is kept: always the same, and telling nobody
        whose it is.
        """
        return self._vault.token(f"consent {bsn.value} {scope}")[:32]

    def last(self) -> int:
        """The position of what was said last; it moves with every statement and withdrawal."""
        with self._database.reading() as connection:
            return connection.execute(_LAST).scalar() or 0

    def any(self) -> bool:
        """Whether anything was ever said. Once it was, it stays so: that is remembered."""
        if not self._spoken:
            self._spoken = self.last() > 0
        return self._spoken

    def records(self) -> set[RecordKey]:
        """Every record that a statement hangs on."""
        with self._database.reading() as connection:
            return {RecordKey(source, woman) for source, woman in connection.execute(_RECORDS)}

    def _held(self, rows: Sequence[Any]) -> list[HeldConsent]:
        found: dict[str, HeldConsent] = {}
        first: dict[str, int] = {}
        for row in sorted(rows, key=lambda one: one.position):
            first.setdefault(row.id, row.position)
            before = found.get(row.id)
            if row.event == "withdrawn":
                if before is not None:
                    found[row.id] = replace(before, withdrawn_at=row.at, withdrawn_by=row.made_by)
                continue
            if row.key_id is not None and row.wrapped is None:
                continue  # the record it hung on was removed
            body = (self._vault.own if row.key_id is None else self._sealer(row)).open(row.body, _bound(row.id))
            records = () if row.source is None else (RecordKey(row.source, row.woman),)
            if before is not None and before.given_at == row.at:
                records = (*before.records, *records)
            found[row.id] = HeldConsent(row.id, row.origin, row.at, row.made_by, body, records=records)
        return [found[id] for id in sorted(found, key=first.__getitem__)]

    def _hidden_bsn(self, bsn: Bsn) -> str:
        return self._vault.token(f"bsn {bsn.value}")


def _values(row: ConsentRow, sealed: bytes) -> dict[str, object]:
    return {
        "id": row.id,
        "event": row.event,
        "origin": row.origin,
        "at": row.at,
        "made_by": row.made_by,
        "body": sealed,
    }


def _bound(id: str) -> bytes:
    return f"consents\n{id}".encode()


# Built once: making a statement costs more than running it.
_LAST = select(func.max(_C.position))
_RECORDS = select(_C.source, _C.woman).where(_C.source.is_not(None)).distinct()
_OF_RECORDS = select(_C.id).where(_C.source == bindparam("of_source"), _C.woman.in_(bindparam("women", expanding=True)))
_OF_BSNS = select(_C.id).where(_C.bsn.in_(bindparam("bsns", expanding=True)))
_ALL = (
    select(consents, *KEY_COLUMNS)
    .select_from(consents.outerjoin(record_keys, _C.key_id == record_keys.c.id))
    .where(_C.id.in_(bindparam("ids", expanding=True)))
)
