"""What a decision table is made of.

A table asks a finite set of inputs, each with a finite set of values, and has exactly one row for every combination of
them on every day of its validity. Validity is inclusive on both sides; an open side is None.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from adapter.model.decision import Reason, Standing

Verdict = Literal["met", "not_met", "unknown"]
VERDICTS: tuple[Verdict, ...] = ("met", "not_met", "unknown")


def lowest(*standings: Standing) -> Standing:
    """The standing of something that rests on all of these: verified only if every one is."""
    return "provisional" if "provisional" in standings else "verified"


@dataclass(frozen=True, slots=True)
class Validity:
    """From `start` up to and including `end`; None is open."""

    start: date | None = None
    end: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it is valid on that day."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def __str__(self) -> str:
        start = self.start.isoformat() if self.start else "altijd"
        return f"{start} t/m {self.end.isoformat()}" if self.end else f"{start} tot nader order"


@dataclass(frozen=True, slots=True)
class Source:
    """A text that rows cite. `read`: whether the text itself was read, or only what others say of it."""

    id: str
    title: str
    citation: str
    url: str | None
    read: bool


@dataclass(frozen=True, slots=True)
class Input:
    """A question a table asks.

    `turn` gives, per value one could aim for, the Dutch words for that change; `stays` are values that no change can
    leave (it does not apply); `advice` says per value what somebody could still do.
    """

    name: str
    question: str
    values: dict[str, Verdict]
    turn: dict[str, str]
    stays: frozenset[str]
    cites: tuple[Source, ...]
    standing: Standing
    advice: dict[str, str] = field(default_factory=dict)
    citation: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "citation", cite(self.cites))


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: under these conditions, this outcome. An input that `when` leaves out may have any value."""

    id: str
    when: dict[str, frozenset[str]]
    outcome: str
    text: str
    cites: tuple[Source, ...]
    standing: Standing
    valid: Validity
    line: int
    file: str = ""
    citation: str = field(init=False)
    reason: Reason = field(init=False)  # that this row applied, as a decision tells it

    def __post_init__(self) -> None:
        object.__setattr__(self, "citation", cite(self.cites))
        object.__setattr__(self, "reason", Reason(self.id, "met", self.text, self.citation, self.standing))


def cite(sources: tuple[Source, ...]) -> str:
    """Citations as one line."""
    return "; ".join(source.citation for source in sources)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of days in which the same rows are valid: every combination of inputs, and its row."""

    valid: Validity
    names: tuple[str, ...]
    hits: dict[tuple[str, ...], Row]
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table, proved. `decides` names the question that tables with successive validities answer."""

    id: str
    title: str
    decides: str
    version: str
    valid: Validity
    inputs: tuple[Input, ...]
    outcomes: tuple[str, ...]
    rows: tuple[Row, ...]
    file: str
    line: int
    segments: tuple[Segment, ...] = ()

    def input(self, name: str) -> Input:
        """The input of that name."""
        return next(i for i in self.inputs if i.name == name)

    def rows_on(self, day: date) -> Iterator[Row]:
        """The rows that are valid on that day."""
        return (row for row in self.rows if row.valid.holds(day))

    def segment(self, day: date) -> Segment:
        """The segment of that day. Raises `ValueError` for a day outside the validity of the table."""
        for segment in self.segments:
            if segment.valid.holds(day):
                return segment
        raise ValueError(f"table {self.id} ({self.file}) is valid {self.valid}, not on {day}")


def day_before(day: date) -> date:
    """The last day that is not yet `day`."""
    return day - timedelta(days=1)


def day_after(day: date) -> date:
    """The first day after `day`."""
    return day + timedelta(days=1)
