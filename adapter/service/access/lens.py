"""Through what one reader looks at a care path: computed from what they may see, as if there were no more."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from adapter.model.carepath import LinkNote, PathSource
from adapter.model.sources import RecordKey, SourceState, StoredVersion
from adapter.service.access.kinds import Kinds
from adapter.service.access.seen import Seen
from adapter.store import LinkRow


@dataclass(frozen=True, slots=True)
class Lens:
    """What may be seen of a woman, and the kinds of data that a token leaves."""

    seen: Seen
    kinds: Kinds
    pregnancy: str

    @property
    def clear(self) -> bool:
        """Whether nothing is left out."""
        return self.seen.everything and self.kinds.all

    @property
    def key(self) -> object:
        """Equal for whoever sees the same."""
        return (self.seen.key, self.kinds.key)

    def dossiers(self, rows: Iterable[LinkRow]) -> list[LinkRow]:
        """The dossiers of this pregnancy that may be seen; without any it does not exist for this reader."""
        if self.seen.everything:
            return list(rows)
        return [r for r in rows if r.woman and self.seen.shows_dossier(RecordKey(r.source, r.woman), self.pregnancy)]

    def records(self, records: Iterable[RecordKey]) -> list[RecordKey]:
        """The records that may be seen."""
        withheld = self.seen.withheld_of(self.pregnancy)
        return [r for r in records if self.seen.everything or (r in self.seen.records and r.source not in withheld)]

    def whole(self, records: Iterable[RecordKey]) -> bool:
        """Whether all of these records may be read."""
        return self.kinds.all and not any(self.seen.limited(r.source) for r in records)

    def shows(self, stored: StoredVersion) -> bool:
        """Whether one stored resource of a record that may be seen may be read for this pregnancy."""
        got = stored.received
        return self.seen.shows(got.source, got.type, (self.pregnancy,)) and self.kinds.show_version(stored)

    def reads(self, stored: StoredVersion) -> bool:
        """Whether this very version may be read: in a record that may be seen, or about nobody."""
        woman = stored.received.woman
        if woman is None:
            return self.kinds.show_version(stored)
        return RecordKey(stored.received.source, woman) in self.seen.records and self.shows(stored)

    def sources(self, sources: Iterable[PathSource]) -> tuple[PathSource, ...]:
        """The sources with those that are withheld as if they had not been asked, with the reason; and so is every
        other without a ground, so that it does not show which of them hold anything.
        """
        withheld = self.seen.withheld_of(self.pregnancy)
        return tuple(
            replace(s, state=SourceState.NOT_ASKED, at=None, resources=0, problem=withheld[s.source].why)
            if s.source is not None and s.source in withheld
            else s
            for s in sources
        )

    def notes(self, notes: Iterable[LinkNote], shown: Collection[tuple[str, str]]) -> tuple[LinkNote, ...]:
        """The notes on links that speak of what may be seen alone. What was weighed over a whole group of dossiers is
        left out where one of them is withheld: it may tell of that one.
        """
        if self.seen.everything:
            return tuple(notes)
        sources = {source for source, _ in shown}
        whole = len(self.records(self.seen.records)) == len(self.seen.records)
        kept = (n for n in notes if (n.source, n.reference) in shown and (whole or n.reference.startswith("Patient/")))
        return tuple(n for n in kept if all(e.source in sources for part in n.evidence for e in part.evidence))
