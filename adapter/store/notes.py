"""What persons add to decisions, and what runs did: overrides, claims that were made, decision runs. Append-only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, bindparam, insert, select

from adapter.store.errors import ConflictError
from adapter.store.payment_tables import claims_made, decision_runs, overrides
from adapter.store.records import Part
from adapter.store.text import chunks


@dataclass(frozen=True, slots=True)
class Note:
    """One event. `id`: of the override, the claim or the run; `body` is JSON, sealed with the key of the store."""

    id: str
    pregnancy: str
    at: datetime
    body: bytes


class Notes(Part):
    """Add and read such events, in the order in which they came."""

    def add_override(self, note: Note) -> None:
        """Keep an event in the life of an override: proposed, approved, rejected, withdrawn."""
        self._add(overrides, {"override": note.id, "pregnancy": note.pregnancy}, note)

    def override_notes(self, pregnancies: Collection[str] | None = None) -> list[Note]:
        """The events of the overrides of these pregnancies; of all, without them."""
        return self._of(overrides, overrides.c.override, pregnancies)

    def add_claim_made(self, note: Note) -> None:
        """Keep that a claim was made. Raises `ConflictError` where its id is there already."""
        self._add(claims_made, {"id": note.id, "pregnancy": note.pregnancy}, note)

    def claim_notes(self, pregnancies: Collection[str] | None = None) -> list[Note]:
        """The claims made for these pregnancies; for all, without them."""
        return self._of(claims_made, claims_made.c.id, pregnancies)

    def add_run(self, note: Note) -> int:
        """Keep an event of a decision run (begun, done); gives its number."""
        row = {"run": note.id, "at": note.at}
        body = self._vault.own.seal(note.body, _bound(decision_runs.name, note.id))
        with self._database.writing() as connection:
            made: Any = connection.execute(insert(decision_runs).values({**row, "body": body})).inserted_primary_key
        return int(made[0])

    def run_notes(self, limit: int = 100) -> list[Note]:
        """Events of decision runs, latest first."""
        query = select(decision_runs).order_by(decision_runs.c.position.desc()).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        name = decision_runs.name
        return [Note(r.run, "", r.at, self._vault.own.open(r.body, _bound(name, r.run))) for r in rows]

    def _add(self, table: Table, values: dict[str, object], note: Note) -> None:
        body = self._vault.own.seal(note.body, _bound(table.name, note.id))
        with self._database.writing() as connection:
            self._database.lock(connection, f"{table.name} {note.id}")
            if "id" in values and connection.execute(select(table.c.id).where(table.c.id == note.id)).first():
                raise ConflictError(f"{table.name}: {note.id} is there already")
            connection.execute(insert(table).values({**values, "at": note.at, "body": body}))

    def _of(self, table: Table, name: Any, pregnancies: Collection[str] | None) -> list[Note]:
        if not self._database.holds(table):
            return []
        found: list[Any] = []
        with self._database.reading() as connection:
            if pregnancies is None:
                found += connection.execute(_events(table, name, of_some=False)).all()
            else:
                for some in chunks(sorted(set(pregnancies))):
                    found += connection.execute(_events(table, name, of_some=True), {"pregnancies": some}).all()
        own = self._vault.own
        return [Note(r.name, r.pregnancy, r.at, own.open(r.body, _bound(table.name, r.name))) for r in found]


@cache
def _events(table: Table, name: Any, *, of_some: bool) -> Select[Any]:
    """Built once: making a statement costs more than running it."""
    query = select(name.label("name"), table.c.pregnancy, table.c.at, table.c.body).order_by(table.c.position)
    return query.where(table.c.pregnancy.in_(bindparam("pregnancies", expanding=True))) if of_some else query


def _bound(table: str, identifier: str) -> bytes:
    return f"{table}\n{identifier}".encode()
