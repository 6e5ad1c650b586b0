"""A login under way: what we must recognise in the provider's answer, kept here and bound to one browser, used once."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from adapter.access.people.cookies import ATTEMPT, Cookies, fresh, hashed
from adapter.access.people.errors import LoginError, LoginFault
from adapter.access.people.shelf import Shelf
from adapter.model.wire import from_json, to_json

_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Attempt:
    """One. `epd`: the EPD that launched, None for a login of one's own; `back`: where the browser wanted to be."""

    epd: str | None = None
    back: str = "/"
    state: str = field(default_factory=fresh)
    nonce: str = field(default_factory=fresh)
    verifier: str = field(default_factory=fresh)


class Attempts:
    """Begins and recognises them."""

    def __init__(self, shelf: Shelf, cookies: Cookies, site: str) -> None:
        self._shelf = shelf
        self._cookies = cookies
        self._site = site

    async def begin(self, attempt: Attempt) -> str:
        """Keep it. Gives the Set-Cookie header that binds it to this browser: no one can have a victim log in with an
        answer that the attacker got (login CSRF).
        """
        value = fresh()
        await self._shelf.put(self._key(value), to_json(attempt), _SECONDS)
        return self._cookies.set(ATTEMPT, value, framed=attempt.epd is not None, seconds=_SECONDS)

    async def recognise(self, cookies: Mapping[str, str], state: str | None, *, launched: bool) -> Attempt:
        """The attempt of this browser, which is over then. Raises `LoginError`."""
        value = self._cookies.read(ATTEMPT, cookies)
        found = await self._shelf.take(self._key(value)) if value else None
        if found is None:
            raise LoginError(LoginFault.NO_ATTEMPT)
        try:
            attempt = from_json(Attempt, found)
        except ValidationError:
            raise LoginError(LoginFault.NO_ATTEMPT) from None
        same = state is not None and hmac.compare_digest(attempt.state.encode(), state.encode())
        if not same or launched is not (attempt.epd is not None):
            raise LoginError(LoginFault.STATE)
        return attempt

    def _key(self, value: str) -> str:
        return f"attempt:{hashed(self._site, value)}"


def local(address: str | None) -> str:
    """An address of ours to go back to; anything else becomes the first page. Nobody is sent elsewhere."""
    if not address or len(address) > 500 or not address.startswith("/") or address.startswith(("//", "/\\")):
        return "/"
    return address if address.isascii() and address.isprintable() and "\\" not in address else "/"
