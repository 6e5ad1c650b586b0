"""Seek records to link by hand: by BSN, or by day of birth and a name. Nobody can leaf through names alone.

Sought in the index by which linking finds records: keyed hashes, so a day of birth is always needed with a name. Day
and month may have changed places; accents, voorvoegsels, hyphens and ij or y make no difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from adapter.linking import sought_tokens
from adapter.model.identifiers import Bsn, InvalidIdentifierError
from adapter.model.sources import RecordKey
from adapter.service.asked import BadQuestionError, read_day
from adapter.service.links.proposal import Found, Party, Pointed, UnknownRecordError
from adapter.service.links.proposal_view import Shown
from adapter.service.links.women import WOMAN
from adapter.service.rooms import Rooms

MOST = 25
"""Records that one answer holds."""
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Sought:
    """Whom somebody looks for."""

    bsn: Bsn | None
    birth_date: date | None
    name: str

    @property
    def by(self) -> str:
        """What was searched by, without its values: for the audit log."""
        return "bsn" if self.bsn is not None else "birth_date,name"

    def tokens(self) -> frozenset[str]:
        """What to look up."""
        return sought_tokens(self.bsn, self.birth_date, self.name)


def read_sought(bsn: str, birth_date: str, name: str) -> Sought:
    """What was filled in: a BSN, or a day of birth and a name. Raises `BadQuestionError`, which repeats nothing."""
    if bsn.strip():
        try:
            return Sought(Bsn(bsn.strip()), None, "")
        except InvalidIdentifierError as error:
            raise BadQuestionError("bsn", str(error)) from None
    born, text = read_day(birth_date.strip(), "birth_date"), " ".join(name.split())
    if born is None or len(text) < 2 or len(text) > _LONGEST:
        raise BadQuestionError("sought", "give a BSN, or a day of birth with a family name or given name")
    return Sought(None, born, text)


class Seeking:
    """Finds records by the index."""

    def __init__(self, rooms: Rooms, shown: Shown) -> None:
        self._rooms = rooms
        self._shown = shown

    def found(self, sought: Sought, sources: Collection[str] | None) -> Found:
        """The records that fit, best first; of these sources only (None: of all)."""
        fits: Counter[RecordKey] = Counter()
        for records in self._rooms.store.find(sought.tokens()).values():
            fits.update(r for r in records if sources is None or r.source in sources)
        best = sorted(fits, key=lambda record: (-fits[record], record))
        parties = [party for record in best[:MOST] if (party := self._party(record)) is not None]
        return Found(tuple(parties), more=len(best) > MOST)

    def _party(self, record: RecordKey) -> Party | None:
        try:
            return self._shown.party(WOMAN, self._shown.row(WOMAN, Pointed(record.source, record.woman)))
        except UnknownRecordError:  # removed, or not linked yet
            return None
