"""Links: which record is which woman, which dossier which pregnancy. Only added to, so every link is reversible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, exists, not_, or_, select

from adapter.model.sources import RecordKey
from adapter.store import plain
from adapter.store.many import insert_many
from adapter.store.records import KEY_COLUMNS, Part, keys_of
from adapter.store.tables import LINK_COLUMNS, Instant, links, microseconds, record_keys
from adapter.store.text import chunks, split_reference

REMOVED = b""
"""The explanation of a link whose record was removed."""

_OF_RECORD = "woman"  # the kind whose reference is the record itself

_L = links.c


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link as it was made: a record to a woman (kind `woman`), a dossier to a pregnancy (`pregnancy`) …

    `target` is our id of the woman or pregnancy; None takes an earlier link back. `explanation` is JSON; it is sealed
    with the key of the record that the reference stands in, and empty once that record was removed.
    """

    kind: str
    source: str
    reference: str
    target: str | None
    how: str  # automatic, manual
    explanation: bytes
    made_at: datetime
    made_by: str | None = None
    woman: str | None = None  # whose record it is in, as far as the store knows; filled in on reading
    proposals: int | None = None  # how many the explanation holds; None: not counted


class Links(Part):
    """Add and read links."""

    def add_links(self, rows: Sequence[LinkRow]) -> None:
        """Add links, in one transaction. The latest of a (kind, source, reference) holds."""
        with self._database.writing() as connection:
            for source in sorted({row.source for row in rows}):
                self._database.lock(connection, source)
            insert_many(connection, links, LINK_COLUMNS, self._values(connection, rows))

    def _values(self, connection: Connection, rows: Sequence[LinkRow]) -> list[tuple[object, ...]]:
        women = _women(connection, {(row.source, row.reference) for row in rows if row.kind != _OF_RECORD})
        women |= {(row.source, row.reference): row.reference for row in rows if row.kind == _OF_RECORD}
        keys = keys_of(connection, self._vault, {RecordKey(source, woman) for (source, _), woman in women.items()})
        values: list[tuple[object, ...]] = []
        for row in rows:
            woman = women.get((row.source, row.reference))
            record = RecordKey(row.source, woman or "")
            key = keys.get(record)
            sealer = key.sealer if key else self._vault.own
            removed = record in keys and key is None
            bound = _bound(row.kind, row.source, row.reference)
            sealed = sealer.seal(REMOVED if removed else row.explanation, bound)
            within = None if row.kind == _OF_RECORD else woman  # the reference says it; one index less to write to
            named = (row.kind, row.source, row.reference, within, row.target, row.how)
            made = (key.id if key else None, microseconds(row.made_at), row.made_by, row.proposals)
            values.append((*named, sealed, *made))
        return values

    def links(
        self,
        kind: str,
        known_at: datetime | None = None,
        *,
        targets: Collection[str] | None = None,
        records: Collection[RecordKey] | None = None,
        within: Collection[RecordKey] | None = None,
        proposing: bool = False,
    ) -> list[LinkRow]:
        """The link that holds for every (source, reference), by what was linked up to `known_at`.

        `targets`: only those that lead there. `records`: only those of these (source, reference). `within`: only those
        of what is part of these records (their dossiers). `proposing`: only those that may hold a proposal. Links that
        were taken back (target None) are in the answer, unless `targets` leaves them out.
        """
        asked: list[dict[str, object]] = [{} if known_at is None else {"known_at": known_at}]
        if targets is not None:
            asked = [{**each, "targets": some} for each in asked for some in chunks(sorted(targets))]
        if records is not None:
            asked = [{**each, **some} for each in asked for some in _of_sources("references", records)]
        if within is not None:
            asked = [{**each, **some} for each in asked for some in _of_sources("women", within)]
        statement = _statement(
            timed=known_at is not None,
            by_target=targets is not None,
            by_reference=records is not None,
            by_woman=within is not None,
            proposing=proposing,
        )
        found: list[Any] = []
        with self._database.reading() as connection:
            for each in asked:
                found += connection.execute(statement, {"of_kind": kind, **each}).all()
        return [self._link(row) for row in sorted(found, key=lambda row: row.position)]

    def _link(self, row: Any) -> LinkRow:
        bound_to = _bound(row.kind, row.source, row.reference)
        if row.key_id is None:
            explanation = self._vault.own.open(row.explanation, bound_to)
        elif row.wrapped is None:
            explanation = REMOVED
        else:
            explanation = self._sealer(row).open(row.explanation, bound_to)
        fields = (row.kind, row.source, row.reference, row.target, row.how, explanation, row.made_at, row.made_by)
        woman = row.reference if row.kind == _OF_RECORD else row.woman
        return LinkRow(*fields, woman, row.proposals)


def _women(connection: Connection, references: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """In whose record each of these dossiers (source, reference) stands, by its latest version."""
    by_type: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for source, reference in references:
        kind, identifier = split_reference(reference)
        if identifier:
            by_type[source, kind].add(identifier)
    women: dict[tuple[str, str], str] = {}
    for (source, kind), identifiers in by_type.items():
        for some in chunks(sorted(identifiers)):
            for identifier, woman in plain.rows(connection, _WOMEN, source=source, kind=kind, ids=some):
                if woman is not None:
                    women[source, f"{kind}/{identifier}"] = woman
    return women


def _of_sources(name: str, records: Collection[RecordKey]) -> list[dict[str, object]]:
    """What to ask for to get these records: source by source, so many at once as a statement takes."""
    by_source: defaultdict[str, set[str]] = defaultdict(set)
    for record in records:
        by_source[record.source].add(record.woman)
    return [
        {f"{name}_source": source, name: some}
        for source in sorted(by_source)
        for some in chunks(sorted(by_source[source]))
    ]


# Statements are built once: that costs more than running them.


@cache
def _statement(*, timed: bool, by_target: bool, by_reference: bool, by_woman: bool, proposing: bool) -> Select[Any]:
    later = links.alias("later")
    same = and_(
        later.c.kind == _L.kind,
        later.c.source == _L.source,
        later.c.reference == _L.reference,
        later.c.position > _L.position,
    )
    query = select(links, *KEY_COLUMNS).select_from(links.outerjoin(record_keys, _L.key_id == record_keys.c.id))
    query = query.where(_L.kind == bindparam("of_kind"))
    if timed:
        known_at = bindparam("known_at", type_=Instant)
        query = query.where(_L.made_at <= known_at, not_(exists().where(same, later.c.made_at <= known_at)))
    else:
        query = query.where(not_(exists().where(same)))
    if by_target:
        query = query.where(_L.target.in_(bindparam("targets", expanding=True)))
    if by_reference:
        query = query.where(_L.source == bindparam("references_source"))
        query = query.where(_L.reference.in_(bindparam("references", expanding=True)))
    if by_woman:
        query = query.where(_L.source == bindparam("women_source"))
        query = query.where(_L.woman.in_(bindparam("women", expanding=True)))
    if proposing:
        query = query.where(or_(_L.proposals.is_(None), _L.proposals > 0))
    return query


_WOMEN = (
    "SELECT v.id, v.woman FROM source_versions v WHERE v.source = :source AND v.type = :kind AND v.id IN <ids>"
    " ORDER BY v.seq"
)


def _bound(kind: str, source: str, reference: str) -> bytes:
    return f"links\n{kind}\n{source}\n{reference}".encode()
