"""Refuse what was shown before (RFC 7523 section 3, `jti`), whichever worker saw it."""

from __future__ import annotations

import hashlib
import json
from typing import Protocol


class ReplayUnavailableError(Exception):
    """It cannot be said now whether this was seen: nothing may be accepted."""


class Replay(Protocol):
    """Remembers what was shown, for all workers together."""

    async def first(self, key: str, seconds: int) -> bool:
        """Whether this is seen for the first time; remembered for so long. Raises `ReplayUnavailableError`."""
        ...


def replay_key(issuer: str, jti: str) -> str:
    """What is remembered of an assertion: neither who asked nor its id can be read from it."""
    return hashlib.sha256(json.dumps([issuer, jti]).encode()).hexdigest()
