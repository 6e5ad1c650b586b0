"""How far the store is, asked once for all that is read at one moment; and whose each record is, as long as it holds.

For SQLite alone: there one writes at a time, so positions grow in the order in which others can see them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from adapter.model.sources import RecordKey

_STAND = (
    "SELECT (SELECT max(position) FROM source_versions), (SELECT max(position) FROM links),"
    " (SELECT max(id) FROM record_keys), (SELECT max(position) FROM consents)"
)
_LINKED = "SELECT DISTINCT source, reference FROM links WHERE kind = 'woman' AND position > :after LIMIT 1001"
_MANY = 1000
_MOST = 50_000

Rows = Callable[[str, dict[str, object]], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Stand:
    """Up to where versions, links and records go. Whatever is equal has had nothing new."""

    versions: int
    links: int
    records: int
    consents: int


def stand_of(rows: Rows) -> Stand:
    """How far the store is now."""
    return Stand(*(number or 0 for number in rows(_STAND, {})[0]))


class Moment:
    """Belongs to one thread: while it is held there, everything read there is read as of `stand` at least."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.stand = Stand(0, 0, 0, 0)
        self._women: dict[tuple[str, str], str | None] = {}

    def renew(self) -> None:
        """Look how far the store is, and let go of what may have changed."""
        before, self.stand = self.stand, stand_of(self._rows)
        if self.stand.links == before.links:
            return
        moved = self._rows(_LINKED, {"after": before.links}) if self._women else []
        if len(moved) > _MANY:
            self._women.clear()
        for source, reference in moved:
            self._women.pop((source, reference), None)

    def woman(self, record: RecordKey, ask: Callable[[RecordKey], str | None]) -> str | None:
        """Whose record it is."""
        key = (record.source, record.woman)
        if key in self._women:
            return self._women[key]
        if len(self._women) >= _MOST:
            self._women.clear()
        found = self._women[key] = ask(record)
        return found
