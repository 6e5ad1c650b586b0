"""How we show a source who we are: not, by a token that we were given, or as a SMART Backend Services client.

`smart-backend`: the token endpoint is the one configured, or that of the source's `.well-known/smart-configuration`
where it is at the source's own origin: what a source tells sends no assertion of ours elsewhere. We sign an assertion
with our own key (RFC 7523) and get a token for some minutes, which is asked for anew before it ends.
No secret and no token stands in a message.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry, serialize_compact

from adapter.connectors.config import Auth, loopback
from adapter.connectors.errors import ConfigurationError, FailedError, RefusedError, SourceError, UnreachableError

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIVES = 120
"""Seconds that an assertion of ours lives (SMART Backend Services allows 300)."""
_BEFORE = 20
"""Seconds before its end that a token is asked for anew."""
_UNSAID = 60.0
"""Seconds that a token counts where its server does not say."""
_SECONDS = 30.0
_MOST_BYTES = 64 * 1024
_ADVICE = "controleer de registratie bij deze bron: client_id, sleutel en scope"
_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


class Shown(Protocol):
    """What is shown with a call."""

    async def authorization(self, client: httpx.AsyncClient) -> str | None:
        """The header of the next call. Raises `SourceError`."""
        ...

    def refused(self, header: str | None) -> bool:
        """The source answered 401 to this header: whether `authorization` gives another to try once."""
        ...


def shown_by(auth: Auth, base_url: str) -> Shown:
    """What this configuration shows. Raises `SourceError` where its secret cannot be had."""
    if auth.method == "smart-backend":
        return SmartBackend(auth, base_url)
    return Given(f"Bearer {given_token(auth)}" if auth.method == "bearer" else None)


class Given:
    """A token that we were given, or nothing."""

    def __init__(self, header: str | None) -> None:
        self._header = header

    async def authorization(self, client: httpx.AsyncClient) -> str | None:
        """Always the same."""
        return self._header

    def refused(self, header: str | None) -> bool:
        """There is no other."""
        return False


class SmartBackend:
    """A client of SMART Backend Services."""

    def __init__(self, auth: Auth, base_url: str, now: Callable[[], float] = time.time) -> None:
        self._auth = auth
        self._base = base_url.rstrip("/")
        self._now = now
        try:
            self._key = read_key(auth)
        except ConfigurationError as error:
            raise FailedError("de sleutel voor deze bron is niet te gebruiken", str(error)) from None
        self._asking = asyncio.Lock()
        self._token: str | None = None
        self._until = 0.0

    async def authorization(self, client: httpx.AsyncClient) -> str | None:
        """A token that still holds, asked for where there is none. Raises `SourceError`."""
        async with self._asking:
            if self._token is None or self._now() >= self._until:
                await self._ask(client)
            return f"Bearer {self._token}"

    def refused(self, header: str | None) -> bool:
        """A token may have been withdrawn, or its key changed: ask for another."""
        if header == f"Bearer {self._token}":
            self._token = None
        return True

    async def _ask(self, client: httpx.AsyncClient) -> None:
        endpoint = self._auth.token_url or await self._discovered(client)
        form = {
            "grant_type": "client_credentials",
            "scope": self._auth.scope,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(endpoint),
        }
        said = await _answer(client, "POST", endpoint, form)
        token, seconds = said.get("access_token"), said.get("expires_in")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token:
            raise FailedError("het token-eindpunt van de bron geeft geen token", _ADVICE)
        known = isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0
        lasts = float(seconds) if known and seconds is not None else _UNSAID
        self._token, self._until = token, self._now() + max(lasts - _BEFORE, lasts / 2)

    async def _discovered(self, client: httpx.AsyncClient) -> str:
        said = await _answer(client, "GET", f"{self._base}/.well-known/smart-configuration", None)
        endpoint = said.get("token_endpoint")
        if not isinstance(endpoint, str) or not _safe(endpoint):
            raise FailedError("de bron noemt geen bruikbaar token-eindpunt", "stel token_url in bij deze bron")
        if _origin(endpoint) != _origin(self._base):  # what we sign would be worth something there
            advice = "is dat eindpunt bedoeld: stel het in als token_url bij deze bron"
            raise FailedError("de bron noemt een token-eindpunt op een ander adres dan het hare", advice)
        return endpoint

    def _assertion(self, endpoint: str) -> str:
        now = int(self._now())
        algorithm = _algorithm(self._auth, self._key)
        header: dict[str, Any] = {"alg": algorithm, "typ": "JWT", "kid": self._auth.kid or self._key.kid}
        claims = {
            "iss": self._auth.client_id,
            "sub": self._auth.client_id,
            "aud": endpoint,
            "iat": now,
            "exp": now + _LIVES,
            "jti": str(uuid.uuid4()),
        }
        registry = JWSRegistry(algorithms=[algorithm])
        return serialize_compact(header, json.dumps(claims).encode(), self._key, registry=registry)


async def token(base_url: str, auth: Auth) -> str:
    """A token of the server at this address, as `smart-backend` asks for it. Raises `SourceError`."""
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
        shown = await SmartBackend(auth, base_url).authorization(client)
    return (shown or "").removeprefix("Bearer ")


def read_key(auth: Auth) -> ECKey | RSAKey:
    """Our private key: a JWK, a JWKS of one, or PEM. Raises `ConfigurationError`, which holds nothing of it."""
    where = f"auth.key_env {auth.key_env}" if auth.key_env else f"auth.key_file {auth.key_file}"
    try:
        text = os.environ.get(auth.key_env, "") if auth.key_env else Path(auth.key_file or "").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"{where}: cannot be read") from None
    try:
        key = _parsed(text.strip())
        key_kid, _ = auth.kid or key.kid, _algorithm(auth, key)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        what = "there is no private key in it: RSA or EC, as a JWK or in PEM"
        raise ConfigurationError(f"{where}: {what}") from None
    if not key.is_private:
        raise ConfigurationError(f"{where}: this is a public key; it takes the private one to sign")
    if not key_kid:
        raise ConfigurationError(f"{where}: say under which kid the source knows this key: auth.kid")
    return key


def _parsed(text: str) -> ECKey | RSAKey:
    if not text.startswith("{"):
        try:
            return ECKey.import_key(text)
        except (JoseError, ValueError, TypeError):
            return RSAKey.import_key(text)
    given = json.loads(text)
    if "keys" in given:
        (given,) = given["keys"]
    return ECKey.import_key(given) if given["kty"] == "EC" else RSAKey.import_key(given)


def _algorithm(auth: Auth, key: ECKey | RSAKey) -> str:
    """What is configured, else what the key says, else what SMART asks for its type."""
    usual = "RS384" if isinstance(key, RSAKey) else _CURVES[key.curve_name]
    chosen = auth.algorithm or key.alg or usual
    if chosen[:2] not in (("RS", "PS") if isinstance(key, RSAKey) else ("ES",)):
        raise ValueError("another type of key")
    return str(chosen)


async def _answer(client: httpx.AsyncClient, method: str, url: str, form: dict[str, str] | None) -> dict[str, Any]:
    headers, body = {"Accept": "application/json", "Accept-Encoding": "identity"}, bytearray()
    try:
        async with asyncio.timeout(_SECONDS), client.stream(method, url, data=form, headers=headers) as response:
            packed = response.headers.get("Content-Encoding", "identity").lower() != "identity"
            async for part in response.aiter_bytes():
                body += part
                if packed or len(body) > _MOST_BYTES:  # what is packed may be any length
                    raise FailedError("het token-eindpunt van de bron geeft een te groot antwoord")
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise UnreachableError(f"het token-eindpunt van de bron is niet bereikbaar ({type(error).__name__})") from None
    if response.status_code != httpx.codes.OK:
        raise _failure(response.status_code, bytes(body))
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise FailedError("het token-eindpunt van de bron geeft geen JSON")
    return said


def _failure(status: int, body: bytes) -> SourceError:
    if status in (429, 502, 503, 504):
        return UnreachableError(f"het token-eindpunt van de bron kon niet antwoorden: HTTP {status}")
    if status in (400, 401, 403):
        return RefusedError(f"de bron geeft ons geen token: HTTP {status}{_code(body)}", _ADVICE)
    return FailedError(f"het token-eindpunt van de bron gaf een fout: HTTP {status}")


def _code(body: bytes) -> str:
    """The code of RFC 6749 section 5.2, where it is one of those; no other text of theirs is repeated."""
    try:
        code = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    known = ("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "invalid_scope")
    return f" ({code})" if code in known else ""


def _safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and loopback(parts.hostname or ""))


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", None, None


def given_token(auth: Auth) -> str:
    """The token of the environment or a file. Raises `FailedError`."""
    advice = "zet het token in de omgevingsvariabele of het bestand dat bij deze bron is ingesteld"
    try:
        text = os.environ.get(auth.token_env, "") if auth.token_env else Path(auth.token_file or "").read_text()
    except (OSError, UnicodeDecodeError):
        raise FailedError("het toegangstoken is niet te lezen", advice) from None
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise FailedError("het toegangstoken ontbreekt of is onbruikbaar", advice)
    return token
