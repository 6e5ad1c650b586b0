"""Tokens for systems: discovery, the token endpoint, our public keys, introspection (SMART Backend Services).

Errors are those of RFC 6749 section 5.2. Nothing here repeats what was sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from adapter.access.systems import OAuthError
from adapter.service.access.metadata import INTROSPECT, JWKS, TOKEN
from adapter.service.access.tokens import Asking
from adapter.service.entrance import Entrance

SMART = "/.well-known/smart-configuration"
SERVER = "/.well-known/oauth-authorization-server"
_FORM = "application/x-www-form-urlencoded"
_MOST = 64 * 1024
"""Bytes of a token request."""
_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_KEPT = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}

Ask = Callable[[dict[str, str], Asking], Awaitable[dict[str, Any]]]


def routes(entrance: Entrance) -> list[Route]:
    """What stands at the root. Nothing, until access is configured."""
    desk = entrance.systems
    if desk is None:
        return []
    return [
        Route(SMART, _Document(desk.offer.smart)),
        Route(SERVER, _Document(desk.offer.server)),
        Route(JWKS, _Document(desk.jwks)),
        Route(TOKEN, _Door(desk.issue)),
        Route(INTROSPECT, _Door(desk.introspect)),
    ]


def below_fhir(entrance: Entrance) -> dict[str, ASGIApp]:
    """The discovery document below each FHIR base, where SMART looks for it."""
    desk = entrance.systems
    if desk is None:
        return {}
    return {f"{base}{SMART}": _Document(desk.offer.smart) for base in ("/fhir/stu3", "/fhir/r4")}


class _Document:
    """What is read. No function, so that every method comes here: who uses another one is told so in JSON too."""

    def __init__(self, give: Callable[[], dict[str, Any]]) -> None:
        self._give = give

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        read = scope["method"] in ("GET", "HEAD")
        response = _json(self._give(), 200, _KEPT) if read else _other("GET, HEAD")
        await response(scope, receive, send)


class _Door:
    """What is asked with a form."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = scope["method"] == "POST"
        response = await _answered(Request(scope, receive), self._ask) if asked else _other("POST")
        await response(scope, receive, send)


async def _answered(request: Request, ask: Ask) -> Response:
    try:
        form = await _form(request)
        client = request.client.host if request.client else ""
        return _json(await ask(form, Asking(getattr(request.state, "request_id", ""), client)), 200, _NOT_KEPT)
    except OAuthError as refused:
        headers = dict(_NOT_KEPT)
        if refused.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="token endpoint"'
        if refused.status == 503:
            headers["Retry-After"] = "2"
        return _json({"error": refused.error, "error_description": str(refused)}, refused.status, headers)


async def _form(request: Request) -> dict[str, str]:
    """The parameters. Raises `OAuthError`: each may stand there once (RFC 6749 section 3.2)."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _FORM:
        raise OAuthError("invalid_request", f"send the parameters as {_FORM}")
    if request.scope.get("query_string"):
        raise OAuthError("invalid_request", "parameters stand in the body, not in the address")
    body = await request.body()
    if len(body) > _MOST:
        raise OAuthError("invalid_request", f"a request has at most {_MOST} bytes")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError:
        raise OAuthError("invalid_request", "the body is not written as a form") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthError("invalid_request", "a parameter stands there twice")
    return form


def _other(allow: str) -> Response:
    """405, with what may be asked here (RFC 9110 section 15.5.6)."""
    said = {"error": "invalid_request", "error_description": f"this address is asked with {allow}"}
    return _json(said, 405, {**_NOT_KEPT, "Allow": allow})


def _json(body: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json")
