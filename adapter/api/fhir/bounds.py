"""How much one search may ask: by its address, and as an entry of a Bundle."""

from __future__ import annotations

from starlette.requests import Request

from adapter.api.limits import limits_of
from adapter.service.bounds import LIMITS
from adapter.service.endpoint.fault import FhirFault
from adapter.service.endpoint.query import PAGE


def in_bounds(request: Request, pairs: list[tuple[str, str]], *, listing: bool) -> list[tuple[str, str]]:
    """The parameters, no more than is taken, and none asking for a larger page than is given."""
    limits = limits_of(request)
    if len(pairs) > limits.parameters:
        text = f"a request has at most {limits.parameters} parameters ([access.limits] parameters)"
        raise FhirFault(400, "too-costly", text, "http")
    if limits.page < LIMITS.page:
        pairs = [(name, _at_most(value, limits.page) if name == "_count" else value) for name, value in pairs]
        if listing and limits.page < PAGE and all(name not in ("_count", "_page") for name, _ in pairs):
            pairs.append(("_count", str(limits.page)))
    return pairs


def _at_most(text: str, most: int) -> str:
    return str(most) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > most else text
