"""The entrance once access is configured: a bearer token, or else the session of somebody who logged in."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlsplit

from adapter.access import Identified, UnauthenticatedError
from adapter.access.people import People
from adapter.access.systems import Hooks, Introspection, Tokens
from adapter.service.access.tokens import TokenDesk
from adapter.service.entrance import Credentials


class Sessions(Protocol):
    """Knows who logged in."""

    async def identify(self, credentials: Credentials) -> Identified | None:
        """Whose session this is; None without one that holds."""
        ...


class Closing(Protocol):
    """What holds connections."""

    async def aclose(self) -> None:
        """Let go of them."""
        ...


class ConfiguredEntrance:
    """Who shows something that holds. Nobody else comes in."""

    configured = True

    def __init__(
        self,
        issuer: str,
        tokens: Tokens,
        systems: TokenDesk,
        introspection: Introspection | None = None,
        hooks: Hooks | None = None,
        people: People | None = None,
        proxies: tuple[str, ...] = (),
        closing: tuple[Closing, ...] = (),
    ) -> None:
        self.issuer: str | None = issuer
        self.proxies = proxies
        self.systems: TokenDesk | None = systems
        self.people = people
        self._tokens = tokens
        self._introspection = introspection
        self._hooks = hooks
        self._sessions: Sessions | None = people.sessions if people is not None else None
        self._closing = (*closing, *([introspection] if introspection is not None else []))

    async def identify(self, credentials: Credentials) -> Identified:
        """Who asks: by the token where one is shown, whatever cookies come with it.

        Raises `access.UnauthenticatedError`, and `access.UnavailableError` where that cannot be said now.
        """
        if credentials.bearer is not None:
            return await self._shown(credentials.bearer, credentials)
        who = await self._sessions.identify(credentials) if self._sessions is not None else None
        if who is None:
            raise UnauthenticatedError("say who you are: a token of this service, or log in")
        return who

    def at_hand(self, bearer: str) -> Identified | None:
        """Who shows this token, where that was established before and holds still."""
        return self._tokens.at_hand(bearer)

    async def _shown(self, token: str, asked: Credentials) -> Identified:
        who = self._tokens.verify(token)
        if who is None and self._hooks is not None and not asked.shut:
            who = await self._hooks.identify(token, urlsplit(asked.address).path)
        if who is None and self._introspection is not None:
            who = self._introspection.known(token) if asked.shut else await self._introspection.identify(token)
        if who is None:
            raise UnauthenticatedError("this token is not known here", "invalid_token")
        return who

    async def aclose(self) -> None:
        """Let go of connections."""
        for one in self._closing:
            await one.aclose()
