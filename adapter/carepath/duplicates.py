"""Care that seems to have been given twice by different organisations.

Once is enough for the moments marked `once` in the zorgpad; what is exempt stands there too, moment by moment. Never a
duplicate: the same act held by two sources (one organisation, or one day), and an act that is only planned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from adapter.carepath.asof import Chosen
from adapter.carepath.expected import Moment, Once
from adapter.carepath.questions import named
from adapter.carepath.signs import Signs, may
from adapter.carepath.times import dutch
from adapter.model.carepath import Conflict, Disagreement
from adapter.model.evidence import Evidence
from adapter.model.facts import Act, ReferralKind, StatementKind
from adapter.model.moments import day_of

_TRANSFER = timedelta(days=14)
"""How far from the second act a transfer of care, or the end of the first dossier, may lie to explain it."""
_MOVES = (StatementKind.MOVED, StatementKind.PRACTICE_SWITCH)


@dataclass(frozen=True, slots=True)
class Double:
    """A moment that was given more than once: the acts in a sentence, and the evidence of those after the first."""

    moment: str
    told: Disagreement
    again: tuple[Evidence, ...]


def duplicates_of(
    moments: Iterable[Moment], signs: Signs, multiple: bool, zero: date | None = None
) -> tuple[Double, ...]:
    """One entry per moment that was given more than once. `zero`: day 0 of the pregnancy, for windows."""
    found = []
    excused: _Excused | None = None
    for moment in moments:
        if moment.once is None or (multiple and "multiple" in moment.once.exempt):
            continue
        such = _of_moment(moment, moment.once, signs, zero)
        if len({g.who for g in such}) > 1:
            excused = excused or _Excused(signs.chosen)
            if double := _double(moment, moment.once, such, excused):
                found.append(double)
    return tuple(found)


class _Given(NamedTuple):
    """An act on its day."""

    day: date
    who: str
    act: Act


def _of_moment(moment: Moment, once: Once, signs: Signs, zero: date | None) -> list[_Given]:
    """The acts that are the moment for certain, each once, in time."""
    keys = dict.fromkeys(key for way in moment.ways if way.sure and way.when != "before_end" for key in way.acts)
    if once.same_code:
        keys = dict.fromkeys(key for way in moment.ways if way.sure for key in way.acts if key[0].isdigit())
    found = {id(s.act): s for key in keys for s in signs.acts.get(key, ())}
    given = [
        _Given(s.day, s.act.organisation.id, s.act)
        for s in found.values()
        if s.day is not None and s.act is not None and may(s, moment)
    ]
    if "unfinished" in once.exempt:
        given = [g for g in given if g.act.state == "done"]
    if once.in_window:
        given = [g for g in given if zero is not None and _inside(moment, (g.day - zero).days)]
    return sorted(given, key=lambda g: (g.day, g.act.evidence.source, g.act.evidence.reference))


def _inside(moment: Moment, days: int) -> bool:
    return (moment.first or 0) <= days and (moment.last is None or days <= moment.last)


def _double(moment: Moment, once: Once, given: Sequence[_Given], excused: _Excused) -> Double | None:
    doubles = [a for a in given if any(_twice(a, b, once, excused) for b in given)]
    if not doubles:
        return None
    whole = "; ".join(dict.fromkeys(f"{named(g.act.organisation)} op {dutch(g.day)}" for g in doubles))
    values = [Conflict(g.day, (g.act.evidence,), named(g.act.organisation)) for g in doubles]
    text = f"Mogelijk dubbel: {moment.name} bij {whole}, zonder {_without(once)}."
    first = doubles[0]
    again = tuple(g.act.evidence for g in doubles if g.who != first.who and g.day != first.day)
    return Double(moment.id, Disagreement(moment.id, text, tuple(values)), again)


def _without(once: Once) -> str:
    return "verwijzing of overdracht" if "transfer" in once.exempt else "verwijzing"


def _twice(a: _Given, b: _Given, once: Once, excused: _Excused) -> bool:
    if a.who == b.who or a.day == b.day:
        return False
    if once.same_code and (a.act.code is None or b.act.code is None or a.act.code.code != b.act.code.code):
        return False
    first, second = (a, b) if a.day < b.day else (b, a)
    if "referral" in once.exempt and excused.referred(first, second):
        return False
    return not ("transfer" in once.exempt and excused.transferred(first, second))


class _Excused:
    """What explains that care was given by two organisations."""

    def __init__(self, chosen: Chosen) -> None:
        self._pairs = {frozenset((r.sender.id, r.receiver.id)) for r in chosen.referrals if r.sender and r.receiver}
        self._moved = any(s.value is True for s in chosen.said(*_MOVES))
        self._taken_over: dict[str, list[date]] = defaultdict(list)
        for r in chosen.referrals:
            if r.kind is ReferralKind.OVERDRACHT and r.receiver is not None and r.at is not None:
                self._taken_over[r.receiver.id].append(day_of(r.at))
        self._closed: dict[str, list[date]] = defaultdict(list)
        for d in chosen.dossiers:
            self._closed[d.organisation.id].append(date.max if d.span.end is None else day_of(d.span.end))

    def referred(self, first: _Given, second: _Given) -> bool:
        """Whether one referred to the other (also for a second opinion), by a referral or by the act itself."""
        for one, other in ((first, second), (second, first)):
            if one.act.referrer is not None and one.act.referrer.id == other.who:
                return True
        return bool(self._pairs) and frozenset((first.who, second.who)) in self._pairs

    def transferred(self, first: _Given, second: _Given) -> bool:
        """Whether care went over: taken over by the second, a move, or all dossiers of the first closed."""
        if self._moved:
            return True
        by = second.day + _TRANSFER
        if any(first.day <= day <= by for day in self._taken_over.get(second.who, ())):
            return True
        closed = self._closed.get(first.who)
        return bool(closed) and all(first.day <= day <= by for day in closed or ())
