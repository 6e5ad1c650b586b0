"""Asking a provider something over HTTP: https only, no redirects, a limit on time and size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
import orjson

from adapter.access.binding import is_loopback
from adapter.access.people.errors import LoginError, LoginFault

_MOST = 1024 * 1024


class Fetch(Protocol):
    """What `Provider` needs of HTTP. Every method raises `LoginError`."""

    async def json(self, address: str, bearer: str | None = None) -> Mapping[str, Any]:
        """An object."""
        ...

    async def post(self, address: str, form: Mapping[str, str], basic: httpx.BasicAuth | None) -> Mapping[str, Any]:
        """The answer of a token endpoint."""
        ...


def is_safe(address: str) -> bool:
    """Whether what is sent there stays between us: https, or this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "?"))


def client() -> httpx.AsyncClient:
    """One for each question: they are rare, and a connection would belong to one event loop."""
    return httpx.AsyncClient(timeout=httpx.Timeout(10.0, connect=5.0), follow_redirects=False)


class Http:
    """`Fetch` over httpx."""

    def __init__(self, make: Callable[[], httpx.AsyncClient] = client) -> None:
        self._make = make

    async def json(self, address: str, bearer: str | None = None) -> Mapping[str, Any]:
        """An object."""
        headers = {"Accept": "application/json", **({"Authorization": f"Bearer {bearer}"} if bearer else {})}
        return await self._ask("GET", address, headers=headers)

    async def post(self, address: str, form: Mapping[str, str], basic: httpx.BasicAuth | None) -> Mapping[str, Any]:
        """The answer of a token endpoint."""
        headers = {"Accept": "application/json"}
        return await self._ask("POST", address, headers=headers, data=dict(form), auth=basic)

    async def _ask(self, method: str, address: str, **how: Any) -> Mapping[str, Any]:
        if not is_safe(address):
            raise LoginError(LoginFault.PROVIDER, "its address is not https")
        try:
            async with self._make() as http, http.stream(method, address, **how) as answer:
                body = bytearray()
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > _MOST:
                        raise LoginError(LoginFault.PROVIDER, "an answer is too large")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LoginError(LoginFault.PROVIDER, f"does not answer ({type(error).__name__})") from None
        if answer.status_code != 200:
            fault = LoginFault.REFUSED if method == "POST" else LoginFault.PROVIDER
            raise LoginError(fault, f"answered {answer.status_code}")
        try:
            found = orjson.loads(bytes(body))
        except orjson.JSONDecodeError:
            raise LoginError(LoginFault.PROVIDER, "answered with what is no JSON") from None
        if not isinstance(found, dict):
            raise LoginError(LoginFault.PROVIDER, "answered with what is no object")
        return found
