"""Write what is answered: one resource, a Bundle, an OperationOutcome; in JSON or XML, compressed where asked."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from email.utils import formatdate
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response

from adapter import fhir
from adapter.api.fhir.exchange import Exchange
from adapter.api.negotiation import unpacks
from adapter.fhir import JsonObject
from adapter.model.sources import FhirVersion, Media
from adapter.service.endpoint.endpoint import FhirEndpoint
from adapter.service.endpoint.fault import FhirFault
from adapter.service.endpoint.scope import Caller
from adapter.store.search import Row

_WORTH_PACKING = 1400  # bytes: less fits in one packet anyway
_ENCODE = msgspec.json.Encoder().encode
_MODES = {mode: b'"search":{"mode":"%b"}' % mode.encode() for mode in ("match", "include", "outcome")}


class Entry(NamedTuple):
    """One entry of a Bundle: where it stands, the stored resource behind it (or, of JSON alone, what is written in its
    stead), and what is said of it.

    `mode`: what it does in the result of a search.
    """

    full_url: str | None
    row: Row | None
    body: bytes | None = None
    resource: JsonObject | None = None
    more: tuple[tuple[str, JsonObject], ...] = ()
    mode: str | None = None


def respond(exchange: Exchange, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The answer in the format asked for, packed where the client can unpack it."""
    return packed(exchange.request.headers, body, exchange.media, status, headers)


def packed(given: Headers, body: bytes, media: Media, status: int, headers: dict[str, str] | None) -> Response:
    """The answer, with gzip where the client takes it and it is worth it."""
    made = {"Vary": "Accept, Accept-Encoding", **(headers or {})}
    if worth_packing(body, given.get("accept-encoding", "")):
        body = gzip.compress(body, 1, mtime=0)
        made["Content-Encoding"] = "gzip"
    return Response(body, status, made, media_type=media.value)


def worth_packing(body: bytes, accepted: str) -> bool:
    """Whether to send it with gzip."""
    return len(body) > _WORTH_PACKING and unpacks(accepted)


def written(exchange: Exchange, resource: JsonObject) -> bytes:
    """A resource of our own in the format asked for."""
    xml = exchange.media is Media.XML
    return fhir.to_xml(resource, exchange.version) if xml else fhir.to_json(resource)


def tag_of(row: Row) -> str:
    """The ETag of a version: weak, as FHIR asks."""
    return f'W/"{row.seq}"'


def headers_of(row: Row) -> dict[str, str]:
    """What goes with a resource."""
    return {"ETag": tag_of(row), "Last-Modified": last_modified(row.received_us // 1_000_000)}


@lru_cache(4096)
def last_modified(seconds: int) -> str:
    """An instant as HTTP writes it."""
    return formatdate(seconds, usegmt=True)


def stored(exchange: Exchange, row: Row, body: bytes | None = None) -> bytes:
    """A stored resource in the format asked for."""
    return rendered(exchange.endpoint, exchange.caller, exchange.media, row, body)


def rendered(endpoint: FhirEndpoint, caller: Caller, media: Media, row: Row, body: bytes | None = None) -> bytes:
    """A stored resource as this caller gets it."""
    if media is Media.XML:
        return fhir.to_xml(endpoint.served.resource(row, caller, body), endpoint.version)
    return endpoint.served.body(row, caller, body)


def bundle(
    exchange: Exchange, kind: str, entries: Sequence[Entry], links: Sequence[tuple[str, str]], total: int | None = None
) -> bytes:
    """A Bundle. In JSON the resources go in as they are; only XML is built as a whole."""
    head: JsonObject = {"resourceType": "Bundle", "type": kind}
    if total is not None:
        head["total"] = total
    head["link"] = [{"relation": relation, "url": url} for relation, url in links]
    if not links:
        del head["link"]
    if exchange.media is not Media.XML:
        written = b",".join(_written_entry(exchange, entry) for entry in entries)
        return _ENCODE(head)[:-1] + (b',"entry":[%b]}' % written if written else b"}")
    whole = [_entry(exchange, entry) for entry in entries]
    if whole:
        head["entry"] = whole
    return fhir.to_xml(head, exchange.version)


def _entry(exchange: Exchange, entry: Entry) -> JsonObject:
    made: dict[str, Any] = {} if entry.full_url is None else {"fullUrl": entry.full_url}
    if entry.row is not None:
        made["resource"] = exchange.endpoint.served.resource(entry.row, exchange.caller, entry.body)
    elif entry.resource is not None:
        made["resource"] = entry.resource
    if entry.mode is not None:
        made["search"] = {"mode": entry.mode}
    made.update(entry.more)
    return made


def _written_entry(exchange: Exchange, entry: Entry) -> bytes:
    """An entry as JSON; what stands in it is written already."""
    parts = [] if entry.full_url is None else [b'"fullUrl":' + _ENCODE(entry.full_url)]
    if entry.row is not None:
        parts.append(b'"resource":' + exchange.endpoint.served.body(entry.row, exchange.caller, entry.body))
    elif entry.body is not None:
        parts.append(b'"resource":' + entry.body)
    elif entry.resource is not None:
        parts.append(b'"resource":' + fhir.to_json(entry.resource))
    if entry.mode is not None:
        parts.append(_MODES[entry.mode])
    parts += [b'"%b":%b' % (name.encode(), _ENCODE(value)) for name, value in entry.more]
    return b"{%b}" % b",".join(parts)


def full_url(exchange: Exchange, row: Row) -> str:
    """The address of a stored resource."""
    return exchange.address(row.type, exchange.endpoint.served.id(row, exchange.caller))


def outcome_of(fault: FhirFault, severity: str = "error") -> JsonObject:
    """The OperationOutcome of a fault."""
    where = (fault.expression,) if fault.expression else ()
    return fhir.operation_outcome([fhir.Issue(severity, fault.code, fault.text, where)])


def refused(given: Headers, fault: FhirFault, media: Media, version: FhirVersion, allow: str = "") -> Response:
    """The answer to a request that is refused."""
    resource = outcome_of(fault)
    body = fhir.to_xml(resource, version) if media is Media.XML else fhir.to_json(resource)
    headers = {"Allow": allow} if allow else {}
    if fault.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if fault.text.startswith("insufficient_scope"):
        headers["WWW-Authenticate"] = 'Bearer error="insufficient_scope"'  # RFC 6750 section 3.1
    return packed(given, body, media, fault.status, headers)
