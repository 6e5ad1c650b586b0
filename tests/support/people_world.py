"""A provider, an EPD and a shelf from memory: what people log in with in tests, under a clock that the test moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from adapter.access.people import (
    Cookies,
    Epd,
    Lasting,
    Links,
    LoginError,
    LoginFault,
    Own,
    People,
    Person,
    Provider,
    Registration,
    Sessions,
    Table,
)
from adapter.access.people.provider import challenge

SITE = "https://adapter.example"
ISSUER = "https://login.example"
FHIR = "https://epd.example/fhir"
LINKER = "epd-link"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROLES = {"arts": ("zorgverlener",), "controle": ("igo-controller",), "log": ("logbeheerder",)}
CLAIMS = {"sub": "s-1", "name": "Vera Kundige", "roles": ["arts"], "ura": "90000382"}


@cache
def key(kid: str = "k1") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})


def signed(claims: Mapping[str, Any], kid: str = "k1", alg: str = "ES256", secret: ECKey | None = None) -> str:
    return jwt.encode({"alg": alg, "kid": kid}, dict(claims), secret or key(kid), algorithms=[alg])


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


class MemoryShelf:
    """Implements `access.people.Shelf`; nothing in it goes of itself, so that the program must look at the time."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.sets: dict[str, set[str]] = {}

    async def put(self, key: str, value: bytes, seconds: int) -> None:
        assert seconds > 0
        self.kept[key] = value

    async def swap(self, key: str, before: bytes, value: bytes, seconds: int) -> bool:
        if self.kept.get(key) != before:
            return False
        await self.put(key, value, seconds)
        return True

    async def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    async def take(self, key: str) -> bytes | None:
        return self.kept.pop(key, None)

    async def once(self, key: str, seconds: int) -> bool:
        new = key not in self.kept
        await self.put(key, b"1", seconds)
        return new

    async def drop(self, *keys: str) -> None:
        for one in keys:
            self.kept.pop(one, None)
            self.sets.pop(one, None)

    async def gather(self, key: str, member: str, seconds: int) -> None:
        self.sets.setdefault(key, set()).add(member)

    async def gathered(self, key: str) -> frozenset[str]:
        return frozenset(self.sets.get(key, ()))


@dataclass
class Server:
    """A provider that answers as it is told. `claims` go into the next ID token over what belongs there."""

    clock: Clock
    issuer: str = ISSUER
    client_id: str = "adapter"
    claims: dict[str, Any] = field(default_factory=lambda: dict(CLAIMS))
    metadata: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, Any] = field(default_factory=dict)  # over the answer of the token endpoint
    info: dict[str, Any] = field(default_factory=dict)
    kid: str = "k1"
    alg: str = "ES256"
    down: bool = False
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    async def json(self, address: str, bearer: str | None = None) -> Mapping[str, Any]:
        self.asked.append((address, {"bearer": bearer or ""}))
        if self.down:
            raise LoginError(LoginFault.PROVIDER, "down")
        if "/.well-known/" in address:
            base = self.issuer
            return {
                "issuer": base,
                "authorization_endpoint": f"{base}/auth",
                "token_endpoint": f"{base}/token",
                "jwks_uri": f"{base}/jwks",
                "end_session_endpoint": f"{base}/end",
                **self.metadata,
            }
        if address.endswith("/jwks"):
            return {"keys": [key(self.kid).as_dict(private=False)]}
        return self.info

    async def post(self, address: str, form: Mapping[str, str], basic: Any) -> Mapping[str, Any]:
        self.asked.append((address, dict(form)))
        asked = self.codes.pop(form["code"], None)  # a code is used once
        if asked is None or challenge(form["code_verifier"]) != asked["code_challenge"]:
            raise LoginError(LoginFault.REFUSED, "answered 400")
        return {"access_token": "a-1", "id_token": self.id_token(asked["nonce"]), **self.tokens}

    def id_token(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        usual = {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": nonce}
        made = {name: value for name, value in {**usual, **self.claims}.items() if value is not None}
        return signed(made, self.kid, self.alg)

    def answer(self, address: str) -> dict[str, str]:
        """The person logs in: what the browser brings back from the address it was sent to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = "code-" + asked["state"]
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}


class Browser:
    """Keeps cookies, as a browser does. `by_itself`: a page asks and nobody uses it."""

    by_itself = False

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def take(self, headers: tuple[str, ...]) -> None:
        for header in headers:
            name, _, rest = header.partition("=")
            value = rest.split(";")[0]
            if "Max-Age=0" in header:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


@dataclass
class Seen:
    events: list[tuple[str, Person]] = field(default_factory=list)

    def came(self, person: Person, how: str) -> None:
        self.events.append((how, person))

    def went(self, person: Person) -> None:
        self.events.append(("logout", person))


class LinkKeys:
    async def find(self, client: str, kid: str) -> KeySet | None:
        return KeySet([key("link")]) if (client, kid) == (LINKER, "link") else None


@dataclass
class World:
    """Everything together."""

    clock: Clock = field(default_factory=Clock)
    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    browser: Browser = field(default_factory=Browser)
    seen: Seen = field(default_factory=Seen)
    site: str = SITE
    framed: bool = False
    registration: dict[str, Any] = field(default_factory=dict)
    server: Server = field(init=False)
    epd: Server = field(init=False)
    people: People = field(init=False)

    def __post_init__(self) -> None:
        self.server = Server(self.clock)
        self.epd = Server(self.clock, issuer="https://epd.example", client_id="adapter-bij-epd")
        self.epd.tokens = {"patient": "p-1"}
        self.people = self.another()

    def another(self, site: str | None = None) -> People:
        """One more worker, or one of another site, on the same shelf."""
        site = site or self.site
        ours = Registration(ISSUER, "adapter", f"{site}/inloggen/terug", secret="geheim", **self.registration)
        theirs = Registration(
            FHIR, "adapter-bij-epd", f"{site}/launch/terug/epd", scopes=("openid", "launch"), smart=True
        )
        table = Table(ROLES)
        own = Own(Provider(ours, self.server, self.clock), table, "Ziekenhuis Oost")
        provider = Provider(theirs, self.epd, self.clock)
        epd = Epd("epd", "EPD", "vp", "ura:90000382", provider, LINKER)
        links = Links({LINKER: epd}, LinkKeys(), self.shelf, f"{site}/launch/link")
        lasting = Lasting(timedelta(minutes=30), timedelta(hours=8))
        sessions = Sessions(self.shelf, Cookies(site.startswith("https"), self.framed), site, self.clock, lasting)
        names = {"ura:90000382": "Verloskundigenpraktijk De Kiem"}
        return People(site, sessions, self.shelf, self.clock, self.seen, own, (epd,), links, organisation_names=names)

    async def log_in(self, people: People | None = None, **claims: Any) -> Any:
        """All of it, in this browser."""
        people = people or self.people
        self.server.claims |= claims
        begun = await people.begin("/planning")
        self.browser.take(begun.cookies)
        entered = await people.complete(self.server.answer(begun.address), self.browser.cookies)
        self.browser.take(entered.cookies)
        return entered

    async def identify(self, people: People | None = None) -> Any:
        return await (people or self.people).sessions.identify(self.browser)

    def link(self, **claims: Any) -> str:
        """A signed link to the page of a woman."""
        now = int(self.clock().timestamp())
        usual = {
            "iss": LINKER,
            "aud": f"{self.site}/launch/link",
            "iat": now,
            "exp": now + 60,
            "jti": "1",
            "sub": "v.kundige",
            "name": "Vera Kundige",
            "patient": "p-1",
        }
        made = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return signed(made, "link")
