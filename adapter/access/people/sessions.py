"""Sessions of people: opaque at the browser, all of it on the shelf here; they end by idling, by age and on logout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import ValidationError

from adapter.access.identity import Actor, Emergency, Identified, Purpose
from adapter.access.people.cookies import SESSION, Cookies, fresh, hashed
from adapter.access.people.shelf import Shelf
from adapter.model.sources import RecordKey
from adapter.model.wire import from_json, to_json

_SEEN_EVERY = timedelta(seconds=15)
"""How exactly the last use is kept: a page with ten requests writes once."""
_TRIES = 10
"""How often noodtoegang is written where other requests of the same session write at the same time."""


class Carried(Protocol):
    """What a request carries (`service.entrance.Credentials`)."""

    @property
    def cookies(self) -> Mapping[str, str]:
        """All cookies of the request."""
        ...

    @property
    def by_itself(self) -> bool:
        """Whether a page asked without anybody using it."""
        ...


@dataclass(frozen=True, slots=True)
class Person:
    """Who logged in, with which provider, and for which woman alone where an EPD opened the page for her."""

    actor: Actor
    purposes: frozenset[Purpose]
    issuer: str
    subject: str
    sid: str | None = None  # the provider's own session, for logout by the provider
    id_token: str = ""
    woman: RecordKey | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """What is kept of a session."""

    person: Person
    opened_at: datetime
    seen_at: datetime
    emergency: Emergency | None = None


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long a session lasts without use, and at all."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=8)


class Sessions:
    """Opens, finds and ends sessions. `site`: the address of this service; a session of another site is none here."""

    def __init__(
        self, shelf: Shelf, cookies: Cookies, site: str, clock: Callable[[], datetime], lasting: Lasting | None = None
    ) -> None:
        self.cookies = cookies
        self._shelf = shelf
        self._site = site
        self._clock = clock
        self._lasting = lasting or Lasting()

    async def open(self, person: Person, before: Mapping[str, str]) -> str:
        """A new session for who just logged in; the one that the browser had before ends. Gives the cookie's value."""
        await self.close(before)
        value, now = fresh(), self._clock()
        key = self._key(value)
        await self._shelf.put(key, to_json(Session(person, now, now)), self._seconds(self._lasting.idle))
        for index in self._indexes(person):
            await self._shelf.gather(index, key, self._seconds(self._lasting.absolute))
        return value

    async def identify(self, credentials: Carried) -> Identified | None:
        """Who this browser's session is of; None without one that holds."""
        found = await self._held(credentials.cookies)
        if found is None:
            return None
        key, session, kept = found
        now = self._clock()
        if (
            not credentials.by_itself and now - session.seen_at >= _SEEN_EVERY
        ):  # where another request wrote meanwhile, that one saw it as well
            await self._keep(key, kept, replace(session, seen_at=now))
        person = session.person
        emergency = session.emergency.at(now) if session.emergency is not None else None
        return Identified(person.actor, person.purposes, woman=person.woman, emergency=emergency, token=key[-16:])

    async def of(self, cookies: Mapping[str, str]) -> Session | None:
        """The session of this browser."""
        found = await self._held(cookies)
        return found[1] if found else None

    async def give_emergency(self, credentials: Carried, emergency: Emergency | None) -> bool:
        """Let this session have noodtoegang from now on (None: no more). False where there is no session."""
        for _ in range(_TRIES):
            found = await self._held(credentials.cookies)
            if found is None:
                return False
            key, session, kept = found
            if await self._keep(key, kept, replace(session, emergency=emergency)):
                return True
        return False

    async def close(self, cookies: Mapping[str, str]) -> Session | None:
        """End the session of this browser; gives what it was."""
        value = self.cookies.read(SESSION, cookies)
        if value is None:
            return None
        return _read(await self._shelf.take(self._key(value)))

    async def close_for(self, issuer: str, subject: str | None, sid: str | None) -> list[Session]:
        """End every session that the provider names (OpenID Connect Back-Channel Logout). Gives what they were."""
        index = self._index("sid", issuer, sid) if sid else self._index("sub", issuer, subject or "")
        keys = await self._shelf.gathered(index)
        found = [_read(await self._shelf.take(key)) for key in sorted(keys)]
        if keys:
            await self._shelf.drop(index)
        return [session for session in found if session is not None]

    async def _held(self, cookies: Mapping[str, str]) -> tuple[str, Session, bytes] | None:
        """Its key, what it is, and how that stands on the shelf."""
        value = self.cookies.read(SESSION, cookies)
        if value is None or len(value) > 100:
            return None
        key = self._key(value)
        kept = await self._shelf.get(key)
        session = _read(kept)
        if session is None or kept is None:
            return None
        now = self._clock()
        if now - session.seen_at > self._lasting.idle or now - session.opened_at > self._lasting.absolute:
            await self._shelf.drop(key)
            return None
        return key, session, kept

    async def _keep(self, key: str, before: bytes, session: Session) -> bool:
        left = session.opened_at + self._lasting.absolute - self._clock()
        return await self._shelf.swap(key, before, to_json(session), self._seconds(min(left, self._lasting.idle)))

    def _key(self, value: str) -> str:
        return f"session:{hashed(self._site, value)}"

    def _index(self, kind: str, issuer: str, name: str) -> str:
        return f"sessions-by-{kind}:{hashed(self._site, issuer, name)}"

    def _indexes(self, person: Person) -> tuple[str, ...]:
        by_subject = self._index("sub", person.issuer, person.subject)
        return (by_subject, self._index("sid", person.issuer, person.sid)) if person.sid else (by_subject,)

    @staticmethod
    def _seconds(lasting: timedelta) -> int:
        return max(1, int(lasting.total_seconds()) + 1)


def _read(found: bytes | None) -> Session | None:
    if found is None:
        return None
    try:
        return from_json(Session, found)
    except ValidationError:  # of an earlier version of the program: log in again
        return None
