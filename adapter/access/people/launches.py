"""An EPD that opens the page of one woman: by SMART App Launch, or by a link that its registered system signed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from adapter.access.identity import Actor, Purpose, Role
from adapter.access.people.claims import name_of, safe_id
from adapter.access.people.cookies import hashed
from adapter.access.people.errors import LoginError, LoginFault
from adapter.access.people.provider import Provider
from adapter.access.people.sessions import Person
from adapter.access.people.shelf import Shelf
from adapter.access.people.tokens import LEEWAY, Claims, instant, opened
from adapter.access.redact import redact
from adapter.model.sources import RecordKey

LONGEST = 120
"""Seconds that a signed link may last: it is followed at once, and whoever has it comes in."""
_ALGORITHMS = ("RS384", "ES384", "PS384", "RS256", "ES256", "PS256", "ES512")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")  # FHIR, data type id
_PREGNANCY = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class Epd:
    """One that may open pages here. `source`: the registered source whose Patient ids it knows; `organisation`: whose
    staff logs in there; `client`: the registered system that signs its links. Who comes in this way is a care provider,
    for care alone.
    """

    id: str
    name: str
    source: str
    organisation: str | None
    provider: Provider | None = None
    client: str | None = None

    def patient(self, found: object) -> RecordKey:
        """The woman whose record is open there. Raises `LoginError`."""
        id = str(found or "").removeprefix("Patient/")
        if not _ID.fullmatch(id):
            raise LoginError(LoginFault.NO_PATIENT)
        return RecordKey(self.source, f"Patient/{id}")

    def person(self, claims: Claims, woman: RecordKey, issuer: str, token: str = "") -> Person:
        """Who looks, in the words of the EPD, and at whom."""
        subject = str(claims["sub"])
        shown = safe_id(claims.get("user_id") or subject, issuer, subject)
        actor = Actor(f"{self.id}:{shown}", name_of(claims), self.organisation, (Role.ZORGVERLENER,), client=self.id)
        sid = claims.get("sid")
        known = sid if isinstance(sid, str) else None
        return Person(actor, frozenset({Purpose.TREAT}), issuer, subject, known, token, woman)


class ClientKeys(Protocol):
    """The public keys of registered systems."""

    async def find(self, client: str, kid: str) -> KeySet | None:
        """The keys of this id under which it signs; None where there are none, or they cannot be had."""
        ...


class Links:
    """Opens signed links: a JWT of at most two minutes that names user and patient, used once."""

    def __init__(self, epds: Mapping[str, Epd], keys: ClientKeys, shelf: Shelf, address: str) -> None:
        """`epds` by the id of the client that signs; `address`: what must stand in `aud`."""
        self._epds = epds
        self._keys = keys
        self._shelf = shelf
        self._address = address

    async def open(self, token: str, now: datetime) -> tuple[Person, str | None]:
        """Who looks at whom, and at which pregnancy (our id) where the link names one. Raises `LoginError`."""
        issuer, kid = _unproved(token)
        epd = self._epds.get(issuer)
        if epd is None:
            raise LoginError(LoginFault.UNKNOWN_EPD, "no launch is configured for who signed this link")
        keys = await self._keys.find(issuer, kid)
        if keys is None:
            raise LoginError(LoginFault.LINK, "kid")
        try:
            claims = opened(token, keys, _ALGORITHMS)
            self._check(claims, now)
        except LoginError as error:
            raise LoginError(LoginFault.LINK, error.detail) from None
        lasts = int(instant(claims, "exp") - now.timestamp()) + LEEWAY + 1
        if not await self._shelf.once(f"link:{hashed(self._address, issuer, claims['jti'])}", max(1, lasts)):
            raise LoginError(LoginFault.LINK_USED)
        pregnancy = claims.get("pregnancy")
        if pregnancy is not None and not (isinstance(pregnancy, str) and _PREGNANCY.fullmatch(pregnancy)):
            raise LoginError(LoginFault.LINK, "pregnancy")
        return epd.person(claims, epd.patient(claims.get("patient")), issuer), pregnancy

    def _check(self, claims: Claims, now: datetime) -> None:
        audience = claims.get("aud")
        if audience not in (self._address, [self._address]):
            raise LoginError(LoginFault.LINK, "aud")
        issued, ends = instant(claims, "iat"), instant(claims, "exp")
        if ends <= now.timestamp() - LEEWAY or ends - issued > LONGEST:
            raise LoginError(LoginFault.LINK, "exp")
        if issued > now.timestamp() + LEEWAY:
            raise LoginError(LoginFault.LINK, "iat")
        for name in ("jti", "sub"):
            found = claims.get(name)
            if not isinstance(found, str) or not 0 < len(found) <= 200:
                raise LoginError(LoginFault.LINK, name)
        patient = claims.get("patient")
        if isinstance(patient, str) and redact(patient) != patient:
            raise LoginError(LoginFault.LINK, "patient is the id of a Patient, never a BSN")


def _unproved(token: str) -> tuple[str, str]:
    """Who says to have signed and with which key, to know what to try."""
    try:
        given = jws.extract_compact(token.encode()[:20_000])
        claims: Any = orjson.loads(given.payload)
    except (JoseError, ValueError, TypeError):
        raise LoginError(LoginFault.LINK, "no JWT") from None
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    kid = given.headers().get("kid")
    if not isinstance(issuer, str) or not isinstance(kid, str):
        raise LoginError(LoginFault.LINK, "iss and kid")
    return issuer, kid
