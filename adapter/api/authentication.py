"""Who asks, once for each request and before any route: `identified` reads what this left in the request's state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import cast
from urllib.parse import urlencode

from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from adapter.access import Action, Context, Identified, Purpose, UnauthenticatedError, UnavailableError
from adapter.access.systems import Scopes
from adapter.api.errors import answer, reads_pages
from adapter.service.access.emergency import Emergencies
from adapter.service.entrance import Credentials, Entrance, context_of

_OPEN = frozenset(
    {
        "/health/live",
        "/health/ready",
        "/openapi.json",
        "/oauth/token",
        "/oauth/jwks",
        "/oauth/introspect",
        "/inloggen",
        "/inloggen/start",
        "/inloggen/terug",
        "/uitloggen",
        "/uitloggen/provider",
        "/uitgelogd",
        "/cds-services",
        "/fhir/stu3/metadata",
        "/fhir/r4/metadata",
    }
)
_OPEN_BELOW = ("/.well-known/", "/static/", "/fhir/stu3/.well-known/", "/fhir/r4/.well-known/", "/launch")
"""Addresses that tell nothing of anybody, or are where one says who one is. No token is looked at there."""
_PAGES = ("/inloggen", "/uitloggen", "/uitgelogd", "/launch")
"""Of these, the pages: a session is looked at, so that its head says who looks."""

_READING = ("/_search", "/emergency")
"""Posted, but to see something: the address would show what is asked."""
EMERGENCY_HEADER = "x-noodtoegang"
BY_ITSELF_HEADER = "x-vanzelf"
"""With what an open page fetches by itself, so that a screen nobody looks at does not keep its session."""
_NEWS = "/gebeurtenissen"
"""Where an open page listens."""

IDENTIFIED = "identified"
AGAIN = "identified_again"
"""In the state of a request: what says who asks now, for an answer that takes long (`Again`)."""
Again = Callable[[], Awaitable[Identified]]
SHUT, FAILED = "shut", "failed"
"""In the state of a request: whether its address showed too many tokens that do not hold, and whether this one did."""


class Authentication:
    """ASGI middleware: no route behind it runs for somebody who is not known."""

    def __init__(self, app: ASGIApp, entrance: Entrance, emergencies: Emergencies | None = None) -> None:
        self._app = app
        self._entrance = entrance
        self._emergencies = emergencies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Establish who asks, or answer 401 (a page: go and log in)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = await self._refusal(scope)
        if refused is not None:
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        """The answer to who may not go on; None for who may."""
        path, state = scope["path"], scope.setdefault("state", {})
        free = _open(path)
        if free and not path.startswith(_PAGES):
            return None
        credentials = _credentials(scope, bearer=not free, shut=bool(state.get(SHUT)))
        try:
            who = await self._entrance.identify(credentials)
        except UnauthenticatedError as error:
            state[FAILED] = bool(error.error)  # who shows nothing at all guesses at nothing
            return None if free else _refused(Request(scope), error)
        except UnavailableError as error:
            return None if free else answer(Request(scope), 503, str(error), {"Retry-After": "2"}, cause=error)
        who = state[IDENTIFIED] = self._held(Request(scope), who)
        state[AGAIN] = lambda: self._again(scope, credentials)
        if who.scopes is None or path.startswith("/fhir/") or free:
            return None  # the FHIR door looks at scopes itself, type by type
        return await self._scoped(Request(scope), who, who.scopes)

    async def _again(self, scope: Scope, credentials: Credentials) -> Identified:
        """Who asks, as it is now. Raises `UnauthenticatedError` once it does not hold any more, `UnavailableError`."""
        return self._held(Request(scope), await self._entrance.identify(replace(credentials, by_itself=True)))

    def _held(self, request: Request, who: Identified) -> Identified:
        """With the noodtoegang that comes along, where it was begun for who asks."""
        sealed = request.headers.get(EMERGENCY_HEADER)
        return who if sealed is None or self._emergencies is None else self._emergencies.hold(who, sealed)

    async def _scoped(self, request: Request, who: Identified, scopes: tuple[str, ...]) -> Response | None:
        """Other doors are not about one type of resource: a token needs its letters for all of them."""
        asks = request.method in ("GET", "HEAD") or request.url.path.startswith("/cds-services")
        letters = "r" if asks or request.url.path.endswith(_READING) else "cu"
        held = Scopes.of(scopes)
        if all(held.where("*", letter) == () for letter in letters):
            return None
        text = f"insufficient_scope: here a token needs a scope such as system/*.{letters}"
        if self._entrance.systems is not None:
            action = Action.READ if letters == "r" else Action.UPDATE
            purpose = min(who.purposes, default=Purpose.TREAT)
            await self._entrance.systems.denied(_context(request, who, purpose), action, text)
        return answer(request, 403, text, {"WWW-Authenticate": 'Bearer error="insufficient_scope"'})


def identified(connection: HTTPConnection) -> Identified:
    """Who asks. Only behind the middleware, at an address that is not open to everybody."""
    return cast("Identified", getattr(connection.state, IDENTIFIED))


def context(request: Request, purpose: Purpose) -> Context:
    """The context of one request: care is read for TREAT, a decision for HPAYMT."""
    return _context(request, identified(request), purpose)


def _context(request: Request, who: Identified, purpose: Purpose) -> Context:
    client = request.client.host if request.client else ""
    return context_of(who, purpose, getattr(request.state, "request_id", ""), client)


def _credentials(scope: Scope, *, bearer: bool, shut: bool) -> Credentials:
    request = Request(scope)
    kind, _, token = request.headers.get("authorization", "").partition(" ") if bearer else ("", "", "")
    return Credentials(
        bearer=token.strip() if kind.lower() == "bearer" and token.strip() else None,
        cookies=request.cookies,
        headers=request.headers,
        method=scope["method"],
        address=f"{scope['scheme']}://{request.headers.get('host', '')}{scope['path']}",
        client=request.client.host if request.client else "",
        shut=shut,
        by_itself=scope["path"].endswith(_NEWS) or BY_ITSELF_HEADER in request.headers,
    )


def _open(path: str) -> bool:
    return path in _OPEN or path.startswith(_OPEN_BELOW)


def _refused(request: Request, error: UnauthenticatedError) -> Response:
    if reads_pages(request):
        onward = {"naar": request.url.path} if request.method in {"GET", "HEAD"} and request.url.path != "/" else {}
        return RedirectResponse(f"/inloggen?{urlencode(onward)}" if onward else "/inloggen", 303)
    challenge = f'Bearer error="{error.error}"' if error.error else "Bearer"
    return answer(request, 401, str(error), {"WWW-Authenticate": challenge})
