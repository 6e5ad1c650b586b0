"""Recording what a woman permits and forbids, listing it, and withdrawing it: by whoever treats her, or by herself."""

from __future__ import annotations

import uuid
from datetime import date

from adapter import fhir
from adapter.access import Action, ActorKind, Context, Entity, EventType, Resource
from adapter.access.consent import ConsentRecord, Party
from adapter.access.consent.writing import Side, Statement, to_stu3, withdrawn, write_r4
from adapter.access.redact import redact
from adapter.fhir import JsonObject
from adapter.model.identifiers import Agb, InvalidIdentifierError, Ura
from adapter.model.moments import day_of
from adapter.model.sources import FhirVersion, RecordKey
from adapter.service.access.seen import Seen
from adapter.service.access.visible import Visible
from adapter.service.asked import BadQuestionError
from adapter.service.consents.consent import (
    ConsentDraft,
    ConsentPage,
    ConsentParty,
    ConsentStatement,
    NotWithdrawableError,
    UnknownConsentError,
)
from adapter.service.consents.grounds import LOCAL, Grounds
from adapter.service.consents.held import Said
from adapter.service.consents.notifications import Notifications
from adapter.service.consents.parties import holder_of, party_named
from adapter.service.consents.wording import Wording
from adapter.service.endpoint.parameters import types
from adapter.service.guard import Guard
from adapter.service.port import UnknownPregnancyError
from adapter.service.rooms import Rooms
from adapter.store import ConsentRow

_KINDS = frozenset((*types(FhirVersion.R4), *types(FhirVersion.STU3)))


class ConsentDesk:
    """The use cases. Every method raises `DeniedError`, and `UnknownPregnancyError` also where she is not theirs."""

    def __init__(self, rooms: Rooms, grounds: Grounds, visible: Visible, national_client: str | None = None) -> None:
        """`national_client`: the registered system from which notifications of the national service are believed."""
        self._rooms = rooms
        self._grounds = grounds
        self._visible = visible
        self._guard = Guard(rooms)
        self._words = Wording(rooms)
        self.notifications = Notifications(rooms, grounds, national_client)

    def of(self, ctx: Context, pregnancy: str) -> ConsentPage:
        """What she said, and the grounds that follow between the organisations that are sources here."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.CONSENT)
        seen = self._visible.lens(ctx, pregnancy).seen
        today = day_of(self._rooms.clock())
        statements = tuple(self._statement(ctx, one, today) for one in self._shown(seen))
        may = self._guard.allows(ctx, Action.CREATE, Resource.CONSENT)
        between = self._words.grounds(self._grounds, seen, pregnancy, self._reader(ctx), today)
        names = (name for record, name in self._grounds.of(seen.woman).names if record in seen.allowed)
        page = ConsentPage(pregnancy, statements, between, self._words.parties(), may, next(names, None))
        self._guard.record(
            ctx, EventType.READ, Action.READ, grant, _about(pregnancy), patient=seen.woman, checks=seen.checks()
        )
        return page

    def resources(self, ctx: Context, pregnancy: str, version: FhirVersion) -> list[JsonObject]:
        """The statements that were recorded here, as FHIR Consents."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.CONSENT)
        seen = self._visible.lens(ctx, pregnancy).seen
        ours = [one for one in self._shown(seen) if one.origin == LOCAL]
        self._guard.record(
            ctx, EventType.READ, Action.READ, grant, _about(pregnancy), patient=seen.woman, checks=seen.checks()
        )
        return [_resource(one, f"urn:uuid:{seen.woman}", version) for one in ours]

    def recorded(self, ctx: Context, woman: str, patient: str, version: FhirVersion) -> list[JsonObject]:
        """What was recorded here of a woman (our id), of whom who asks may see anything, as FHIR Consents.

        `patient`: as whom they know her (`Patient/…`).
        """
        if not self._guard.allows(ctx, Action.READ, Resource.CONSENT):
            return []
        seen = self._visible.reach.records(ctx, woman)
        ours = [one for one in self._shown(seen) if one.origin == LOCAL] if seen.allowed else []
        if not ours:
            return []
        grant = self._guard.allowed(ctx, Action.READ, Resource.CONSENT)
        entities = [Entity("consent", one.id) for one in ours]
        self._guard.record(ctx, EventType.READ, Action.READ, grant, entities, patient=woman, checks=seen.checks())
        return [_resource(one, patient, version) for one in ours]

    def record(self, ctx: Context, pregnancy: str, draft: ConsentDraft) -> ConsentStatement:
        """Keep what she said. Raises `BadQuestionError`, which names what cannot be."""
        self._guard.allowed(ctx, Action.CREATE, Resource.CONSENT)
        seen = self._treated(ctx, pregnancy)
        holder, reader = self._side("holder", draft.holder), self._side("reader", draft.reader)
        self._fits(ctx, draft)
        id, now = str(uuid.uuid4()), self._rooms.clock()
        only = pregnancy if draft.this_pregnancy else None
        said = Statement(draft.permit, holder, reader, draft.kinds, draft.start, draft.end, only)
        body = fhir.to_json(write_r4(id, said, now, self._grounds.terms))
        records = self._anchors(ctx, seen, draft.permit)
        made = ConsentRow(id, "given", LOCAL, now, _by(ctx), body, records)
        if not self._rooms.store.consents.add(made):
            raise BadQuestionError("pregnancy", "haar gegevens zijn verwijderd; er is niets om dit bij te bewaren")
        self._keep(ctx, grant_of=Action.CREATE, id=id, pregnancy=pregnancy, seen=seen)
        found = next(one for one in self._grounds.of(seen.woman).said if one.id == id)
        return self._statement(ctx, found, day_of(now))

    def withdraw(self, ctx: Context, pregnancy: str, id: str, reason: str = "") -> ConsentStatement:
        """Withdraw a statement: from now on it counts no more; that it was made stays known.

        Raises `UnknownConsentError`, `NotWithdrawableError`.
        """
        self._guard.allowed(ctx, Action.UPDATE, Resource.CONSENT)
        seen = self._treated(ctx, pregnancy)
        found = next((one for one in self._shown(seen) if one.id == id), None)
        if found is None:
            raise UnknownConsentError(id)
        if found.state == "active":
            refused = self._not_withdrawable(ctx, found)
            if refused is not None:
                raise NotWithdrawableError(refused)
            now = self._rooms.clock()
            row = ConsentRow(id, "withdrawn", LOCAL, now, _by(ctx), redact(reason).encode())
            self._rooms.store.consents.add(row)
            self._keep(ctx, grant_of=Action.UPDATE, id=id, pregnancy=pregnancy, seen=seen)
        after = next(one for one in self._grounds.of(seen.woman).said if one.id == id)
        return self._statement(ctx, after, day_of(self._rooms.clock()))

    def _treated(self, ctx: Context, pregnancy: str) -> Seen:
        """What may be seen of her by who treats her: noodtoegang alone is for reading."""
        seen = self._visible.lens(ctx, pregnancy).seen
        if not seen.everything and seen.relation is None:
            raise UnknownPregnancyError(pregnancy)
        return seen

    def _keep(self, ctx: Context, *, grant_of: Action, id: str, pregnancy: str, seen: Seen) -> None:
        grant = self._guard.allowed(ctx, grant_of, Resource.CONSENT)
        entities = [*_about(pregnancy), Entity("consent", id)]
        self._guard.record(ctx, EventType.RECEIVE, grant_of, grant, entities, patient=seen.woman, checks=seen.checks())

    def _shown(self, seen: Seen) -> list[Said]:
        """What she said, save what hangs on records that may not be seen: it would tell who holds them."""
        said = self._grounds.of(seen.woman).said
        if seen.everything:
            return list(said)
        return [one for one in said if not one.anchors or any(self._may(seen, record) for record in one.anchors)]

    def _may(self, seen: Seen, record: RecordKey) -> bool:
        return record in seen.allowed and seen.shows(record.source, "Consent")

    def _reader(self, ctx: Context) -> Party | None:
        """The organisation of who asks; None where nothing narrows them."""
        own = party_named(self._rooms, ctx.actor.organisation)
        return own if own.identities else None

    def _side(self, name: str, given: ConsentParty) -> Side | None:
        if given.identity is not None:
            system, _, code = given.identity.partition(":")
            try:
                {"agb": Agb, "ura": Ura}[system](code)
            except (KeyError, InvalidIdentifierError):
                raise BadQuestionError(name, "kies een organisatie met een AGB-code (agb:…) of URA (ura:…)") from None
            return Side(given.identity, given.name or self._words.name(given.identity))
        if given.kind is None:
            return None
        if self._grounds.terms.type_of(given.kind) is None:
            raise BadQuestionError(name, "voor deze soort organisatie is er geen code; kies een organisatie")
        return Side(kind=given.kind)

    def _fits(self, ctx: Context, draft: ConsentDraft) -> None:
        if draft.kinds is not None and (not draft.kinds or not set(draft.kinds) <= _KINDS):
            raise BadQuestionError("kinds", "kies een of meer soorten FHIR-resources die hier bekend zijn")
        if draft.end is not None and draft.end < (draft.start or day_of(self._rooms.clock())):
            raise BadQuestionError("end", "de laatste dag ligt voor de eerste")
        if not draft.permit or ctx.actor.demonstration or ctx.actor.kind is ActorKind.WOMAN:
            return
        own = party_named(self._rooms, ctx.actor.organisation).identities
        sides = [draft.holder] if self._grounds.terms.permit_by == "holder" else [draft.holder, draft.reader]
        if not any(own & party_named(self._rooms, side.identity).identities for side in sides):
            what = "een toestemming legt de organisatie vast die de gegevens heeft: kies uw eigen organisatie als bron"
            raise BadQuestionError("holder", what)

    def _anchors(self, ctx: Context, seen: Seen, permit: bool) -> tuple[RecordKey, ...]:
        """The records it hangs on: a permission on those of who recorded it, if any, so that a record that was linked
        by mistake takes no permission along; an objection on all.
        """
        own = party_named(self._rooms, ctx.actor.organisation).identities
        mine = [
            r
            for r in seen.records
            if r.source in self._rooms.sources and own & holder_of(self._rooms, r.source).identities
        ]
        return tuple(sorted(mine if permit and mine else seen.records))

    def _not_withdrawable(self, ctx: Context, said: Said) -> str | None:
        if said.origin != LOCAL:
            where = (
                "bij de landelijke toestemmingsvoorziening" if said.origin not in self._rooms.sources else "bij de bron"
            )
            return f"dit is {where} vastgelegd en wordt daar ingetrokken; een bezwaar kunt u hier wel vastleggen"
        if ctx.actor.demonstration or ctx.actor.kind is ActorKind.WOMAN or all(r.permit for r in said.records):
            return None
        own = party_named(self._rooms, ctx.actor.organisation).identities
        if own & party_named(self._rooms, said.by.rpartition("@")[2]).identities:
            return None
        return "een bezwaar trekt de vrouw zelf in, of de organisatie die het vastlegde"

    def _statement(self, ctx: Context, said: Said, today: date) -> ConsentStatement:
        state = said.state
        if state == "active" and said.records and all(_over(r, today) for r in said.records):
            state = "ended"
        may = state == "active" and self._guard.allows(ctx, Action.UPDATE, Resource.CONSENT)
        return ConsentStatement(
            said.id,
            said.origin,
            self._words.recorder(said),
            said.at,
            "withdrawn" if state == "withdrawn" else "ended" if state == "ended" else "active",
            tuple(self._words.rule(record) for record in said.records),
            said.problems,
            said.withdrawn_at,
            may and self._not_withdrawable(ctx, said) is None,
        )


def _over(record: ConsentRecord, today: date) -> bool:
    return record.end is not None and record.end < today


def _about(pregnancy: str) -> list[Entity]:
    return [Entity("pregnancy", pregnancy)]


def _by(ctx: Context) -> str:
    return f"{ctx.actor.id}@{ctx.actor.organisation or '-'}"


def _resource(said: Said, patient: str, version: FhirVersion) -> JsonObject:
    """As FHIR has it."""
    written = withdrawn(said.resource) if said.state == "withdrawn" else said.resource
    hers = {**written, "patient": {"reference": patient}}
    at = (said.withdrawn_at or said.at).isoformat(timespec="milliseconds")
    shaped = to_stu3(hers) if version is FhirVersion.STU3 else hers
    return {"resourceType": "Consent", "id": said.id, "meta": {"lastUpdated": at}, **shaped}
