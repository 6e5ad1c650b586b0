"""The stored resource behind a value: policy, lookup, audit."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from adapter.access import Action, Context, Entity, EventType, Resource
from adapter.model.evidence import Evidence
from adapter.model.moments import day_of
from adapter.service.access.lens import Lens
from adapter.service.access.visible import Visible
from adapter.service.guard import Guard
from adapter.service.origin import MOST, Original, VersionNote, evidence_in, key_of
from adapter.service.rooms import Rooms
from adapter.service.views import Views


class StoredOrigins:
    """Implements `service.origin.Origins` over the store."""

    def __init__(self, rooms: Rooms, views: Views, visible: Visible) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self._visible = visible
        self._views = views

    def originals(
        self,
        ctx: Context,
        pregnancy: str,
        keys: Collection[str],
        *,
        as_of: date | None = None,
        known_at: datetime | None = None,
    ) -> list[Original]:
        """What stands behind the evidence with these keys. Raises `UnknownPregnancyError`, `DeniedError`."""
        now = self._rooms.clock()
        grant = self._guard.allowed(ctx, Action.READ, Resource.SOURCE_RESOURCE, Resource.CARE_PATH)
        lens = self._visible.look(ctx, pregnancy, known_at)
        path = self._views.view(pregnancy, as_of or day_of(now), known_at, now, lens).path
        wanted = list(dict.fromkeys(keys))[:MOST]
        held = {key: e for e in evidence_in(path) if (key := key_of(e)) in wanted}
        found = [self._original(held[key], known_at, lens, pregnancy) for key in wanted if key in held]
        entities = [Entity("pregnancy", pregnancy)]
        entities += [Entity("resource", f"{o.evidence.source}:{o.evidence.reference}") for o in found]
        checks = lens.seen.checks({o.evidence.source for o in found}) if lens is not None else ()
        patient = path.woman.id
        self._guard.record(ctx, EventType.READ, Action.READ, grant, entities, patient=patient, checks=checks)
        return found

    def _original(self, evidence: Evidence, known_at: datetime | None, lens: Lens | None, pregnancy: str) -> Original:
        held = self._rooms.store.history(evidence.source, evidence.reference) if "/" in evidence.reference else []
        then = [v for v in held if known_at is None or v.received_at <= known_at]
        if lens is not None:  # an older version may have stood in another woman's record
            then = [v for v in then if lens.reads(v)]
        stored = next((v for v in then if v.version == evidence.version), None)
        setup = self._rooms.sources.get(evidence.source)
        name = (setup.info.organisation.name if setup else None) or evidence.source
        return Original(evidence, name, stored, tuple(VersionNote(v.version, v.received_at) for v in then))
