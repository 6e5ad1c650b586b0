"""How far the pregnancy is: from the best due date, else the last menstrual period, else a stated age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from adapter.carepath.merge import by_evidence
from adapter.carepath.times import TERM_DAYS, plausible
from adapter.model.carepath import Fact, GestationalAge
from adapter.model.facts import Statement
from adapter.model.moments import day_of

_MOST_STATED = 330  # days: a stated age beyond this is no age


@dataclass(frozen=True, slots=True)
class Dating:
    """The day from which days of pregnancy are counted (day 0), and what it was taken from; None: not known."""

    zero: date | None = None
    basis: str | None = None

    def days(self, day: date) -> int | None:
        """Days of pregnancy on that calendar day."""
        return None if self.zero is None else (day - self.zero).days

    def day(self, days: int) -> date | None:
        """The calendar day on which so many days are complete."""
        return None if self.zero is None else self.zero + timedelta(days=days)

    def age(self, day: date) -> GestationalAge | None:
        """Weeks and days on that day; None before day 0."""
        days = self.days(day)
        if days is None or days < 0 or self.basis is None:
            return None
        return GestationalAge(days // 7, days % 7, self.basis)


def date_pregnancy(edd: Fact, lmp: Fact, stated: Sequence[Statement]) -> Dating:
    """280 days before the best due date; else the last menstrual period; else from the newest stated age."""
    if isinstance(edd.value, date):
        return Dating(edd.value - timedelta(days=TERM_DAYS), f"edd_{edd.basis or 'stated'}")
    if isinstance(lmp.value, date):
        return Dating(lmp.value, "lmp")
    usable = [
        (day_of(s.at), days, s) for s in stated if s.at and plausible(s.at) and (days := stated_days(s)) is not None
    ]
    if not usable:
        return Dating()
    day, days, _ = max(usable, key=lambda u: (u[0], by_evidence(u[2].evidence)))
    return Dating(day - timedelta(days=days), "stated_age")


def stated_days(statement: Statement) -> int | None:
    """A stated gestational age in days, None where it cannot be one."""
    value = statement.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_STATED:
        return None
    return int(value)
