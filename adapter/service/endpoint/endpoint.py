"""The FHIR endpoint as the doors reach it: read, search, history. Writing stands in `fhir_write`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from adapter.access import Action, AuditEvent, Context, Entity, EventType, Grant, Resource
from adapter.model.sources import FhirVersion, RecordKey
from adapter.service.endpoint.fault import FhirFault, not_found
from adapter.service.endpoint.names import Names
from adapter.service.endpoint.parameters import types
from adapter.service.endpoint.query import Query
from adapter.service.endpoint.scope import Caller, Checks
from adapter.service.endpoint.search import Place, Result, Searcher
from adapter.service.endpoint.served import Served
from adapter.service.guard import Guard
from adapter.service.rooms import Rooms
from adapter.store.search import Row

_STEP, _STEPS = 100, 5000
"""Versions that are looked at together, to find those that a reader may see: at first, and where few are theirs."""
_OPENED = 5000
"""Versions that are opened for one page, where a token leaves little of them."""
_GONE = "this resource was set aside as invalid when it was received"


@dataclass(frozen=True, slots=True)
class Answered:
    """What a question gave, and the audit events that must be durable before it is sent. `following`: up to which
    position the next page goes, None where there is none.
    """

    rows: tuple[Row, ...]
    events: tuple[AuditEvent, ...]
    following: int | None = None


class FhirEndpoint:
    """One FHIR version. Synchronous; every method asks the policy, and gives the audit events of what it read."""

    def __init__(self, rooms: Rooms, version: FhirVersion, names: Names) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self.version = version
        self.names = names
        self.searcher = Searcher(rooms.store, names, version)
        titles = {source: setup.info.organisation.name or setup.info.name for source, setup in rooms.sources.items()}
        self.served = Served(names, titles, version)

    def read(self, caller: Caller, kind: str, id: str, seq: int | None = None) -> Answered:
        """The latest version of a resource, or version `seq` of it. Raises `FhirFault` (404), `DeniedError`."""
        grant = self.allowed(caller.context, Action.READ)
        row = self._current(caller, kind, id)
        if seq is not None and row.seq != seq:
            older = self._rooms.store.search.version_of(row.source, kind, row.id, seq)
            if older is None or not caller.sees(older):
                raise not_found(f"no such version of this {kind}", "http.version")
            row = older
        return Answered((row,), self._seen(caller, EventType.READ, [row], grant))

    def history(self, caller: Caller, kind: str, id: str) -> Answered:
        """Every version of a resource, newest first. Raises `FhirFault` (404), `DeniedError`."""
        grant = self.allowed(caller.context, Action.READ)
        row = self._current(caller, kind, id)
        rows = [r for r in self._rooms.store.search.all_versions(row.source, kind, row.id) if caller.sees(r)]
        return Answered(
            tuple(rows), self.seen(caller.context, EventType.READ, rows, grant, checks=caller.checks, query="_history")
        )

    def changes(self, caller: Caller, kind: str | None, after: int, upto: int, most: int) -> Answered:
        """A page of versions of all resources (of one type) behind `after` up to `upto`, newest first. It may hold
        fewer than `most` where another follows. Raises `DeniedError`.
        """
        grant = self.allowed(caller.context, Action.READ)
        found: list[Row] = []
        search, step = self._rooms.store.search, max(most + 1, _STEP)
        reached: Collection[RecordKey] | None = None
        opened, following = 0, None
        while following is None:
            if reached is None:
                rows = search.named(self.version, kind, after, upto, step)
            else:
                rows = search.named_in(reached, self.version, kind, after, upto, step)
            for near in rows:
                if not caller.names(near) or near.type not in types(self.version):
                    continue
                if len(found) == most or opened == _OPENED:
                    following = near.position
                    break
                opened += 1
                if (row := search.at(near.position)) is not None and caller.sees(row):
                    found.append(row)
            if len(rows) < step:
                break
            upto = rows[-1].position - 1
            if reached is None:  # little of this is theirs: look only there
                reached, step = caller.reached(), _STEPS
        events = self.seen(caller.context, EventType.SEARCH, found, grant, checks=caller.checks, query="_history")
        return Answered(tuple(found), events, following)

    def search(self, caller: Caller, query: Query, place: Place | None, shown: str) -> tuple[Result, Answered]:
        """A page of a search; `shown` is the query as the audit log may hold it. Raises `FhirFault`, `DeniedError`."""
        grant = self.allowed(caller.context, Action.READ)
        result = self.searcher.run(query, caller, place)
        rows = [match.row for match in (*result.matches, *result.included)]
        text = f"{query.kind}?{shown}" if shown else query.kind
        return result, Answered(
            tuple(rows),
            self._seen(caller, EventType.SEARCH, rows, grant, text, len(rows)),
        )

    def reading(self, context: Context) -> Grant:
        """The grant to read what sources sent. Raises `DeniedError`."""
        return self.allowed(context, Action.READ)

    def allowed(self, context: Context, action: Action, what: Resource = Resource.SOURCE_RESOURCE) -> Grant:
        """The grant for this. Raises `DeniedError`, after it was written to the audit log."""
        return self._guard.allowed(context, action, what)

    def seen(
        self,
        context: Context,
        type: EventType,
        rows: Iterable[Row],
        grant: Grant,
        *,
        query: str | None = None,
        found: int | None = None,
        action: Action | None = None,
        checks: Checks | None = None,
    ) -> tuple[AuditEvent, ...]:
        """One event for each woman whose data are among the rows, one for what is about nobody or for nothing found."""
        by_record: dict[tuple[str, str] | None, list[Row]] = {}
        for row in rows:
            by_record.setdefault((row.source, row.woman) if row.woman else None, []).append(row)
        if not by_record:
            by_record[None] = []
        done = action or (Action.EXECUTE if type is EventType.SEARCH else Action.READ)
        at, log, woman_of = self._rooms.clock(), self._rooms.audit, self._rooms.store.search.woman_of
        events = []
        for key, some in by_record.items():
            record = None if key is None else RecordKey(*key)
            events.append(
                log.event(
                    context,
                    type,
                    done,
                    at,
                    patient=None if record is None else woman_of(record),
                    entities=_entities(record, some, found),
                    query=query,
                    grant=grant,
                    checks=() if checks is None else checks(record),
                )
            )
        return tuple(events)

    def _seen(
        self,
        caller: Caller,
        type: EventType,
        rows: Iterable[Row],
        grant: Grant,
        query: str | None = None,
        found: int | None = None,
    ) -> tuple[AuditEvent, ...]:
        return self.seen(caller.context, type, rows, grant, query=query, found=found, checks=caller.checks)

    def _current(self, caller: Caller, kind: str, id: str) -> Row:
        if kind not in types(self.version):
            raise FhirFault(404, "not-supported", "this resource type is not served here; see metadata", "http.type")
        upto = self.names.refresh()
        row = self.names.find(kind, id, caller.source, upto, caller.sees)
        if row is None or row.version != self.version.value:
            raise not_found(f"no {kind} with this id in this FHIR version")
        if not caller.sees(row):
            raise not_found(_GONE if row.problem else f"no {kind} with this id in this FHIR version")
        return row


def _entities(record: RecordKey | None, rows: list[Row], found: int | None) -> list[Entity]:
    """The resources, or, of many, the record and how many."""
    if len(rows) <= 5:
        return [Entity("resource", f"{row.source}:{row.reference}") for row in rows]
    name = f"{record.source}:{record.woman}" if record is not None else ""
    return [Entity("record", name), Entity("resources", str(len(rows) if found is None else found))]
