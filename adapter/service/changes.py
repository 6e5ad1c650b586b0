"""Whether a page is out of date, asked of the store: so it does not matter which process brought the news."""

from __future__ import annotations

import hashlib

from adapter.access import Action, Context, DeniedError, Entity, EventType, Resource
from adapter.model.moments import day_of
from adapter.model.sources import RecordKey
from adapter.service.links.pregnancies import PREGNANCY, Pregnancies
from adapter.service.links.women import WOMAN
from adapter.service.port import UnknownPregnancyError
from adapter.service.rooms import Rooms


class StoredChanges:
    """Implements `service.origin.Changes` over the store."""

    def __init__(self, rooms: Rooms, pregnancies: Pregnancies) -> None:
        self._rooms = rooms
        self._pregnancies = pregnancies

    def watch(self, ctx: Context, pregnancy: str) -> None:
        """Policy and audit, once for as long as is watched. Raises `UnknownPregnancyError`, `DeniedError`."""
        now, log = self._rooms.clock(), self._rooms.audit
        try:
            grant = self._rooms.policy.require(ctx, Action.READ, Resource.CARE_PATH)
        except DeniedError as error:
            log.denied(ctx, error, now, self._rooms.policy)
            raise
        if not self._rooms.store.links(PREGNANCY, targets=[pregnancy]):
            raise UnknownPregnancyError(pregnancy)
        entities = [Entity("pregnancy", pregnancy)]
        log.record(log.event(ctx, EventType.READ, Action.READ, now, entities=entities, grant=grant, subtype="watch"))

    def anything(self) -> str:
        """A text that changes whenever the store got anything new."""
        return ".".join(str(position) for position in self._rooms.store.positions())

    def of(self, pregnancy: str) -> str:
        """A text that changes whenever what is known of this pregnancy does, and at midnight."""
        store = self._rooms.store
        dossiers = store.links(PREGNANCY, targets=[pregnancy])
        owners = store.links(WOMAN, records=[RecordKey(r.source, r.woman) for r in dossiers if r.woman])
        women = sorted({r.target for r in owners if r.target})
        records = [record for woman in women for record in self._pregnancies.records_of(woman)]
        seen: list[object] = [day_of(self._rooms.clock())]
        seen += [(r.source, r.reference, r.target, r.made_at) for r in (*dossiers, *owners)]
        seen += [(r, store.stamp(r.source, r.woman)) for r in records]
        seen += [(a.source, a.state, a.at) for a in store.answers_for(records)]
        return hashlib.blake2b(repr(seen).encode(), digest_size=12).hexdigest()
