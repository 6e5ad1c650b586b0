"""One request at the FHIR endpoint while it is answered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.requests import Request

from adapter.model.sources import FhirVersion, Media
from adapter.service.endpoint.endpoint import FhirEndpoint
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.query import Handling
from adapter.service.endpoint.scope import Caller
from adapter.service.endpoint.service import FhirService
from adapter.service.port import Application

ID = re.compile(r"[A-Za-z0-9.\-]{1,64}")
LOOSE = frozenset({"_format", "_pretty", "_summary"})
"""Parameters about the answer alone: they may go with any request."""
_PREFER = re.compile(r"(return|handling|respond-async)(?:\s*=\s*\"?([A-Za-z]+)\"?)?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_ETAG = re.compile(r'(?:W/)?"([^"]{1,64})"')


@dataclass(slots=True)
class Exchange:
    """The request, read as far as every interaction needs it."""

    request: Request
    application: Application
    service: FhirService
    endpoint: FhirEndpoint
    base: str
    media: Media
    caller: Caller
    kind: str = ""
    id: str = ""
    version_id: str = ""
    operation: str = ""
    pairs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def version(self) -> FhirVersion:
        """The FHIR version of this endpoint."""
        return self.endpoint.version

    def address(self, *parts: str) -> str:
        """An absolute address below this endpoint."""
        return "/".join((self.base, *parts))

    def prefer(self, name: str) -> str | None:
        """What `Prefer` says of this (RFC 7240), in lower case."""
        for part in self.request.headers.getlist("prefer"):
            for found in _PREFER.finditer(part):
                if found[1] == name:
                    return (found[2] or "").lower()
        return None

    @property
    def handling(self) -> Handling:
        """What to do with parameters that are not known."""
        asked = self.prefer("handling")
        return Handling(asked) if asked in ("strict", "lenient") else Handling.DEFAULT

    def one(self, name: str) -> str | None:
        """The value of a parameter that may be given once. Raises `FhirFault`."""
        found = [value for key, value in self.pairs if key == name and value]
        if len(found) > 1:
            raise bad(f"{name} is given more than once", f"http.{name}")
        return found[0] if found else None

    def instant(self, name: str) -> datetime | None:
        """An instant. Raises `FhirFault` for another text."""
        text = self.one(name)
        if text is None:
            return None
        written = text.replace(" ", "+")  # a plus sign that was not escaped arrives as a space
        try:
            if _INSTANT.fullmatch(written) is None:  # Python takes weeks and dates without dashes too
                raise ValueError
            at = datetime.fromisoformat(written)
        except ValueError:
            raise bad(f"{name} is an instant: 2026-01-31T12:00:00Z", f"http.{name}", "value") from None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def expected_version(self) -> int | None:
        """The version number of `If-Match`. Raises `FhirFault` (412) for what can be no version of ours."""
        text = self.request.headers.get("if-match")
        if text is None:
            return None
        found = _ETAG.fullmatch(text.strip())
        if found is None or not (found[1].isascii() and found[1].isdigit()):
            raise FhirFault(412, "conflict", 'If-Match holds one version: W/"3"', "http.If-Match")
        return int(found[1])

    def none_match(self, tag: str) -> bool:
        """Whether `If-None-Match` names this version."""
        return matches(self.request.headers.get("if-none-match", ""), tag)


def matches(text: str, tag: str) -> bool:
    """Whether an `If-None-Match` names this version."""
    return text.strip() == "*" or any(found[0].removeprefix("W/") == tag[2:] for found in _ETAG.finditer(text))
