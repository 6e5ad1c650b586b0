"""By what an organisation is related to a woman of whom it holds no record: a referral to it, or a consent naming it.

A consent for a kind of organisation, or for any, permits; it makes nobody her care provider, so it is no relation.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Protocol

from adapter.access.consent import ConsentRecord, Ground, Party, ReferralSeen
from adapter.model.facts import SourceFacts
from adapter.model.sources import RecordKey
from adapter.service.records import Records
from adapter.service.rooms import Rooms

_REFERRALS = ("ReferralRequest", "ServiceRequest")
_AT_ONCE = 200


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

    def stand(self) -> object:
        """Changes when what was said elsewhere is old; what was said here, the store knows."""
        return self._told.national.stand() if self._told.national is not None else None

    def related(self, reader: Party, at: date) -> Collection[str]:
        """The women who were referred to it at any time, and those of whom any consent is held."""
        search = self._rooms.store.search
        records = self._referred.to(reader.identities) | self._rooms.store.related.with_consents()
        return {woman for record in records if (woman := search.woman_of(record)) is not None}


class Referred:
    """Which records hold a referral to whom, kept up to date with the store: only records that changed are read."""

    def __init__(self, rooms: Rooms, records: Records) -> None:
        self._rooms = rooms
        self._records = records
        self._lock = threading.Lock()
        self._upto = 0
        self._receivers: dict[RecordKey, frozenset[str]] = {}
        self._by_receiver: defaultdict[str, set[RecordKey]] = defaultdict(set)

    def to(self, identities: Collection[str]) -> set[RecordKey]:
        """The records in which a referral to one of these stands."""
        with self._lock:
            self._catch_up()
            return set().union(*(self._by_receiver.get(identity, set()) for identity in identities))

    def _catch_up(self) -> None:
        store, after = self._rooms.store, self._upto
        upto = store.search.last_position()
        if upto == after:
            return
        todo = {r for s in self._rooms.sources for r in store.related.records_with(s, _REFERRALS, after, upto)}
        if store.related.directory_changed(after, upto):  # a receiver that was not known may be by now
            todo |= {record for record, known in self._receivers.items() if not known}
        ordered = sorted(todo)
        for start in range(0, len(ordered), _AT_ONCE):
            some = ordered[start : start + _AT_ONCE]
            facts = self._records.brief(some)
            for record in some:
                self._know(record, facts.get(record))
        self._upto = upto

    def _know(self, record: RecordKey, facts: SourceFacts | None) -> None:
        for gone in self._receivers.get(record, ()):
            self._by_receiver[gone].discard(record)
        found = frozenset(self._identities(facts)) if facts is not None else frozenset()
        self._receivers[record] = found
        for identity in found:
            self._by_receiver[identity].add(record)

    def _identities(self, facts: SourceFacts) -> Iterable[str]:
        for referral in facts.referrals:
            if referral.receiver is None:
                continue
            joined = self._rooms.joined(referral.receiver)
            if joined.agb:
                yield f"agb:{joined.agb}"
            if joined.ura:
                yield f"ura:{joined.ura}"


def _counts(referral: ReferralSeen, at: date) -> bool:
    return referral.on <= at and (referral.until is None or at <= referral.until)
