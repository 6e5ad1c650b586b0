"""Counting days of a pregnancy."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from adapter.model.moments import Moment, day_of, instant_of, plausible

__all__ = [
    "LONGEST_DAYS",
    "OVER_AFTER_DAYS",
    "SIXTEEN_WEEKS",
    "TERM_DAYS",
    "TWENTY_FOUR_WEEKS",
    "dutch",
    "plausible",
    "plus",
    "seconds",
]

TERM_DAYS = 280
"""Days from the (calculated) last menstrual period to the due date (Naegele, as in the Nictiz data set)."""

SIXTEEN_WEEKS = 112
"""16+0: border of the miscarriage prestatie until 2022; before it there is no natal phase."""

TWENTY_FOUR_WEEKS = 168
"""24+0: a child born dead from then on is a stillbirth, before it a miscarriage."""

LONGEST_DAYS = 308
"""44+0: no pregnancy lasts longer; an age beyond it is an error in a date."""

OVER_AFTER_DAYS = 322
"""46+0, six weeks after the due date: by then every pregnancy is over, recorded or not."""


def plus(moment: Moment, days: int) -> date:
    """The calendar day so many days later."""
    return day_of(moment) + timedelta(days=days)


@lru_cache(maxsize=4096)
def _midnight(day: date) -> float:
    return instant_of(day).timestamp()


def seconds(moment: Moment) -> float:
    """For sorting: the instant, or the first instant of the day, in seconds."""
    return moment.timestamp() if isinstance(moment, datetime) else _midnight(moment)


def dutch(moment: Moment | None) -> str:
    """A day as a Dutch reader writes it."""
    return "onbekende datum" if moment is None else day_of(moment).strftime("%d-%m-%Y")
