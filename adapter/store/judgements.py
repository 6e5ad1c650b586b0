"""What a person said of two records or two dossiers: the same, kept apart, later. Only added to; the latest holds.

What was said is sealed with the keys of both records, one around the other: it is gone when either is removed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, insert, not_, or_, select

from adapter.model.sources import RecordKey
from adapter.store.errors import ConflictError
from adapter.store.keys import Wrapped
from adapter.store.outbox import intend
from adapter.store.records import Part, active_keys
from adapter.store.tables import judgements, links, record_keys
from adapter.store.text import chunks

_J = judgements.c
_KEY_A, _KEY_B = record_keys.alias("key_a"), record_keys.alias("key_b")


@dataclass(frozen=True, slots=True, order=True)
class Judged:
    """One of the two that a judgement is about: a record, or (kind `pregnancy`) a dossier in one."""

    source: str
    reference: str
    woman: str  # the record that the reference is, or stands in

    @property
    def record(self) -> RecordKey:
        """The record that it is, or stands in."""
        return RecordKey(self.source, self.woman)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person said of a pair. `a` comes before `b` in the order of the alphabet; `body` is JSON.

    `decision` is shared by everything that was said at once. `body` is empty once either record was removed.
    """

    decision: str
    kind: str  # woman, pregnancy
    a: Judged
    b: Judged
    verdict: str  # same, apart, later, undone
    body: bytes
    made_at: datetime
    made_by: str
    pair: str = ""  # filled in on reading
    position: int = 0  # filled in on reading


class Judgements(Part):
    """Add and read judgements."""

    def pair(self, kind: str, a: tuple[str, str], b: tuple[str, str]) -> str:
        """The id of a pair (source, reference): a keyed hash, so that it gives nothing away; the order is no matter."""
        first, second = sorted((a, b))
        return self._vault.token("\n".join(("pair", kind, *first, *second)))[:32]

    def judge(
        self, rows: Sequence[Judgement], work: Iterable[tuple[str, str]], at: datetime, *, after: int | None = None
    ) -> None:
        """Add judgements and ask for the work that follows, in one transaction.

        `after`: the last position that the caller knew of. Raises `ConflictError` where something was added since.
        """
        with self._database.writing() as connection:
            self._database.lock(connection, "judgements")
            if after is not None and _last(connection) != after:
                raise ConflictError("other judgements were added meanwhile; look again")
            if rows:
                connection.execute(insert(judgements), [self._judgement_values(connection, row) for row in rows])
            intend(connection, work, at)

    def _judgement_values(self, connection: Connection, row: Judgement) -> dict[str, object]:
        body, keys = row.body, []
        for one in (row.a, row.b):
            key = active_keys(connection, self._vault, one.source, {one.woman}, None).get(one.woman)
            body = (key.sealer if key else self._vault.own).seal(body, _bound(row.decision))
            keys.append(key.id if key else None)
        return {
            "decision": row.decision,
            "kind": row.kind,
            "pair": self.pair(row.kind, (row.a.source, row.a.reference), (row.b.source, row.b.reference)),
            "source_a": row.a.source,
            "reference_a": row.a.reference,
            "woman_a": row.a.woman,
            "source_b": row.b.source,
            "reference_b": row.b.reference,
            "woman_b": row.b.woman,
            "verdict": row.verdict,
            "body": body,
            "key_a": keys[0],
            "key_b": keys[1],
            "made_at": row.made_at,
            "made_by": row.made_by,
        }

    def judgements(
        self,
        kind: str | None = None,
        known_at: datetime | None = None,
        *,
        within: Collection[RecordKey] | None = None,
        pairs: Collection[str] | None = None,
    ) -> list[Judgement]:
        """The latest judgement of every pair, by what was said up to `known_at`; what was undone is among them.

        `within`: only pairs of which either is, or stands in, one of these records. `pairs`: only these.
        """
        if not self._database.holds(judgements):
            return []  # the usual answer, at a fraction of the price
        query = _latest(known_at)
        if kind is not None:
            query = query.where(_J.kind == kind)
        if pairs is not None:
            return [found for some in chunks(pairs) for found in self._read_judgements(query.where(_J.pair.in_(some)))]
        if within is None:
            return self._read_judgements(query)
        found: dict[int, Judgement] = {}
        for condition in _within(within):
            found |= {one.position: one for one in self._read_judgements(query.where(condition))}
        return [found[position] for position in sorted(found)]

    def judged_at_once(self, decision: str) -> list[Judgement]:
        """Everything that was said in one decision."""
        return self._read_judgements(_all().where(_J.decision == decision))

    def judgement_log(self, offset: int, limit: int) -> tuple[list[Judgement], int]:
        """What was said in the latest decisions, newest first, and how many decisions there are."""
        first = func.min(_J.position)
        query = select(_J.decision).group_by(_J.decision).order_by(first.desc()).offset(offset).limit(limit)
        with self._database.reading() as connection:
            chosen = list(connection.execute(query).scalars())
            total = connection.execute(select(func.count(func.distinct(_J.decision)))).scalar_one()
        rows = self._read_judgements(_all().where(_J.decision.in_(chosen))) if chosen else []
        return sorted(rows, key=lambda row: -row.position), total

    def judging_stamp(self) -> tuple[int, int, int]:
        """The last judgement, the last link, and how many records were removed: nothing changed while these do not."""
        gone = select(func.count()).where(record_keys.c.destroyed_at.is_not(None))
        with self._database.reading() as connection:
            linked = connection.execute(select(func.max(links.c.position))).scalar()
            return _last(connection), linked or 0, connection.execute(gone).scalar_one()

    def _read_judgements(self, query: Select[Any]) -> list[Judgement]:
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(_J.position)).all()
        return [self._judgement(row) for row in rows]

    def _judgement(self, row: Any) -> Judgement:
        return Judgement(
            row.decision,
            row.kind,
            Judged(row.source_a, row.reference_a, row.woman_a),
            Judged(row.source_b, row.reference_b, row.woman_b),
            row.verdict,
            self._opened_judgement(row),
            row.made_at,
            row.made_by,
            row.pair,
            row.position,
        )

    def _opened_judgement(self, row: Any) -> bytes:
        body: bytes = row.body
        for key, source, woman, master, wrapped in (
            (row.key_b, row.source_b, row.woman_b, row.master_b, row.wrapped_b),
            (row.key_a, row.source_a, row.woman_a, row.master_a, row.wrapped_a),
        ):
            if key is None:
                sealer = self._vault.own
            elif wrapped is None:
                return b""
            else:
                sealer = self._vault.sealer(key, source, woman, lambda m=master, w=wrapped: Wrapped(m, w))  # type: ignore[misc]
            body = sealer.open(body, _bound(row.decision))
        return body


def _all() -> Select[Any]:
    joined = judgements.outerjoin(_KEY_A, _J.key_a == _KEY_A.c.id).outerjoin(_KEY_B, _J.key_b == _KEY_B.c.id)
    keys = [
        _KEY_A.c.master.label("master_a"),
        _KEY_A.c.wrapped.label("wrapped_a"),
        _KEY_B.c.master.label("master_b"),
        _KEY_B.c.wrapped.label("wrapped_b"),
    ]
    return select(judgements, *keys).select_from(joined)


def _latest(known_at: datetime | None) -> Select[Any]:
    later = judgements.alias("later")
    same = and_(later.c.pair == _J.pair, later.c.position > _J.position)
    if known_at is None:
        return _NOW
    return _all().where(_J.made_at <= known_at, not_(exists().where(same, later.c.made_at <= known_at)))


def _now() -> Select[Any]:
    later = judgements.alias("later")
    return _all().where(not_(exists().where(later.c.pair == _J.pair, later.c.position > _J.position)))


_NOW = _now()  # built once: making a statement costs more than running it


def _within(records: Collection[RecordKey]) -> list[ColumnElement[bool]]:
    by_source: defaultdict[str, set[str]] = defaultdict(set)
    for record in records:
        by_source[record.source].add(record.woman)
    return [
        or_(
            and_(_J.source_a == source, _J.woman_a.in_(some)),
            and_(_J.source_b == source, _J.woman_b.in_(some)),
        )
        for source in sorted(by_source)
        for some in chunks(sorted(by_source[source]))
    ]


def _last(connection: Connection) -> int:
    return connection.execute(select(func.max(_J.position))).scalar() or 0


def _bound(decision: str) -> bytes:
    return f"judgements\n{decision}".encode()
