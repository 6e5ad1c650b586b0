"""Which women stand at which source, and for whom that may have changed: what narrowing asks again and again."""

from __future__ import annotations

from collections.abc import Collection

from adapter.model.sources import RecordKey
from adapter.store.moment import Stand, stand_of
from adapter.store.search import Search

__all__ = ["Related", "Stand"]

_NEWEST = (
    "NOT EXISTS (SELECT 1 FROM links n WHERE n.kind = l.kind AND n.source = l.source AND n.reference = l.reference"
    " AND n.position > l.position)"
)
_AT = (
    f"SELECT l.target FROM links l WHERE l.kind = 'woman' AND l.source = :source AND l.target IS NOT NULL AND {_NEWEST}"  # noqa: S608 - our own text
)
_CONSENTED = (
    "SELECT DISTINCT source, woman FROM consents WHERE source IS NOT NULL AND woman IS NOT NULL"
    " UNION SELECT DISTINCT source, woman FROM source_versions WHERE type = 'Consent' AND woman IS NOT NULL"
)
_MOVED = (
    "SELECT DISTINCT o.target FROM links l JOIN links o ON o.kind = l.kind AND o.source = l.source"
    " AND o.reference = l.reference WHERE l.kind = 'woman' AND l.position > :after AND o.target IS NOT NULL"
)
_WITH = (
    "SELECT DISTINCT woman FROM source_versions WHERE source = :source AND type = :type AND position > :after"
    " AND position <= :upto AND woman IS NOT NULL"
)
_CARED = (
    "SELECT 1 FROM source_versions v JOIN record_keys k ON k.id = v.key_id AND k.destroyed_at IS NULL"
    " WHERE v.source = :source AND v.woman = :woman AND v.type IN ('EpisodeOfCare', 'Encounter', 'Condition')"
    " AND v.problem IS NULL LIMIT 1"
)
_EVER = "SELECT DISTINCT source, reference FROM links WHERE kind = 'woman' AND target = :woman"
_DIRECTORY = "SELECT 1 FROM source_versions WHERE position > :after AND position <= :upto AND woman IS NULL LIMIT 1"


_TOLD = (
    "SELECT (SELECT max(position) FROM source_versions), (SELECT max(position) FROM links),"
    " (SELECT max(position) FROM consents), (SELECT max(id) FROM record_keys),"
    " (SELECT count(*) FROM record_keys WHERE destroyed_at IS NOT NULL)"
)


class Related:
    """Cheap questions around links; on SQLite by the connection of this thread, as searching does."""

    def __init__(self, search: Search) -> None:
        self._search = search

    def stand(self) -> Stand:
        """How far the store is."""
        held = self._search.held
        return stand_of(self._search.rows) if held is None else held.stand

    def told(self) -> tuple[int, ...]:
        """Moves with whatever tells who a woman is, who referred her and what she said; also where it is removed."""
        return tuple(number or 0 for number in self._search.rows(_TOLD, {})[0])

    def women_at(self, source: str) -> set[str]:
        """Our ids of the women of whom this source holds a record."""
        return {row[0] for row in self._search.rows(_AT, {"source": source})}

    def cared_for(self, record: RecordKey) -> bool:
        """Whether anything of care stands in this record (a dossier, a contact, a condition), not her name alone."""
        return bool(self._search.rows(_CARED, {"source": record.source, "woman": record.woman}))

    def ever_under(self, woman: str) -> set[RecordKey]:
        """Every record that was ever linked to a woman, whosever it is now."""
        return {RecordKey(source, reference) for source, reference in self._search.rows(_EVER, {"woman": woman})}

    def with_consents(self) -> set[RecordKey]:
        """The records on which a consent hangs, or in which a source holds one."""
        return {RecordKey(source, woman) for source, woman in self._search.rows(_CONSENTED, {})}

    def moved(self, after: int) -> set[str]:
        """Women to or from whom a record was linked behind this link."""
        return {row[0] for row in self._search.rows(_MOVED, {"after": after})}

    def directory_changed(self, after: int, upto: int) -> bool:
        """Whether anything about nobody (an organisation, a person of one) came in between."""
        return bool(self._search.rows(_DIRECTORY, {"after": after, "upto": upto}))

    def records_with(self, source: str, kinds: Collection[str], after: int, upto: int) -> set[RecordKey]:
        """The records at a source in which a resource of these types came behind `after` up to `upto`."""
        asked = {"source": source, "after": after, "upto": upto}
        rows = [row for kind in sorted(kinds) for row in self._search.rows(_WITH, {**asked, "type": kind})]
        return {RecordKey(source, row[0]) for row in rows}
