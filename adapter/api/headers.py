"""What every answer carries, and what no request may carry: security headers, a request id, no BSN in an address."""

from __future__ import annotations

import itertools
import re
import secrets
import string
from collections.abc import Sequence
from http import HTTPMethod
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter.access import log
from adapter.access.redact import redact
from adapter.api.errors import STORE_AWAY, answer
from adapter.api.gate import bounded, most_bytes, refusal
from adapter.model.identifiers import Bsn, InvalidIdentifierError, System
from adapter.service.bounds import UNBOUND, Bounds
from adapter.store import StoreUnavailableError

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NINE_DIGITS = re.compile(r"(?<![0-9])[0-9]{9}(?![0-9])")
_REFERENCE = re.compile(r"(?:^|(?<=/))[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}$")
_BARE = re.compile(r"identifier(?::[a-z-]+)?=(?:[^&|]*,)?\|?[0-9]{9}(?![0-9])")

_OURS = "".join(secrets.choice(string.ascii_lowercase) for _ in range(16)) + "-%x"
_NUMBERS = itertools.count(1)
"""Our own request ids: a word that no other process has, and a number; so no nine digits stand in them."""

_BSN_OID = "2.16.840.1.113883.2.4.6.3|"

_NOTHING_ELSE = (
    "default-src 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; img-src 'self'; script-src 'self'; "
    "style-src 'self'; base-uri 'none'; object-src 'none'"
)
"""Only files of ours, by address: what stands in the page itself is never run or applied as style."""
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser posts our own search as Origin: null
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def framing(ancestors: Sequence[str]) -> dict[str, str]:
    """The headers that say who may show our pages in a frame: nobody, unless origins are configured."""
    allowed = " ".join(ancestors) or "'none'"
    found = {"Content-Security-Policy": f"{_NOTHING_ELSE}; frame-ancestors {allowed}"}
    return found if ancestors else {**found, "X-Frame-Options": "DENY"}  # which cannot name an origin


def transport(issuer: str | None) -> dict[str, str]:
    """That a browser comes back by https alone (RFC 6797), where that is how we are reached."""
    return {"Strict-Transport-Security": "max-age=31536000"} if issuer and issuer.startswith("https://") else {}


def holds_bsn(text: str) -> bool:
    """Whether the text holds nine digits in a row that pass the 11-proef."""
    return any(_is_bsn(match) for match in _NINE_DIGITS.findall(text))


def names_bsn(query: str) -> bool:
    """Whether a query holds a BSN, searches by its naming system (then what follows is meant to be one), or gives nine
    digits as an identifier without a system: a mistyped BSN tells who she is as well.

    One in eleven numbers of nine digits passes the 11-proef, the SNOMED code of a due date among them (161714006): what
    stands behind another system, and the id of a resource, is what it says it is.
    """
    if bool(_BARE.search(query)) or System.BSN.value.lower() in query.lower() or _BSN_OID in query:
        return True
    return holds_bsn(query) and any(_may_name(pair) for pair in query.split("&"))


def _may_name(pair: str) -> bool:
    name, _, value = pair.partition("=")
    if name == "_id":
        return False
    return holds_bsn(name) or any(may_be_bsn(part) for part in value.split(","))


def may_be_bsn(part: str) -> bool:
    """Whether a value holds a BSN that nothing else explains: a code with its system is that code, `Type/id` that
    resource.
    """
    system, bar, _ = part.partition("|")
    explained = bar and system and "bsn" not in system.casefold()
    return holds_bsn(system if explained else _REFERENCE.sub("", part))


def _is_bsn(digits: str) -> bool:
    try:
        Bsn(digits)
    except InvalidIdentifierError:
        return False
    return True


def request_id_of(request_id: str | None, correlation_id: str | None) -> str:
    """Under which name a request is known: the one it brings, where that may stand in a log, else one of ours."""
    given = request_id or correlation_id or ""
    if not given:
        return _OURS % next(_NUMBERS)
    # Nine digits are a BSN, or a mistyped one; and it goes into the audit log.
    good = _REQUEST_ID.fullmatch(given) and not _NINE_DIGITS.search(given)
    return given if good else _OURS % next(_NUMBERS)


class Headers:
    """ASGI middleware; outermost, so that errors of the framework carry the headers too."""

    def __init__(
        self, app: ASGIApp, frame_ancestors: Sequence[str] = (), issuer: str | None = None, bounds: Bounds = UNBOUND
    ) -> None:
        self._app = app
        self._bounds = bounds
        self._issuer = issuer
        self._headers = secured(frame_ancestors, issuer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        request_id = request_id_of(request.headers.get("x-request-id"), request.headers.get("x-correlation-id"))
        request.state.request_id = request_id
        is_static = scope["path"].startswith("/static/")
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                given = message.get("headers", ())
                said = {name for name, _ in given}
                # Everything but the style sheet may hold patient data.
                more = (*self._headers, (b"cache-control", b"no-cache" if is_static else b"no-store"))
                message["headers"] = [*given, (b"x-request-id", request_id.encode())]
                message["headers"] += [header for header in more if header[0] not in said]
            await send(message)

        request.state.limits = self._bounds.limits
        if refused := refusal(scope, self._issuer, self._bounds):
            log.TURNED_AWAY.log(request_id=request_id, method=_method(request), reason=refused.reason)
            told = answer(request, refused.status, refused.detail, code=refused.code, where=refused.where)
            await told(scope, receive, send_with_headers)
            return
        if bsn_in_address(scope):
            await answer(request, 400, _bsn_advice(request), where="http")(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, bounded(receive, most_bytes(scope, self._bounds.limits)), send_with_headers)
        except Exception as error:
            told = failure(request, request_id, error)
            if started:
                raise
            await told(scope, receive, send_with_headers)


def secured(frame_ancestors: Sequence[str], issuer: str | None) -> tuple[tuple[bytes, bytes], ...]:
    """What every answer carries."""
    headers = {**SECURITY_HEADERS, **framing(frame_ancestors), **transport(issuer)}
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())


def failure(request: Request, request_id: str, error: Exception) -> Response:
    """The answer to what went wrong here. The message of an unexpected error may hold anything; its type and place may
    not.
    """
    log.REQUEST_FAILED.log(
        request_id=request_id, method=_method(request), route=_route(request.scope), error=type(error).__name__
    )
    if isinstance(error, StoreUnavailableError):
        return answer(request, 503, STORE_AWAY, {"Retry-After": "2"})
    return answer(request, 500, f"something went wrong here; the log names it under request {request_id}")


def bsn_in_address(scope: Scope) -> bool:
    """In the query; in the path only where it can be no id that a source gave out."""
    if names_bsn(unquote_plus(scope.get("query_string", b"").decode("latin-1"))):
        return True
    path: str = scope["path"]
    return not path.startswith("/fhir/") and redact(path) != path


def _method(request: Request) -> str:
    """A method is any word that the client likes; only those that exist are worth repeating."""
    return request.method if request.method in HTTPMethod.__members__ else "?"


def _bsn_advice(request: Request) -> str:
    if request.scope["path"].startswith("/fhir/"):
        return "a BSN is never part of an address: search with POST to [type]/_search, the BSN in the body"
    return "a BSN is never part of an address: POST it to /api/v1/pregnancies/_search"


def _route(scope: Scope) -> str:
    """The pattern of the address, without what was filled in."""
    return str(getattr(scope.get("route"), "path", "?"))
