"""Take in what a registered source sends by itself, through the same intake as a pull."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from adapter import facts, fhir, linking
from adapter.access import Action, AuditEvent, EventType, Resource
from adapter.fhir import JsonObject
from adapter.model.sources import FhirVersion, Media, Received, RecordKey, StoredVersion
from adapter.service.endpoint.condition import Condition, Conditions
from adapter.service.endpoint.endpoint import FhirEndpoint
from adapter.service.endpoint.fault import FhirFault
from adapter.service.endpoint.owners import Arrival, Owners
from adapter.service.endpoint.parameters import types
from adapter.service.endpoint.query import Query
from adapter.service.endpoint.scope import Caller
from adapter.service.intake import Checker, Intake
from adapter.service.rooms import Rooms
from adapter.store import ConflictError, VersionConflictError
from adapter.store.search import Row

_GATHER = 0.3
"""Seconds that what follows from a write waits for more writes: a dossier often comes in pieces."""
_MOST = 3.0
"""Seconds that it waits in all, while more keeps coming."""

Settle = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Change:
    """One resource to write under an id. `at`: the version it must be at (0: not there), None: whichever.

    `where`: where in the request it stands, for what is said about it.
    """

    kind: str
    id: str
    body: bytes
    media: Media
    resource: JsonObject
    at: int | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a change: the version that stands now, and whether it was made, changed or the same already."""

    row: Row
    created: bool
    changed: bool


class Writer:
    """Writes to one version of the endpoint."""

    def __init__(self, rooms: Rooms, endpoint: FhirEndpoint, checker: Checker, settle: Settle) -> None:
        self._rooms = rooms
        self._endpoint = endpoint
        self._checker = checker
        self._settle = settle
        self._conditions = Conditions(rooms.store, endpoint.searcher)
        self._settling: asyncio.Task[object] | None = None
        self._again = False
        self._last = 0.0

    def source_of(self, caller: Caller) -> str:
        """The registered source as which this caller sends. Raises `FhirFault` (403), `DeniedError`."""
        self._endpoint.allowed(caller.context, Action.CREATE)
        if caller.source is None or caller.source not in self._rooms.sources:
            text = "only a registered source may send data: identify as one (see the documentation)"
            raise FhirFault(403, "forbidden", text)
        spoken = self._rooms.sources[caller.source].info.fhir_version
        if spoken is not None and spoken is not self._endpoint.version:
            raise FhirFault(403, "forbidden", f"this source is registered for FHIR {spoken.value}; use that endpoint")
        return caller.source

    def types(self) -> Sequence[str]:
        """What can be sent."""
        return types(self._endpoint.version)

    async def ask(self, caller: Caller, query: Query, upto: int = 0) -> tuple[list[Row], Condition]:
        """What a condition finds of what this caller sent: see `Conditions.ask`. Raises `FhirFault`, `DeniedError`."""
        return await asyncio.to_thread(self._conditions.ask, caller, self.source_of(caller), query, upto)

    async def write(
        self, caller: Caller, changes: Sequence[Change], conditions: Sequence[Condition] = ()
    ) -> tuple[list[Written], tuple[AuditEvent, ...]]:
        """Write all of it, or nothing. Gives what became of each, and the audit events that must be durable first.

        Raises `FhirFault`: 412 where a version is not the one expected, 422 for what is no valid resource. Raises
        `OvertakenError` where one of the conditions, on which the changes rest, finds something else by now.
        """
        source = self.source_of(caller)
        owners = Owners(self._rooms.store, source, self._endpoint.version)
        arrivals = [Arrival(c.kind, c.id, c.body, c.media, c.resource, c.where) for c in changes]
        woman = caller.woman.woman if caller.woman is not None and caller.woman.source == source else None
        intake = Intake(self._rooms, self._checker, source)
        expected = {(c.kind, c.id): c.at for c in changes if c.at is not None}
        hold = partial(self._conditions.hold, caller, source, conditions) if conditions else None

        def at_once() -> tuple[bool, list[Written]]:
            ready = intake.checked_here(owners.place(arrivals, woman))
            _refuse(changes, ready, self._endpoint.version)
            with self._rooms.store.unit():  # waits for the disk once
                new = intake.keep_here(ready, expected, hold)
                self._index(new)
            return bool(new), self._outcome(source, changes, new)

        try:
            if len(changes) <= intake.few:
                fresh, written = await asyncio.to_thread(at_once)
            else:
                ready = await intake.checked(await asyncio.to_thread(owners.place, arrivals, woman))
                _refuse(changes, ready, self._endpoint.version)
                new = await intake.keep(ready, expected, hold)
                await asyncio.to_thread(self._index, new)
                fresh, written = bool(new), await asyncio.to_thread(self._outcome, source, changes, new)
        except VersionConflictError as error:
            raise _unexpected(changes, error) from None
        except ConflictError:
            raise FhirFault(412, "conflict", "it changed at this same moment: read it again") from None
        rows = [w.row for w in written if w.changed]
        grant = self._endpoint.allowed(caller.context, Action.CREATE, Resource.SOURCE_RESOURCE)
        events = self._endpoint.seen(
            caller.context, EventType.RECEIVE, rows, grant, query=f"resources={len(rows)}", action=Action.CREATE
        )
        if fresh:
            self._nudge()
        return written, events if rows else ()

    def _outcome(self, source: str, changes: Sequence[Change], new: Sequence[StoredVersion]) -> list[Written]:
        search = self._rooms.store.search
        fresh = {(v.received.type, v.received.id): v for v in new}
        upto = search.last_position()
        written = []
        for change in changes:
            row = search.current(source, change.kind, change.id, upto)
            if row is None:
                raise _removed(change.where)
            mine = fresh.get((change.kind, change.id))
            written.append(Written(row, mine is not None and mine.seq == 1, mine is not None))
        return written

    def _index(self, new: Sequence[StoredVersion]) -> None:
        """A woman who is new is found by BSN at once, not only after she was linked."""
        store = self._rooms.store
        for version in new:
            if version.received.type != "Patient" or version.received.woman != version.received.reference:
                continue
            info = self._rooms.sources[version.received.source].info
            record = RecordKey(info.id, version.received.reference)
            if store.search.woman_of(record) is None:
                store.index(record, linking.tokens(facts.person(version, info)))

    def _nudge(self) -> None:
        """Have what follows from it done soon, once for all that is written meanwhile."""
        self._last = time.monotonic()
        if self._settling is not None and not self._settling.done():
            self._again = True
            return
        self._settling = asyncio.create_task(self._soon())

    async def _soon(self) -> None:
        while True:
            await self._quiet()
            self._again = False
            await self._settle()
            if not self._again:
                return

    async def _quiet(self) -> None:
        """Wait until nothing was written for a moment, or long enough."""
        until, rest = time.monotonic() + _MOST, _GATHER
        while rest > 0:
            await asyncio.sleep(rest)
            rest = min(self._last + _GATHER, until) - time.monotonic()

    async def aclose(self) -> None:
        """Wait for what was begun."""
        if self._settling is not None:
            await asyncio.gather(self._settling, return_exceptions=True)


def new_id() -> str:
    """An id for a resource that came without."""
    return str(uuid.uuid4())


def _unexpected(changes: Sequence[Change], error: VersionConflictError) -> FhirFault:
    """What to say where one of them is not at the version that it must be at."""
    change = next(c for c in changes if (c.kind, c.id) == (error.type, error.id))
    where = change.where.removesuffix(".resource") if change.where.startswith("Bundle.") else ""
    if error.stands is None:
        return _removed(change.where)
    if not error.expected:
        text = f'it exists already, at version W/"{error.stands}", and is to be made only where it does not'
        return FhirFault(412, "conflict", text, where or "http.If-None-Match")
    text = "there is nothing here: send it without If-Match (ifMatch) to make it"
    if error.stands:
        text = f'it stands at version W/"{error.stands}" now, and that is not the one you expect; read it again'
    return FhirFault(412, "conflict", text, where or "http.If-Match")


def _removed(where: str) -> FhirFault:
    text = "this record was removed and is not kept again without a new consent"
    return FhirFault(409, "business-rule", text, where or None)


def _refuse(changes: Sequence[Change], ready: Sequence[Received], version: FhirVersion) -> None:
    """Nothing is kept where one of them is no valid resource, or has a status or other code that FHIR does not know."""
    for change, received in zip(changes, ready, strict=False):  # what moves along comes behind them
        if received.problem:
            path = fhir.path_of(received.problem)
            inner = path.partition(".")[2] if path.startswith(change.kind + ".") else ""
            where = change.where or change.kind
            raise FhirFault(422, "structure", received.problem, f"{where}.{inner}" if inner else where)
        if wrong := fhir.wrong_code(change.resource, version):
            text = f"{change.kind}.{wrong.path} is no code of its value set. Send one of: {', '.join(wrong.allowed)}."
            raise FhirFault(422, "code-invalid", text, f"{change.where or change.kind}.{wrong.path}")
