"""The day and the instant that a question is about, as the doors receive them in text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from adapter.model.moments import AMSTERDAM


class BadQuestionError(ValueError):
    """A parameter that cannot be read. `parameter` names it; the message never repeats what was sent."""

    def __init__(self, parameter: str, advice: str) -> None:
        super().__init__(f"{parameter}: {advice}")
        self.parameter = parameter
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Asked:
    """Which day is asked about (None: today) and what counts as known (None: everything up to now)."""

    as_of: date | None = None
    known_at: datetime | None = None


def read_day(text: str | None, parameter: str = "as_of") -> date | None:
    """A calendar date (`2024-07-29`); empty is None. Raises `BadQuestionError`."""
    if not text:
        return None
    try:
        if len(text) != len("2024-07-29"):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise BadQuestionError(parameter, "give a calendar date such as 2024-07-29") from None


def read_instant(text: str | None, parameter: str = "known_at", *, local: bool = False) -> datetime | None:
    """An RFC 3339 instant with a zone; empty is None. Raises `BadQuestionError`.

    `local`: an instant without a zone is read as Europe/Amsterdam (the `datetime-local` field of a form gives those).
    """
    if not text:
        return None
    advice = "give an instant with a time zone such as 2024-07-29T12:00:00Z"
    try:
        # A '+' that a form did not escape arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else "")
        if moment.tzinfo is None:
            if not local:
                raise ValueError
            moment = moment.replace(tzinfo=AMSTERDAM)
        moment.astimezone(AMSTERDAM)  # what no Dutch clock can show cannot be asked either
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadQuestionError(parameter, advice) from None


def read_asked(as_of: str | None, known_at: str | None, *, local: bool = False) -> Asked:
    """Both at once. Raises `BadQuestionError`."""
    return Asked(read_day(as_of), read_instant(known_at, local=local))
