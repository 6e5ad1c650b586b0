"""Which id each child has: its own from its first record on, whichever source reports it, whatever number comes later.

The id is kept as a link of its own kind for every record of the child. It is made from the first of these records, so
that it is the same whoever makes it and whenever: where records part again, each group comes to an id of its own, and
back to the one it had.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapter.model.carepath import Child
from adapter.model.facts import SourceFacts, StatementKind
from adapter.model.sources import RecordKey
from adapter.model.wire import to_json
from adapter.service.links.women import LinkNotes
from adapter.service.rooms import Rooms
from adapter.store import LinkRow

CHILD = "child"  # (source, record of the child) -> child

Key = tuple[str, str]
_NO_NOTES = LinkNotes(())


@dataclass(frozen=True, slots=True)
class Held:
    """The ids that records of children have, and every record that stands under these ids, of other women too."""

    rows: Mapping[Key, LinkRow]
    standing: Mapping[str, tuple[LinkRow, ...]]


class Children:
    """Keeps the ids of children steady."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def held(self, facts: Iterable[SourceFacts], known_at: datetime | None = None, *, others: bool = False) -> Held:
        """What is kept of the children in these facts. `others`: with who else stands under their ids."""
        keys = keys_of(facts)
        rows = self._rooms.store.links(CHILD, known_at, records=[RecordKey(*key) for key in keys]) if keys else []
        standing: dict[str, tuple[LinkRow, ...]] = {}
        if others and (targets := {row.target for row in rows if row.target}):
            for row in self._rooms.store.links(CHILD, known_at, targets=targets):
                standing[row.target or ""] = (*standing.get(row.target or "", ()), row)
        return Held({(row.source, row.reference): row for row in rows if row.target}, standing)

    def ids(self, facts: Sequence[SourceFacts], held: Held) -> dict[Key, str]:
        """The id of each record of a child, those kept longest first; for one not kept yet, the one it would get."""
        mine = keys_of(facts)
        kept = sorted((row for key, row in held.rows.items() if key in mine), key=_age)
        found = {(row.source, row.reference): row.target or "" for row in kept}
        return found | {key: self._own(key) for key in sorted(mine) if key not in found}

    def settled(self, children: Iterable[Child], records: Collection[RecordKey], held: Held) -> list[LinkRow]:
        """The links that are new, given the children of one woman as their records show them now."""
        groups = [[(r.source, r.reference) for r in child.records] for child in children]
        here = {key for group in groups for key in group}
        found: list[LinkRow] = []
        taken: set[str] = set()
        for group in groups:
            id = self._id_for(group, here, records, held, taken)
            taken.add(id)
            for key in group:
                row = held.rows.get(key)
                if row is None or row.target != id:
                    found.append(self._row(key, id))
        return found

    def _id_for(
        self, group: Sequence[Key], here: Collection[Key], records: Collection[RecordKey], held: Held, taken: set[str]
    ) -> str:
        """The id kept longest among these records, unless it is that of another child; else a new one."""
        for row in sorted((held.rows[key] for key in group if key in held.rows), key=_age):
            id = row.target or ""
            if id not in taken and not any(self._owns(r, id, group, here, records) for r in held.standing.get(id, ())):
                return id
        made = (self._own(key) for key in group)
        return next((id for id in made if id not in taken), None) or str(uuid.uuid4())

    def _owns(
        self, row: LinkRow, id: str, group: Sequence[Key], here: Collection[Key], records: Collection[RecordKey]
    ) -> bool:
        """Whether the id was made from this record, and it is still there, as another child's."""
        key = (row.source, row.reference)
        if key in group or self._own(key) != id or not row.explanation:
            return False
        return key in here or (row.woman is not None and RecordKey(row.source, row.woman) not in records)

    def _own(self, key: Key) -> str:
        """The id that is made from one record: a keyed hash, so that it gives nothing away."""
        return str(uuid.UUID(self._rooms.store.pair(CHILD, key, key)))

    def _row(self, key: Key, id: str) -> LinkRow:
        now = self._rooms.clock()
        return LinkRow(CHILD, *key, id, "automatic", to_json(_NO_NOTES), now, proposals=0)


def keys_of(facts: Iterable[SourceFacts]) -> set[Key]:
    """Every record of a child in these facts; also one that only a birth is about."""
    found: set[Key] = set()
    for one in facts:
        found.update((one.source, child.reference) for child in one.children)
        said = (s for s in one.statements if s.kind is StatementKind.BIRTH and s.about is not None)
        found.update((s.evidence.source, s.about or "") for s in said)
    return found


def _age(row: LinkRow) -> tuple[datetime, str, str]:
    return row.made_at, row.source, row.reference
