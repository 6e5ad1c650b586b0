"""Registered systems with their keys, and the desk that gives them tokens: pure, with a clock that stands still."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from adapter.access import AuditEvent, AuditLog, Purpose
from adapter.access.systems import (
    Assertions,
    Client,
    Clients,
    Hooks,
    Introspection,
    OAuthError,
    SigningKeys,
    Tokens,
    read_jwks,
    read_scopes,
)
from adapter.model.identifiers import Bsn
from adapter.model.sources import RecordKey
from adapter.model.wire import from_json
from adapter.service.access.entrance import ConfiguredEntrance
from adapter.service.access.tokens import ASSERTION_TYPE, Asking, TokenDesk
from adapter.store import KeyRing

ISSUER = "https://adapter.example"
TOKEN_URL = f"{ISSUER}/oauth/token"
NOW = 1_780_000_000
EC_KEY = ECKey.generate_key("P-384", {"kid": "ec", "use": "sig"})
RSA_KEY = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
OTHER_KEY = ECKey.generate_key("P-384", {"kid": "ec", "use": "sig"})
ALL = JWSRegistry(algorithms=["RS384", "ES384", "RS256", "PS256", "ES256"], strict_check_header=False)
WOMAN = RecordKey("vp", "Patient/w1")
BSN = "999911120"


def jwks(*keys: Any) -> bytes:
    """The public half of keys."""
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


class Held:
    """Keys by value."""

    url: str | None = None

    def __init__(self, *keys: Any) -> None:
        self._keys = read_jwks(jwks(*keys))

    async def find(self, kid: str) -> tuple[Any, ...]:
        return tuple(key for key in self._keys if key.kid == kid)


class Once:
    """What was seen, in this process."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    async def first(self, key: str, seconds: int) -> bool:
        new = key not in self.seen
        self.seen.setdefault(key, seconds)
        return new


class Women:
    """One woman is known."""

    async def of_bsn(self, bsn: Bsn, source: str | None) -> RecordKey | None:
        return WOMAN if bsn.value == BSN and source in (None, WOMAN.source) else None

    async def known(self, record: RecordKey) -> bool:
        return record == WOMAN

    async def same(self, one: RecordKey, other: RecordKey) -> bool:
        return one == other


class Lines:
    """The audit log in memory."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    def add_audit(self, events: Any) -> None:
        self.events += [from_json(AuditEvent, event.to_json()) for event in events]

    def audit(self, **_: Any) -> list[bytes]:
        return []


def client(id: str = "epd-groen", **more: Any) -> Client:
    """A registered system of a practice."""
    scopes = read_scopes(more.pop("scopes", ("system/*.rs",)))
    given = Client(
        id,
        "EPD Groen",
        ("zorgverlener",),
        (Purpose.TREAT,),
        scopes,
        keys=Held(EC_KEY, RSA_KEY),
        organisation="ura:12345678",
    )
    return replace(given, **more)


@dataclass
class World:
    """The desk and all around it. `at`: seconds since 1970."""

    clients: tuple[Client, ...] = field(default_factory=lambda: (client(),))
    at: float = NOW
    issuer: str = ISSUER
    audit: Any = None
    women: Any = field(default_factory=Women)
    replay: Any = field(default_factory=Once)
    ring: Any = field(default_factory=lambda: KeyRing(b"k" * 32))
    asked: Any = None
    transport: Any = None

    def __post_init__(self) -> None:
        self.lines = Lines()
        known = Clients(self.clients)
        self.keys = SigningKeys(self.ring, self.now)
        self.tokens = Tokens(known, self.keys, self.issuer, self.women, self.now)
        self.assertions = Assertions(known, self.replay, self.now)
        log = AuditLog(self.audit or self.lines)
        self.desk = TokenDesk(
            self.issuer,
            known,
            self.assertions,
            self.tokens,
            self.keys,
            log,
            lambda: datetime.fromtimestamp(self.at, UTC),
        )
        self.introspection = (
            Introspection(self.asked, known, self.women, self.now, self.transport) if self.asked is not None else None
        )
        self.hooks = Hooks(known, self.assertions, self.issuer)
        self.entrance = ConfiguredEntrance(self.issuer, self.tokens, self.desk, self.introspection, self.hooks)

    def now(self) -> float:
        return self.at

    def claims(self, **more: Any) -> dict[str, Any]:
        """Those of a good assertion; None leaves one out."""
        name = more.pop("id", self.clients[0].id)
        good = {
            "iss": name,
            "sub": name,
            "aud": f"{self.issuer}/oauth/token",
            "iat": int(self.at),
            "exp": int(self.at) + 240,
            "jti": f"jti-{len(getattr(self.replay, 'seen', ()))}-{id(more)}",
        }
        return {name: value for name, value in {**good, **more}.items() if value is not None}

    def form(self, scope: str = "system/*.rs", **more: Any) -> dict[str, str]:
        """A token request with a good assertion, or with these claims."""
        return {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": more.pop("assertion", None) or signed(self.claims(**more)),
        }

    async def ask(self, scope: str = "system/*.rs", **more: Any) -> dict[str, Any]:
        """A token."""
        return await self.desk.issue(self.form(scope, **more), Asking("request-1", "10.0.0.1"))

    async def refused(self, scope: str = "system/*.rs", **more: Any) -> OAuthError:
        """Why there is none."""
        try:
            await self.ask(scope, **more)
        except OAuthError as error:
            return error
        raise AssertionError("a token was given")


def signed(claims: dict[str, Any], key: Any = EC_KEY, alg: str = "ES384", **header: Any) -> str:
    """An assertion."""
    made = {"alg": alg, "typ": "JWT", "kid": key.kid, **header}
    made = {name: value for name, value in made.items() if value is not None}
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (made, claims))
    given = base64.urlsafe_b64encode(ALL.algorithms[alg].sign(head + b"." + body, key)).rstrip(b"=")
    return b".".join((head, body, given)).decode()
