"""Forged forms (CSRF): a post to a page counts only with the token of the session in which the form was shown.

Beside the check of `Origin` at the gate: that one stands or falls with the browser. Scripts send the token in a header.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter.access.people import SESSION, form_token, form_token_holds
from adapter.service.entrance import Entrance
from adapter.web.forms import FIELD, HEADER, STATE
from adapter.web.templating import page

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM = "application/x-www-form-urlencoded"
WITHOUT_SESSION = "/uitloggen/provider"
"""Posted by the provider's own server, which has no session here; its token proves who it is."""


class FormToken:
    """ASGI middleware around the pages; behind authentication."""

    def __init__(self, app: ASGIApp, entrance: Entrance, other_doors: tuple[str, ...]) -> None:
        self._app = app
        self._entrance = entrance
        self._other_doors = other_doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or show that the form is too old."""
        people = self._entrance.people
        if people is None or scope["type"] != "http" or scope["path"].startswith(self._other_doors):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        session = people.sessions.cookies.read(SESSION, request.cookies)
        if session is not None:
            scope.setdefault("state", {})[STATE] = form_token(session)
        if session is not None and scope["method"] not in _READING and scope["path"] != WITHOUT_SESSION:
            given = request.headers.get(HEADER, "")
            if not given:
                body = await _body(receive)
                given, receive = _field(request, body), _again(body)
            if not form_token_holds(session, given):
                values = {
                    "title": "Niet verwerkt",
                    "text": "Dit formulier hoort niet bij deze sessie, of is te oud. Er is niets vastgelegd. "
                    "Open de pagina opnieuw en probeer het nog eens.",
                }
                await page(request, "fout.html", values, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _body(receive: Receive) -> bytes:
    """All of it; the gate bounds how much that is."""
    found = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(found)
        found += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(found)


def _field(request: Request, body: bytes) -> str:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _FORM:
        return ""
    found = parse_qs(body.decode("latin-1"), max_num_fields=1000).get(FIELD, [])
    return found[0] if len(found) == 1 else ""


def _again(body: bytes) -> Receive:
    """The body that was read, for who comes after."""
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
