"""By what an organisation is related to a woman of whom it holds no record: a referral to it, or a consent naming it.

A consent for a kind of organisation, or for any, permits; it makes nobody her care provider, so it is no relation.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Protocol

from adapter.access.consent import ConsentRecord, Ground, Party, ReferralSeen
from adapter.model.facts import SourceFacts
from adapter.model.sources import RecordKey
from adapter.service.records import Records
from adapter.service.rooms import Rooms
from adapter.store.referred import NOBODY
from adapter.store.text import chunks

_REFERRALS = ("ReferralRequest", "ServiceRequest")
_AT_ONCE = 200
_FAR = 5000
_READING = 1
"""As what resources are read into referrals: another number where that changes, then all is read again."""


class Aging(Protocol):
    """Answers of the national service."""

    def stand(self) -> int:
        """Changes when they are old."""
        ...


class Told(Protocol):
    """What is known of one woman's consents and referrals (`adapter.service.consents.grounds.Grounds`)."""

    def ground(self, woman: str, holder: Party, reader: Party, at: date) -> Ground: ...  # noqa: D102

    def prepare(self, women: Sequence[str]) -> None: ...  # noqa: D102

    def referrals(self, woman: str) -> Sequence[ReferralSeen]: ...  # noqa: D102

    def consents(self, woman: str) -> Sequence[ConsentRecord]: ...  # noqa: D102

    @property
    def national(self) -> Aging | None: ...  # noqa: D102


class Relations:
    """Implements `reach.Grounds` over what is told."""

    def __init__(self, rooms: Rooms, records: Records, told: Told) -> None:
        self._rooms = rooms
        self._told = told
        self._referred = Referred(rooms, records)

    def ground(self, woman: str, holder: Party, reader: Party, at: date) -> Ground:
        """The ground on which `reader` may see what `holder` keeps of her."""
        return self._told.ground(woman, holder, reader, at)

    def relation(self, woman: str, reader: Party, at: date) -> str | None:
        """The latest referral to `reader` that counts, else a consent that names it. Where a referral counts by who
        recorded it, none that `reader` recorded itself.
        """
        told = [r for r in self._told.referrals(woman) if r.recorder is None or not r.recorder & reader.identities]
        sent = [r for r in told if r.receiver & reader.identities and _counts(r, at)]
        if sent:
            return f"referral {max(sent, key=lambda r: (r.on, r.reference)).reference}"
        named = [
            c
            for c in self._told.consents(woman)
            if c.permit and c.reader is not None and c.reader & reader.identities and c.holds_on(at)
        ]
        return f"consent Consent/{named[0].id}" if named else None

    def prepare(self, women: Sequence[str]) -> None:
        """Read together what is going to be asked about each of these."""
        self._told.prepare(women)

    def catch_up(self) -> None:
        """Take in to whom was referred, so that no reader has to wait for it."""
        self._referred.catch_up()

    def stand(self) -> object:
        """Changes when what was said elsewhere is old; what was said here, the store knows."""
        return self._told.national.stand() if self._told.national is not None else None

    def related(self, reader: Party, at: date) -> Collection[str]:
        """The women who were referred to it at any time, and those of whom any consent is held."""
        search = self._rooms.store.search
        records = self._referred.to(reader.identities) | self._rooms.store.related.with_consents()
        return {woman for record in records if (woman := search.woman_of(record)) is not None}


class Referred:
    """Which records hold a referral to whom: a table of the store, taken further by who asks and finds it behind. Only
    records that changed are read.
    """

    def __init__(self, rooms: Rooms, records: Records) -> None:
        self._rooms = rooms
        self._records = records
        self._lock = threading.Lock()
        self._upto = 0  # of all sources: nothing came behind it
        self._reading = f"{_READING} {rooms.mappings_version}"

    def to(self, identities: Collection[str]) -> set[RecordKey]:
        """The records in which a referral to one of these stands."""
        self.catch_up()
        return self._rooms.store.referred.to(identities)

    def catch_up(self) -> None:
        """Take in what came since."""
        store = self._rooms.store
        with self._lock:
            upto = store.search.last_position()
            if upto == self._upto:
                return
            progress = store.referred.progress(self._reading)
            for source in self._rooms.sources:
                self._take_in(source, progress.get(source, 0))
            self._upto = upto

    def _take_in(self, source: str, after: int) -> None:
        store = self._rooms.store
        upto = store.referred.newest(source, after)
        if upto == after:
            return
        todo = store.related.records_with(source, _REFERRALS, after, upto)
        if after and store.related.directory_changed(after, upto):  # a receiver that was not known may be by now
            todo |= {record for record in store.referred.to([NOBODY]) if record.source == source}
        if not todo and upto - after < _FAR:
            return  # not worth a write: looked at again the next time
        found: list[tuple[RecordKey, Collection[str]]] = []
        for some in chunks(sorted(todo), _AT_ONCE):
            facts = self._records.brief(some)
            found += [(r, set(_receivers(facts[r]))) for r in some if r in facts]
        store.referred.know(self._reading, source, (after, upto), found)  # or another process did


def _receivers(facts: SourceFacts) -> Iterable[str]:
    """The codes of each receiver as its source gives them: the register may join others to them later."""
    for referral in facts.referrals:
        to = referral.receiver
        yield from (f"agb:{to.agb}",) if to is not None and to.agb else ()
        yield from (f"ura:{to.ura}",) if to is not None and to.ura else ()
        yield from () if to is not None and (to.agb or to.ura) else (NOBODY,)


def _counts(referral: ReferralSeen, at: date) -> bool:
    return referral.on <= at and (referral.until is None or at <= referral.until)
