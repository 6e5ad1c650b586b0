"""A phase as a stretch of time: which days count, and whether a responsibility lies in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from adapter.model.moments import Moment, Span, day_of, instant_of
from adapter.model.projection import ClaimsProjection, ProjectedPhase
from adapter.model.register import RuleParameters

Contact = Literal["solid", "touch"]
By = Literal["phase_start", "pregnancy_start", "phase_end"]


@dataclass(slots=True)
class Window:
    """A phase from `start` to `end`; a running phase is open, and counted up to and including `last`.

    `first` is the first day that counts: the last one when the start is not known.
    """

    start: Moment | None
    end: Moment | None
    first: date
    last: date

    def days(self, span: Span) -> tuple[date, date] | None:
        """First and last day that the span and this window share; None when they share none."""
        first = date.min if self.start is None else self.first
        if span.start is not None:
            first = max(first, day_of(span.start))
        last = min(self.last, day_of(span.end)) if span.end is not None else self.last
        return (first, last) if first <= last else None

    def contact(self, span: Span, handed_over: Callable[[], bool]) -> tuple[Contact, date, date] | None:
        """Whether the span lies in the window, or only touches its first or last day; with the days they share.

        Care that changes hands on the day a phase begins or ends, with no time of day known, touches both phases and
        proves nothing for either; where both sides are known to the instant, the instants say it. A span that ends on
        the first day, and was not handed over on that day, lasts through it, and lies in the window.
        """
        shared = self.days(span)
        if shared is None or _before(span.end, self.start) or _before(self.end, span.start):
            return None
        first, last = shared
        if first < last:
            return ("solid", first, last)
        doubtful = _doubtful(self.end, span.start) or (_doubtful(span.end, self.start) and handed_over())
        return ("touch" if doubtful else "solid", first, last)


def _before(end: Moment | None, start: Moment | None) -> bool:
    """Whether, by the instant, this ends no later than that begins."""
    if not isinstance(end, datetime) or not isinstance(start, datetime):
        return False
    return instant_of(end) <= instant_of(start)


def _doubtful(end: Moment | None, start: Moment | None) -> bool:
    """Whether this ends on the day that begins, without both being known to the instant."""
    if end is None or start is None or (isinstance(end, datetime) and isinstance(start, datetime)):
        return False
    return day_of(end) == day_of(start)


def window_of(phase: ProjectedPhase, as_of: date) -> Window:
    """The window of a phase. One that has not begun is looked at as if it were today."""
    if phase.state == "not_started":
        return Window(as_of, None, as_of, as_of)
    last = day_of(phase.end) if phase.end is not None else as_of
    first = day_of(phase.start) if phase.start is not None else last
    return Window(phase.start, phase.end, first, last)


def reference_day(by: By, window: Window, projection: ClaimsProjection) -> date:
    """The day that a parameter of `[igo.rules]` points at.

    The pregnancy starts, for the rules, with the prenatal phase (care in the context of the pregnancy). Where a start
    is not known, the phase's last known day stands in.
    """
    if by == "phase_end":
        return window.last
    if by == "pregnancy_start":
        start = projection.phase("prenataal").start
        return day_of(start) if start is not None else window.first
    return window.first


def regime_day(parameters: RuleParameters, window: Window, projection: ClaimsProjection) -> date:
    """The day that puts the phase under a regime."""
    return reference_day(parameters.regime_by, window, projection)
