"""Intents: work that must happen, kept here so that a queue that falls away loses nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select

from adapter.store.many import insert_many
from adapter.store.records import Part
from adapter.store.tables import microseconds, outbox
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

    def waiting(self, work: Collection[tuple[str, str]]) -> list[Intent]:
        """Those of these pieces of work (kind, key) that wait; `id` is that of the latest time each was asked for."""
        keys: defaultdict[str, list[str]] = defaultdict(list)
        for kind, key in work:
            keys[kind].append(key)
        found: list[Intent] = []
        with self._database.reading() as connection:
            for kind, wanted in keys.items():
                for some in chunks(wanted):
                    rows = connection.execute(_WAITING, {"of_kind": kind, "keys": some})
                    found += [Intent(*row) for row in rows]
        return found

    def intents(self, ids: Collection[int]) -> list[Intent]:
        """Those of these ids that wait."""
        found: list[Intent] = []
        with self._database.reading() as connection:
            for some in chunks(ids):
                found += [Intent(*row) for row in connection.execute(_INTENTS, {"ids": some})]
        return found

    def done(self, intents: Collection[Intent]) -> None:
        """Take work out. What was asked for again since it was looked at stays."""
        if intents:
            with self._database.writing() as connection:
                rows = [{"of_kind": each.kind, "of_key": each.key, "up_to": each.id} for each in intents]
                connection.execute(_DONE, rows)


# Built once: making a statement costs more than running it.
_WAITING = (
    select(func.max(outbox.c.id), outbox.c.kind, outbox.c.key, func.min(outbox.c.at))
    .where(outbox.c.kind == bindparam("of_kind"), outbox.c.key.in_(bindparam("keys", expanding=True)))
    .group_by(outbox.c.kind, outbox.c.key)
)
_INTENTS = select(outbox.c.id, outbox.c.kind, outbox.c.key, outbox.c.at).where(
    outbox.c.id.in_(bindparam("ids", expanding=True))
)
_DONE = delete(outbox).where(
    outbox.c.kind == bindparam("of_kind"), outbox.c.key == bindparam("of_key"), outbox.c.id <= bindparam("up_to")
)


def intend(connection: Connection, work: Iterable[tuple[str, str]], at: datetime) -> None:
    """Put work in, inside a transaction of the caller."""
    insert_many(connection, outbox, ("kind", "key", "at"), ((kind, key, microseconds(at)) for kind, key in work))
