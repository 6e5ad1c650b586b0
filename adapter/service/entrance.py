"""How the doors learn who asks: by what a request carries, or, until access is configured, the demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from adapter.access import DEMONSTRATION, Context, Identified, Purpose

if TYPE_CHECKING:
    from adapter.access.people import People
    from adapter.service.access.tokens import TokenDesk


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request carries to say who asks. `bearer`: the token of its Authorization header; `cookies`: all of them.

    `method` and `address` (without query) are those of the request: a proof of possession, or CSRF protection, is
    bound to them. `shut`: too many from where this came did not hold: only what can be established here is looked at.
    `by_itself`: an open page asked, nobody did: a session does not last longer by it.
    """

    bearer: str | None
    cookies: Mapping[str, str]
    headers: Mapping[str, str]
    method: str
    address: str
    client: str
    shut: bool = False
    by_itself: bool = False


def context_of(who: Identified, purpose: Purpose, request_id: str = "", client: str = "") -> Context:
    """One request of somebody who is known, for this purpose; noodtoegang is for care alone."""
    emergency = who.emergency if purpose is Purpose.TREAT else None
    held = (who.token, who.purposes, who.scopes, who.woman)
    return Context(who.actor, purpose, request_id, client, emergency, *held)


class Entrance(Protocol):
    """Knows who asks.

    `issuer`: the address under which the service is reached, None until access is configured. `proxies`: the addresses
    whose forwarded headers are believed. `systems`: what gives tokens to registered systems. `people`: what lets people
    in by a browser, None where neither they nor launches are configured.
    """

    @property
    def issuer(self) -> str | None: ...  # noqa: D102

    @property
    def proxies(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def systems(self) -> TokenDesk | None: ...  # noqa: D102

    @property
    def people(self) -> People | None: ...  # noqa: D102

    @property
    def configured(self) -> bool:
        """Whether access is configured; if not, everybody is the demonstration identity, on loopback alone."""
        ...

    def at_hand(self, bearer: str) -> Identified | None:
        """Who shows this token, where that was established before and holds still; None: `identify` them."""
        ...

    async def identify(self, credentials: Credentials) -> Identified:
        """Who asks. Raises `access.UnauthenticatedError`, and `access.UnavailableError` where that cannot be said."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


class Demonstration:
    """Everybody is the demonstration identity; what a request carries is not looked at."""

    configured = False
    issuer: str | None = None
    proxies: tuple[str, ...] = ()
    systems: TokenDesk | None = None
    people: People | None = None

    def __init__(self) -> None:
        self._everybody = Identified(DEMONSTRATION, frozenset(Purpose))

    def at_hand(self, bearer: str) -> Identified | None:
        """Nobody: a token means nothing here."""
        return None

    async def identify(self, credentials: Credentials) -> Identified:
        """The demonstration identity."""
        return self._everybody

    async def aclose(self) -> None:
        """There are none."""
