"""What the zorgpad expects: a moment, its window, for whom it is, who may do it, and what shows that it was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from adapter.model.evidence import RESPONSIBLE_KINDS, OrganisationKind
from adapter.model.facts import Outcome

Need = Literal["expected", "choice", "habit", "elsewhere", "unseen"]
Standing = Literal["verified", "provisional"]
When = Literal["any", "from_start", "before_end", "window"]
Side = Literal["early", "late"]
Exemption = Literal["referral", "transfer", "multiple", "unfinished"]

OBSTETRIC = frozenset({*RESPONSIBLE_KINDS, OrganisationKind.GEBOORTECENTRUM})
"""Who gives obstetric care: in the files, `verloskundig`."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to see that a moment was done: any of these, at the time that `when` says.

    `from_start`, `before_end`, `window`: only from, until or inside the window; the day must then be known. Not `sure`:
    it may have been this, or something else, so nobody can say that the moment is open either.
    """

    acts: tuple[str, ...] = ()  # kinds of act and codes, in one list: no kind is written like a code
    statements: tuple[str, ...] = ()
    screenings: tuple[str, ...] = ()
    measurements: tuple[str, ...] = ()
    when: When = "any"
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a fact; `not_recorded` names what no source sends, and so is never known.

    `none_of`: the values that deny it; another value than these and `one_of` says neither. Without them any other does.
    """

    fact: str | None = None
    one_of: frozenset[str] = frozenset()
    none_of: frozenset[str] = frozenset()
    at_least: float | None = None
    at_most: float | None = None
    not_recorded: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """For whom a moment is: `who` in words, and the conditions of which all, or any, must hold."""

    who: str
    conditions: tuple[Condition, ...]
    every: bool


@dataclass(frozen=True, slots=True)
class Once:
    """Done twice by different organisations it is a possible duplicate, but for the exemptions."""

    exempt: frozenset[Exemption] = frozenset()
    in_window: bool = False
    same_code: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """In these days of the pregnancy (last included), at most so many days between two contacts."""

    first: int
    last: int
    every: int


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often something is to be done again. `slack`: days that a contact may be later without it being a gap."""

    steps: tuple[Step, ...]
    slack: int

    @property
    def first(self) -> int:
        """The day of pregnancy on which it begins."""
        return self.steps[0].first

    @property
    def last(self) -> int:
        """The day of pregnancy on which it ends."""
        return self.steps[-1].last

    def every(self, day: int) -> int:
        """The days until the next contact, for a contact on that day of pregnancy."""
        return next((s.every for s in self.steps if day <= s.last), self.steps[-1].every)


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of the care path. Windows in days: since the calculated last menstrual period, or since the birth."""

    id: str
    name: str
    anchor: Literal["pregnancy", "birth"]
    first: int | None
    last: int | None
    need: Need
    ways: tuple[Way, ...]
    declined_by: tuple[str, ...]  # statements that say she declined
    declinable: bool
    group: Group | None
    by: frozenset[OrganisationKind]
    once: Once | None
    rhythm: Rhythm | None
    judged: frozenset[Side]  # being early, or late, is worth saying
    since: date | None
    after: frozenset[Outcome]  # outcomes after which a moment counted from the birth applies
    of_child: bool  # it concerns the child: not after its death
    party: str | None  # need `elsewhere`: who does it, in words
    standing: Standing
    source: str
    prepares_birth: bool = False  # missed, it is no gap once the pregnancy was lost
    changed: str | None = None  # the region that changed it, with version and reason


@dataclass(frozen=True, slots=True)
class Expectation:
    """Facts of which at least one should be known, and from when.

    `since`: the day of pregnancy; `born`: only after a birth; `multiple`: only when more than one child is expected.
    """

    facts: tuple[str, ...]
    since: int = 0
    born: bool = False
    multiple: bool = False
