"""Who a system is: its signed assertion (private_key_jwt: RFC 7521, RFC 7523, SMART Backend Services)."""

from __future__ import annotations

import asyncio
import base64
import json
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, deserialize_compact

from adapter.access.systems.clients import Client, Clients
from adapter.access.systems.errors import OAuthError
from adapter.access.systems.keys import JwksError, PublicKey
from adapter.access.systems.replay import Replay, ReplayUnavailableError, replay_key

MOST_AHEAD = 300
"""Seconds that `exp` may lie ahead (SMART Backend Services: five minutes)."""
LEEWAY = 5
"""Seconds that two clocks may differ."""
_LONGEST = 16 * 1024
_KEY_OF = {"RS": "RSA", "PS": "RSA", "ES": "EC"}

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asserted:
    """A system that proved who it is, and what else it said under its signature."""

    client: Client
    claims: Claims


class Assertions:
    """Checks assertions. `now`: seconds since 1970."""

    def __init__(self, clients: Clients, replay: Replay, now: Callable[[], float]) -> None:
        self._clients = clients
        self._replay = replay
        self._now = now

    async def check(self, assertion: str, audience: Collection[str]) -> Asserted:
        """Who this is. Raises `OAuthError`: `invalid_client`, or `temporarily_unavailable`."""
        found = unverified(assertion)
        if found is None:
            raise _refused("client_assertion is no signed JWT")
        said = found[1]
        name = said.get("iss")
        if not isinstance(name, str) or name != said.get("sub"):
            raise _refused("iss and sub are both the id under which the system is registered")
        client = self._clients.get(name)
        if client is None or client.keys is None:
            raise _refused("no system is registered here under this iss")
        return Asserted(client, await self._checked(client, assertion, found, audience))

    async def signed_by(self, client: Client, assertion: str, audience: Collection[str]) -> Claims:
        """What this client said under its signature, once and for this audience. Raises `OAuthError`, as `check`."""
        found = unverified(assertion)
        if found is None or client.keys is None:
            raise _refused("this is no signed JWT, or no key is registered", client)
        return await self._checked(client, assertion, found, audience)

    async def _checked(
        self, client: Client, assertion: str, found: tuple[Claims, Claims], audience: Collection[str]
    ) -> Claims:
        header, said = found
        keys = await self._keys(client, header)
        claims = await asyncio.to_thread(_verified, assertion, keys, client)
        if claims != said:
            raise _refused("the claims cannot be read", client)
        expires = self._times(claims, client)
        given = claims.get("aud")
        named = given if isinstance(given, list) else [given]
        if not any(isinstance(one, str) and one in audience for one in named):
            raise _refused(f"aud is the address that is asked, {min(audience)}", client)
        await self._once(client, claims.get("jti"), expires)
        return claims

    async def _keys(self, client: Client, header: Claims) -> tuple[PublicKey, ...]:
        algorithm, kid, typ = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
        if algorithm not in client.algorithms:
            raise _refused(f"alg is one of {', '.join(client.algorithms)}", client)
        if not isinstance(typ, str) or typ.upper() != "JWT":
            raise _refused("typ is JWT", client)
        if not isinstance(kid, str) or not kid:
            raise _refused("the header names its key in kid", client)
        assert client.keys is not None  # noqa: S101 (seen before)
        if "jku" in header and header["jku"] != client.keys.url:
            raise _refused("jku is not the registered JWKS URL", client)
        try:
            keys = await client.keys.find(kid)
        except JwksError as error:
            raise _refused(f"its keys cannot be used: {error}", client) from None
        fitting = tuple(key for key in keys if key.key_type == _KEY_OF[algorithm[:2]])
        if not fitting:
            raise _refused("there is no key with this kid, for this alg, among its registered keys", client)
        return fitting

    def _times(self, claims: Claims, client: Client) -> int:
        """When it expires. Raises `OAuthError`."""
        now = self._now()
        expires = _instant(claims, "exp", client)
        if expires is None:
            raise _refused("exp is missing", client)
        if expires <= now - LEEWAY:
            raise _refused("exp is past", client)
        if expires > now + MOST_AHEAD + LEEWAY:
            raise _refused(f"exp is more than {MOST_AHEAD} seconds ahead", client)
        for name in ("iat", "nbf"):
            at = _instant(claims, name, client)
            if at is not None and at > now + LEEWAY:
                raise _refused(f"{name} lies ahead: compare the clocks", client)
        return math.ceil(expires)

    async def _once(self, client: Client, jti: object, expires: int) -> None:
        if not isinstance(jti, str) or not 0 < len(jti) <= 255:
            raise _refused("jti is missing, or longer than 255 characters", client)
        keep = max(1, math.ceil(expires - self._now()) + LEEWAY + 1)
        try:
            first = await self._replay.first(replay_key(client.id, jti), keep)
        except ReplayUnavailableError:
            text = "it cannot be said now whether this assertion was used before: try again"
            raise OAuthError("temporarily_unavailable", text, client.id) from None
        if not first:
            raise _refused("this assertion (jti) was used before: make one for each request", client)


def unverified(text: str) -> tuple[Claims, Claims] | None:
    """Header and claims of a JWT as they stand there, to know with whose keys to check them; None for what is none."""
    parts = text.split(".")
    if len(text) > _LONGEST or len(parts) != 3:
        return None
    try:
        header, claims = (json.loads(_decoded(part)) for part in parts[:2])
    except (ValueError, RecursionError):
        return None
    return (header, claims) if isinstance(header, dict) and isinstance(claims, dict) else None


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _verified(assertion: str, keys: tuple[PublicKey, ...], client: Client) -> Claims:
    registry = JWSRegistry(algorithms=list(client.algorithms), strict_check_header=False)
    for key in keys:
        try:
            payload = deserialize_compact(assertion, key, registry=registry).payload
            claims = json.loads(payload)
        except (JoseError, TypeError, ValueError, RecursionError):
            continue
        if isinstance(claims, dict):
            return claims
    raise _refused("the signature does not fit the registered key", client)


def _instant(claims: Claims, name: str, client: Client) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e12:
        raise _refused(f"{name} is a number of seconds since 1970", client)
    return float(value)


def _refused(text: str, client: Client | None = None) -> OAuthError:
    return OAuthError("invalid_client", text, client.id if client else None)
