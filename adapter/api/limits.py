"""How much one caller may ask and how long an answer may take: turned away with what to do about it.

Headers: `Retry-After` (RFC 9110), `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10).
"""

from __future__ import annotations

import asyncio
import math
from functools import lru_cache
from ipaddress import ip_address, ip_network

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter.access import ActorKind, Identified, log
from adapter.api.authentication import FAILED, SHUT
from adapter.api.errors import answer
from adapter.service.bounds import LIMITS, Bounds, Limits, Taken

_FREE = ("/static/", "/health/")
_ASSERTING = ("/oauth/token", "/oauth/introspect")
"""Where a system proves who it is: there a 401 is an assertion that does not hold."""


def limits_of(request: Request) -> Limits:
    """The limits that hold for this request, as the gate left them."""
    found: Limits = getattr(request.state, "limits", LIMITS)
    return found


def deeper(value: object, most: int) -> bool:
    """Whether objects and arrays stand inside each other more than `most` deep. Goes no deeper than that."""
    level: list[object] = [value]
    for _ in range(most):
        inner: list[object] = []
        for each in level:
            if type(each) is dict:
                inner += [item for item in each.values() if type(item) in (dict, list)]
            elif type(each) is list:
                inner += [item for item in each if type(item) in (dict, list)]
        if not inner:
            return False
        level = inner
    return True


class RateLimit:
    """ASGI middleware, behind authentication: counts requests of each identity, or address where nobody is known."""

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._throttle = bounds.throttle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer 429."""
        throttle = self._throttle
        if throttle is None or scope["type"] != "http" or scope["path"].startswith(_FREE):
            await self._app(scope, receive, send)
            return
        taken = await throttle.take(identity_of(scope))
        if taken is None:
            await self._app(scope, receive, send)
            return
        told = told_of(taken)
        if not taken.allowed:
            await _turned_away(Request(scope), taken, told)(scope, receive, send)
            return

        async def send_with_rate(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *told]
            await send(message)

        await self._app(scope, receive, send_with_rate)


class FailureLimit:
    """ASGI middleware, before authentication: of an address that guesses at tokens none is looked at for a while that
    would have to be asked about elsewhere. One that we know to hold goes on: others may share the address.
    """

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._throttle = bounds.throttle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; 429 where it shows what does not hold, and many before it did."""
        throttle = self._throttle
        if throttle is None or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address, state = _address(scope), scope.setdefault("state", {})
        wait = throttle.shut_out(address)
        state[SHUT] = wait > 0
        asserting, refused, shut = scope["path"] in _ASSERTING, False, False

        async def send_and_look(message: Message) -> None:
            nonlocal refused, shut
            if message["type"] == "http.response.start" and message["status"] == 401:
                refused = asserting or bool(state.get(FAILED))
                shut = refused and wait > 0
            if not shut:
                await send(message)

        await self._app(scope, receive, send_and_look)
        if shut:
            log.TURNED_AWAY.log(request_id=_request_id(scope), method=scope["method"], reason="failures")
            text = "too many requests from this address showed a token or assertion that does not hold"
            headers = {"Retry-After": str(math.ceil(wait))}
            await answer(Request(scope), 429, text, headers)(scope, receive, send)
        elif refused:
            await throttle.failed(address)


class Deadline:
    """ASGI middleware: an answer that does not begin in time is given up on."""

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._seconds = bounds.limits.seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or 503 when it takes too long."""
        if not self._seconds or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        clock = asyncio.timeout(self._seconds)

        async def send_in_time(message: Message) -> None:
            if message["type"] == "http.response.start":
                clock.reschedule(None)  # what has begun may take as long as it is read
            await send(message)

        try:
            async with clock:
                await self._app(scope, receive, send_in_time)
        except TimeoutError:
            if not clock.expired():
                raise
            await late(Request(scope), self._seconds, _request_id(scope))(scope, receive, send)


def late(request: Request, seconds: float, request_id: str) -> Response:
    """The answer to a request that took too long."""
    log.TURNED_AWAY.log(request_id=request_id, method=request.method, reason="time")
    text = f"no answer within {seconds:g} seconds ([access.limits] seconds): ask for less at once"
    if request.method not in ("GET", "HEAD"):
        text += "; what was sent may have been kept: look before sending it again"
    return answer(request, 503, text, {"Retry-After": "5"}, code="timeout")


def identity_of(scope: Scope) -> str:
    """As whom a request is counted."""
    who: Identified | None = scope.get("state", {}).get("identified")
    return f"address:{_address(scope)}" if who is None else counted_as(who)


def counted_as(who: Identified) -> str:
    """The identity whose requests are counted together: what was authenticated. A system says itself for whom it asks,
    so that makes no count of its own.
    """
    if who.actor.client is not None:
        return f"client:{who.actor.client}:{who.actor.organisation or ''}"
    if who.actor.kind is ActorKind.WOMAN and who.woman is not None:
        return f"woman:{who.woman.source}:{who.woman.woman}"
    return f"{who.actor.kind.value}:{who.actor.id}"


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return _counted(client[0]) if client else ""


@lru_cache(4096)
def _counted(address: str) -> str:
    """What is counted as one address: of IPv6 the network of 64 bits, all of which one subscriber has (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(found.ipv4_mapped or ip_network((int(found) >> 64 << 64, 64)))


def _request_id(scope: Scope) -> str:
    return str(scope.get("state", {}).get("request_id", ""))


def told_of(taken: Taken) -> list[tuple[bytes, bytes]]:
    """The headers that say how much is left."""
    seconds = math.ceil(taken.wait) if not taken.allowed else 60
    return [
        (b"ratelimit-policy", b'"identity";q=%d;w=60' % taken.quota),
        (b"ratelimit", b'"identity";r=%d;t=%d' % (taken.remaining, seconds)),
    ]


def _turned_away(request: Request, taken: Taken, told: list[tuple[bytes, bytes]]) -> ASGIApp:
    wait = max(1, math.ceil(taken.wait))
    log.TURNED_AWAY.log(request_id=_request_id(request.scope), method=request.method, reason="rate")
    text = f"at most {taken.quota} requests a minute ([access.limits] per_minute): ask again in {wait} seconds"
    headers = {"Retry-After": str(wait), **{name.decode(): value.decode() for name, value in told}}
    return answer(request, 429, text, headers)
