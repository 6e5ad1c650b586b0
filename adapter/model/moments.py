"""Days and instants.

A source may give a time as a calendar day or as an instant. What came as a day stays a day: a `Moment` is one of the
two, and comparing them goes by calendar day in Europe/Amsterdam, the only zone in which Dutch birth care counts days.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

Moment = date | datetime

FIRST_INSTANT = datetime.min.replace(tzinfo=UTC)
LAST_INSTANT = datetime.max.replace(tzinfo=UTC)

_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_LEAP_SECOND = re.compile(r"(T\d\d:59:)60(?=[.Z+-])")


def is_instant(moment: Moment) -> bool:
    """Whether the moment is known to the instant (`datetime` is a subclass of `date`, so ask here)."""
    return isinstance(moment, datetime)


def day_of(moment: Moment) -> date:
    """The calendar day in Europe/Amsterdam on which the moment falls."""
    if not isinstance(moment, datetime):
        return moment
    try:
        return moment.astimezone(AMSTERDAM).date()
    except OverflowError:  # on the very first or last day of the calendar: there is no day before or after it
        return moment.date()


def instant_of(moment: Moment) -> datetime:
    """The instant in UTC; for a day, its first instant in Europe/Amsterdam. Never outside the calendar."""
    start = moment if isinstance(moment, datetime) else datetime.combine(moment, time.min, tzinfo=AMSTERDAM)
    try:
        return start.astimezone(UTC)
    except OverflowError:
        return FIRST_INSTANT if start.year == date.min.year else LAST_INSTANT


def end_instant_of(moment: Moment) -> datetime:
    """The instant in UTC; for a day, the first instant of the next day in Europe/Amsterdam.

    31 December 9999, a placeholder for "no end", has no next day: the last instant there is.
    """
    if isinstance(moment, datetime):
        return instant_of(moment)
    return LAST_INSTANT if moment == date.max else instant_of(moment + timedelta(days=1))


def plausible(moment: Moment) -> bool:
    """Whether the year can be that of a woman in care; others (0001, 9999) are mistakes or placeholders."""
    return _FIRST_YEAR <= moment.year <= _LAST_YEAR


def iso(moment: Moment) -> str:
    """ISO 8601 for a day, RFC 3339 in UTC with `Z` for an instant."""
    if isinstance(moment, datetime):
        return instant_of(moment).isoformat(timespec="seconds").replace("+00:00", "Z")
    return moment.isoformat()


def parse_moment(text: str) -> Moment:
    """Read a FHIR date, dateTime or instant.

    A year or a month alone (`2024`, `2024-05`) is read as its first day: FHIR allows such dates, and the evidence keeps
    the original. A leap second (`23:59:60`, allowed by FHIR) is read as the second before it. Raises `ValueError` for
    anything else that is not a date or an instant with a zone, and for an instant that UTC puts outside the calendar.
    """
    if "T" not in text:
        parts = text.split("-")
        if not 1 <= len(parts) <= 3 or [len(p) for p in parts] != [4, 2, 2][: len(parts)]:
            raise ValueError(f"not a date: {text!r}")
        year, month, day = [int(p) for p in parts] + [1] * (3 - len(parts))
        return date(year, month, day)
    moment = datetime.fromisoformat(_LEAP_SECOND.sub(r"\g<1>59", text))
    if moment.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {text!r}")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"an instant outside the calendar (year 1 to 9999, in UTC): {text!r}") from None


@dataclass(frozen=True, slots=True)
class Span:
    """A period: from `start` up to and including `end`; an open side is None."""

    start: Moment | None
    end: Moment | None

    def covers(self, day: date) -> bool:
        """Whether the calendar day falls inside the span, both ends included."""
        after_start = self.start is None or day_of(self.start) <= day
        return after_start and (self.end is None or day <= day_of(self.end))

    def overlaps(self, other: Span) -> bool:
        """Whether the two spans share at least one calendar day."""
        if self.start and other.end and day_of(self.start) > day_of(other.end):
            return False
        return not (other.start and self.end and day_of(other.start) > day_of(self.end))


UNBOUNDED = Span(None, None)
