"""Which FHIR format an answer is asked in: `_format` before `Accept` (FHIR http.html#mime-type)."""

from __future__ import annotations

from functools import lru_cache

from starlette.requests import Request

from adapter.model.sources import Media

_NAMES = {
    "json": Media.JSON,
    "application/json": Media.JSON,
    "text/json": Media.JSON,
    "application/fhir+json": Media.JSON,
    "application/json+fhir": Media.JSON,
    "xml": Media.XML,
    "application/xml": Media.XML,
    "text/xml": Media.XML,
    "application/fhir+xml": Media.XML,
    "application/xml+fhir": Media.XML,
    "*/*": Media.JSON,
    "application/*": Media.JSON,
    "text/html": Media.JSON,  # a browser looking in
}
_GZIP = frozenset({"gzip", "x-gzip"})


def wanted(request: Request) -> Media | None:
    """The format asked for, JSON when nothing is said, None when we have none of those asked for."""
    asked = request.query_params.get("_format")
    return named(asked) if asked else accepted(request.headers.get("accept", ""))


def named(text: str) -> Media | None:
    """The format that a `_format` names, None when we do not have it."""
    # A '+' that was not escaped arrives as a space.
    return _NAMES.get(text.split(";", maxsplit=1)[0].strip().lower().replace(" ", "+"))


@lru_cache(256)
def accepted(text: str) -> Media | None:
    """The format that an `Accept` header asks for."""
    accept = text.strip()
    if not accept:
        return Media.JSON
    for name in sorted(accept.split(","), key=_quality, reverse=True):
        media = _NAMES.get(name.split(";")[0].strip().lower())
        if media and _quality(name) > 0:
            return media
    return None


@lru_cache(256)
def unpacks(text: str) -> bool:
    """Whether who sends this `Accept-Encoding` takes gzip (RFC 9110 section 12.5.3)."""
    return any(part.split(";")[0].strip().lower() in _GZIP and _quality(part) > 0 for part in text.split(","))


def _quality(part: str) -> float:
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
