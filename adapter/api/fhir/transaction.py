"""Transactions and batches (http://hl7.org/fhir/http.html#transaction).

A transaction is whole or absent. So all that can be refused in it is looked at before it is written, what it reads too;
what goes wrong afterwards is told of the entry where it does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from itertools import count

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from adapter import fhir
from adapter.api.fhir import answers, reading
from adapter.api.fhir.answers import Entry
from adapter.api.fhir.bounds import in_bounds
from adapter.api.fhir.conditional import (
    no_query,
    one_found,
    only_of,
    read_condition,
    several,
    until_settled,
)
from adapter.api.fhir.entries import Step, steps_of
from adapter.api.fhir.exchange import ID, Exchange, matches
from adapter.api.fhir.pointing import Made, Names
from adapter.api.fhir.refusals import REFUSALS, fault_of
from adapter.api.fhir.returning import may_return
from adapter.api.fhir.scoping import require
from adapter.api.limits import limits_of
from adapter.fhir import JsonObject
from adapter.model.sources import Media
from adapter.service.endpoint.condition import Condition, OvertakenError, decided
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.pairs import pairs_of
from adapter.service.endpoint.query import Query
from adapter.service.endpoint.served import taken_off
from adapter.service.endpoint.write import Change, new_id
from adapter.store.search import Row

_IF_NONE_EXIST = "request.ifNoneExist"
_TWICE = "the same resource stands twice in this Bundle"


async def process(exchange: Exchange, body: bytes, media: Media, bundle: JsonObject) -> Response:
    """Answer a Bundle of type transaction or batch. Raises `FhirFault`."""
    kind = bundle.get("type")
    if kind not in ("transaction", "batch"):
        raise bad("the type of the Bundle is transaction or batch", "Bundle.type", "value")
    most, times = limits_of(exchange.request).entries, count()

    def steps() -> list[Step]:
        """As they were sent, at each time: what they hold is changed."""
        given = fhir.read_exact(body, media, exchange.version) if next(times) else bundle
        return steps_of(given, exchange.version, most)

    async def once() -> list[Entry]:
        run = _Run(exchange, await run_in_threadpool(steps), whole=kind == "transaction")
        return await run.done()

    entries = await until_settled(once)
    return answers.respond(exchange, answers.bundle(exchange, f"{kind}-response", entries, ()))


class _Run:
    """One pass over the entries. Raises `OvertakenError` where something else was written meanwhile."""

    def __init__(self, exchange: Exchange, steps: list[Step], *, whole: bool) -> None:
        self._exchange = exchange
        self._steps = steps
        self._whole = whole
        self._names = Names()
        self._kept = False
        self._upto = 0
        self._sought: dict[tuple[str, frozenset[tuple[str, str]]], Step] = {}

    async def done(self) -> list[Entry]:
        """Resolve who is meant, write what is to be written, then read what is to be read."""
        for step in self._steps:
            await self._guarded(step, self._prepare)
        if self._whole:
            for step in sorted(self._steps, key=lambda s: s.method == "PUT"):
                await self._guarded(step, self._single)
        self._distinct()
        for step in self._steps:
            await self._guarded(step, self._name)
        for step in self._steps:
            await self._guarded(step, self._point)
        todo = [step for step in self._steps if step.writes]
        if todo:
            if self._whole:
                for step in self._steps:
                    await self._guarded(step, self._foresee)
            await self._write(todo)
        for step in self._steps:
            await self._guarded(step, self._answer)
        return [self._entry(step) for step in self._steps]

    async def _guarded(self, step: Step, do: Callable[[Step], Awaitable[None]]) -> None:
        """Do this with an entry. What is refused ends a transaction, until that is written."""
        if step.fault is not None:
            return
        try:
            await do(step)
        except FhirFault as fault:
            step.fault = step.told(fault)
            if self._whole and not self._kept:
                raise step.fault from None
        except REFUSALS as error:
            if self._whole and not self._kept:
                raise
            step.fault = step.told(fault_of(error))

    async def _prepare(self, step: Step) -> None:
        if step.method not in ("GET", "POST", "PUT"):
            raise FhirFault(405, "not-supported", "in a Bundle the methods are GET, POST and PUT", "request.method")
        path, _, query = step.url.removeprefix(f"{self._exchange.base}/").lstrip("/").partition("?")
        kind, _, id = path.partition("/")
        if step.method == "GET":
            await self._prepare_read(step, kind, id, query)
        else:
            await self._prepare_write(step, kind, id, query)

    # What is read.

    async def _prepare_read(self, step: Step, kind: str, id: str, query: str) -> None:
        step.kind, step.id = kind, id
        if ID.fullmatch(id):
            await require(self._exchange, kind, "r")
        elif kind and not id:
            await require(self._exchange, kind, "s")
            step.asked = reading.asked(self._searching(step, query))
        else:
            raise FhirFault(
                404, "not-supported", "in a Bundle GET reads [type]/[id] or searches [type]?…", "request.url"
            )

    def _searching(self, step: Step, query: str = "") -> Exchange:
        """The search of an entry as if it had come by itself. It goes into the Bundle as JSON."""
        pairs = in_bounds(self._exchange.request, pairs_of(query, "request.url"), listing=True)
        return replace(self._exchange, kind=step.kind, id="", pairs=pairs, media=Media.JSON)

    async def _foresee(self, step: Step) -> None:
        """What would be refused when it is read, is refused before anything is written."""
        endpoint, caller = self._exchange.endpoint, self._exchange.caller
        if step.asked is not None:
            await run_in_threadpool(endpoint.search, caller, *step.asked, "")
        elif step.method != "GET":
            return
        elif step.reference in self._changing:
            await run_in_threadpool(endpoint.reading, caller.context)
        else:
            await run_in_threadpool(endpoint.read, caller, step.kind, step.id)

    async def _read(self, step: Step) -> None:
        exchange = self._exchange
        if step.asked is not None:
            step.page = await reading.page(self._searching(step), *step.asked)
            return
        found = await run_in_threadpool(exchange.endpoint.read, exchange.caller, step.kind, step.id)
        await exchange.service.audit.record(found.events)
        step.found = found.rows[0]
        known = step.request.get("ifNoneMatch")
        step.shown = not (isinstance(known, str) and matches(known, answers.tag_of(step.found)))

    # What is written.

    async def _name(self, step: Step) -> None:
        if step.method != "GET":
            self._names.learn(step)

    async def _prepare_write(self, step: Step, kind: str, id: str, query: str) -> None:
        if step.resource is None:
            raise bad("this needs a resource", "resource", "required")
        if kind not in self._exchange.service.writer(self._exchange.version).types():
            raise FhirFault(404, "not-supported", "this resource type is not served here; see metadata", "request.url")
        if step.resource.get("resourceType") != kind:
            raise bad("the url names another type than the resource", "resource.resourceType", "value")
        if query and (id or step.method == "POST"):
            no_query((name for name, _ in pairs_of(query, "request.url")), "request.url")
        taken_off(step.resource)
        await require(self._exchange, kind, "c" if step.method == "POST" else "u")
        step.kind = kind
        if step.method == "POST":
            await self._prepare_create(step)
        elif id:
            if not ID.fullmatch(id) or step.own != id:
                raise bad("the id in the resource is that of the url", "resource.id", "value")
            step.id, step.expected = id, _expected(step)
        elif query:
            await self._prepare_found(step, query)
        else:
            raise bad("PUT names an id or a search", "request.url", "value")

    async def _prepare_create(self, step: Step) -> None:
        step.id, step.expected, step.renamed = new_id(), 0, True
        text = step.request.get("ifNoneExist")
        if isinstance(text, str) and text:
            query = read_condition(self._exchange, step.kind, text.partition("?")[2] or text, _IF_NONE_EXIST)
            step.found = await self._seek(step, query, _IF_NONE_EXIST)
            step.id = step.found.id if step.found is not None else step.id

    async def _prepare_found(self, step: Step, text: str) -> None:
        query = read_condition(self._exchange, step.kind, text, "request.url")
        found = await self._seek(step, query, "request.url")
        if found is None:
            step.id = step.own if isinstance(step.own, str) and ID.fullmatch(step.own) else new_id()
        elif step.own in (None, found.id):
            step.id = found.id
        else:
            raise bad("the id in the resource is not that of what was found", "resource.id", "value")
        step.expected, step.renamed = _expected(step), step.own != step.id

    async def _seek(self, step: Step, query: Query, where: str) -> Row | None:
        row, step.condition = await one_found(self._exchange, query, where, self._upto)
        self._upto = step.condition.upto
        return row

    async def _single(self, step: Step) -> None:
        """What a transaction would make only once, it makes once: a create that is to be done once finds what another
        entry makes; that two updates come to one resource is refused.
        """
        if step.condition is None or step.condition.found is not None:
            return
        query = step.condition.query
        sought = step.kind, frozenset(query.echo)
        others = [self._sought[sought]] if sought in self._sought else self._made.meeting(query)
        turn = (step.method == "PUT", step.at)  # FHIR: what is posted goes first
        others = [s for s in others if s is not step and (s.method == "PUT" or (False, s.at) < turn)]
        if not others:
            self._sought[sought] = step
            return
        if step.method == "PUT":
            raise bad(_TWICE, "request.url", "duplicate")
        if len(others) > 1:
            raise several(_IF_NONE_EXIST)
        step.first = others[0]
        step.id = step.first.id

    def _distinct(self) -> None:
        seen: set[tuple[str, str]] = set()
        for step in self._steps:
            if not step.writes:
                continue
            if (step.kind, step.id) in seen:
                step.fault = bad(_TWICE, f"{step.where}.request.url", "duplicate")
                if self._whole:
                    raise step.fault
            seen.add((step.kind, step.id))

    async def _point(self, step: Step) -> None:
        """References to others in this Bundle, and references by search, become references to what is kept."""
        if not step.writes or step.resource is None:
            return
        searched: dict[str, str] = {}
        for path, text in list(fhir.references(step.resource)):
            if "?" in text and not text.startswith(("#", "urn:")) and text not in searched:
                known = self._names.references.get(text)
                searched[text] = known or await self._by_search(text, f"resource.{path}")
        self._names.references.update(searched)
        if step.renamed:
            step.resource = only_of(step.resource, step.id)
        names = self._names if self._whole or step.renamed else Names(searched)
        names.put_in(step.resource)

    async def _by_search(self, text: str, where: str) -> str:
        """What a reference by search means: a resource that is there, or that this transaction makes."""
        kind, _, asked = text.removeprefix(f"{self._exchange.base}/").partition("?")
        if kind not in self._exchange.service.writer(self._exchange.version).types():
            raise bad("a reference by search names a type that is served here", where, "value")
        query = read_condition(self._exchange, kind, asked, where)
        row, _ = await one_found(self._exchange, query, where, self._upto)
        found = {s.reference for s in self._made.meeting(query)} if self._whole else set[str]()
        if row is not None and not (self._whole and decided(query) and row.reference in self._changing):
            found.add(row.reference)
        if len(found) > 1:
            raise several(where)
        if not found:
            raise FhirFault(412, "not-found", "a reference by search finds nothing", where)
        return found.pop()

    @cached_property
    def _made(self) -> Made:
        return Made((step for step in self._steps if step.writes), self._exchange.version)

    @cached_property
    def _changing(self) -> set[str]:
        """What is as this transaction leaves it."""
        return {step.reference for step in self._steps if step.writes}

    async def _write(self, steps: list[Step]) -> None:
        if not self._whole:
            for step in steps:
                await self._guarded(step, self._write_alone)
            return
        conditions = [step.condition for step in self._steps if step.condition is not None]
        await self._keep(steps, conditions)
        for step in self._steps:
            if step.first is not None and step.first.written is not None:
                step.found = step.first.written.row

    async def _write_alone(self, step: Step) -> None:
        """One of a batch, which may find what one before it made."""

        async def once() -> None:
            if not step.writes:
                return
            try:
                await self._keep([step], [step.condition] if step.condition is not None else [])
            except OvertakenError:
                self._upto = 0
                await self._prepare(step)
                await self._name(step)
                await self._point(step)
                raise

        await until_settled(once)

    async def _keep(self, steps: Sequence[Step], conditions: Sequence[Condition]) -> None:
        writer = self._exchange.service.writer(self._exchange.version)
        written, events = await writer.write(self._exchange.caller, [_change(step) for step in steps], conditions)
        self._kept = True
        for step, one in zip(steps, written, strict=True):
            step.written = one
        await self._exchange.service.audit.record(events)

    # What is answered.

    async def _answer(self, step: Step) -> None:
        if step.method == "GET":
            await self._read(step)
        elif self._exchange.prefer("return") == "representation":
            await self._show(step)

    async def _show(self, step: Step) -> None:
        """What was sent is given back; what was there already is read."""
        row = step.written.row if step.written is not None else step.found
        if step.written is not None and step.written.changed:
            step.shown = True
        elif row is not None:
            with suppress(*REFUSALS):  # it is written all the same
                step.shown = await may_return(self._exchange, row)

    def _entry(self, step: Step) -> Entry:
        """What is answered to one entry."""
        if step.fault is not None:
            outcome = answers.outcome_of(step.fault)
            return Entry(
                None, None, None, None, (("response", {"status": str(step.fault.status), "outcome": outcome}),)
            )
        if step.page is not None:
            xml = self._exchange.media is Media.XML
            whole = fhir.read_exact(step.page, Media.JSON, self._exchange.version) if xml else None
            return Entry(None, None, None if xml else step.page, whole, (("response", {"status": "200 OK"}),))
        row = step.written.row if step.written is not None else step.found
        if row is None:  # pragma: no cover - a step has one or the other
            raise AssertionError("a step without an outcome")
        public = self._exchange.endpoint.served.id(row, self._exchange.caller)
        response = {
            "status": _status(step),
            "location": f"{row.type}/{public}/_history/{row.seq}",
            "etag": answers.tag_of(row),
            "lastModified": row.received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        full = self._exchange.address(row.type, public)
        return Entry(full, row if step.shown else None, None, None, (("response", response),))


def _status(step: Step) -> str:
    if step.method == "GET":
        return "200 OK" if step.shown else "304 Not Modified"
    return "201 Created" if step.written is not None and step.written.created else "200 OK"


def _expected(step: Step) -> int | None:
    """The version at which it must be: by ifMatch; by ifNoneMatch it must not be there."""
    if str(step.request.get("ifNoneMatch", "")).strip() == "*":
        return 0
    text = step.request.get("ifMatch")
    if not isinstance(text, str):
        return None
    plain = text.removeprefix("W/").strip('"')
    if not (plain.isascii() and plain.isdigit()) or len(plain) > 18:
        raise FhirFault(412, "conflict", 'ifMatch holds one version: W/"3"', "request.ifMatch")
    return int(plain)


def _change(step: Step) -> Change:
    resource = step.resource or {}
    body = fhir.to_json(resource)
    return Change(step.kind, step.id, body, Media.JSON, resource, step.expected, f"{step.where}.resource")
