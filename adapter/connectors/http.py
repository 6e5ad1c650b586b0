"""Calls to one FHIR server: bounded in number, time and size, repeated where that is safe, silent about what was asked.

Every call is a read (GET, or POST `_search`), so repeating one is safe. `Retry-After` (RFC 9110, 10.2.3) is honoured up
to a ceiling. Every call carries its own `X-Request-ID`; a failure names it, never the URL.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from urllib.parse import urlencode, urljoin, urlsplit
from uuid import uuid4

import aiohttp
import httpx
import stamina
from httpx_aiohttp import AiohttpTransport

from adapter.connectors.config import Auth, Limits
from adapter.connectors.credentials import Given, Shown, shown_by
from adapter.connectors.errors import (
    FailedError,
    MissingError,
    NotOfferedError,
    RefusedError,
    SourceError,
    UnauthorizedError,
    UnreachableError,
)
from adapter.model.sources import Media

ACCEPT = {
    Media.JSON: "application/fhir+json, application/json;q=0.9, application/fhir+xml;q=0.5, application/xml;q=0.4",
    Media.XML: "application/fhir+xml, application/xml;q=0.9",
}
_AGAIN = frozenset({429, 502, 503, 504})
_UNREACHABLE = (httpx.HTTPError, httpx.StreamError, aiohttp.ClientError, OSError, asyncio.TimeoutError)

# httpx logs every URL at INFO; a URL says which woman was asked about.
logging.getLogger("httpx").setLevel(logging.WARNING)
# Retries are told in the report of the pull; stamina's own log lines would go to standard output.
stamina.instrumentation.set_on_retry_hooks([])


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer. `url` is where it came from: relative links are relative to it."""

    body: bytes
    media: Media
    url: str


@cache
def _tls() -> ssl.SSLContext:
    # Reading the certificates of the authorities takes longer than a small pull.
    return httpx.create_ssl_context()


class Http:
    """An open connection to the server at `base_url`; use as an async context manager, within one event loop."""

    def __init__(
        self,
        base_url: str,
        auth: Auth,
        limits: Limits,
        transport: httpx.AsyncBaseTransport | None,
        media: Media = Media.JSON,
    ) -> None:
        self.base_url = base_url.rstrip("/") + "/"
        self._limits = limits
        self._auth = auth
        self._accept = ACCEPT[media]
        self._transport = transport
        self._slots = asyncio.Semaphore(limits.concurrency)
        self._client: httpx.AsyncClient | None = None
        self._shown: Shown = Given(None)

    async def __aenter__(self) -> Http:
        limits = self._limits
        headers = {"Accept": self._accept, "Prefer": "handling=strict"}
        self._shown = shown_by(self._auth, self.base_url)
        timeout = httpx.Timeout(limits.read_seconds, connect=limits.connect_seconds, pool=None)
        self._client = httpx.AsyncClient(
            transport=self._transport
            or AiohttpTransport(verify=_tls(), limits=httpx.Limits(max_connections=limits.concurrency)),
            headers=headers,
            timeout=timeout,
            follow_redirects=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None and self._transport is None:
            await self._client.aclose()

    async def get(self, path: str, query: Mapping[str, str | list[str]] | None = None) -> Reply:
        """GET a path under the base, or an absolute URL on the same origin. Raises `SourceError`."""
        url = urljoin(self.base_url, path)
        if query:
            url = f"{url}?{urlencode(query, doseq=True, safe=',/:|')}"
        return await self._call("GET", url, None)

    async def post_search(self, kind: str, form: Mapping[str, str]) -> Reply:
        """POST `[kind]/_search` with the parameters in the body only. Raises `SourceError`."""
        return await self._call("POST", f"{self.base_url}{kind}/_search", urlencode(form).encode())

    def same_origin(self, url: str) -> bool:
        """Whether an absolute URL is on the server that we were told to ask."""
        return _origin(url) == _origin(self.base_url)

    async def _call(self, method: str, url: str, form: bytes | None) -> Reply:
        limits = self._limits
        retries = stamina.retry_context(
            on=_worth_another_try,
            attempts=limits.attempts,
            timeout=limits.retry_seconds,
            wait_initial=limits.first_wait,
            wait_max=limits.longest_wait,
            wait_jitter=limits.first_wait,
        )
        async for attempt in retries:
            with attempt:
                async with self._slots:
                    return await self._once(method, url, form)
        raise AssertionError("stamina returns or raises")

    async def _once(self, method: str, url: str, form: bytes | None) -> Reply:
        """One call; a token that is refused is asked for anew, once."""
        assert self._client is not None, "use as an async context manager"  # noqa: S101
        shown = await self._shown.authorization(self._client)
        try:
            return await self._shown_once(method, url, form, shown)
        except UnauthorizedError:
            if not self._shown.refused(shown):
                raise
        return await self._shown_once(method, url, form, await self._shown.authorization(self._client))

    async def _shown_once(self, method: str, url: str, form: bytes | None, shown: str | None) -> Reply:
        assert self._client is not None  # noqa: S101 (seen before)
        request_id = str(uuid4())
        headers = {"X-Request-ID": request_id, **({"Authorization": shown} if shown else {})}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            async with (
                asyncio.timeout(self._limits.call_seconds),
                self._client.stream(method, url, content=form, headers=headers) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise _error_for(response, request_id, self._limits.longest_wait)
                body = await self._body(response, request_id)
        except httpx.InvalidURL:
            raise FailedError("de bron gaf een adres dat niet te lezen is") from None
        except _UNREACHABLE as error:
            raise UnreachableError(
                f"de bron is niet bereikbaar ({type(error).__name__}, aanvraag {request_id})"
            ) from None
        return Reply(body, _media(response.headers.get("Content-Type", ""), body), url)

    async def _body(self, response: httpx.Response, request_id: str) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > self._limits.response_bytes:
                raise FailedError(
                    f"het antwoord is groter dan {self._limits.response_bytes} bytes (aanvraag {request_id})",
                    "vraag kleinere pagina's (page_size), of verhoog response_bytes",
                )
            parts.append(part)
        return b"".join(parts)


def _worth_another_try(error: Exception) -> bool | float:
    if not isinstance(error, UnreachableError):
        return False
    return True if error.wait is None else error.wait


def _error_for(response: httpx.Response, request_id: str, longest_wait: float) -> SourceError:
    status = response.status_code
    said = f"HTTP {status} (aanvraag {request_id})"
    if status in (401, 403):
        kind = UnauthorizedError if status == 401 else RefusedError
        return kind(f"de bron weigert: {said}", "controleer de toegang die bij deze bron is afgesproken")
    if status in _AGAIN:
        again = UnreachableError(f"de bron kon niet antwoorden: {said}")
        after = response.headers.get("Retry-After", "")
        again.wait = min(float(after), longest_wait) if after.isascii() and after.isdigit() else None
        return again
    if status in (404, 410):
        return MissingError(f"niet gevonden: {said}")
    if status in (400, 405, 406, 414, 422, 501):
        return NotOfferedError(f"de bron biedt deze vraag niet: {said}")
    return FailedError(f"de bron gaf een fout: {said}")


def _media(content_type: str, body: bytes) -> Media:
    kind = content_type.partition(";")[0].lower()
    if "json" in kind:
        return Media.JSON
    if "xml" in kind:
        return Media.XML
    return Media.XML if body.lstrip()[:1] == b"<" else Media.JSON


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return ("", "", None)
    return (parts.scheme, (parts.hostname or "").lower(), port)
