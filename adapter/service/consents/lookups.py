"""Which source may be asked for a woman by BSN: where there is a ground with an organisation that knows her.

Asking tells a source that she is in care, so without a ground it is not asked, and that is said with the reason.

What a source lets us discover of its own dossiers is its own: nothing is asked about anybody there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from adapter.access.consent import Ground, GroundCode
from adapter.model.identifiers import Bsn
from adapter.model.moments import day_of
from adapter.model.sources import RecordKey
from adapter.service.consents.grounds import Grounds
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
        self, source: str, bsns: Collection[Bsn], arrived: Mapping[Bsn, Collection[RecordKey]]
    ) -> dict[Bsn, str]:
        """Of these women those for whom this source may not be asked, and why (Dutch). `arrived`: records that came in
        the same pull and are not linked yet.
        """
        today = day_of(self._rooms.clock())
        found = {bsn: self._why_not(source, bsn, arrived.get(bsn, ()), today) for bsn in bsns}
        return {bsn: why for bsn, why in found.items() if why is not None}

    def _why_not(self, source: str, bsn: Bsn, arrived: Collection[RecordKey], today: date) -> str | None:
        records = self._records(bsn, arrived)
        if any(record.source == source for record in records):
            return None  # its own dossier, which it gave us before
        holder = holder_of(self._rooms, source)
        refused: list[Ground] = []
        for knowing in sorted({record.source for record in records} & self._rooms.sources.keys()):
            ground = self._grounds.between("", records, holder, holder_of(self._rooms, knowing), today)
            if ground.partly:
                return None
            refused.append(ground)
        if not refused:
            return NOWHERE
        objection = next((g for g in refused if g.code is GroundCode.OBJECTION), refused[0])
        return f"{_NOT_ASKED}{objection.why}"

    def _records(self, bsn: Bsn, arrived: Collection[RecordKey]) -> list[RecordKey]:
        """Every record of hers that we know of."""
        store = self._rooms.store
        found = set(arrived)
        for known in store.find([f"bsn:{bsn.value}"]).values():
            found.update(known)
        for record in list(found):
            found.update(store.search.linked_to(record))
        return sorted(found)
