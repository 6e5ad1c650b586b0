"""Whether something that is to be done again and again was done often enough."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from adapter.carepath.expected import Rhythm
from adapter.carepath.times import dutch


@dataclass(frozen=True, slots=True)
class Kept:
    """How the rhythm was kept: the day on which the next is due, and between which days it was too long."""

    due: date
    overdue: bool
    missed: tuple[tuple[date, date, int], ...]  # from, to, days that were allowed

    @property
    def broken(self) -> bool:
        """Whether a contact was left out altogether: twice the time that was allowed, or more."""
        return any((b - a).days >= 2 * allowed for a, b, allowed in self.missed)

    @property
    def told(self) -> str | None:
        """The intervals that were too long, in a sentence."""
        if not self.missed:
            return None
        told = (
            f"van {dutch(a)} tot {dutch(b)} {(b - a).days} dagen (verwacht hoogstens {allowed})"
            for a, b, allowed in self.missed
        )
        return f"Zonder vastgelegde controle: {'; '.join(told)}."


def kept(rhythm: Rhythm, days: Iterable[date], *, since: date, until: date, zero: date) -> Kept:
    """From the day she came into care, or the rhythm began, until a day. `zero`: day 0 of the pregnancy."""
    start = zero + timedelta(days=rhythm.first)
    contacts = sorted({d for d in days if d <= until})
    before = [d for d in contacts if d < start]
    last = max([since, *before[-1:]])
    missed = []
    for contact in [d for d in contacts if d >= start and d > last]:
        if contact > _due(rhythm, last, zero) + timedelta(days=rhythm.slack):
            missed.append((last, contact, _allowed(rhythm, last, zero)))
        last = contact
    due = _due(rhythm, last, zero)
    overdue = until > due + timedelta(days=rhythm.slack)
    if overdue:
        missed.append((last, until, _allowed(rhythm, last, zero)))
    return Kept(due, overdue, tuple(missed))


def _allowed(rhythm: Rhythm, last: date, zero: date) -> int:
    return (_due(rhythm, last, zero) - last).days


def _due(rhythm: Rhythm, last: date, zero: date) -> date:
    """When the next is due: so long after the last, counted from the start of the rhythm for one before it."""
    day = (last - zero).days
    if day < rhythm.first:
        return zero + timedelta(days=rhythm.first + rhythm.steps[0].every)
    return last + timedelta(days=rhythm.every(day))
