"""How much one request may hold and one caller may ask, and under which names this service answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """`body`, `fhir_body`: bytes of a request (to a FHIR endpoint). `depth`: objects and arrays, or elements, inside
    each other. `entries`: of a Bundle. `page`: resources on a page (`_count`). `parameters`: of a request. `seconds`:
    that an answer may take to begin; 0: no limit.
    """

    body: int = MIB
    fhir_body: int = 16 * MIB
    depth: int = 40
    entries: int = 5000
    page: int = 1000
    parameters: int = 200
    seconds: float = 0.0


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether one more request is let through. `remaining`: how many may follow at once; `wait`: seconds until one may.

    `quota`: how many a minute, for who asks to know.
    """

    allowed: bool
    quota: int
    remaining: int = 0
    wait: float = 0.0


class Throttle(Protocol):
    """Counts requests of each identity, over all workers."""

    async def take(self, identity: str) -> Taken | None:
        """One request of this identity; None where nothing is counted."""
        ...

    def at_hand(self, identity: str) -> Taken | None:
        """The same where it can be said at once and the answer is yes; None: `take` it."""
        ...

    async def failed(self, address: str) -> None:
        """A request from this address showed a token or session that does not hold."""
        ...

    def shut_out(self, address: str) -> float:
        """Seconds for which no new token from this address is looked at, after too many of those; 0 for none."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class Notices:
    """Who is told of changes. `most`: subscriptions of one caller. `registered`: for each system the origins to which
    it may have us go, inside the network too. `loopback`: whether this machine may be told, as nobody is anybody yet.
    """

    most: int = 100
    registered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    loopback: bool = True


@dataclass(frozen=True, slots=True)
class Bounds:
    """`hosts`: names (`host` or `host:port`) under which this service answers beside the issuer's and loopback."""

    limits: Limits = LIMITS
    throttle: Throttle | None = None
    hosts: frozenset[str] = frozenset()
    notices: Notices = Notices()


UNBOUND = Bounds()
"""Until access is configured: loopback alone, the usual sizes, nothing counted."""
