"""Whether a page is out of date, asked of the store: so it does not matter which process brought the news."""

from __future__ import annotations

import hashlib

from adapter.access import Action, Context, Entity, EventType, Resource
from adapter.model.moments import day_of
from adapter.model.sources import RecordKey
from adapter.service.access.visible import Visible
from adapter.service.guard import Guard
from adapter.service.links.pregnancies import PREGNANCY, Pregnancies
from adapter.service.links.women import WOMAN
from adapter.service.port import UnknownPregnancyError
from adapter.service.rooms import Rooms


class StoredChanges:
    """Implements `service.origin.Changes` over the store."""

    def __init__(self, rooms: Rooms, pregnancies: Pregnancies, visible: Visible) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self._visible = visible
        self._pregnancies = pregnancies

    def watch(self, ctx: Context, pregnancy: str) -> frozenset[RecordKey] | None:
        """Policy and audit, once for as long as is watched: the records of which news may be told, None for all.

        Raises `UnknownPregnancyError`, `DeniedError`.
        """
        grant = self._guard.allowed(ctx, Action.READ, Resource.CARE_PATH)
        lens = self._visible.look(ctx, pregnancy)
        if not self._rooms.store.links(PREGNANCY, targets=[pregnancy]):
            raise UnknownPregnancyError(pregnancy)
        entities = [Entity("pregnancy", pregnancy)]
        self._guard.record(ctx, EventType.READ, Action.READ, grant, entities, subtype="watch")
        return None if lens is None else lens.seen.allowed

    def narrowed(self, ctx: Context, pregnancy: str) -> frozenset[RecordKey] | None:
        """What may be told now, while it is watched. Raises `UnknownPregnancyError`, `DeniedError`."""
        self._guard.allowed(ctx, Action.READ, Resource.CARE_PATH)
        lens = self._visible.look(ctx, pregnancy)
        return None if lens is None else lens.seen.allowed

    def anything(self) -> str:
        """A text that changes whenever the store got anything new."""
        return ".".join(str(position) for position in self._rooms.store.positions())

    def of(self, pregnancy: str, only: frozenset[RecordKey] | None = None) -> str:
        """A text that changes whenever what is known of this pregnancy (in these records) does, and at midnight."""
        store = self._rooms.store
        dossiers = store.links(PREGNANCY, targets=[pregnancy])
        owners = store.links(WOMAN, records=[RecordKey(r.source, r.woman) for r in dossiers if r.woman])
        women = sorted({r.target for r in owners if r.target})
        records = [record for woman in women for record in self._pregnancies.records_of(woman)]
        if only is not None:
            records = [record for record in records if record in only]
            dossiers = [r for r in dossiers if RecordKey(r.source, r.woman or "") in only]
            owners = [r for r in owners if RecordKey(r.source, r.reference) in only]
        seen: list[object] = [day_of(self._rooms.clock())]
        seen += [(r.source, r.reference, r.target, r.made_at) for r in (*dossiers, *owners)]
        seen += [(r, store.stamp(r.source, r.woman)) for r in records]
        seen += [(a.source, a.state, a.at) for a in store.answers_for(records)]
        return hashlib.blake2b(repr(seen).encode(), digest_size=12).hexdigest()
