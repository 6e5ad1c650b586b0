"""Which records hold a referral to whom, as far as they were read; who reads them says to whom (`service.access`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import delete, insert, select

from adapter.model.sources import RecordKey
from adapter.store import plain
from adapter.store.records import Part
from adapter.store.search_tables import referred, referred_progress
from adapter.store.text import chunks

NOBODY = ""
"""To whom is not known."""

_R, _P = referred.c, referred_progress.c
_TO = "SELECT DISTINCT source, woman FROM referred WHERE receiver IN <receivers>"
_NEWEST = "SELECT max(position) FROM source_versions WHERE source = :source AND position > :after"
_LET_GO = "DELETE FROM referred WHERE (source, woman) IN (SELECT source, woman FROM <<records>> r)"
_HELD = (
    "SELECT DISTINCT k.source, k.woman FROM <<records>> r CROSS JOIN record_keys k"
    " WHERE k.source = r.source AND k.woman = r.woman AND k.destroyed_at IS NULL"
)


class Referred(Part):
    """A table that is derived: thrown away where resources are read otherwise than when it was filled."""

    def to(self, receivers: Collection[str]) -> set[RecordKey]:
        """The records in which a referral to one of these (`agb:…`, `ura:…`, `NOBODY`) stands."""
        if not receivers:
            return set()
        with self._database.reading() as connection:
            return {RecordKey(source, woman) for source, woman in plain.rows(connection, _TO, receivers=receivers)}

    def progress(self, reading: str) -> dict[str, int]:
        """Up to where the versions of each source were taken in, read as they are by this reading."""
        query = select(_P.source, _P.position).where(_P.reading == reading)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def newest(self, source: str, after: int) -> int:
        """The position of the newest version of a source; `after` where nothing came behind it.

        Of one source: what comes in of one source comes in one after the other, so nothing older follows.
        """
        with self._database.reading() as connection:
            return plain.rows(connection, _NEWEST, source=source, after=after)[0][0] or after

    def know(
        self, reading: str, source: str, span: tuple[int, int], found: Iterable[tuple[RecordKey, Collection[str]]]
    ) -> bool:
        """Put the receivers of these records in place of what was known of them: everything of the source behind the
        one and up to the other position is taken in. False, and nothing done, where somebody else was first.
        """
        after, upto = span
        given = {record: {*receivers} for record, receivers in found}
        with self._database.writing() as connection:
            self._database.lock(connection, f"referred {source}")
            before = connection.execute(select(_P.reading, _P.position).where(_P.source == source)).first()
            if (before.position if before is not None and before.reading == reading else 0) != after:
                return False
            if after == 0:
                connection.execute(delete(referred).where(_R.source == source))
            for some in chunks(sorted(given)):
                plain.rows(connection, _LET_GO, records=some)
                held = {RecordKey(*row) for row in plain.rows(connection, _HELD, records=some)}
                rows = [(r, receiver) for r in some if r in held for receiver in sorted(given[r])]
                if rows:
                    values = [{"source": r.source, "woman": r.woman, "receiver": to} for r, to in rows]
                    connection.execute(insert(referred), values)
            connection.execute(delete(referred_progress).where(_P.source == source))
            connection.execute(insert(referred_progress).values(source=source, reading=reading, position=upto))
        return True
