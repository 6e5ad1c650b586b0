"""Consents and grounds in the words of a reader: organisations by their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from adapter.access.consent import ConsentRecord, Ground, Party
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.service.access.seen import Seen
from adapter.service.consents.consent import ConsentParty, ConsentRule, GroundBetween
from adapter.service.consents.grounds import LOCAL, NATIONAL, Grounds
from adapter.service.consents.held import Said
from adapter.service.consents.parties import party, party_named
from adapter.service.rooms import Rooms, as_member


class Wording:
    """Names of organisations, as sources and the register give them."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def parties(self) -> tuple[ConsentParty, ...]:
        """The organisations to choose from: the sources and the members of the IGO."""
        known: dict[str, ConsentParty] = {}
        for organisation in self._organisations():
            joined = self._rooms.joined(organisation)
            if joined.id.startswith(("agb:", "ura:")):
                known.setdefault(joined.id, ConsentParty(joined.id, organisation.name, joined.kind))
        return tuple(sorted(known.values(), key=lambda one: (one.name or "", one.identity or "")))

    def name(self, identity: str) -> str | None:
        """The name of an organisation, where we know it."""
        wanted = party_named(self._rooms, identity).identities
        for organisation in self._organisations():
            if wanted & party(self._rooms, organisation).identities:
                return organisation.name
        return None

    def rule(self, record: ConsentRecord) -> ConsentRule:
        """One rule in words."""
        return ConsentRule(
            record.permit,
            self._side(record.holder, record.holder_kinds),
            self._side(record.reader, record.reader_kinds),
            None if record.kinds is None else tuple(sorted(record.kinds)),
            record.start,
            record.end,
            record.pregnancy,
        )

    def recorder(self, said: Said) -> str:
        """Who recorded it: an organisation, the woman's own page, or the national service."""
        if said.origin == NATIONAL:
            return "landelijke toestemmingsvoorziening"
        if said.origin != LOCAL:
            setup = self._rooms.sources.get(said.origin)
            return setup.info.name if setup is not None else said.origin
        person, _, organisation = said.by.rpartition("@")
        return self.name(organisation) or person

    def grounds(
        self, grounds: Grounds, seen: Seen, pregnancy: str, reader: Party | None, today: date
    ) -> tuple[GroundBetween, ...]:
        """The ground for each source, for this pregnancy: towards who asks, or towards each other source where nothing
        narrows them.
        """
        organisations = {s.info.organisation.id: s.info.organisation for s in self._rooms.sources.values()}
        each = list(organisations.values())
        if not seen.everything:
            own, named = self._own(reader), {}
            for source, setup in self._rooms.sources.items():
                if source in seen.grounds:
                    named[setup.info.organisation.id] = seen.grounds[source]
            return tuple(_between(o, own, named[o.id], pregnancy) for o in each if o.id in named)
        ours = {o.id: party(self._rooms, o) for o in each}
        return tuple(
            _between(h, _called(r), grounds.ground(seen.woman, ours[h.id], ours[r.id], today), pregnancy)
            for h in each
            for r in each
            if h.id != r.id
        )

    def _own(self, reader: Party | None) -> str:
        names = (self.name(identity) for identity in sorted(reader.identities)) if reader is not None else iter(())
        return next((name for name in names if name), "uw organisatie")

    def _side(self, identities: frozenset[str] | None, kinds: frozenset[OrganisationKind] | None) -> str:
        if identities is not None:
            names = [name for identity in sorted(identities) if (name := self.name(identity))]
            return names[0] if names else ", ".join(sorted(identities))
        if kinds is not None:
            return "elke organisatie van soort " + " of ".join(sorted(kind.value for kind in kinds))
        return "elke organisatie"

    def _organisations(self) -> Iterable[Organisation]:
        found: Sequence[Organisation] = [s.info.organisation for s in self._rooms.sources.values()]
        return (*found, *(as_member(member) for member in self._rooms.igo.members))


def _called(organisation: Organisation) -> str:
    return organisation.name or organisation.id


def _between(holder: Organisation, reader: str, found: Ground, pregnancy: str) -> GroundBetween:
    here = found.of("", pregnancy)  # what holds for this pregnancy, whatever the kind of data
    kinds = {kind for kind, _, _ in found.apart if kind is not None}
    part = not here.allowed and any(found.of(kind, pregnancy).allowed for kind in kinds)
    return GroundBetween(_called(holder), reader, here.kind, here.code, here.why, here.reference, part)
