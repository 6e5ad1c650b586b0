"""Whom the doors let in at all, before any route: until access is configured, only this machine, asking for itself.

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

MOST_BODY = 1024 * 1024
"""Bytes that a request may bring."""
MOST_FHIR = 16 * MOST_BODY
"""Bytes that may be sent to a FHIR endpoint: a transaction holds whole dossiers."""

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::[0-9]{0,5})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffd]")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let in. `reason` is for the log, `detail` for who asked."""

    status: int
    reason: str
    detail: str


def refusal(scope: Scope) -> Refusal | None:
    """Whether to turn this request away; None when it may go on."""
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not names_this_machine(hosts[0]):
        detail = "access is not configured, so this service answers only to localhost, 127.0.0.1 or [::1]"
        return Refusal(421, "host", detail)
    if scope["method"] not in _READING and not _same_origin(headers, hosts[0], scope["scheme"]):
        return Refusal(403, "origin", "a page of another origin may not post here")
    if _CONTROL.search(scope["path"]):
        return Refusal(400, "path", "an address holds no control characters and is UTF-8")
    length = headers.get("content-length", "0")
    most = most_bytes(scope)
    if not length.isascii() or not length.isdigit() or int(length[:20]) > most:
        return Refusal(413, "size", f"a request may hold at most {most} bytes")
    return None


def names_this_machine(host: str) -> bool:
    """Whether a `Host` header names loopback. A name other than `localhost` may resolve to anything: no."""
    found = _HOST.fullmatch(host)
    return found is not None and is_loopback(found["name"].strip("[]").lower())


def _same_origin(headers: Headers, host: str, scheme: str) -> bool:
    origins = headers.getlist("origin")
    if not origins:  # not a browser, or a form on a page of ours in an old one
        return headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
    return [o.lower() for o in origins] == [f"{scheme}://{host}".lower()]


def most_bytes(scope: Scope) -> int:
    """How much this request may bring."""
    return MOST_FHIR if scope["path"].startswith("/fhir/") else MOST_BODY


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
