"""Access tokens: JWTs (RFC 9068) that we sign and that we alone read."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, deserialize_compact, serialize_compact

from adapter.access.identity import Identified, Purpose, UnauthenticatedError
from adapter.access.systems.assertions import Asserted, unverified
from adapter.access.systems.clients import Client, Clients
from adapter.access.systems.errors import OAuthError
from adapter.access.systems.scopes import Scope, granted, read_scopes
from adapter.access.systems.signing import ALGORITHM, LIFETIME, SigningKeys
from adapter.access.systems.subject import PURPOSE_SCOPE, Subject, actor_of, read_purpose, read_subject
from adapter.model.identifiers import Bsn, InvalidIdentifierError
from adapter.model.sources import RecordKey

_TYPE = "at+jwt"
_REMEMBERED = 10_000
"""Tokens that are known without checking their signature again."""
_REGISTRY = JWSRegistry(algorithms=[ALGORITHM])

_HELD = "this token does not hold: ask for another at the token endpoint"


class Women(Protocol):
    """Finds the record of a woman."""

    async def of_bsn(self, bsn: Bsn, source: str | None) -> RecordKey | None:
        """A record of the woman with this BSN (at this source)."""
        ...

    async def known(self, record: RecordKey) -> bool:
        """Whether there is such a record."""
        ...

    async def same(self, one: RecordKey, other: RecordKey) -> bool:
        """Whether both records are of one woman."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request for a token asks. `purpose`: of its form, where it is not among the scopes."""

    scope: str = ""
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that was given, and what is in it."""

    token: str
    id: str
    expires_in: int
    scopes: tuple[str, ...]
    who: Identified


class Tokens:
    """Gives and reads them. `now`: seconds since 1970."""

    def __init__(
        self, clients: Clients, keys: SigningKeys, issuer: str, women: Women, now: Callable[[], float]
    ) -> None:
        self._clients = clients
        self._keys = keys
        self._issuer = issuer
        self._women = women
        self._now = now
        self._known: dict[bytes, tuple[float, Identified]] = {}

    async def issue(self, asserted: Asserted, wish: Wish) -> Issued:
        """A token for what is asked and registered both. Raises `OAuthError`."""
        client, claims = asserted.client, asserted.claims
        asked = wish.scope.split()
        named = [text.removeprefix(PURPOSE_SCOPE) for text in asked if text.startswith(PURPOSE_SCOPE)]
        purpose = read_purpose([*named, *([wish.purpose] if wish.purpose else [])], claims, client)
        subject = read_subject(claims, client)
        woman = await self._woman(client, claims)
        scopes = fitting(granted(asked, client.scopes), woman is not None, subject.id is not None)
        if not scopes:
            text = "scope is required: what is registered for this system, such as system/*.rs"
            raise OAuthError("invalid_scope", text if not asked else "none of these scopes is registered", client.id)
        now, id = int(self._now()), secrets.token_urlsafe(16)
        texts = tuple(map(str, scopes))
        body = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": client.id,
            "client_id": client.id,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": id,
            "scope": " ".join(texts),
            "purpose": purpose.value,
            **_said(subject, woman),
        }
        token = await asyncio.to_thread(self._signed, body)
        return Issued(token, id, LIFETIME, texts, self._identified(client, body))

    def _signed(self, body: Mapping[str, Any]) -> str:
        key = self._keys.current()
        header = {"alg": ALGORITHM, "typ": _TYPE, "kid": key.kid}
        return serialize_compact(header, json.dumps(body).encode(), key, registry=_REGISTRY)

    def at_hand(self, token: str) -> Identified | None:
        """Who shows a token of ours that was verified before and has not expired."""
        found = self._known.get(hashlib.sha256(token.encode()).digest())
        return found[1] if found is not None and found[0] > self._now() else None

    def verify(self, token: str) -> Identified | None:
        """Who shows this token; None for what is no token of ours. Raises `UnauthenticatedError`."""
        digest = hashlib.sha256(token.encode()).digest()
        found = self._known.get(digest)
        if found is None:
            claims = self.claims(token)
            if claims is None:
                return None
            found = claims["exp"], self._identified(self._client(claims), claims)
            self._remember(digest, found)
        if found[0] <= self._now():
            self._known.pop(digest, None)
            raise UnauthenticatedError("this token has expired: ask for another at the token endpoint", "invalid_token")
        return found[1]

    def claims(self, token: str) -> Mapping[str, Any] | None:
        """What stands in a token that we signed; None for what is none of ours. It may have expired."""
        kid = _kid(token)
        key = self._keys.find(kid) if kid else None
        if key is None:
            return None
        try:
            signed = deserialize_compact(token, key, registry=_REGISTRY)
            claims = json.loads(signed.payload)
        except (JoseError, TypeError, ValueError):  # a TypeError: of a header of the wrong kind
            raise UnauthenticatedError(_HELD, "invalid_token") from None
        if signed.headers().get("typ") != _TYPE or not isinstance(claims, dict):
            raise UnauthenticatedError(_HELD, "invalid_token")
        if claims.get("iss") != self._issuer or claims.get("aud") != self._issuer:
            raise UnauthenticatedError(_HELD, "invalid_token")
        return claims

    def _client(self, claims: Mapping[str, Any]) -> Client:
        client = self._clients.get(claims["client_id"])
        if client is None:  # struck off since
            raise UnauthenticatedError(_HELD, "invalid_token")
        return client

    def _identified(self, client: Client, claims: Mapping[str, Any]) -> Identified:
        person = Subject(
            claims.get("organisation"),
            claims.get("subject_id"),
            claims.get("subject_name"),
            tuple(claims.get("subject_role", ())),
        )
        woman = claims.get("woman")
        return identity(
            client,
            person,
            Purpose(claims["purpose"]),
            read_scopes(claims["scope"].split()),
            RecordKey(*woman) if woman else None,
            claims["jti"],
        )

    async def _woman(self, client: Client, claims: Mapping[str, Any]) -> RecordKey | None:
        """The woman for whom the token is asked. Raises `OAuthError`."""
        if not client.for_woman:
            if "patient" in claims or "patient_bsn" in claims:
                text = "this system is not registered to ask for one woman (patient, patient_bsn)"
                raise OAuthError("unauthorized_client", text, client.id)
            return None
        number, reference = claims.get("patient_bsn"), claims.get("patient")
        found = [await self._of_bsn(number, client)] if number is not None else []
        if reference is not None or not found:
            found.append(await self._of_reference(reference, client))
        records = [record for record in found if record is not None]
        if len(records) < len(found):
            text = "no record is known of the woman whom the assertion names (patient or patient_bsn)"
            raise OAuthError("invalid_grant", text, client.id)
        if not await self._women.same(records[0], records[-1]):
            text = "patient and patient_bsn are not known to be one woman: name her once, or the same woman twice"
            raise OAuthError("invalid_grant", text, client.id)
        return records[0]

    async def _of_bsn(self, number: object, client: Client) -> RecordKey | None:
        try:
            return await self._women.of_bsn(Bsn(number), client.source) if isinstance(number, str) else None
        except InvalidIdentifierError:
            return None

    async def _of_reference(self, reference: object, client: Client) -> RecordKey | None:
        record = named_record(reference, client.source)
        return record if record is not None and await self._women.known(record) else None

    def _remember(self, digest: bytes, found: tuple[float, Identified]) -> None:
        if len(self._known) >= _REMEMBERED:
            now = self._now()
            self._known = {key: one for key, one in self._known.items() if one[0] > now}
        while len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]  # the oldest
        self._known[digest] = found


def identity(
    client: Client, subject: Subject, purpose: Purpose, scopes: tuple[Scope, ...], woman: RecordKey | None, id: str
) -> Identified:
    """Who that is at the doors. A system sends data for its own organisation alone."""
    return Identified(
        actor=actor_of(client, subject, woman),
        purposes=frozenset({purpose}),
        scopes=tuple(map(str, scopes)),
        source=client.source if subject.organisation == client.organisation else None,
        woman=woman,
        token=id,
    )


def fitting(scopes: tuple[Scope, ...], woman: bool, person: bool) -> tuple[Scope, ...]:
    """The scopes whose level fits: `patient/` where there is a woman, `user/` where there is a person."""
    levels = {"system", *(["patient"] if woman else []), *(["user"] if person else [])}
    return tuple(scope for scope in scopes if scope.level in levels)


def named_record(reference: object, source: str | None) -> RecordKey | None:
    """The record behind `Patient/1` (at the system's own source) or `vp-groen/Patient/1`."""
    if not isinstance(reference, str) or reference.count("Patient/") != 1:
        return None
    where, _, id = reference.partition("Patient/")
    where = where.removesuffix("/") or source or ""
    return RecordKey(where, f"Patient/{id}") if where and id and "/" not in id else None


def _said(subject: Subject, woman: RecordKey | None) -> dict[str, Any]:
    found = {
        "organisation": subject.organisation,
        "subject_id": subject.id,
        "subject_name": subject.name,
        "subject_role": list(subject.roles),
        "woman": [woman.source, woman.woman] if woman else None,
    }
    return {name: value for name, value in found.items() if value}


def _kid(token: str) -> str | None:
    """The key that a JWT names; None for what is no JWT of the kind that we make."""
    found = unverified(token)
    kid = found[0].get("kid") if found else None
    return kid if isinstance(kid, str) else None
