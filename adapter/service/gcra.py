"""The generic cell rate algorithm: so many a minute, and so many at once; one number for each identity.

ITU-T I.371, annex A. The number is the instant at which all that was taken would have come at the steady rate.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Gcra:
    """`per_minute`: the steady rate. `burst`: how many may come at once."""

    per_minute: int
    burst: int
    _due: dict[str, float] = field(default_factory=dict)

    @property
    def interval(self) -> float:
        """Seconds between two at the steady rate."""
        return 60.0 / self.per_minute

    def take(self, key: str, wanted: int, now: float) -> tuple[int, int, float]:
        """How many of those wanted are given, how many are left, and the seconds to wait where none is."""
        due = max(self._due.get(key, now), now)
        room = int((now + self.burst * self.interval - due) / self.interval + 1e-9)
        if room < 1:
            return 0, 0, due - now - (self.burst - 1) * self.interval
        given = min(wanted, room)
        if len(self._due) > 10_000:
            self._due = {k: at for k, at in self._due.items() if at > now}
        self._due[key] = due + given * self.interval
        return given, room - given, 0.0
