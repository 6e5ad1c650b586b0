"""A line of the audit log as it is read, and the question that finds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapter.access import AuditEvent
from adapter.access.audit import EventType, Outcome
from adapter.access.policy import Action
from adapter.store import AuditQuestion

PAGE = 100
"""Lines on a page when nothing is asked."""
MOST = 1000
"""Largest page."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: its number in the chain, the event, the purpose of use as NEN 7513 wants it (noodtoegang is one of its
    own), and the name of the organisation where we know it.
    """

    number: int
    event: AuditEvent
    purpose_of_use: str
    organisation_name: str | None = None


@dataclass(frozen=True, slots=True)
class LogQuestion:
    """Which lines. `woman`: our id of her; `user`: the id of who asked; `before`: the line to go on behind; `numbers`:
    these lines alone.
    """

    woman: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    user: str | None = None
    kinds: tuple[EventType, ...] = ()
    actions: tuple[Action, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    emergency: bool = False
    before: int | None = None
    limit: int = PAGE
    numbers: frozenset[int] | None = None

    def stored(self, patients: tuple[str, ...] = ()) -> AuditQuestion:
        """The question as the store takes it; `patients`: every id that she ever had."""
        return AuditQuestion(
            patients=patients,
            since=self.since,
            until=self.until,
            actor=self.user or None,
            kinds=tuple(self.kinds),
            actions=tuple(self.actions),
            outcomes=tuple(self.outcomes),
            emergency=self.emergency,
            before=self.before,
            positions=None if self.numbers is None else tuple(sorted(self.numbers)),
        )

    def shown(self) -> str:
        """The question as the log itself keeps it."""
        given = {
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "user": self.user or "",
            "type": ",".join(self.kinds),
            "action": ",".join(self.actions),
            "outcome": ",".join(self.outcomes),
            "emergency": "true" if self.emergency else "",
            "before": str(self.before or ""),
            "line": ",".join(map(str, sorted(self.numbers or ()))),
        }
        return "&".join(f"{name}={value}" for name, value in given.items() if value)


@dataclass(frozen=True, slots=True)
class Chain:
    """Whether the log is whole: lines `first` up to `last` were looked at. `broken`: the first line that is not.

    `proved`: false where the log is so long that nobody looked yet; ask for it.
    """

    first: int
    last: int
    head: str
    at: datetime
    broken: int | None = None
    why: str = ""
    proved: bool = True


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines, newest first. `next`: give it as `before` for the lines behind these; None when there are no more."""

    lines: tuple[LogLine, ...]
    next: int | None = None
