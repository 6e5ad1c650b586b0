"""The short way to read and search: all that stands before the FHIR door in one pass, where what it needs is at hand.

The questions are those of the long way, by the same functions and declarations; here none of them waits for anything
but the audit log. Whatever is not plain goes the long way, which also says what is wrong with it: no token, or one that
is not known yet; parameters; a limit; a scope that is missing.
"""

from __future__ import annotations

import asyncio
import gzip
import re
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from adapter.access import Context, Identified, Purpose
from adapter.api.fhir import answers, reading
from adapter.api.fhir.declared import INTERACTIONS
from adapter.api.fhir.door import CARRIED, Door, carriable, route
from adapter.api.fhir.exchange import matches
from adapter.api.fhir.refusals import REFUSALS, fault_of
from adapter.api.fhir.scoping import granted
from adapter.api.gate import named
from adapter.api.headers import bsn_in_address, failure, request_id_of, secured
from adapter.api.limits import counted_as, late, told_of
from adapter.api.negotiation import accepted
from adapter.model.sources import FhirVersion, Media
from adapter.service.endpoint.parameters import types
from adapter.service.entrance import context_of
from adapter.service.port import Application

_PATH = re.compile(r"/fhir/(stu3|r4)/([A-Z][A-Za-z]*)(?:/([A-Za-z0-9.\-]{1,64}))?")
_VERSIONS = {"stu3": FhirVersion.STU3, "r4": FhirVersion.R4}
_LONG = frozenset({b"content-length", b"transfer-encoding", b"x-noodtoegang"})
"""Headers of a request that is more than a plain read."""
_JSON, _XML = Media.JSON.value.encode(), Media.XML.value.encode()
_VARY = (b"vary", b"Accept, Accept-Encoding")
_MOST_HOSTS = 100
_SEARCH = next(i for i in INTERACTIONS if i.code == "search" and i.path == ("{type}",))
_READ = next(i for i in INTERACTIONS if i.code == "read" and i.path == ("{type}", "{id}"))
_CARRIED = tuple(name.encode() for name in CARRIED)

Pairs = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Asked:
    """One read, or a search (no id), found to be plain. `told`: headers that go with any answer to it."""

    version: FhirVersion
    kind: str
    id: str
    who: Identified
    context: Context
    media: Media
    headers: dict[bytes, bytes]
    told: Pairs


class Lane:
    """ASGI middleware in front of all others."""

    def __init__(self, app: ASGIApp, application: Application) -> None:
        self._app = app
        self._application = application
        self._entrance = application.entrance
        self._bounds = application.bounds
        self._seconds = application.bounds.limits.seconds
        self._secured = (
            *secured(application.frame_ancestors, application.entrance.issuer),
            (b"cache-control", b"no-store"),
        )
        self._kinds = {name: _readable(version) for name, version in _VERSIONS.items()}
        self._hosts: dict[bytes, bool] = {}
        self._doors = {version: Door(application, version, f"/fhir/{name}") for name, version in _VERSIONS.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it go the long way."""
        asked = self._plain(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if asked is None:
            await self._app(scope, receive, send)
            return
        try:
            status, headers, body = await self._answer(scope, asked)
        except Exception as error:
            request, name = Request(scope), asked.context.request_id
            slow = isinstance(error, TimeoutError)
            response = late(request, self._seconds, name) if slow else failure(request, name, error)
            status, headers, body = response.status_code, response.raw_headers, bytes(response.body)
        await send({"type": "http.response.start", "status": status, "headers": [*headers, *asked.told]})
        await send({"type": "http.response.body", "body": body})

    def _plain(self, scope: Scope) -> Asked | None:
        """What is asked, where this is a plain read by somebody who is known and may ask more; else None."""
        found = _PATH.fullmatch(scope["path"])
        if found is None or found[2] not in self._kinds[found[1]]:
            return None
        interaction = _SEARCH if found[3] is None else _READ
        if scope["query_string"] and (interaction is _READ or not self._harmless(scope)):
            return None
        given: Pairs = scope["headers"]
        headers = dict(given)
        media = accepted(headers.get(b"accept", b"").decode("latin-1"))
        kind, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if len(headers) != len(given) or media is None or kind.lower() != "bearer" or not _LONG.isdisjoint(headers):
            return None
        who = self._entrance.at_hand(token.strip()) if self._named(headers.get(b"host", b"")) else None
        if who is None or Purpose.TREAT not in who.purposes:
            return None
        name = request_id_of(_text(headers, b"x-request-id"), _text(headers, b"x-correlation-id"))
        context = context_of(who, Purpose.TREAT, name, scope["client"][0] if scope["client"] else "")
        told = self._counted(who) if granted(context, found[2], interaction.access) else None
        if told is None:
            return None
        told += ((b"x-request-id", name.encode()), *self._secured)
        if interaction is _SEARCH:
            scope["state"] = {"limits": self._bounds.limits}
        return Asked(_VERSIONS[found[1]], found[2], found[3] or "", who, context, media, headers, told)

    def _harmless(self, scope: Scope) -> bool:
        """Whether the parameters are few, and none of them is a BSN, or chooses the format of an error too."""
        text = scope["query_string"]
        few = text.count(b"&") < self._bounds.limits.parameters
        return few and b"_format" not in text and not bsn_in_address(scope)

    def _named(self, host: bytes) -> bool:
        known = self._hosts.get(host)
        if known is None:
            known = named(host.decode("latin-1"), self._entrance.issuer, self._bounds)
            if len(self._hosts) < _MOST_HOSTS:
                self._hosts[host] = known
        return known

    def _counted(self, who: Identified) -> Pairs | None:
        """The headers of one more request; None where that cannot be said at once, or is one too many."""
        throttle = self._bounds.throttle
        if throttle is None:
            return []
        taken = throttle.at_hand(counted_as(who))
        return told_of(taken) if taken is not None and taken.allowed else None

    async def _answer(self, scope: Scope, asked: Asked) -> tuple[int, Pairs, bytes]:
        try:
            status, headers, body = await (self._read(asked) if asked.id else self._search(scope, asked))
        except REFUSALS as error:
            response = answers.refused(Headers(scope=scope), fault_of(error), asked.media, asked.version)
            status, headers, body = response.status_code, response.raw_headers, bytes(response.body)
        for name in _CARRIED:
            carried = asked.headers.get(name)
            if carried is not None and carriable(carried.decode("latin-1")):
                headers.append((name, carried))
        return status, headers, body

    async def _read(self, asked: Asked) -> tuple[int, Pairs, bytes]:
        """Raises `REFUSALS`."""
        service, who = self._application.fhir, asked.who
        endpoint = service.endpoint(asked.version)
        with service.turn:
            caller = service.caller(asked.context, who.source, who.woman)
            found = endpoint.read(caller, asked.kind, asked.id)
        kept = service.audit.begin(found.events, self._seconds)
        row = found.rows[0]
        tag = answers.tag_of(row)
        modified = answers.last_modified(row.received_us // 1_000_000)
        headers = [(b"etag", tag.encode()), (b"last-modified", modified.encode())]
        known = asked.headers.get(b"if-none-match")
        if known is not None and matches(known.decode("latin-1"), tag):
            await kept
            return 304, headers, b""
        body = answers.rendered(endpoint, caller, asked.media, row)
        await kept
        headers.append(_VARY)
        if answers.worth_packing(body, _text(asked.headers, b"accept-encoding") or ""):
            body = gzip.compress(body, 1, mtime=0)
            headers.append((b"content-encoding", b"gzip"))
        said = _XML if asked.media is Media.XML else _JSON
        headers += ((b"content-length", b"%d" % len(body)), (b"content-type", said))
        return 200, headers, body

    async def _search(self, scope: Scope, asked: Asked) -> tuple[int, Pairs, bytes]:
        """What the door answers, in time: a broad search takes long. Raises `REFUSALS`, `TimeoutError`."""
        caller = self._application.fhir.caller(asked.context, asked.who.source, asked.who.woman)
        door = self._doors[asked.version]
        exchange = await door.exchange(Request(scope), asked.media, {"type": asked.kind}, caller)
        query, place = reading.asked(exchange)
        if reading.at_once(query):
            response = await reading.found(exchange, query, place, self._seconds)
        else:
            async with asyncio.timeout(self._seconds or None):
                response = await reading.found(exchange, query, place)
        return response.status_code, response.raw_headers, bytes(response.body)


def _text(headers: dict[bytes, bytes], name: bytes) -> str | None:
    found = headers.get(name)
    return None if found is None else found.decode("latin-1")


def _readable(version: FhirVersion) -> frozenset[str]:
    """The types of which an address is the declared search, and one with an id the declared read, and nothing else."""
    given = ((kind, route("GET", (kind,))[0], route("GET", (kind, "1"))[0]) for kind in types(version))
    return frozenset(kind for kind, search, read in given if search is _SEARCH and read is _READ)
