"""How the doors learn who asks: by what a request carries, or, until access is configured, the demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from adapter.access import DEMONSTRATION, Context, Identified, Purpose


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request carries to say who asks. `bearer`: the token of its Authorization header; `cookies`: all of them.

    `method` and `address` (without query) are those of the request: a proof of possession, or CSRF protection, is
    bound to them.
    """

    bearer: str | None
    cookies: Mapping[str, str]
    headers: Mapping[str, str]
    method: str
    address: str
    client: str


def context_of(who: Identified, purpose: Purpose, request_id: str = "", client: str = "") -> Context:
    """One request of somebody who is known, for this purpose; noodtoegang is for care alone."""
    emergency = who.emergency if purpose is Purpose.TREAT else None
    return Context(actor=who.actor, purpose=purpose, request_id=request_id, client=client, emergency=emergency)


class Entrance(Protocol):
    """Knows who asks."""

    @property
    def configured(self) -> bool:
        """Whether access is configured; if not, everybody is the demonstration identity, on loopback alone."""
        ...

    async def identify(self, credentials: Credentials) -> Identified:
        """Who asks. Raises `access.UnauthenticatedError`."""
        ...


class Demonstration:
    """Everybody is the demonstration identity; what a request carries is not looked at."""

    configured = False

    def __init__(self) -> None:
        self._everybody = Identified(DEMONSTRATION, frozenset(Purpose))

    async def identify(self, credentials: Credentials) -> Identified:
        """The demonstration identity."""
        return self._everybody
