"""Everything around people who come in by a browser: log in, be launched into a page, log out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from joserfc.jwk import KeySet

from adapter.access.people.attempts import Attempt, Attempts, local
from adapter.access.people.claims import Claims, Table, actor_of, filled, lacking, purposes_of
from adapter.access.people.cookies import ATTEMPT, SESSION, hashed
from adapter.access.people.errors import LoginError, LoginFault
from adapter.access.people.launches import Epd, Links
from adapter.access.people.provider import Provider
from adapter.access.people.sessions import Person, Sessions
from adapter.access.people.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes now, and the Set-Cookie headers it takes along."""

    address: str
    cookies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody is in. `back`: the page they asked for; `pregnancy`: the one that a link names."""

    person: Person
    cookies: tuple[str, ...]
    back: str = "/"
    pregnancy: str | None = None


class Witness(Protocol):
    """Is told who came in and who went; what it cannot keep may stop a login."""

    def came(self, person: Person, how: str) -> None:
        """Somebody logged in: `login`, `launch` or `link`."""
        ...

    def went(self, person: Person) -> None:
        """Somebody logged out."""
        ...


@dataclass(frozen=True, slots=True)
class Own:
    """The organisation's own provider, and how its claims are read."""

    provider: Provider
    table: Table
    name: str


class People:
    """The use cases. Every one raises `LoginError` when nobody is let in."""

    def __init__(
        self,
        site: str,
        sessions: Sessions,
        shelf: Shelf,
        clock: Callable[[], datetime],
        witness: Witness,
        own: Own | None = None,
        epds: tuple[Epd, ...] = (),
        links: Links | None = None,
        public: KeySet | None = None,
        organisation_names: Mapping[str, str] | None = None,
    ) -> None:
        """`site`: the https address of this service. `public`: our own public keys, for who checks our assertions.
        `organisation_names`: what an organisation (`ura:…`, `agb:…`) is called here.
        """
        self.organisation_names = dict(organisation_names or {})
        self.sessions = sessions
        self.own = own
        self.public: dict[str, Any] = dict(public.as_dict(private=False)) if public else {"keys": []}
        self._site = site
        self._shelf = shelf
        self._clock = clock
        self._witness = witness
        self._attempts = Attempts(shelf, sessions.cookies, site)
        self._epds = {epd.id: epd for epd in epds}
        self._links = links

    def launches_from(self, source: str) -> bool:
        """Whether the EPD of this source can launch a page here."""
        return any(epd.source == source and epd.provider is not None for epd in self._epds.values())

    async def begin(self, back: str | None) -> Begun:
        """Send the browser to the provider."""
        return await self._begun(self._own().provider, Attempt(back=local(back)))

    async def complete(self, answer: Mapping[str, str], cookies: Mapping[str, str]) -> Entered:
        """The provider sent the browser back."""
        attempt = await self._attempts.recognise(cookies, answer.get("state"), launched=False)
        own = self._own()
        claims, tokens = await self._proved(own.provider, attempt, answer)
        issuer = (await own.provider.metadata()).issuer
        if lacking(claims, own.table) and isinstance(tokens.get("access_token"), str):
            claims = filled(claims, await own.provider.userinfo(tokens["access_token"], claims["sub"]))
        actor = actor_of(claims, own.table, issuer)
        sid = claims.get("sid")
        person = Person(
            actor,
            purposes_of(actor.roles),
            issuer,
            str(claims["sub"]),
            sid if isinstance(sid, str) else None,
            str(tokens["id_token"]),
        )
        return await self._entered(person, "login", cookies, back=attempt.back)

    async def launch(self, iss: str, launch: str) -> Begun:
        """An EPD opens a page (SMART App Launch 2.2, EHR launch)."""
        epd = next((e for e in self._epds.values() if e.provider and _same(e.provider.registration.issuer, iss)), None)
        if epd is None or epd.provider is None or not 0 < len(launch) <= 2000:
            raise LoginError(LoginFault.UNKNOWN_EPD, "iss of the launch")
        more = {"aud": epd.provider.registration.issuer, "launch": launch}
        return await self._begun(epd.provider, Attempt(epd=epd.id), more)

    async def launched(self, at: str, answer: Mapping[str, str], cookies: Mapping[str, str]) -> Entered:
        """The EPD sent the browser back, for one woman. `at`: the EPD whose address it came back to.

        Each has one of its own (RFC 9700 section 4.4.2): else one EPD could have the answer of another brought to it.
        """
        attempt = await self._attempts.recognise(cookies, answer.get("state"), launched=True)
        if attempt.epd != at:
            raise LoginError(LoginFault.STATE, "the answer of another EPD")
        epd = self._epds.get(attempt.epd or "")
        if epd is None or epd.provider is None:
            raise LoginError(LoginFault.UNKNOWN_EPD)
        claims, tokens = await self._proved(epd.provider, attempt, answer)
        issuer = (await epd.provider.metadata()).issuer
        if "name" not in claims and isinstance(tokens.get("access_token"), str):
            claims = {**claims, "name": await epd.provider.practitioner(claims, tokens["access_token"])}
        person = epd.person(claims, epd.patient(tokens.get("patient")), issuer, str(tokens["id_token"]))
        pregnancy = tokens.get("appContext")  # of the card from which was launched (CDS Hooks 2.0, Link)
        named = pregnancy if isinstance(pregnancy, str) else None
        return await self._entered(person, "launch", cookies, pregnancy=named)

    async def link(self, token: str, cookies: Mapping[str, str]) -> Entered:
        """An EPD's registered system signed a link to a page."""
        if self._links is None:
            raise LoginError(LoginFault.UNKNOWN_EPD)
        person, pregnancy = await self._links.open(token, self._clock())
        return await self._entered(person, "link", cookies, pregnancy=pregnancy)

    async def leave(self, cookies: Mapping[str, str]) -> Begun:
        """Log out here; the address is the provider's, to log out there as well, or our own last page."""
        session = await self.sessions.close(cookies)
        cleared = self.sessions.cookies.clear(SESSION)
        last = f"{self._site}/uitgelogd"
        if session is None:
            return Begun(last, cleared)
        self._witness.went(session.person)
        if self.own is None or session.person.actor.client is not None:
            return Begun(last, cleared)
        try:
            return Begun(await self.own.provider.end_session(session.person.id_token, last) or last, cleared)
        except LoginError:  # the provider does not answer: here they are out
            return Begun(last, cleared)

    async def sent_away(self, logout_token: str) -> int:
        """The provider says that somebody logged out (back-channel). Gives how many sessions ended."""
        provider = self._own().provider
        claims = await provider.logged_out(logout_token)
        issuer, sid = str(claims["iss"]), claims.get("sid")
        if not await self._shelf.once(f"logout:{hashed(self._site, issuer, claims['jti'])}", 1200):
            raise LoginError(LoginFault.TOKEN, "jti")
        ended = await self.sessions.close_for(issuer, claims.get("sub"), sid if isinstance(sid, str) else None)
        for session in ended:
            self._witness.went(session.person)
        return len(ended)

    def _own(self) -> Own:
        if self.own is None:
            raise LoginError(LoginFault.PROVIDER, "[access.people] is not configured")
        return self.own

    async def _begun(self, provider: Provider, attempt: Attempt, more: Mapping[str, str] | None = None) -> Begun:
        address = await provider.authorize(attempt.state, attempt.nonce, attempt.verifier, more)
        return Begun(address, (await self._attempts.begin(attempt),))

    async def _proved(
        self, provider: Provider, attempt: Attempt, answer: Mapping[str, str]
    ) -> tuple[Claims, Mapping[str, Any]]:
        """The claims of who logged in, and all that came with the tokens."""
        await provider.check_issuer(answer.get("iss"))
        code = answer.get("code")
        if "error" in answer or not code:
            raise LoginError(LoginFault.REFUSED, "the provider refused")
        tokens = await provider.exchange(code, attempt.verifier)
        id_token, access = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str):
            raise LoginError(LoginFault.TOKEN, "there is no id_token")
        access_token = access if isinstance(access, str) else None
        return await provider.verify(id_token, attempt.nonce, access_token), tokens

    async def _entered(
        self, person: Person, how: str, cookies: Mapping[str, str], *, back: str = "/", pregnancy: str | None = None
    ) -> Entered:
        self._witness.came(person, how)
        value = await self.sessions.open(person, cookies)
        jar = self.sessions.cookies
        kept = jar.set(SESSION, value, framed=person.woman is not None)
        return Entered(person, (kept, *jar.clear(ATTEMPT)), back, pregnancy)


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")
