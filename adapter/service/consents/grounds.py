"""What is known of a woman's consents and referrals, and the ground that follows between two organisations."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from adapter import fhir
from adapter.access.consent import ConsentRecord, Ground, GroundCode, GroundKind, Party, ReferralSeen, ground
from adapter.access.consent.reading import Told, read_consent
from adapter.access.consent.terms import Terms
from adapter.linking import with_own_numbers
from adapter.model.facts import ReferralMade, SourceFacts
from adapter.model.identifiers import Bsn
from adapter.model.moments import day_of
from adapter.model.sources import FhirVersion, Media, RecordKey
from adapter.service.consents.held import Ours, Said, at_sources, widened
from adapter.service.consents.national import National
from adapter.service.consents.parties import holder_of, party
from adapter.service.links.pregnancies import Pregnancies
from adapter.service.rooms import Rooms
from adapter.store import HeldConsent

_KEPT = 5_000  # women
LOCAL, NATIONAL = "lokaal", "landelijk"

WITHOUT_HOLDER = "er staat niet bij voor welke bron deze toestemming geldt; zij telt niet"


@dataclass(frozen=True, slots=True)
class Hers:
    """What is known of one woman: what she said, who referred her to whom, and her BSNs."""

    said: tuple[Said, ...]
    referrals: tuple[ReferralSeen, ...]
    bsns: tuple[Bsn, ...]
    names: tuple[tuple[RecordKey, str], ...] = ()  # as each record has it

    @property
    def consents(self) -> tuple[ConsentRecord, ...]:
        """The rules of all that she said."""
        return tuple(record for one in self.said for record in one.records)


class Grounds:
    """Reads what is known and says on what ground. Safe to ask from several threads."""

    def __init__(self, rooms: Rooms, pregnancies: Pregnancies, terms: Terms, national: National | None = None) -> None:
        """`national`: the national consent service, where there is one; it is asked where nothing here is a ground."""
        self._rooms = rooms
        self._pregnancies = pregnancies
        self.terms = terms
        self.national = national
        self.referral_by_holder = True
        """Whether a referral counts only for what the organisation holds in whose record it stands."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[RecordKey, ...], tuple[object, Hers]] = OrderedDict()

    def ground(self, woman: str, holder: Party, reader: Party, at: date) -> Ground:
        """The ground on which `reader` may see what `holder` keeps of her, on a day."""
        return self.between(self.of(woman), holder, reader, at)

    def between(self, hers: Hers, holder: Party, reader: Party, at: date) -> Ground:
        """The same, by what is known of her."""
        found = ground(holder, reader, hers.consents, hers.referrals, at)
        if found.partly or found.code is GroundCode.OBJECTION or self.national is None:
            return found
        answer = next((a for bsn in hers.bsns if (a := self.national.ask(bsn, holder, reader)).permit), None)
        if answer is None:
            return found
        return replace(
            found,
            kind=GroundKind.EXPLICIT,
            why="toestemming volgens de landelijke toestemmingsvoorziening",
            reference=answer.reference,
            code=GroundCode.CONSENT,
        )

    def referrals(self, woman: str) -> Sequence[ReferralSeen]:
        """Who referred her to whom, as her records say it."""
        return self.of(woman).referrals

    def consents(self, woman: str) -> Sequence[ConsentRecord]:
        """The rules of all that she said."""
        return self.of(woman).consents

    def of(self, woman: str) -> Hers:
        """All that is known of her."""
        return self.hers(woman, self._rooms.store.search.records_of(woman))

    def stand(self) -> object:
        """Changes with what was said, and when answers of the national service are old."""
        return self._rooms.store.consents.last(), self.national.stand() if self.national else 0

    def hers(self, woman: str, records: Sequence[RecordKey]) -> Hers:
        """All that is known of the woman of these records, linked or not, kept as long as nothing changes."""
        key, stamp = tuple(sorted(records)), self._stamp()
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == stamp:
                self._kept.move_to_end(key)
                return kept[1]
        found = self.read(woman, key)
        self._keep(key, stamp, found)
        return found

    def prepare(self, women: Sequence[str]) -> None:
        """Read together all that is known of each of these, for who is going to ask about them one by one."""
        search, stamp = self._rooms.store.search, self._stamp()
        keys = {woman: tuple(sorted(search.records_of(woman))) for woman in women}
        with self._lock:
            new = {w: key for w, key in keys.items() if (kept := self._kept.get(key)) is None or kept[0] != stamp}
        brief = self._pregnancies.brief([record for key in new.values() for record in key])
        for woman, key in new.items():
            self._keep(key, stamp, self._read(woman, key, with_own_numbers([brief[r] for r in key if r in brief])))

    def _stamp(self) -> object:
        return self._rooms.store.related.told(), self._rooms.igo.version

    def _keep(self, key: tuple[RecordKey, ...], stamp: object, found: Hers) -> None:
        with self._lock:
            self._kept[key] = (stamp, found)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    def read(self, woman: str, records: Sequence[RecordKey]) -> Hers:
        """The same, read anew."""
        brief = self._pregnancies.brief(records)
        return self._read(woman, records, with_own_numbers([brief[r] for r in records if r in brief]))

    def _read(self, woman: str, records: Sequence[RecordKey], facts: Sequence[SourceFacts]) -> Hers:
        bsns = tuple(dict.fromkeys(f.woman.bsn for f in facts if f.woman.bsn is not None))
        consents = self._rooms.store.consents
        held = consents.of(records, bsns) if self._rooms.store.related.stand().consents else []
        here = [self._ours(woman, one) for one in held]
        return Hers(
            (*at_sources(self._rooms, self.terms, woman, records), *here),
            tuple(self._referrals(facts)),
            bsns,
            _names(facts),
        )

    def _ours(self, woman: str, held: HeldConsent) -> Said:
        resource = fhir.read(held.body, Media.JSON, FhirVersion.R4)
        told = Told(held.id, woman, held.origin, held.given_at)
        read = read_consent(resource, FhirVersion.R4, told, self.terms, Ours())
        rules, problems = read.records, read.problems
        if held.origin == NATIONAL and not all(names_holder(r) for r in rules if r.permit):
            rules = tuple(r for r in rules if names_holder(r) or not r.permit)
            problems = (*problems, WITHOUT_HOLDER)
        state = "withdrawn" if held.withdrawn_at is not None or read.state == "withdrawn" else "active"
        records = tuple(
            replace(widened(self._rooms, r), withdrawn_at=held.withdrawn_at or r.withdrawn_at) for r in rules
        )
        return Said(
            held.id,
            held.origin,
            held.given_at,
            held.made_by,
            state,
            records,
            problems,
            held.withdrawn_at,
            held.withdrawn_by,
            resource,
            held.records,
        )

    def _referrals(self, facts: Sequence[SourceFacts]) -> Iterable[ReferralSeen]:
        for found in facts:
            for made in found.referrals:
                seen = self._referral(found.source, made)
                if seen is not None:
                    yield seen

    def _referral(self, source: str, made: ReferralMade) -> ReferralSeen | None:
        """A referral that was made, between two organisations that are known, on a day that is known."""
        if made.state not in self.terms.referral_states or made.at is None:
            return None
        sender = party(self._rooms, made.sender).identities
        receiver = party(self._rooms, made.receiver).identities
        if not sender or not receiver:
            return None
        on = day_of(made.at)
        until = on + self.terms.referral if on.year < date.max.year else None
        recorder = holder_of(self._rooms, source).identities if self.referral_by_holder else None
        return ReferralSeen(sender, receiver, on, f"{source}:{made.evidence.reference}", until, recorder)


def names_holder(record: ConsentRecord) -> bool:
    """Whether a rule says whose data it is about: the national service tells each holder of its own data alone."""
    return record.holder is not None or record.holder_kinds is not None


def _names(facts: Sequence[SourceFacts]) -> tuple[tuple[RecordKey, str], ...]:
    named = ((RecordKey(f.source, f.woman.reference), f.woman.name.text) for f in facts)
    return tuple((record, text) for record, text in named if text)
