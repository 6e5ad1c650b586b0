"""Where sessions and logins under way are kept; bootstrap fills it with Redis, so that every worker sees the same."""

from __future__ import annotations

from typing import Protocol


class Shelf(Protocol):
    """Keys with a life time. A key holds a hash, never a secret. Every method raises `ShelfError`."""

    async def put(self, key: str, value: bytes, seconds: int) -> None:
        """Keep a value for so many seconds."""
        ...

    async def swap(self, key: str, before: bytes, value: bytes, seconds: int) -> bool:
        """The same, only where `before` is still there: what was dropped meanwhile does not come back, and what another
        request wrote is not written over. False where it was not.
        """
        ...

    async def get(self, key: str) -> bytes | None:
        """The value, None when there is none (any more)."""
        ...

    async def take(self, key: str) -> bytes | None:
        """The value, which is gone then: of two who ask at once, one gets it."""
        ...

    async def once(self, key: str, seconds: int) -> bool:
        """Whether this key was not there yet; from now on it is."""
        ...

    async def drop(self, *keys: str) -> None:
        """Let go of these."""
        ...

    async def gather(self, key: str, member: str, seconds: int) -> None:
        """Add to a set."""
        ...

    async def gathered(self, key: str) -> frozenset[str]:
        """The members of a set."""
        ...
