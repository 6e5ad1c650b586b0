"""Where requests come in: find the declared interaction, read what all need, answer, and turn faults to outcomes.

A plain ASGI application for each version: these are the hot paths, and a fault anywhere in them is an OperationOutcome.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from adapter.access import Purpose
from adapter.api.cds import Cds
from adapter.api.errors import outcome
from adapter.api.fhir import answers, auditing, metadata, operations, reading, subscribing, writing
from adapter.api.fhir.bounds import in_bounds
from adapter.api.fhir.callers import identify
from adapter.api.fhir.declared import INTERACTIONS, OPERATIONS, OWN_TYPES, Interaction
from adapter.api.fhir.exchange import Exchange
from adapter.api.fhir.reading import Handler
from adapter.api.fhir.refusals import REFUSALS, fault_of
from adapter.api.fhir.scoping import require
from adapter.api.negotiation import named, wanted
from adapter.model.sources import FhirVersion, Media
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.pairs import pairs_of
from adapter.service.endpoint.parameters import parameters
from adapter.service.endpoint.scope import Caller
from adapter.service.port import Application

_FORMATS = "ask for application/fhir+json or application/fhir+xml"
_CARRIABLE, _NINE = re.compile(r"[A-Za-z0-9-]{1,64}"), re.compile(r"[0-9]{9}")
CARRIED = ("x-correlation-id", "medmij-request-id")
_FORM = "application/x-www-form-urlencoded"

HANDLERS: Mapping[str, Handler] = {
    "read": reading.read,
    "history": reading.history,
    "changes": reading.changes,
    "search": reading.search,
    "create": writing.create,
    "update": writing.update,
    "update_by_search": writing.update_by_search,
    "bundle": writing.bundle,
    "operation": operations.ask,
    "audit": auditing.search,
    "audit_event": auditing.read,
    "subscribe": subscribing.subscribe,
    "subscription": subscribing.subscription,
    "unsubscribe": subscribing.unsubscribe,
}
_PURPOSES = {operation.code: Purpose(operation.purpose) for operation in OPERATIONS}


def doors(application: Application) -> dict[str, ASGIApp]:
    """The two endpoints, and the hooks of EPDs, by their address."""
    versions = {"/fhir/stu3": FhirVersion.STU3, "/fhir/r4": FhirVersion.R4}
    return {
        **{at: Door(application, version, at) for at, version in versions.items()},
        "/cds-services": Cds(application),
    }


def carriable(text: str) -> bool:
    """Whether the name that others gave a request may go back with the answer."""
    return _CARRIABLE.fullmatch(text) is not None and not _NINE.search(text)


class Shortcut:
    """ASGI middleware: FHIR goes straight to its door, past the routing of all other pages, which takes longer."""

    def __init__(self, app: ASGIApp, doors: Mapping[str, ASGIApp]) -> None:
        self._app = app
        self._doors = tuple(doors.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            path: str = scope["path"]
            for at, door in self._doors:
                if path.startswith(at) and path[len(at) :][:1] in ("", "/"):
                    await door(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def routes() -> list[BaseRoute]:
    """What stands beside the two endpoints."""
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return [Route(at, _which_version, methods=methods) for at in ("/fhir", "/fhir/{rest:path}")]


async def _which_version(request: Request) -> Response:
    return outcome(request, 404, "choose a version: /fhir/stu3 (3.0.2) or /fhir/r4 (4.0.1)", where="http")


class Door:
    """One version."""

    def __init__(self, application: Application, version: FhirVersion, at: str) -> None:
        self._application = application
        self._version = version
        self._at = at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = await self.answer(request)
        for name in CARRIED:
            given = request.headers.get(name)
            if given is not None and carriable(given):
                response.headers[name] = given
        if request.method == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """The answer to one request of who is known."""
        media = wanted(request)
        said = media or Media.JSON
        try:
            parts = _parts(request.scope["path"], self._at)
            interaction, values = route(request.method, parts)
            if media is None:
                where = "http._format" if request.query_params.get("_format") else "http.Accept"
                raise FhirFault(406, "not-supported", _FORMATS, where)
            if interaction.code == "metadata":
                desk = self._application.entrance.systems
                token_endpoint = desk.offer.token_endpoint if desk is not None else None
                return metadata.answer(request, self._version, self._base(request), said, token_endpoint)
            purpose = _PURPOSES.get(values.get("operation", ""), Purpose.TREAT)
            caller = identify(request, self._application.fhir, purpose)
            exchange = await self.exchange(request, said, values, caller)
            await require(exchange, exchange.kind or _fixed(interaction), interaction.access)
            return await HANDLERS[interaction.code](exchange)
        except REFUSALS as error:
            fault = fault_of(error)
            allow = ", ".join(allowed(_parts(request.scope["path"], self._at))) if fault.status == 405 else ""
            return answers.refused(request.headers, fault, said, self._version, allow)

    async def exchange(self, request: Request, media: Media, values: Mapping[str, str], caller: Caller) -> Exchange:
        """What is asked, by the parts of its address. Raises `FhirFault`."""
        kind = values.get("type", "")
        if kind and kind not in parameters(self._version):
            raise FhirFault(404, "not-supported", "this resource type is not served here; see metadata", "http.type")
        service = self._application.fhir
        operation = values.get("operation", "")
        pairs = pairs_of(request.scope.get("query_string", b"").decode("latin-1"), "the address")
        if request.method == "POST" and request.scope["path"].endswith("/_search"):
            pairs += await _form(request)
        media = _format(pairs, media)
        pairs = in_bounds(request, pairs, listing="id" not in values or operation == "everything")
        return Exchange(
            request=request,
            application=self._application,
            service=service,
            endpoint=service.endpoint(self._version),
            base=self._base(request),
            media=media,
            caller=caller,
            kind=kind,
            id=values.get("id", ""),
            version_id=values.get("version", ""),
            operation=operation,
            pairs=pairs,
        )

    def _base(self, request: Request) -> str:
        issuer = self._application.entrance.issuer
        if issuer is not None:  # what ends TLS in front may have changed how it looks from here
            return f"{issuer}{self._at}"
        host = request.headers.get("host", "localhost")
        return f"{request.scope.get('scheme', 'http')}://{host}{self._at}"


def _fixed(interaction: Interaction) -> str:
    """The type, where it is no part of the address that is filled in."""
    return interaction.path[0] if interaction.path and interaction.path[0][:1].isupper() else ""


def _format(pairs: list[tuple[str, str]], media: Media) -> Media:
    """The format that the parameters ask for, those of a form too; this one where they do not. Raises `FhirFault`."""
    asked = [value for name, value in pairs if name == "_format" and value]
    found = named(asked[-1]) if asked else media
    if found is None:
        raise FhirFault(406, "not-supported", _FORMATS, "http._format")
    return found


async def _form(request: Request) -> list[tuple[str, str]]:
    if request.headers.get("content-type", _FORM).split(";")[0].strip().lower() != _FORM:
        raise FhirFault(415, "not-supported", f"send the parameters as {_FORM}", "http.Content-Type")
    try:
        text = (await request.body()).decode("ascii")
    except UnicodeDecodeError:
        raise bad("the body is not written as a form", "http.body") from None
    return pairs_of(text, "the body")


def _parts(path: str, at: str) -> tuple[str, ...]:
    rest = path[path.index(at) + len(at) :] if at in path else path
    return tuple(part for part in rest.split("/") if part)


def _by_shape() -> dict[tuple[str, int], list[Interaction]]:
    """The interactions by method and length of the address: few are left to look at."""
    found: dict[tuple[str, int], list[Interaction]] = {}
    for interaction in INTERACTIONS:
        for method in interaction.methods:
            found.setdefault((method, len(interaction.path)), []).append(interaction)
    return found


_BY_SHAPE = _by_shape()


def route(method: str, parts: tuple[str, ...]) -> tuple[Interaction, dict[str, str]]:
    """The declared interaction at this address. Raises `FhirFault`: 404 or 405."""
    for interaction in _BY_SHAPE.get((method, len(parts)), ()):
        values = _match(interaction.path, parts)
        if values is not None:
            return interaction, values
    if allowed(parts):
        raise FhirFault(405, "not-supported", "this address does not do that; see metadata", "http.method")
    raise FhirFault(404, "not-found", "there is nothing at this address; see metadata", "http")


def allowed(parts: tuple[str, ...]) -> list[str]:
    """The methods of an address."""
    found = (i.methods for i in INTERACTIONS if _match(i.path, parts) is not None)
    return sorted({method for methods in found for method in methods})


def _match(path: tuple[str, ...], parts: tuple[str, ...]) -> dict[str, str] | None:
    if len(path) != len(parts):
        return None
    values = {}
    for pattern, part in zip(path, parts, strict=True):
        if pattern == "{type}":
            if part in OWN_TYPES or not (part[:1].isupper() and part.isalpha() and part.isascii()):
                return None
        elif pattern == "${operation}":
            if not part.startswith("$"):
                return None
            values["operation"] = part[1:]
            continue
        elif pattern == "{id}":
            if part.startswith(("_", "$")):
                return None
        elif not pattern.startswith("{"):
            if pattern != part:
                return None
            continue
        values[pattern.strip("${}")] = part
    return values
