"""The moments of the zorgpad, and how each stands: a gap is a signal to check, never an order.

A gap needs all of: the window has passed while the pregnancy went on, she was in care by then, every source that could
know of it answered, none holds such an act, and nobody recorded that she declined. Where one of those cannot be said:
unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from adapter.carepath.asof import Chosen
from adapter.carepath.births import Births
from adapter.carepath.dating import Dating
from adapter.carepath.ending import Ending
from adapter.carepath.merge import unique
from adapter.carepath.timeline import GIVEN, start_of
from adapter.carepath.zorgpad import Moment as Expected
from adapter.model.carepath import CareMoment, Phase, Window
from adapter.model.evidence import Evidence, OrganisationKind
from adapter.model.facts import Act, Outcome
from adapter.model.moments import day_of

State = Literal["done", "upcoming", "gap", "declined", "unknown", "not_applicable"]


@dataclass(frozen=True, slots=True)
class Situation:
    """What the state of a moment depends on."""

    chosen: Chosen
    dating: Dating
    births: Births
    ending: Ending
    prenatal: Phase
    as_of: date


def moments_of(expected: Iterable[Expected], now: Situation) -> tuple[CareMoment, ...]:
    """Every moment of the zorgpad with its state on the day asked about."""
    index: dict[str, list[Act]] = defaultdict(list)  # by kind and by code
    for act in now.chosen.acts:
        index[act.kind.value].append(act)
        if act.code is not None:
            index[act.code.code].append(act)
    return tuple(_moment(m, now, index) for m in expected)


def _moment(expected: Expected, now: Situation, index: Mapping[str, list[Act]]) -> CareMoment:
    window = _window(expected, now)
    such = [a for key in (*sorted(expected.kinds), *sorted(expected.codes)) for a in index.get(key, ())]
    timed = [a for kind in sorted(expected.within | expected.before_end) for a in index.get(kind.value, ())]
    done = [a for a in such if a.state in GIVEN]
    done += [a for a in timed if a.state in GIVEN and _in_window(a, window, a.kind in expected.within)]
    said = [s for s in now.chosen.said(*sorted(expected.statements)) if s.value is not False]
    evidence: tuple[Evidence, ...] = unique([*(a.evidence for a in done), *(s.evidence for s in said)])
    state: State = "done" if evidence else "unknown"
    if not evidence:
        declined = [a.evidence for a in such if a.state == "declined"]
        declined += [s.evidence for s in now.chosen.said(*sorted(expected.declined_by)) if s.value is True]
        evidence = unique(declined)
        state = "declined" if declined else _open(expected, window, now)
    return CareMoment(expected.id, expected.name, state, window, evidence, expected.standing, expected.source)


def _in_window(act: Act, window: Window, from_its_start: bool) -> bool:
    at = start_of(act)
    if at is None or window.to is None or day_of(at) > window.to:
        return False
    return not from_its_start or (window.from_ is not None and window.from_ <= day_of(at))


def _window(expected: Expected, now: Situation) -> Window:
    if expected.anchor == "pregnancy":
        return Window(*(None if d is None else now.dating.day(d) for d in (expected.first, expected.last)))
    born = now.births.last
    if born is None:
        return Window(None, None)
    days = (None if d is None else day_of(born) + timedelta(days=d) for d in (expected.first, expected.last))
    return Window(*days)


def _open(expected: Expected, window: Window, now: Situation) -> State:
    """The state of a moment that nothing is recorded of."""
    over = now.ending
    if expected.since is not None and window.to is not None and window.to < expected.since:
        return "not_applicable"
    if expected.anchor == "birth" and over.ended and over.outcome not in (Outcome.BIRTH, Outcome.UNKNOWN):
        return "not_applicable"
    if expected.anchor == "birth" and not over.ended:
        return "upcoming"
    if expected.anchor == "pregnancy" and over.ended:
        if over.on is None:
            return "unknown"
        if window.to is None or window.to >= over.on:
            return "not_applicable"
    if window.to is None:
        begun = window.from_ is not None and window.from_ <= now.as_of
        return "upcoming" if window.from_ is not None and not begun else "unknown"
    if window.to >= now.as_of:
        return "upcoming" if expected.need != "indication" else "unknown"
    if expected.need == "habit":
        return "not_applicable"
    if expected.need in ("indication", "elsewhere") or _silent(expected, now) or not _in_care(window.to, now):
        return "unknown"
    return "gap"


def _silent(expected: Expected, now: Situation) -> bool:
    """Whether an organisation that could have done it, or of which we do not know what it is, was not heard."""
    return any(o.kind in expected.by or o.kind is OrganisationKind.ONBEKEND for o in now.chosen.silent)


def _in_care(by: date, now: Situation) -> bool:
    """Whether she was in care with someone when the window closed."""
    first = now.prenatal.start.value
    return first is not None and day_of(first) <= by
