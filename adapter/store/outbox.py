"""Intents: work that must happen, kept here so that a queue that falls away loses nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from adapter.store.records import Part
from adapter.store.tables import outbox


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
        with self._database.reading() as connection:
            found, at = connection.execute(_WAITING, {"of_kind": kind, "of_key": key}).one()
        return None if found is None else Intent(found, kind, key, at)

    def intent(self, id: int) -> Intent | None:
        """The work that was asked for under that id, if it waits."""
        with self._database.reading() as connection:
            row = connection.execute(_INTENT, {"of_id": id}).first()
        return None if row is None else Intent(row.id, row.kind, row.key, row.at)

    def done(self, ids: Collection[int]) -> None:
        """Take work out. What was asked for again since it was looked at stays."""
        with self._database.writing() as connection:
            for id in ids:
                row = connection.execute(_INTENT, {"of_id": id}).first()
                if row is not None:
                    connection.execute(_DONE, {"of_kind": row.kind, "of_key": row.key, "up_to": row.id})


# Built once: making a statement costs more than running it.
_SAME = (outbox.c.kind == bindparam("of_kind"), outbox.c.key == bindparam("of_key"))
_WAITING = select(func.max(outbox.c.id), func.min(outbox.c.at)).where(*_SAME)
_INTENT = select(outbox).where(outbox.c.id == bindparam("of_id"))
_DONE = delete(outbox).where(*_SAME, outbox.c.id <= bindparam("up_to"))


def intend(connection: Connection, work: Iterable[tuple[str, str]], at: datetime) -> None:
    """Put work in, inside a transaction of the caller."""
    rows = [{"kind": kind, "key": key, "at": at} for kind, key in work]
    if rows:
        connection.execute(insert(outbox), rows)
