"""Whether an ID token holds (OpenID Connect Core 1.0, 3.1.3.7), and a logout token (Back-Channel Logout 1.0, 2.6)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from adapter.access.people.errors import LoginError, LoginFault

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signed with a private key, all of them: `none`, and secrets that we share, prove nothing of who signed."""

LEEWAY = 30  # seconds that clocks may differ
_OLDEST = 600  # seconds since an ID token was issued: it comes straight from the provider
_MOST = 16_384  # bytes of a token
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say. `max_age`: seconds since the person logged in at the provider."""

    issuer: str
    client_id: str
    nonce: str
    acr: tuple[str, ...] = ()
    max_age: int | None = None


def opened(token: str, keys: KeySet, algorithms: tuple[str, ...] = ALGORITHMS) -> Claims:
    """The claims of a token that one of these keys signed. Raises `LoginError`."""
    if len(token) > _MOST:
        raise _bad("too large")
    try:
        return jwt.decode(token, keys, algorithms=list(algorithms)).claims
    except (JoseError, ValueError, TypeError, UnicodeError) as error:
        raise _bad(f"signature ({type(error).__name__})") from None


def verify(token: str, keys: KeySet, expected: Expected, now: datetime, access_token: str | None = None) -> Claims:
    """The claims of an ID token that holds. Raises `LoginError`."""
    claims = opened(token, keys)
    _common(claims, expected.issuer, expected.client_id, now)
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise _bad("sub")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise _bad("nonce")
    if instant(claims, "iat") < now.timestamp() - _OLDEST:
        raise _bad("iat")
    _assured(claims, expected, now)
    if access_token is not None and "at_hash" in claims and claims["at_hash"] != at_hash(token, access_token):
        raise _bad("at_hash")
    return claims


def verify_logout(token: str, keys: KeySet, issuer: str, client_id: str, now: datetime) -> Claims:
    """The claims of a logout token that holds; whether its `jti` was used is for the caller. Raises `LoginError`."""
    claims = opened(token, keys)
    _common(claims, issuer, client_id, now)
    events = claims.get("events")
    if not isinstance(events, dict) or LOGOUT_EVENT not in events or "nonce" in claims:
        raise _bad("events")
    if not isinstance(claims.get("jti"), str) or not (claims.get("sub") or claims.get("sid")):
        raise _bad("sub or sid, and jti")
    if abs(instant(claims, "iat") - now.timestamp()) > _OLDEST:
        raise _bad("iat")
    return claims


def _common(claims: Claims, issuer: str, client_id: str, now: datetime) -> None:
    if claims.get("iss") != issuer:
        raise LoginError(LoginFault.ISSUER, "iss of the token")
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or client_id not in audiences:
        raise _bad("aud")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != client_id:
        raise _bad("azp")
    if instant(claims, "exp") <= now.timestamp() - LEEWAY:
        raise _bad("exp")
    if "nbf" in claims and instant(claims, "nbf") > now.timestamp() + LEEWAY:
        raise _bad("nbf")
    if instant(claims, "iat") > now.timestamp() + LEEWAY:
        raise _bad("iat")


def _assured(claims: Claims, expected: Expected, now: datetime) -> None:
    if expected.acr and claims.get("acr") not in expected.acr:
        raise LoginError(LoginFault.ASSURANCE, "acr")
    if expected.max_age is not None:
        if "auth_time" not in claims:
            raise LoginError(LoginFault.ASSURANCE, "auth_time")
        if instant(claims, "auth_time") < now.timestamp() - expected.max_age - LEEWAY:
            raise LoginError(LoginFault.ASSURANCE, "auth_time")


def instant(claims: Claims, name: str) -> float:
    """A NumericDate. Raises `LoginError`."""
    found = claims.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 1e11:
        raise _bad(name)
    return float(found)


def at_hash(token: str, access_token: str) -> str:
    """What `at_hash` must be: the left half of the hash that goes with the algorithm of the ID token."""
    padded = token.split(".", 1)[0] + "=="
    header = base64.urlsafe_b64decode(padded).decode("ascii", "replace")
    name = next((n for n in ("512", "384") if f'S{n}"' in header), "256")
    if "EdDSA" in header or "Ed25519" in header:
        name = "512"
    digest = hashlib.new(f"sha{name}", access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _bad(what: str) -> LoginError:
    return LoginError(LoginFault.TOKEN, what)
