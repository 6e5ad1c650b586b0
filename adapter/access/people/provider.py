"""One OpenID Connect provider, or one EPD's SMART authorization server, with which we are registered as a client.

Authorization code with PKCE (RFC 7636, S256); the client proves itself with a secret or a signed assertion (RFC 7523).
Its metadata and keys are fetched when they are needed and kept for a while.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from adapter.access.people.claims import human_name
from adapter.access.people.cookies import fresh
from adapter.access.people.errors import LoginError, LoginFault
from adapter.access.people.fetching import Fetch, is_safe
from adapter.access.people.tokens import Claims, Expected, verify, verify_logout

_METADATA_KEPT = timedelta(hours=1)
_KEYS_KEPT = timedelta(minutes=10)
_KEYS_AT_MOST_EVERY = timedelta(seconds=20)
_USER = re.compile(r"(?:Practitioner|PractitionerRole|Person)/[A-Za-z0-9.-]{1,64}")
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Registration:
    """How we are known there. `issuer`: the OpenID issuer, or, for a launch (`smart`), the FHIR address of the EPD.

    With `key` we sign assertions; else `secret` goes in the header (`basic`) or the body (`post`); with neither we are
    a public client, which PKCE alone protects.
    """

    issuer: str
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...] = ("openid", "profile")
    smart: bool = False
    secret: str | None = field(default=None, repr=False)
    secret_in: Literal["basic", "post"] = "basic"  # noqa: S105
    key: RSAKey | ECKey | None = field(default=None, repr=False)
    algorithm: str = "ES384"
    acr: tuple[str, ...] = ()
    max_age: int | None = None  # seconds


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the provider says of itself (OpenID Connect Discovery, RFC 8414, SMART App Launch 2.2)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    sends_issuer: bool = False  # RFC 9207: every answer names its issuer


class Provider:
    """Talks to it. Every method that asks it something raises `LoginError`."""

    def __init__(self, registration: Registration, fetch: Fetch, clock: Callable[[], datetime]) -> None:
        self.registration = registration
        self._fetch = fetch
        self._clock = clock
        self._metadata: tuple[datetime, Metadata] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    async def metadata(self) -> Metadata:
        """What it says of itself, at most an hour old."""
        now = self._clock()
        if self._metadata is not None and now - self._metadata[0] < _METADATA_KEPT:
            return self._metadata[1]
        mine = self.registration
        name = "smart-configuration" if mine.smart else "openid-configuration"
        said = await self._fetch.json(f"{mine.issuer.rstrip('/')}/.well-known/{name}")
        found = _metadata(said)
        if not mine.smart and found.issuer != mine.issuer:
            raise LoginError(LoginFault.ISSUER, "the discovery document names another issuer than is configured")
        self._metadata = (now, found)
        return found

    async def keys(self, *, renewed: bool = False) -> KeySet:
        """Its public keys; `renewed` when a token names one that we do not have."""
        now = self._clock()
        kept = _KEYS_AT_MOST_EVERY if renewed else _KEYS_KEPT
        if self._keys is not None and now - self._keys[0] < kept:
            return self._keys[1]
        said = await self._fetch.json((await self.metadata()).jwks_uri)
        try:
            found = KeySet.import_key_set({"keys": [k for k in said["keys"] if k.get("use", "sig") == "sig"]})
        except (JoseError, KeyError, TypeError, ValueError, AttributeError):
            raise LoginError(LoginFault.PROVIDER, "its key set cannot be read") from None
        self._keys = (now, found)
        return found

    async def authorize(self, state: str, nonce: str, verifier: str, more: Mapping[str, str] | None = None) -> str:
        """The address to which the browser goes to log in."""
        mine = self.registration
        asked = {
            "response_type": "code",
            "client_id": mine.client_id,
            "redirect_uri": mine.redirect_uri,
            "scope": " ".join(mine.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        if mine.acr:
            asked["acr_values"] = " ".join(mine.acr)
        if mine.max_age is not None:
            asked["max_age"] = str(mine.max_age)
        return _with((await self.metadata()).authorization_endpoint, {**asked, **(more or {})})

    async def check_issuer(self, said: str | None) -> None:
        """Whether the answer is this provider's: RFC 9207, the `iss` of the answer."""
        known = await self.metadata()
        if said is None and known.sends_issuer:
            raise LoginError(LoginFault.ISSUER, "the answer does not name its issuer")
        if said is not None and said != known.issuer:
            raise LoginError(LoginFault.ISSUER, "the answer names another issuer")

    async def exchange(self, code: str, verifier: str) -> Mapping[str, Any]:
        """The tokens for a code."""
        mine, known = self.registration, await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": mine.redirect_uri,
            "code_verifier": verifier,
        }
        basic: httpx.BasicAuth | None = None
        if mine.key is not None:
            form |= {"client_id": mine.client_id, "client_assertion_type": _ASSERTION}
            form["client_assertion"] = self._assertion(known.token_endpoint)
        elif mine.secret is not None and mine.secret_in == "basic":  # noqa: S105
            basic = httpx.BasicAuth(quote(mine.client_id, safe=""), quote(mine.secret, safe=""))  # RFC 6749, 2.3.1
        else:
            form["client_id"] = mine.client_id
            if mine.secret is not None:
                form["client_secret"] = mine.secret
        return await self._fetch.post(known.token_endpoint, form, basic)

    async def verify(self, id_token: str, nonce: str, access_token: str | None) -> Claims:
        """The claims of an ID token that holds; claims that it leaves out are asked of the userinfo endpoint."""
        mine, known = self.registration, await self.metadata()
        expected = Expected(known.issuer, mine.client_id, nonce, mine.acr, mine.max_age)
        try:
            return verify(id_token, await self.keys(), expected, self._clock(), access_token)
        except LoginError as error:
            if "signature" not in error.detail:
                raise
        # perhaps with a key that is newer than those we have
        return verify(id_token, await self.keys(renewed=True), expected, self._clock(), access_token)

    async def userinfo(self, access_token: str, subject: str) -> Claims:
        """What it says of the person beside the ID token; nothing where it has no such endpoint."""
        endpoint = (await self.metadata()).userinfo_endpoint
        if endpoint is None:
            return {}
        said = await self._fetch.json(endpoint, bearer=access_token)
        if said.get("sub") != subject:
            raise LoginError(LoginFault.TOKEN, "userinfo is about somebody else")
        return said

    async def practitioner(self, claims: Claims, access_token: str) -> str | None:
        """The name of the user of an EPD: of the resource that `fhirUser` names (SMART App Launch 2.2), read there.

        None where it names none, or one elsewhere: the token is for this EPD alone.
        """
        named, base = claims.get("fhirUser"), self.registration.issuer.rstrip("/") + "/"
        reference = named.removeprefix(base) if isinstance(named, str) else ""
        if not _USER.fullmatch(reference):
            return None
        try:
            return human_name(await self._fetch.json(base + reference, bearer=access_token))
        except LoginError:  # a name is worth having, not worth staying out for
            return None

    async def logged_out(self, logout_token: str) -> Claims:
        """The claims of a logout token that holds."""
        known = await self.metadata()
        mine = self.registration.client_id
        try:
            return verify_logout(logout_token, await self.keys(), known.issuer, mine, self._clock())
        except LoginError as error:
            if "signature" not in error.detail:
                raise
        return verify_logout(logout_token, await self.keys(renewed=True), known.issuer, mine, self._clock())

    async def end_session(self, id_token: str, back: str) -> str | None:
        """The address to which the browser goes to log out there as well (RP-Initiated Logout 1.0)."""
        endpoint = (await self.metadata()).end_session_endpoint
        if endpoint is None:
            return None
        asked = {"client_id": self.registration.client_id, "post_logout_redirect_uri": back}
        return _with(endpoint, {**asked, "id_token_hint": id_token} if id_token else asked)

    def _assertion(self, audience: str) -> str:
        mine, now = self.registration, int(self._clock().timestamp())
        assert mine.key is not None  # noqa: S101 (who calls looked)
        header = {"alg": mine.algorithm, "typ": "JWT", "kid": mine.key.ensure_kid() or mine.key.kid}
        claims = {"iss": mine.client_id, "sub": mine.client_id, "aud": audience, "jti": fresh()}
        return jwt.encode(header, {**claims, "iat": now, "exp": now + 120}, mine.key, algorithms=[mine.algorithm])


def challenge(verifier: str) -> str:
    """RFC 7636, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _with(endpoint: str, asked: Mapping[str, str]) -> str:
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


def _metadata(said: Mapping[str, Any]) -> Metadata:
    def address(name: str) -> str | None:
        found = said.get(name)
        if found is None:
            return None
        if not isinstance(found, str) or not is_safe(found):
            raise LoginError(LoginFault.PROVIDER, f"{name} is no https address")
        return found

    needed = {name: address(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    missing = [name for name, found in needed.items() if found is None]
    if missing or not isinstance(said.get("issuer"), str):
        raise LoginError(LoginFault.PROVIDER, f"the discovery document lacks {', '.join(missing) or 'issuer'}")
    return Metadata(
        issuer=said["issuer"],
        userinfo_endpoint=address("userinfo_endpoint"),
        end_session_endpoint=address("end_session_endpoint"),
        sends_issuer=said.get("authorization_response_iss_parameter_supported") is True,
        **{name: str(found) for name, found in needed.items()},
    )
