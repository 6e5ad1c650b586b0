"""The FHIR endpoint of both versions, as the doors get it."""

from __future__ import annotations

from datetime import datetime

from adapter.access import Context
from adapter.model.sources import FhirVersion, RecordKey
from adapter.service.access.reach import Reach
from adapter.service.access.rows import RowScope
from adapter.service.bounds import Notices
from adapter.service.endpoint.audit import AuditQueue
from adapter.service.endpoint.dossier import Dossiers
from adapter.service.endpoint.endpoint import FhirEndpoint
from adapter.service.endpoint.names import Names
from adapter.service.endpoint.scope import Caller
from adapter.service.endpoint.subscriptions import Notifier
from adapter.service.endpoint.telling import Telling
from adapter.service.endpoint.turn import Turn
from adapter.service.endpoint.write import Settle, Writer
from adapter.service.intake import Checker
from adapter.service.rooms import Rooms


class FhirService:
    """Both versions, over one store. `settle` does the work that follows from what was written."""

    def __init__(
        self,
        rooms: Rooms,
        checker: Checker,
        settle: Settle,
        reach: Reach | None = None,
        notices: Notices | None = None,
        *,
        open: bool = True,
    ) -> None:
        self._reach = reach or Reach(rooms)
        self.store = rooms.store
        self._search = rooms.store.search
        self.sources = tuple(sorted({*rooms.sources, *rooms.store.sources()}))
        self.audit = AuditQueue(rooms.audit, rooms.store.audit_pen())
        self.turn = Turn(self._search)
        names = Names(self._search, self.sources)
        self._endpoints = {version: FhirEndpoint(rooms, version, names) for version in FhirVersion}
        self.notifier = Notifier(rooms, self.endpoint, self.caller, notices or Notices(), open=open)
        self._telling = Telling(self.notifier.tell)

        async def settled() -> None:
            await settle()
            self._telling.soon()  # who wrote does not wait for who is told

        self._writers = {v: Writer(rooms, e, checker, settled) for v, e in self._endpoints.items()}

    def endpoint(self, version: FhirVersion) -> FhirEndpoint:
        """The endpoint of one version."""
        return self._endpoints[version]

    def dossiers(self, version: FhirVersion) -> Dossiers:
        """What belongs together, in one version."""
        return Dossiers(self._endpoints[version], self._search)

    def writer(self, version: FhirVersion) -> Writer:
        """What writes to one version."""
        return self._writers[version]

    async def aclose(self) -> None:
        """Wait for what was begun."""
        for writer in self._writers.values():
            await writer.aclose()
        await self._telling.aclose()

    def caller(self, context: Context, source: str | None = None, woman: RecordKey | None = None) -> Caller:
        """Who asks, narrowed to what they may see. `source`, `woman`: what their token says of them."""
        scope = RowScope(self._reach, self._search, context)
        records = frozenset(self.linked(woman)) if woman is not None else None
        reached = scope.reached if records is None else lambda: records
        return Caller(context, source, woman, records, scope.sees, scope.checks, scope.reaches, reached)

    def linked(self, record: RecordKey) -> list[RecordKey]:
        """The records of the same woman, this one among them."""
        return self._search.linked_to(record)

    def last_position(self) -> int:
        """The position of the newest version."""
        return self._search.last_position()

    def position_before(self, at: datetime) -> int:
        """The position of the last version that came before `at`."""
        return self._search.position_before(at)

    def seal(self, text: bytes) -> str:
        """A text that only this installation can open, fit for an address."""
        return self._search.seal(text)

    def unseal(self, sealed: str) -> bytes | None:
        """What `seal` closed; None for anything else."""
        return self._search.unseal(sealed)
