"""Create, update, and Bundles of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from adapter import fhir
from adapter.api.fhir import answers
from adapter.api.fhir.conditional import (
    condition_of,
    no_query,
    one_found,
    only_of,
    read_condition,
    until_settled,
)
from adapter.api.fhir.exchange import ID, Exchange
from adapter.api.fhir.returning import may_return
from adapter.api.fhir.transaction import process
from adapter.api.limits import deeper, limits_of
from adapter.fhir import JsonObject
from adapter.model.sources import Media
from adapter.service.endpoint.condition import Condition
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.query import Query
from adapter.service.endpoint.served import taken_off
from adapter.service.endpoint.write import Change, Written, new_id
from adapter.store.search import Row

_IF_NONE_EXIST = "http.If-None-Exist"
_NAMES = {
    "application/fhir+json": Media.JSON,
    "application/json+fhir": Media.JSON,
    "application/json": Media.JSON,
    "text/json": Media.JSON,
    "application/fhir+xml": Media.XML,
    "application/xml+fhir": Media.XML,
    "application/xml": Media.XML,
    "text/xml": Media.XML,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """The body of a request."""

    body: bytes
    media: Media
    resource: JsonObject


async def sent(exchange: Exchange) -> Sent:
    """Read the body. Raises `FhirFault`: 415, 400."""
    given = exchange.request.headers.get("content-type", "application/fhir+json")
    media = _NAMES.get(given.split(";")[0].strip().lower())
    if media is None:
        text = "send application/fhir+json or application/fhir+xml"
        raise FhirFault(415, "not-supported", text, "http.Content-Type")
    if exchange.request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise FhirFault(415, "not-supported", "send the body as it is, without compression", "http.Content-Encoding")
    body, deepest = await exchange.request.body(), limits_of(exchange.request).depth

    def read() -> JsonObject:
        resource = fhir.read_exact(body, media, exchange.version)
        if deeper(resource, deepest):
            text = f"nested deeper than {deepest} levels ([access.limits] depth): send it flatter"
            raise FhirFault(400, "too-costly", text, "http.body")
        return resource

    try:
        return Sent(body, media, await run_in_threadpool(read))
    except fhir.FhirError as error:
        raise bad(str(error), "http.body", "structure") from None


async def create(exchange: Exchange) -> Response:
    """Make a resource under an id of ours; with `If-None-Exist` only where none is found."""
    exchange.service.writer(exchange.version).source_of(exchange.caller)
    no_query(exchange.request.query_params, "http")  # `pairs` may hold a page size of ours
    given = await sent(exchange)
    _type(exchange, given)
    text = exchange.request.headers.get("if-none-exist")
    if text is None:
        return await _write(exchange, given, new_id(), at=0, named=None)
    query = read_condition(exchange, exchange.kind, text, _IF_NONE_EXIST)
    return await until_settled(lambda: _create_once(exchange, given, query))


async def _create_once(exchange: Exchange, given: Sent, query: Query) -> Response:
    found, condition = await one_found(exchange, query, _IF_NONE_EXIST)
    if found is not None:
        return await _answer(exchange, Written(found, created=False, changed=False))
    return await _write(exchange, given, new_id(), at=0, named=None, conditions=(condition,))


async def update(exchange: Exchange) -> Response:
    """Make or change a resource under the client's own id."""
    exchange.service.writer(exchange.version).source_of(exchange.caller)
    if not ID.fullmatch(exchange.id):
        raise bad("an id has at most 64 letters, digits, '-' and '.'")
    no_query(exchange.request.query_params, "http")
    given = await sent(exchange)
    _type(exchange, given)
    if given.resource.get("id") != exchange.id:
        raise bad("the id in the resource is that of the address", f"{exchange.kind}.id", "value")
    return await _write(exchange, given, exchange.id, at=_expected(exchange), named=exchange.id)


async def update_by_search(exchange: Exchange) -> Response:
    """Change the one resource that a search finds; where it finds none, make it."""
    exchange.service.writer(exchange.version).source_of(exchange.caller)
    if not exchange.pairs:
        raise bad("say which resource: PUT [type]/[id], or [type]?[search]", "http", "required")
    given = await sent(exchange)
    _type(exchange, given)
    query = condition_of(exchange, exchange.kind, exchange.pairs, "http")
    return await until_settled(lambda: _update_found(exchange, given, query))


async def _update_found(exchange: Exchange, given: Sent, query: Query) -> Response:
    found, condition = await one_found(exchange, query, "http")
    own = given.resource.get("id")
    if found is None:
        id, at = own if isinstance(own, str) and ID.fullmatch(own) else new_id(), _expected(exchange)
        return await _write(
            exchange, given, id, at=0 if at is None and own != id else at, named=own, conditions=(condition,)
        )
    if own not in (None, found.id):
        raise bad("the id in the resource is not that of what was found", f"{exchange.kind}.id", "value")
    return await _write(exchange, given, found.id, at=_expected(exchange), named=own, conditions=(condition,))


async def bundle(exchange: Exchange) -> Response:
    """A transaction or batch."""
    exchange.service.writer(exchange.version).source_of(exchange.caller)
    given = await sent(exchange)
    if given.resource.get("resourceType") != "Bundle":
        raise bad("a Bundle is posted here; another resource goes to its own type", "resourceType", "value")
    return await process(exchange, given.body, given.media, given.resource)


def _type(exchange: Exchange, given: Sent) -> None:
    if given.resource.get("resourceType") != exchange.kind:
        raise bad(f"this address takes a {exchange.kind}", "resourceType", "value")


def _expected(exchange: Exchange) -> int | None:
    if exchange.request.headers.get("if-none-match", "").strip() == "*":
        return 0
    return exchange.expected_version()


async def _write(
    exchange: Exchange,
    given: Sent,
    id: str,
    at: int | None,
    named: object,
    conditions: Sequence[Condition] = (),
) -> Response:
    body, media, resource = given.body, given.media, dict(given.resource)  # it may be written again
    if taken_off(resource) or named != id:
        resource = only_of(resource, id)
        body, media = fhir.to_json(resource), Media.JSON
    change = Change(exchange.kind, id, body, media, resource, at, exchange.kind)
    written, events = await exchange.service.writer(exchange.version).write(exchange.caller, [change], conditions)
    await exchange.service.audit.record(events)
    return await _answer(exchange, written[0])


async def _answer(exchange: Exchange, done: Written) -> Response:
    row: Row = done.row
    headers = answers.headers_of(row)
    address = exchange.address(row.type, exchange.endpoint.served.id(row, exchange.caller), "_history", str(row.seq))
    headers["Location"] = address
    status = 201 if done.created else 200
    wish = exchange.prefer("return")
    if wish not in {"operationoutcome", "minimal"} and not done.changed and not await may_return(exchange, row):
        wish = "minimal"  # what was there is not what was sent
    if wish == "minimal":
        return Response(status_code=status, headers=headers)
    if wish == "operationoutcome":
        said = "made" if done.created else "changed" if done.changed else "nothing new: it is as it was"
        issue = fhir.Issue("information", "informational", said)
        return answers.respond(exchange, answers.written(exchange, fhir.operation_outcome([issue])), status, headers)
    return answers.respond(exchange, answers.stored(exchange, row), status, headers)
