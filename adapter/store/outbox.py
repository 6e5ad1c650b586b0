"""Intents: work that must happen, kept here so that a queue that falls away loses nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from adapter.store.records import Part
from adapter.store.tables import outbox
from adapter.store.text import chunks


@dataclass(frozen=True, slots=True)
class Intent:
    """Work that waits: `id` is that of the latest time it was asked for."""

    id: int
    kind: str
    key: str
    at: datetime


class Outbox(Part):
    """Put in, look, take out."""

    def enqueue(self, kind: str, key: str, at: datetime) -> None:
        """Ask for work. Asked for twice before it is done, it is one piece of work."""
        self.enqueue_all([(kind, key)], at)

    def enqueue_all(self, work: Iterable[tuple[str, str]], at: datetime) -> None:
        """Ask for several pieces of work (kind, key) at once."""
        with self._database.writing() as connection:
            intend(connection, work, at)

    def pending(self, limit: int = 1000) -> list[Intent]:
        """Work that waits, the longest first."""
        latest, first = func.max(outbox.c.id).label("id"), func.min(outbox.c.id)
        query = select(latest, outbox.c.kind, outbox.c.key, func.min(outbox.c.at).label("at"))
        query = query.group_by(outbox.c.kind, outbox.c.key).order_by(first).limit(limit)
        with self._database.reading() as connection:
            return [Intent(*row) for row in connection.execute(query).all()]

    def waiting(self, kind: str, key: str) -> Intent | None:
        """The work of that kind and key, if it waits; `id` is that of the latest time it was asked for."""
        query = select(func.max(outbox.c.id), func.min(outbox.c.at))
        with self._database.reading() as connection:
            found, at = connection.execute(query.where(outbox.c.kind == kind, outbox.c.key == key)).one()
        return None if found is None else Intent(found, kind, key, at)

    def intent(self, id: int) -> Intent | None:
        """The work that was asked for under that id, if it waits."""
        with self._database.reading() as connection:
            row = connection.execute(select(outbox).where(outbox.c.id == id)).first()
        return None if row is None else Intent(row.id, row.kind, row.key, row.at)

    def done(self, ids: Collection[int]) -> None:
        """Take work out. What was asked for again since it was looked at stays."""
        with self._database.writing() as connection:
            for some in chunks(ids):
                rows = connection.execute(select(outbox).where(outbox.c.id.in_(some))).all()
                for row in rows:
                    same = (outbox.c.kind == row.kind) & (outbox.c.key == row.key) & (outbox.c.id <= row.id)
                    connection.execute(delete(outbox).where(same))


def intend(connection: Connection, work: Iterable[tuple[str, str]], at: datetime) -> None:
    """Put work in, inside a transaction of the caller."""
    rows = [{"kind": kind, "key": key, "at": at} for kind, key in work]
    if rows:
        connection.execute(insert(outbox), rows)
