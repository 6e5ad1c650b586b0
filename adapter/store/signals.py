"""Signals of care outside the EPDs: append-only, sealed with the key of the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, insert, select

from adapter.model.signals import Signal
from adapter.model.wire import from_json, to_json
from adapter.store.records import Part
from adapter.store.tables import Instant, metadata
from adapter.store.text import chunks

_Position = BigInteger().with_variant(Integer, "sqlite")

signals = Table(
    "signals",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("pregnancy", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
Index("signals_pregnancy", signals.c.pregnancy, signals.c.received_at)


class Signals(Part):
    """Add and read signals."""

    def add_signals(self, rows: Sequence[Signal]) -> list[Signal]:
        """Keep those that are not known yet (by id), and return them."""
        new: list[Signal] = []
        with self._database.writing() as connection:
            known = {
                row.id
                for some in chunks([r.id for r in rows])
                for row in connection.execute(select(signals.c.id).where(signals.c.id.in_(some)))
            }
            for row in rows:
                if row.id in known:
                    continue
                known.add(row.id)
                new.append(row)
                body = self._vault.own.seal(to_json(row), _bound(row.id))
                values = {"id": row.id, "pregnancy": row.pregnancy, "received_at": row.received_at, "body": body}
                connection.execute(insert(signals).values(values))
        return new

    def signals(self, pregnancies: Collection[str] | None, known_at: datetime | None = None) -> list[Signal]:
        """Signals of these pregnancies (of all, without them) known at that instant, the oldest first.

        One that was withdrawn is left out, and so is its withdrawal.
        """
        if not self._database.holds(signals):
            return []
        query = select(signals.c.id, signals.c.body).order_by(signals.c.position)
        if known_at is not None:
            query = query.where(signals.c.received_at <= known_at)
        queries = [query]
        if pregnancies is not None:
            queries = [query.where(signals.c.pregnancy.in_(some)) for some in chunks(pregnancies)]
        with self._database.reading() as connection:
            rows = [row for one in queries for row in connection.execute(one).all()]
        found = [from_json(Signal, self._vault.own.open(row.body, _bound(row.id))) for row in rows]
        withdrawn = {s.withdraws for s in found if s.withdraws}
        return [s for s in found if s.id not in withdrawn and s.withdraws is None]


def _bound(id: str) -> bytes:
    return f"signals\n{id}".encode()
