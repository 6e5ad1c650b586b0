"""The public keys of registered systems: a JWKS (RFC 7517) by URL or in a file."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

PublicKey = ECKey | RSAKey

MOST_BYTES = 64 * 1024
"""Bytes of a JWKS."""
MOST_KEYS = 50
LONGEST = 3600.0
"""Seconds that a JWKS is kept at most, whatever its server allows."""
USUAL = 300.0
"""Seconds that it is kept where its server says nothing."""
PAUSE = 5.0
"""Seconds that a server which did not answer is left alone."""
INTERVAL = 30.0
"""Seconds between two fetches for a key that was not there: who makes up key ids cannot have us hammer a server."""
_TIMEOUT = 5.0
_RSA_BITS = 2048  # RFC 7518 section 3.3
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})")
_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])")


class JwksError(Exception):
    """Keys that cannot be had or used; the message says why, and holds no key."""


class Jwks(Protocol):
    """The keys of one system."""

    url: str | None

    async def find(self, kid: str) -> tuple[PublicKey, ...]:
        """The keys of this id. Raises `JwksError`."""
        ...


def read_jwks(body: bytes) -> tuple[PublicKey, ...]:
    """The signing keys in a JWKS. Raises `JwksError` for what is no JWKS, and for private or symmetric keys in it."""
    if len(body) > MOST_BYTES:
        raise JwksError(f"a JWKS has at most {MOST_BYTES} bytes")
    try:
        listed = json.loads(body)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise JwksError('it is no JWKS: JSON with a list "keys" (RFC 7517 section 5)') from None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise JwksError(f'"keys" is a list of at most {MOST_KEYS} keys')
    found = [_read_key(given, at) for at, given in enumerate(listed)]
    keys = tuple(key for key in found if key is not None)
    if not keys:
        raise JwksError("it holds no key to sign with: RSA or EC, with a kid")
    return keys


def _read_key(given: object, at: int) -> PublicKey | None:
    """One key; None for one that signs nothing here (another use or type)."""
    where = f"keys[{at}]"
    if not isinstance(given, dict):
        raise JwksError(f"{where} is no key")
    if "d" in given or "k" in given:
        raise JwksError(f"{where} is a private or symmetric key: make it worthless now, and publish public keys only")
    operations = given.get("key_ops", ["verify"])
    if given.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return None
    kind = given.get("kty")
    if kind not in ("EC", "RSA"):
        return None
    if not isinstance(given.get("kid"), str) or not given["kid"]:
        raise JwksError(f"{where} has no kid")
    try:
        key = ECKey.import_key(given) if kind == "EC" else RSAKey.import_key(given)
        bits = key.public_key.key_size
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise JwksError(f"{where} cannot be read as a key of its kty") from None
    if isinstance(key, RSAKey) and bits < _RSA_BITS:
        raise JwksError(f"{where} has {bits} bits; an RSA key has at least {_RSA_BITS}")
    return key


def _of(keys: Sequence[PublicKey], kid: str) -> tuple[PublicKey, ...]:
    return tuple(key for key in keys if key.kid == kid)


class FileKeys:
    """A JWKS in a file; read anew when the file changed."""

    url: str | None = None

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._keys: tuple[PublicKey, ...] = ()

    async def find(self, kid: str) -> tuple[PublicKey, ...]:
        """The keys of this id. Raises `JwksError`."""
        return _of(await asyncio.to_thread(self.read), kid)

    def read(self) -> tuple[PublicKey, ...]:
        """All of them. Raises `JwksError`."""
        try:
            about = self._path.stat()
            stamp = (about.st_mtime_ns, about.st_size)
            if stamp != self._stamp:
                self._keys, self._stamp = read_jwks(self._path.read_bytes()), stamp
        except OSError as error:
            raise JwksError(f"cannot be read: {error.strerror}") from None
        return self._keys


class RemoteKeys:
    """A JWKS by URL: kept as long as its server allows, and fetched once more for a key that is not in it.

    `now`: seconds, of a clock that only goes forward. No redirect is followed: the URL is what was registered.
    """

    def __init__(self, url: str, now: Callable[[], float], transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.url: str | None = url
        self._address = url
        self._now = now
        self._transport = transport
        self._keys: tuple[PublicKey, ...] = ()
        self._fetched: float | None = None
        self._until = float("-inf")
        self._failed: tuple[float, JwksError] | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> tuple[PublicKey, ...]:
        """The keys of this id. Raises `JwksError`."""
        now = self._now()
        waited = self._fetched is None or now >= self._fetched + INTERVAL
        if now >= self._until or (waited and not _of(self._keys, kid)):
            await self._renew()
        return _of(self._keys, kid)

    async def _renew(self) -> None:
        """Fetch, once for all that wait for it. Raises `JwksError`."""
        if self._failed is not None and self._now() < self._failed[0] + PAUSE:
            raise JwksError(str(self._failed[1]))
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.get_running_loop().create_task(self._fetch())
        await asyncio.shield(self._fetching)

    async def _fetch(self) -> None:
        self._fetched = self._now()
        try:
            await self._fetch_now(self._fetched)
            self._failed = None
        except JwksError as error:
            self._failed = self._fetched, error
            raise

    async def _fetch_now(self, at: float) -> None:
        try:
            async with (
                asyncio.timeout(_TIMEOUT),
                httpx.AsyncClient(
                    transport=self._transport, timeout=_TIMEOUT, follow_redirects=False, trust_env=False
                ) as client,
                client.stream("GET", self._address, headers={"Accept": "application/json"}) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise JwksError(f"its JWKS URL answers {response.status_code}")
                self._keys = read_jwks(await _bounded(response))
                self._until = at + lifetime(response.headers.get("Cache-Control"))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            raise JwksError(f"its JWKS URL does not answer ({type(error).__name__})") from None


async def _bounded(response: httpx.Response) -> bytes:
    body = b""
    async for part in response.aiter_bytes():
        body += part
        if len(body) > MOST_BYTES:
            raise JwksError(f"a JWKS has at most {MOST_BYTES} bytes")
    return body


def lifetime(cache_control: str | None) -> float:
    """Seconds that an answer may be kept (RFC 9111 section 5.2.2); never longer than `LONGEST`."""
    if cache_control is None:
        return USUAL
    text = cache_control.lower()
    if _NOT_KEPT.search(text):
        return 0.0
    found = _MAX_AGE.search(text)
    return min(float(found[1]), LONGEST) if found else USUAL
