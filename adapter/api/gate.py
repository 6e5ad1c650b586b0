"""Whom the doors let in at all, before any route: who asks under a name of ours, from a page of ours, in bounds.

Until access is configured that is only this machine, asking for itself; then it is the issuer and the hosts listed.

Nobody logs in under the demonstration identity, so a web page elsewhere must not be able to use a visitor's browser to
read here. It could by letting its own name point to 127.0.0.1 (DNS rebinding): then `Host` is that name. Or by posting
a form from its own origin (CSRF): then `Origin` says so (RFC 6454; the Fetch standard sends it with every such POST).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from adapter.access import is_loopback
from adapter.service.bounds import LIMITS, UNBOUND, Bounds, Limits

MOST_BODY = LIMITS.body
"""Bytes that a request may bring, unless configured."""
MOST_FHIR = LIMITS.fhir_body
"""Bytes that may be sent to a FHIR endpoint: a transaction holds whole dossiers."""

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::[0-9]{0,5})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffd]")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let in. `reason` is for the log, `detail` for who asked; in FHIR with `code` and `where`."""

    status: int
    reason: str
    detail: str
    where: str
    code: str | None = None


def refusal(scope: Scope, issuer: str | None = None, bounds: Bounds = UNBOUND) -> Refusal | None:
    """Whether to turn this request away; None when it may go on. `issuer`: our address, once access is configured."""
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not named(hosts[0], issuer, bounds):
        detail = "access is not configured, so this service answers only to localhost, 127.0.0.1 or [::1]"
        return Refusal(
            421, "host", detail if issuer is None else "this service answers only to its own address", "http.Host"
        )
    if scope["method"] not in _READING and not _same_origin(headers, hosts[0], scope["scheme"], issuer):
        return Refusal(403, "origin", "a page of another origin may not post here", "http.Origin")
    if _CONTROL.search(scope["path"]):
        return Refusal(400, "path", "an address holds no control characters and is UTF-8", "http")
    if scope.get("query_string", b"").count(b"&") >= bounds.limits.parameters:
        text = f"a request has at most {bounds.limits.parameters} parameters ([access.limits] parameters)"
        return Refusal(400, "parameters", text, "http", "too-costly")
    length = headers.get("content-length", "0")
    most = most_bytes(scope, bounds.limits)
    if not length.isascii() or not length.isdigit() or int(length[:20]) > most:
        return Refusal(413, "size", too_large(scope, bounds.limits), "http.body")
    return None


def too_large(scope: Scope, limits: Limits) -> str:
    """What is said of a body that is too large."""
    key = "fhir_body" if scope["path"].startswith("/fhir/") else "body"
    return f"a request may hold at most {most_bytes(scope, limits)} bytes ([access.limits] {key})"


def named(host: str, issuer: str | None, bounds: Bounds) -> bool:
    """Whether a `Host` header names this service."""
    return names_this_machine(host) or names_us(host, issuer) or host.lower() in bounds.hosts


def names_this_machine(host: str) -> bool:
    """Whether a `Host` header names loopback. A name other than `localhost` may resolve to anything: no."""
    found = _HOST.fullmatch(host)
    return found is not None and is_loopback(found["name"].strip("[]").lower())


def names_us(host: str, issuer: str | None) -> bool:
    """Whether a `Host` header names the address under which we are reached."""
    if issuer is None:
        return False
    scheme, _, own = issuer.lower().partition("://")
    usual = {"https": ":443", "http": ":80"}[scheme]
    return host.lower().removesuffix(usual) == own.removesuffix(usual)


def _same_origin(headers: Headers, host: str, scheme: str, issuer: str | None) -> bool:
    origins = headers.getlist("origin")
    if not origins:  # not a browser, or a form on a page of ours in an old one
        return headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
    given = [o.lower() for o in origins]
    # Where TLS ends in front of us the scheme here is not that of the page.
    return given == [f"{scheme}://{host}".lower()] or (issuer is not None and given == [issuer.lower()])


def most_bytes(scope: Scope, limits: Limits = LIMITS) -> int:
    """How much this request may bring."""
    return limits.fhir_body if scope["path"].startswith("/fhir/") else limits.body


def bounded(receive: Receive, most: int) -> Receive:
    """The body of the request, cut off with 413 where it turns out larger than it may be."""
    seen = 0

    async def receive_bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413)
        return message

    return receive_bounded
