"""What stands for each pregnancy: the line of the worklist, and the claims projection to decide from again.

A projection is cut from several records, so it is sealed under one key made of the keys of all of them: when the key of
any one is destroyed, the projection cannot be opened any more, in no copy of the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    not_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from adapter.model.sources import RecordKey
from adapter.store.keys import Wrapped
from adapter.store.payment_tables import decision_runs, decisions_upheld, standing
from adapter.store.records import Part
from adapter.store.tables import decisions, links, record_keys
from adapter.store.text import chunks
from adapter.store.vault import Sealer

_S = standing.c
_PREGNANCY = "pregnancy"  # the kind of link from a dossier to a pregnancy
_NOTHING = b""


@dataclass(frozen=True, slots=True)
class StandingRow:
    """One pregnancy. `line` is None where it was not asked for, `projection` where a record it rests on is removed."""

    pregnancy: str
    decision: str
    line: bytes | None
    projection: bytes | None
    records: tuple[RecordKey, ...] = ()  # to seal with; not given back
    position: int = 0
    asked: bytes = b""  # what the decision asked of the rule tables; empty where that is not known


class AskedRow(NamedTuple):
    """One pregnancy, with only what its decision asked of the rule tables."""

    position: int
    pregnancy: str
    decision: str
    asked: bytes


class Standings(Part):
    """Keep and read what stands."""

    def keep_standing(self, rows: Sequence[StandingRow]) -> None:
        """Put these rows in place of what stood for their pregnancies; `line` must be there."""
        if not rows:
            return
        with self._database.writing() as connection:
            keys = self._keys_of(connection, {r for row in rows for r in row.records})
            connection.execute(_put(is_sqlite=self._database.is_sqlite), [self._sealed(row, keys) for row in rows])

    def restate(self, rows: Sequence[StandingRow], before: Sequence[str]) -> list[bool]:
        """Another decision, line and what it asked, for pregnancies (by position) whose projection stays as it is.

        `before`: the decision that was read of each. Where another stands meanwhile it goes on to stand: it rests on
        what came since. Gives for each whether it was put in its place.
        """
        own = self._vault.own
        values = [
            {
                "at": r.position,
                "was": was,
                "new": r.decision,
                "text": own.seal(r.line or b"", _bound(r.pregnancy)),
                "said": own.seal(r.asked, _bound_asked(r.pregnancy)),
            }
            for r, was in zip(rows, before, strict=True)
        ]
        if not values:
            return []
        stands: dict[int, str] = {}
        with self._database.writing() as connection:
            connection.execute(_RESTATED, values)
            for some in chunks([r.position for r in rows]):
                stands |= {row[0]: row[1] for row in connection.execute(_STANDS, {"positions": some})}
        return [stands.get(r.position) == r.decision for r in rows]

    def keep_asked(self, rows: Sequence[AskedRow]) -> None:
        """What decisions that go on asked of the rule tables the last time; not where another stands meanwhile."""
        own = self._vault.own
        if rows:
            with self._database.writing() as connection:
                connection.execute(
                    _ASKED,
                    [
                        {"at": r.position, "was": r.decision, "said": own.seal(r.asked, _bound_asked(r.pregnancy))}
                        for r in rows
                    ],
                )

    def _sealed(self, row: StandingRow, keys: dict[RecordKey, tuple[int, bytes]]) -> dict[str, object]:
        mine = sorted({keys[r] for r in row.records if r in keys})
        whole = bool(mine) and len(mine) == len(set(row.records)) and row.projection is not None
        bound = _bound(row.pregnancy)
        return {
            "pregnancy": row.pregnancy,
            "decision": row.decision,
            "key_ids": ",".join(str(i) for i, _ in mine) if whole else "",
            "line": self._vault.own.seal(row.line or b"", bound),
            "asked": self._vault.own.seal(row.asked, _bound_asked(row.pregnancy)),
            "projection": self._vault.joint([key for _, key in mine]).seal(row.projection or b"", bound)
            if whole
            else _NOTHING,
        }

    def standing_lines(self) -> list[StandingRow]:
        """Every pregnancy that there is now, with its line and without its projection. One query."""
        query = select(_S.position, _S.pregnancy, _S.decision, _S.line).where(_there()).order_by(_S.position)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        own = self._vault.own
        return [StandingRow(p, d, own.open(line, _bound(p)), None, (), at) for at, p, d, line in rows]

    def standing_stamp(self) -> tuple[int, int]:
        """Changes whenever a pregnancy is found, linked otherwise or decided again."""
        queries = (select(func.max(links.c.position)), select(func.max(decisions.c.position)))
        with self._database.reading() as connection:
            first, second = (connection.execute(q).scalar() or 0 for q in queries)
        return first, second

    def standing_ranges(self, size: int) -> list[tuple[int, int]]:
        """The positions of all rows, cut into ranges (both ends included) of about `size` rows."""
        with self._database.reading() as connection:
            low, high = connection.execute(select(func.min(_S.position), func.max(_S.position))).one()
        if low is None:
            return []
        return [(at, min(high, at + size - 1)) for at in range(low, high + 1, size)]

    def standings(self, first: int, last: int) -> list[StandingRow]:
        """The pregnancies that there are between two positions; a projection that no longer opens is None."""
        with self._database.reading() as connection:
            return self._opened(connection, connection.execute(_BETWEEN, {"first": first, "last": last}).all())

    def standings_at(self, positions: Sequence[int]) -> list[StandingRow]:
        """The pregnancies that there are at these positions; a projection that no longer opens is None."""
        with self._database.reading() as connection:
            rows = [row for some in chunks(positions) for row in connection.execute(_AT, {"positions": some})]
            return self._opened(connection, rows)

    def asked(self, first: int, last: int) -> list[AskedRow]:
        """What was asked for the pregnancies that there are between two positions."""
        own = self._vault.own
        with self._database.reading() as connection:
            rows = connection.execute(_ASKED_BETWEEN, {"first": first, "last": last}).all()
        return [
            AskedRow(at, pregnancy, decision, own.open(asked, _bound_asked(pregnancy)) if asked else b"")
            for at, pregnancy, decision, asked in rows
        ]

    def _opened(self, connection: Connection, rows: Sequence[Any]) -> list[StandingRow]:
        keys = self._raw(connection, {int(i) for r in rows for i in r.key_ids.split(",") if i})
        own, found = self._vault.own, []
        for at, pregnancy, decision, key_ids, line, projection, _ in rows:
            bound = _bound(pregnancy)
            sealer = self._joint(key_ids, keys)
            opened = sealer.open(projection, bound) if sealer is not None else None
            found.append(StandingRow(pregnancy, decision, own.open(line, bound), opened, (), at))
        return found

    def unstanding(self, limit: int) -> list[str]:
        """Pregnancies that there are, of which nothing stands yet (a database from before this table)."""
        query = select(links.c.target).where(
            links.c.kind == _PREGNANCY,
            links.c.target.is_not(None),
            not_(exists().where(_S.pregnancy == links.c.target)),
        )
        with self._database.reading() as connection:
            return list(connection.execute(query.distinct().limit(limit)).scalars())

    def a_pregnancy(self) -> str | None:
        """Any one of which something stands; None where there is none."""
        with self._database.reading() as connection:
            return connection.execute(select(_S.pregnancy).limit(1)).scalar()

    def drop_standing(self, pregnancies: Collection[str]) -> None:
        """Let go of what stood for pregnancies that there are no more."""
        with self._database.writing() as connection:
            for some in chunks(sorted(set(pregnancies))):
                connection.execute(delete(standing).where(_S.pregnancy.in_(some)))

    def add_upheld(self, run: int, decided: Sequence[str]) -> None:
        """These decisions were made again in this run, with the same outcome."""
        if decided:
            with self._database.writing() as connection:
                connection.execute(insert(decisions_upheld), [{"decision": d, "run": run} for d in decided])

    def upheld(self, decision: str) -> list[str]:
        """The runs that upheld a decision, oldest first."""
        query = select(decision_runs.c.run).join(decisions_upheld, decisions_upheld.c.run == decision_runs.c.position)
        query = query.where(decisions_upheld.c.decision == decision).order_by(decision_runs.c.position)
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def _keys_of(self, connection: Connection, records: Iterable[RecordKey]) -> dict[RecordKey, tuple[int, bytes]]:
        by_source: defaultdict[str, set[str]] = defaultdict(set)
        for record in records:
            by_source[record.source].add(record.woman)
        found: dict[RecordKey, tuple[int, bytes]] = {}
        for source in sorted(by_source):
            for some in chunks(sorted(by_source[source])):
                for row in connection.execute(_KEYS, {"of_source": source, "women": some}):
                    key = self._vault.record_key(row.source, row.woman, Wrapped(row.master, row.wrapped))
                    found[RecordKey(row.source, row.woman)] = (row.id, key)
        return found

    def _raw(self, connection: Connection, ids: Collection[int]) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        columns = (record_keys.c.id, record_keys.c.source, record_keys.c.woman, record_keys.c.master)
        for some in chunks(sorted(ids), 5000):
            query = select(*columns, record_keys.c.wrapped).where(record_keys.c.id.in_(some))
            for id_, source, woman, master, wrapped in connection.execute(query):
                if wrapped is not None:
                    found[id_] = self._vault.record_key(source, woman, Wrapped(master, wrapped))
        return found

    def _joint(self, key_ids: str, keys: dict[int, bytes]) -> Sealer | None:
        wanted = [int(i) for i in key_ids.split(",") if i]
        if not wanted or any(i not in keys for i in wanted):
            return None
        return self._vault.joint([keys[i] for i in wanted])


_KEYS = select(record_keys).where(
    record_keys.c.destroyed_at.is_(None),
    record_keys.c.source == bindparam("of_source"),
    record_keys.c.woman.in_(bindparam("women", expanding=True)),
)  # built once: making a statement costs more than running it


@cache
def _put(*, is_sqlite: bool) -> Any:
    upsert: Any = sqlite.insert if is_sqlite else postgresql.insert
    statement = upsert(standing)
    new = {name: statement.excluded[name] for name in ("decision", "key_ids", "line", "projection", "asked")}
    return statement.on_conflict_do_update(index_elements=["pregnancy"], set_=new)


def _there() -> ColumnElement[bool]:
    """Whether a dossier is linked to the pregnancy now."""
    later = links.alias("later")
    newer = exists().where(
        later.c.kind == links.c.kind,
        later.c.source == links.c.source,
        later.c.reference == links.c.reference,
        later.c.position > links.c.position,
    )
    return exists().where(and_(links.c.kind == _PREGNANCY, links.c.target == _S.pregnancy, not_(newer)))


def _bound(pregnancy: str) -> bytes:
    return f"standing\n{pregnancy}".encode()


def _bound_asked(pregnancy: str) -> bytes:
    return f"asked\n{pregnancy}".encode()


_STANDS = select(_S.position, _S.decision).where(_S.position.in_(bindparam("positions", expanding=True)))
_RESTATED = (
    update(standing)
    .where(_S.position == bindparam("at"), _S.decision == bindparam("was"))
    .values(decision=bindparam("new"), line=bindparam("text"), asked=bindparam("said"))
)
_ASKED = (
    update(standing)
    .where(_S.position == bindparam("at"), _S.decision == bindparam("was"))
    .values(asked=bindparam("said"))
)
_IN_RANGE = (_S.position.between(bindparam("first"), bindparam("last")), _there())
_BETWEEN = select(standing).where(*_IN_RANGE).order_by(_S.position)
_AT = select(standing).where(_S.position.in_(bindparam("positions", expanding=True)), _there()).order_by(_S.position)
_ASKED_BETWEEN = select(_S.position, _S.pregnancy, _S.decision, _S.asked).where(*_IN_RANGE).order_by(_S.position)
