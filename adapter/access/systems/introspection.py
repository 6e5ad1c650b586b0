"""Tokens that another server knows, such as a Nuts node in front: ask there whether they hold (RFC 7662)."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from adapter.access.identity import Identified, UnauthenticatedError, UnavailableError
from adapter.access.systems.clients import Client, Clients
from adapter.access.systems.errors import OAuthError
from adapter.access.systems.scopes import granted
from adapter.access.systems.subject import PURPOSE_SCOPE, read_purpose, read_subject
from adapter.access.systems.tokens import Women, fitting, identity, named_record
from adapter.model.sources import RecordKey

KEPT = 30.0
"""Seconds that an answer is kept, at most; never beyond the token's own end."""
_REMEMBERED = 10_000
_MOST_BYTES = 64 * 1024
_TIMEOUT = 5.0
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,8192}=*")  # RFC 6750 section 2.1
_HELD = "this token does not hold here"


@dataclass(frozen=True, slots=True)
class Asked:
    """Where to ask, and how. `authorization`: gives the header with which we show who we are, None for none.

    `aliases`: what a scope that is no SMART scope (of a use case) stands for. `audience`: what `aud` must name, where
    it is set. `organisation_claim`: the claim that names the organisation.
    """

    url: str
    authorization: Callable[[], str | None] = lambda: None
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    audience: str | None = None
    organisation_claim: str = "subject_organization_id"


class Introspection:
    """Asks. `now`: seconds since 1970."""

    def __init__(
        self,
        asked: Asked,
        clients: Clients,
        women: Women,
        now: Callable[[], float],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._asked = asked
        self._clients = clients
        self._women = women
        self._now = now
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._known: dict[bytes, tuple[float, Identified | None]] = {}

    async def identify(self, token: str) -> Identified:
        """Who shows this token. Raises `UnauthenticatedError`, and `UnavailableError` where the server does not say."""
        if not _TOKEN.fullmatch(token):
            raise UnauthenticatedError(_HELD, "invalid_token")
        digest = hashlib.sha256(token.encode()).digest()
        until, who = self._known.get(digest, (0.0, None))
        if until <= self._now():
            until, who = await self._ask(token)
            self._remember(digest, until, who)
        if who is None:
            raise UnauthenticatedError(_HELD, "invalid_token")
        return who

    def known(self, token: str) -> Identified | None:
        """Who was found to show this token and may still be; None where that would have to be asked."""
        until, who = self._known.get(hashlib.sha256(token.encode()).digest(), (0.0, None))
        return who if until > self._now() else None

    async def aclose(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, token: str) -> tuple[float, Identified | None]:
        claims, now = await self._answer(token), self._now()
        expires = claims.get("exp")
        if isinstance(expires, bool) or not isinstance(expires, int | float) or not math.isfinite(expires):
            expires = now + KEPT if expires is None else now
        until = min(now + KEPT, expires)
        if claims.get("active") is not True or expires <= now:
            return now + KEPT / 3, None
        try:
            return until, await self._who(claims)
        except OAuthError:
            return until, None

    async def _who(self, claims: Mapping[str, Any]) -> Identified | None:
        """Who that is here; None for who is not registered, or shows what we cannot check. Raises `OAuthError`."""
        name, scope = claims.get("client_id"), claims.get("scope")
        client = self._clients.get(name) if isinstance(name, str) else None
        if client is None or client.keys is not None or not isinstance(scope, str):
            return None  # who has keys registered here proves itself here
        if "cnf" in claims:  # bound to a key (RFC 7800) of which no proof is asked here: whoever found it could use it
            return None
        audience = claims.get("aud")
        if self._asked.audience is not None and self._asked.audience not in (
            audience if isinstance(audience, list) else [audience]
        ):
            return None
        words = [meant for word in scope.split() for meant in self._asked.aliases.get(word, (word,))]
        named = [word.removeprefix(PURPOSE_SCOPE) for word in words if word.startswith(PURPOSE_SCOPE)]
        purpose = read_purpose(named, claims, client)
        subject = read_subject(claims, client, self._asked.organisation_claim)
        woman = await self._woman(client, claims)
        if woman is None and client.for_woman:
            return None
        scopes = fitting(granted(words, client.scopes), woman is not None, subject.id is not None)
        jti = claims.get("jti")
        return (
            identity(client, subject, purpose, scopes, woman, jti if isinstance(jti, str) else "") if scopes else None
        )

    async def _woman(self, client: Client, claims: Mapping[str, Any]) -> RecordKey | None:
        if not client.for_woman:
            return None
        record = named_record(claims.get("patient"), client.source)
        return record if record is not None and await self._women.known(record) else None

    async def _answer(self, token: str) -> Mapping[str, Any]:
        """What the server says. Raises `UnavailableError`, which names no token."""
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if (given := self._asked.authorization()) is not None:
            headers["Authorization"] = given
        try:
            claims = json.loads(await self._body({"token": token}, headers))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise UnavailableError(
                f"the server that knows this token does not answer ({type(error).__name__})"
            ) from None
        except (ValueError, RecursionError):
            raise UnavailableError("the server that knows this token gives no JSON") from None
        if not isinstance(claims, dict):
            raise UnavailableError("the server that knows this token gives no JSON object")
        return claims

    async def _body(self, form: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        """What it answers, read no further than it may be long. Raises `UnavailableError`."""
        body, client = bytearray(), self._opened()
        async with client.stream("POST", self._asked.url, data=form, headers=headers) as response:
            if response.status_code != httpx.codes.OK:
                raise UnavailableError(f"the server that knows this token answers {response.status_code}")
            packed = response.headers.get("Content-Encoding", "identity").lower() != "identity"
            async for part in response.aiter_bytes():
                body += part
                if packed or len(body) > _MOST_BYTES:  # what is packed may be any length
                    raise UnavailableError("the server that knows this token answers at too great length")
        return bytes(body)

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                transport=self._transport, timeout=_TIMEOUT, follow_redirects=False, trust_env=False
            )
        return self._client

    def _remember(self, digest: bytes, until: float, who: Identified | None) -> None:
        if len(self._known) >= _REMEMBERED:
            now = self._now()
            self._known = {key: one for key, one in self._known.items() if one[0] > now}
        while len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]  # the oldest
        self._known[digest] = until, who
