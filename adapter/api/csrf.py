"""Forged requests (CSRF) at the doors of machines: a browser's session may change something here only with its token.

A token of a system is not sent by a browser of itself, so who brings one needs nothing more. The pages have a guard of
their own (`adapter.web.forms`): they find the token in the form.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from adapter.access.people import SESSION, form_token_holds
from adapter.api.errors import answer
from adapter.service.entrance import Entrance

HEADER = "X-CSRF-Token"
_DOORS = ("/api/", "/fhir/", "/cds-services", "/metrics", "/health/")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class HeaderToken:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, entrance: Entrance) -> None:
        self._app = app
        self._entrance = entrance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer 403."""
        people = self._entrance.people
        if people is not None and scope["type"] == "http" and scope["method"] not in _READING:
            request = Request(scope)
            session = people.sessions.cookies.read(SESSION, request.cookies)
            bearer = request.headers.get("authorization", "").lower().startswith("bearer ")
            guarded = scope["path"].startswith(_DOORS) and session is not None and not bearer
            if guarded and not form_token_holds(session or "", request.headers.get(HEADER, "")):
                await answer(request, 403, f"with a session, send its token in {HEADER}")(scope, receive, send)
                return
        await self._app(scope, receive, send)
