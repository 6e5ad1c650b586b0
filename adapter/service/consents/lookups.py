"""Which source may be asked for a woman by BSN: where there is a ground with an organisation that knows her.

Asking tells a source that she is in care, so without a ground it is not asked, and that is said with the reason. A
referral to the source, in the record of who knows her, tells it that too: then it is asked, be it that what it answers
is shown to others on a ground of its own alone.

What a source lets us discover of its own dossiers is its own: nothing is asked about anybody there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from adapter.access.consent import Ground, GroundCode, GroundKind, Party
from adapter.model.identifiers import Bsn
from adapter.model.moments import day_of
from adapter.model.sources import RecordKey
from adapter.service.consents.grounds import Grounds, Hers
from adapter.service.consents.parties import holder_of
from adapter.service.rooms import Rooms

NOWHERE = "niet naar haar gevraagd: zij is bij geen andere aangesloten organisatie bekend"
_NOT_ASKED = "niet naar haar gevraagd: "


class Lookups:
    """Answers for one woman and source at a time. Safe to ask from several threads."""

    def __init__(self, rooms: Rooms, grounds: Grounds) -> None:
        self._rooms = rooms
        self._grounds = grounds

    def withheld(
        self, wanted: Mapping[str, Collection[Bsn]], arrived: Mapping[Bsn, Collection[RecordKey]]
    ) -> dict[str, dict[Bsn, str]]:
        """For each source, of the women that it would be asked for, those for whom it may not, and why (Dutch).

        `arrived`: records that came in the same pull and are not linked yet.
        """
        today = day_of(self._rooms.clock())
        holders = {source: holder_of(self._rooms, source) for source in self._rooms.sources}
        found: dict[str, dict[Bsn, str]] = {source: {} for source in wanted}
        sought = sorted({bsn for bsns in wanted.values() for bsn in bsns}, key=lambda b: b.value)
        asked = {source: frozenset(bsns) for source, bsns in wanted.items()}
        known = self._rooms.store.find([_token(bsn) for bsn in sought])
        for bsn in sought:
            records = self._records({*arrived.get(bsn, ()), *known.get(_token(bsn), ())})
            hers = self._grounds.read("", records)
            for source in wanted:
                if bsn in asked[source]:
                    why = self._why_not(source, records, hers, holders, today)
                    if why is not None:
                        found[source][bsn] = why
        return found

    def _why_not(
        self, source: str, records: Collection[RecordKey], hers: Hers, holders: Mapping[str, Party], today: date
    ) -> str | None:
        if any(record.source == source for record in records):
            return None  # its own dossier, which it gave us before
        refused: list[Ground] = []
        for knowing in sorted({record.source for record in records} & holders.keys()):
            ground = self._grounds.between(hers, holders[source], holders[knowing], today)
            if ground.partly or (ground.code is not GroundCode.OBJECTION and self._told(hers, knowing, source, today)):
                return None
            refused.append(ground)
        if not refused:
            return NOWHERE
        objection = next((g for g in refused if g.code is GroundCode.OBJECTION), refused[0])
        return f"{_NOT_ASKED}{objection.why}"

    def _told(self, hers: Hers, knowing: str, source: str, today: date) -> bool:
        """Whether who knows her referred her to this source, by its own record."""
        holder, reader = holder_of(self._rooms, knowing), holder_of(self._rooms, source)
        return self._grounds.between(hers, holder, reader, today).kind is GroundKind.REFERRAL

    def _records(self, known: Collection[RecordKey]) -> list[RecordKey]:
        """Every record of hers that we know of."""
        search = self._rooms.store.search
        return sorted({linked for record in known for linked in search.linked_to(record)})


def _token(bsn: Bsn) -> str:
    return f"bsn:{bsn.value}"
