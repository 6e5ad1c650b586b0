"""The stored resource behind a value: policy, lookup, audit."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from adapter.access import Action, Context, DeniedError, Entity, EventType, Resource
from adapter.model.evidence import Evidence
from adapter.model.moments import day_of
from adapter.service.origin import MOST, Original, VersionNote, evidence_in, key_of
from adapter.service.rooms import Rooms
from adapter.service.views import Views


class StoredOrigins:
    """Implements `service.origin.Origins` over the store."""

    def __init__(self, rooms: Rooms, views: Views) -> None:
        self._rooms = rooms
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
        try:
            grant = self._rooms.policy.require(ctx, Action.READ, Resource.SOURCE_RESOURCE, Resource.CARE_PATH)
        except DeniedError as error:
            self._rooms.audit.denied(ctx, error, now, self._rooms.policy)
            raise
        path = self._views.view(pregnancy, as_of or day_of(now), known_at, now).path
        wanted = list(dict.fromkeys(keys))[:MOST]
        held = {key: e for e in evidence_in(path) if (key := key_of(e)) in wanted}
        found = [self._original(held[key], known_at) for key in wanted if key in held]
        entities = [Entity("pregnancy", pregnancy)]
        entities += [Entity("resource", f"{o.evidence.source}:{o.evidence.reference}") for o in found]
        log = self._rooms.audit
        log.record(
            log.event(ctx, EventType.READ, Action.READ, now, patient=path.woman.id, entities=entities, grant=grant)
        )
        return found

    def _original(self, evidence: Evidence, known_at: datetime | None) -> Original:
        held = self._rooms.store.history(evidence.source, evidence.reference) if "/" in evidence.reference else []
        then = [v for v in held if known_at is None or v.received_at <= known_at]
        stored = next((v for v in then if v.version == evidence.version), None)
        setup = self._rooms.sources.get(evidence.source)
        name = (setup.info.organisation.name if setup else None) or evidence.source
        return Original(evidence, name, stored, tuple(VersionNote(v.version, v.received_at) for v in then))
