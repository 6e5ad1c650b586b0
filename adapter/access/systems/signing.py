"""The keys with which we sign access tokens: derived from the master key, a new one each period.

Every worker holds the master key, so every worker has the same signing keys without telling each other; nothing of
them is kept anywhere. The key of the period before still verifies, and the one after is published already: a token
outlives the change of its key. A master key that was rotated out but is still on the ring goes on verifying too.

Derivation: HKDF (RFC 5869) by the key ring; the scalar on P-384 as FIPS 186-5, appendix A.2.1 (extra random bits).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

ALGORITHM = "ES384"
LIFETIME = 300
"""Seconds that an access token lives, at most (SMART Backend Services)."""
PERIOD = 7 * 24 * 3600
"""Seconds that one key signs."""

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
"""The order of P-384 (SP 800-186)."""
_BYTES = 56  # 448 bits: 64 more than the order, so that no scalar is more likely than another


class Derived(Protocol):
    """The key ring. It may change while we run."""

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Those of the master keys on it, the one in use first."""
        ...

    def refresh(self) -> None:
        """Take over a change of it."""
        ...

    def derived(self, info: bytes, length: int) -> tuple[bytes, ...]:
        """A secret for this use from each master key, the one in use first."""
        ...


class SigningKeys:
    """Ours. `now`: seconds since 1970."""

    def __init__(self, ring: Derived, now: Callable[[], float], period: int = PERIOD) -> None:
        self._ring = ring
        self._now = now
        self._period = period
        self._from: tuple[str, ...] = ()
        self._made: dict[int, tuple[ECKey, ...]] = {}
        self._left: tuple[float, list[ECKey]] = (0.0, [])

    def current(self) -> ECKey:
        """The key to sign with."""
        self._look()
        return self._of(self._number())[0]

    def find(self, kid: str) -> ECKey | None:
        """The key of this id, where its tokens may still count."""
        found = self._among(kid)
        if found is None and self._look():
            found = self._among(kid)
        return found

    def public(self) -> dict[str, Any]:
        """All that verify now or will soon, as a JWKS."""
        self._look()
        return {"keys": [key.as_dict(private=False) for key in self._valid()]}

    def _look(self) -> bool:
        """Whether the ring changed. The keys that it gave before verify until their last token has expired."""
        self._ring.refresh()
        if self._ring.fingerprints == self._from:
            return False
        if self._from:
            self._left = (self._now() + LIFETIME, [key for keys in self._made.values() for key in keys])
        self._from, self._made = self._ring.fingerprints, {}
        return True

    def _among(self, kid: str) -> ECKey | None:
        return next((key for key in self._valid() if key.kid == kid), None)

    def _number(self) -> int:
        return int(self._now() // self._period)

    def _valid(self) -> list[ECKey]:
        now = self._number()
        until, left = self._left
        kept = left if self._now() < until else []
        found = {key.kid: key for number in (now, now - 1, now + 1) for key in self._of(number)}
        return [*found.values(), *(key for key in kept if key.kid not in found)]

    def _of(self, number: int) -> tuple[ECKey, ...]:
        if number not in self._made:
            secrets = self._ring.derived(f"adapter access tokens {self._period} {number}".encode(), _BYTES)
            self._made[number] = tuple(_key(secret) for secret in secrets)
            for old in [n for n in self._made if abs(n - number) > 3]:
                del self._made[old]
        return self._made[number]


@lru_cache(64)
def _key(secret: bytes) -> ECKey:
    scalar = int.from_bytes(secret, "big") % (_ORDER - 1) + 1
    raw = ec.derive_private_key(scalar, ec.SECP384R1())
    public = raw.public_key().public_numbers()
    kid = hashlib.sha256(f"{public.x}.{public.y}".encode()).hexdigest()[:16]
    return ECKey.import_key(raw, {"kid": kid, "use": "sig", "alg": ALGORITHM})
