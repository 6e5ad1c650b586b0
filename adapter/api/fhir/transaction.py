"""Transactions and batches (http://hl7.org/fhir/http.html#transaction)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from adapter import fhir
from adapter.api.fhir import answers, links
from adapter.api.fhir.answers import Entry
from adapter.api.fhir.conditional import no_query, one_found, only_of
from adapter.api.fhir.exchange import ID, Exchange
from adapter.api.fhir.returning import may_return
from adapter.api.fhir.scoping import require
from adapter.api.limits import limits_of
from adapter.fhir import JsonObject
from adapter.model.sources import Media
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.pairs import pairs_of
from adapter.service.endpoint.query import Handling, read_query
from adapter.service.endpoint.served import taken_off
from adapter.service.endpoint.write import Change, Written, new_id
from adapter.store.search import Row

"""Entries in one Bundle."""


@dataclass(slots=True)
class Step:
    """One entry: what is asked, and what came of it."""

    at: int
    method: str
    url: str
    full_url: str | None
    request: JsonObject
    body: bytes | None
    resource: JsonObject | None
    kind: str = ""
    id: str = ""
    renamed: bool = False
    expected: int | None = None
    found: Row | None = None
    written: Written | None = None
    fault: FhirFault | None = None
    shown: bool = False

    @property
    def where(self) -> str:
        """Where it stands in the Bundle."""
        return f"Bundle.entry[{self.at}]"


async def process(exchange: Exchange, body: bytes, media: Media, bundle: JsonObject) -> Response:
    """Answer a Bundle of type transaction or batch. Raises `FhirFault`."""
    kind = bundle.get("type")
    if kind not in ("transaction", "batch"):
        raise bad("the type of the Bundle is transaction or batch", "Bundle.type", "value")
    steps = list(_steps(bundle))
    most = limits_of(exchange.request).entries
    if len(steps) > most:
        text = f"a Bundle has at most {most} entries ([access.limits] entries)"
        raise FhirFault(413, "too-long", text, "Bundle.entry")
    run = _Run(exchange, steps, whole=kind == "transaction")
    await run.do()
    entries = [run.entry(step) for step in steps]
    return answers.respond(exchange, answers.bundle(exchange, f"{kind}-response", entries, ()))


def _steps(bundle: JsonObject) -> Iterator[Step]:
    given = bundle.get("entry")
    for at, entry in enumerate(given if isinstance(given, list) else ()):
        request = entry.get("request") if isinstance(entry, dict) else None
        if not isinstance(request, dict):
            raise bad("every entry has a request", f"Bundle.entry[{at}].request", "required")
        method, url = request.get("method"), request.get("url")
        if not isinstance(method, str) or not isinstance(url, str):
            raise bad("a request has a method and a url", f"Bundle.entry[{at}].request", "required")
        full, resource = entry.get("fullUrl"), entry.get("resource")
        yield Step(
            at,
            method,
            url,
            full if isinstance(full, str) else None,
            request,
            None,
            resource if isinstance(resource, dict) else None,
        )


class _Run:
    def __init__(self, exchange: Exchange, steps: list[Step], *, whole: bool) -> None:
        self._exchange = exchange
        self._steps = steps
        self._whole = whole
        self._names: dict[str, str] = {}

    async def do(self) -> None:
        """Resolve who is meant, write what is to be written, then read what is to be read."""
        writes = [s for s in self._steps if s.method in ("POST", "PUT")]
        for step in self._steps:
            await self._guarded(step, self._prepare)
        self._distinct(writes)
        for step in writes:
            await self._guarded(step, self._point)
        todo = [s for s in writes if s.fault is None and s.found is None]
        if todo:
            await self._write(todo)
        for step in self._steps:
            if step.method == "GET":
                await self._guarded(step, self._read)
            elif self._exchange.prefer("return") == "representation" and step.fault is None:
                await self._shown(step)

    async def _guarded(self, step: Step, do: Any) -> None:
        try:
            await do(step)
        except FhirFault as fault:
            inner = fault.expression if fault.expression and not fault.expression.startswith("http") else "request"
            where = fault.expression if (fault.expression or "").startswith("Bundle.") else f"{step.where}.{inner}"
            told = FhirFault(fault.status, fault.code, fault.text, where)
            if self._whole:
                raise told from None
            step.fault = told

    async def _prepare(self, step: Step) -> None:
        if step.method not in ("GET", "POST", "PUT"):
            raise FhirFault(405, "not-supported", "in a Bundle the methods are GET, POST and PUT", "request.method")
        if step.method == "GET":
            return
        path, _, query = step.url.removeprefix(f"{self._exchange.base}/").lstrip("/").partition("?")
        kind, _, id = path.partition("/")
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
        own = step.resource.get("id")
        if step.method == "POST":
            await self._prepare_create(step)
        elif id:
            if not ID.fullmatch(id) or own != id:
                raise bad("the id in the resource is that of the url", "resource.id", "value")
            step.id, step.expected = id, self._expected(step)
        elif query:
            await self._prepare_found(step, query, own)
        else:
            raise bad("PUT names an id or a search", "request.url", "value")
        self._name(step)

    async def _prepare_create(self, step: Step) -> None:
        condition = step.request.get("ifNoneExist")
        if isinstance(condition, str) and condition:
            pairs = pairs_of(condition.partition("?")[2] or condition, "ifNoneExist")
            step.found = await one_found(self._exchange, step.kind, pairs)
        if step.found is not None:
            step.id = step.found.id
        else:
            step.id, step.expected, step.renamed = new_id(), 0, True

    async def _prepare_found(self, step: Step, query: str, own: object) -> None:
        found = await one_found(self._exchange, step.kind, pairs_of(query, "request.url"))
        if found is not None:
            if own not in (None, found.id):
                raise bad("the id in the resource is not that of what was found", "resource.id", "value")
            step.id = found.id
        else:
            step.id = own if isinstance(own, str) and ID.fullmatch(own) else new_id()
        step.expected, step.renamed = self._expected(step), own != step.id

    def _expected(self, step: Step) -> int | None:
        text = step.request.get("ifMatch")
        if not isinstance(text, str):
            return None
        plain = text.removeprefix("W/").strip('"')
        if not (plain.isascii() and plain.isdigit()) or len(plain) > 18:
            raise FhirFault(412, "conflict", 'ifMatch holds one version: W/"3"', "request.ifMatch")
        return int(plain)

    def _name(self, step: Step) -> None:
        """What others in this Bundle call it."""
        reference = f"{step.kind}/{step.id}"
        if step.full_url:
            self._names[step.full_url] = reference
            relative = fhir.relative(step.full_url)
            if relative is not None and relative != reference:
                self._names[relative] = reference

    def _distinct(self, writes: list[Step]) -> None:
        seen: set[tuple[str, str]] = set()
        for step in writes:
            key = (step.kind, step.id)
            if step.fault is None and step.found is None and key in seen:
                fault = bad("the same resource stands twice in this Bundle", f"{step.where}.request.url", "duplicate")
                if self._whole:
                    raise fault
                step.fault = fault
            seen.add(key)

    async def _point(self, step: Step) -> None:
        """References to others in this Bundle, and conditional references, become references to what is kept."""
        if step.fault is not None or step.resource is None:
            return
        for path, text in list(fhir.references(step.resource)):
            if "?" in text and not text.startswith(("#", "urn:")):
                self._names.setdefault(text, await self._conditional(text, path))
        if not self._whole and not step.renamed:
            return
        if step.renamed:
            step.resource = only_of(step.resource, step.id)
        step.renamed = _rename(step.resource, self._names) or step.renamed

    async def _conditional(self, text: str, path: str) -> str:
        kind, _, query = text.removeprefix(f"{self._exchange.base}/").partition("?")
        if kind not in self._exchange.service.writer(self._exchange.version).types():
            raise bad("a reference by search names a type that is served here", f"resource.{path}", "value")
        found = await one_found(self._exchange, kind, pairs_of(unquote(query), path))
        if found is None:
            raise FhirFault(412, "not-found", "a reference by search finds nothing", f"resource.{path}")
        return found.reference

    async def _write(self, steps: list[Step]) -> None:
        changes = [_change(step) for step in steps]
        writer = self._exchange.service.writer(self._exchange.version)
        if self._whole:
            written, events = await writer.write(self._exchange.caller, changes)
            await self._exchange.service.audit.record(events)
            for step, one in zip(steps, written, strict=True):
                step.written = one
            return
        for step, change in zip(steps, changes, strict=True):
            try:
                one_written, events = await writer.write(self._exchange.caller, [change])
                await self._exchange.service.audit.record(events)
                step.written = one_written[0]
            except FhirFault as fault:
                step.fault = fault

    async def _shown(self, step: Step) -> None:
        """What was sent is given back; what was there already is read."""
        row = step.written.row if step.written is not None else step.found
        sent = step.written is not None and step.written.changed
        step.shown = row is not None and (sent or await may_return(self._exchange, row))

    async def _read(self, step: Step) -> None:
        path, _, query = step.url.removeprefix(f"{self._exchange.base}/").lstrip("/").partition("?")
        parts = path.split("/")
        exchange = self._exchange
        if len(parts) == 2 and ID.fullmatch(parts[1]):
            await require(exchange, parts[0], "r")
            found = await run_in_threadpool(exchange.endpoint.read, exchange.caller, parts[0], parts[1])
            await exchange.service.audit.record(found.events)
            step.found = found.rows[0]
        elif len(parts) == 1 and parts[0]:
            await require(exchange, parts[0], "s")
            pairs = links.opened(exchange, pairs_of(query, "request.url"))
            asked = read_query(parts[0], pairs, exchange.version, Handling.DEFAULT)
            text = "&".join(f"{n}={v}" for n, v in links.hidden(exchange, asked.echo))
            result, seen = await run_in_threadpool(exchange.endpoint.search, exchange.caller, asked, None, text)
            await exchange.service.audit.record(seen.events)
            rows = [(m.row, "match") for m in result.matches] + [(m.row, "include") for m in result.included]
            entries = [
                {
                    "fullUrl": answers.full_url(exchange, row),
                    "resource": exchange.endpoint.served.resource(row, exchange.caller),
                    "search": {"mode": mode},
                }
                for row, mode in rows
            ]
            here = [{"relation": "self", "url": links.self_link(exchange, (asked.kind,), asked.echo)}]
            step.resource = {"resourceType": "Bundle", "type": "searchset", "link": here}
            if result.total is not None:
                step.resource["total"] = result.total
            if entries:
                step.resource["entry"] = entries
        else:
            raise FhirFault(
                404, "not-supported", "in a Bundle GET reads [type]/[id] or searches [type]?…", "request.url"
            )

    def entry(self, step: Step) -> Entry:
        """What is answered to one entry."""
        if step.fault is not None:
            outcome = answers.outcome_of(step.fault)
            return Entry(
                None, None, None, None, (("response", {"status": str(step.fault.status), "outcome": outcome}),)
            )
        if step.method == "GET" and step.found is None:
            return Entry(None, None, None, step.resource, (("response", {"status": "200 OK"}),))
        row = step.written.row if step.written is not None else step.found
        if row is None:  # pragma: no cover - a step has one or the other
            raise AssertionError("a step without an outcome")
        public = self._exchange.endpoint.served.id(row, self._exchange.caller)
        at = row.received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        made = step.written is not None and step.written.created
        response = {
            "status": "201 Created" if made else "200 OK",
            "location": f"{row.type}/{public}/_history/{row.seq}",
            "etag": answers.tag_of(row),
            "lastModified": at,
        }
        wanted = step.method == "GET" or step.shown
        full = self._exchange.address(row.type, public)
        return Entry(full, row if wanted else None, None, None, (("response", response),))


def _change(step: Step) -> Change:
    resource = step.resource or {}
    body = fhir.to_json(resource)
    return Change(step.kind, step.id, body, Media.JSON, resource, step.expected, f"{step.where}.resource")


def _rename(value: Any, names: Mapping[str, str]) -> bool:
    """Put the names in; whether any was."""
    done = False
    if isinstance(value, list):
        for item in value:
            done = _rename(item, names) or done
    elif isinstance(value, dict):
        text = value.get("reference")
        if isinstance(text, str) and text in names:
            value["reference"] = names[text]
            done = True
        for item in value.values():
            if isinstance(item, (dict, list)):
                done = _rename(item, names) or done
    return done
