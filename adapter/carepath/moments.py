"""The moments of the zorgpad, and how each stands: a gap is a signal to check, never an order.

A gap needs all of: it is for her, the window has passed while the pregnancy went on, she was in care by then, every
source that could know of it answered, none holds such an act, and nobody recorded that she declined. Where one of those
cannot be said: unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from adapter.carepath.asof import Chosen
from adapter.carepath.births import Births
from adapter.carepath.dating import Dating
from adapter.carepath.duplicates import Double
from adapter.carepath.ending import Ending
from adapter.carepath.expected import Moment as Expected
from adapter.carepath.expected import Side
from adapter.carepath.groups import belongs
from adapter.carepath.merge import unique
from adapter.carepath.questions import named
from adapter.carepath.rhythm import kept
from adapter.carepath.signs import Sign, Signs
from adapter.carepath.times import dutch
from adapter.model.carepath import CareMoment, Child, Fact, PathSource, Phase, Window
from adapter.model.evidence import OrganisationKind
from adapter.model.facts import Outcome
from adapter.model.moments import day_of
from adapter.model.sources import SourceState

State = Literal["done", "upcoming", "gap", "declined", "unknown", "not_applicable"]
_SILENCE = {
    SourceState.FAILED: ("is niet bereikbaar", "zijn niet bereikbaar"),
    SourceState.REFUSED: ("heeft geweigerd", "hebben geweigerd"),
    SourceState.NOT_ASKED: ("is niet gevraagd", "zijn niet gevraagd"),
}
_NAMED = 3  # organisations in one sentence
_LOST = frozenset({Outcome.MISCARRIAGE, Outcome.ECTOPIC, Outcome.TERMINATION, Outcome.MATERNAL_DEATH})
_UNSEEN = "Geen bron legt dit vast in een vorm die hier gelezen wordt."


@dataclass(frozen=True, slots=True)
class Situation:
    """What the state of a moment depends on. `sources`: all of them, in the order of `Chosen.silent` where silent."""

    chosen: Chosen
    dating: Dating
    births: Births
    ending: Ending
    prenatal: Phase
    as_of: date
    facts: Mapping[str, Fact] = field(default_factory=dict)
    children: Sequence[Child] = ()
    sources: Sequence[PathSource] = ()

    @property
    def in_care_since(self) -> date | None:
        """The first day of care in this pregnancy."""
        first = self.prenatal.start.value
        return None if first is None else day_of(first)


def moments_of(
    expected: Iterable[Expected], now: Situation, seen: Signs, doubles: Iterable[Double] = ()
) -> tuple[CareMoment, ...]:
    """Every moment of the zorgpad with its state on the day asked about."""
    twice = {d.moment: unique(d.again) for d in doubles}
    made = []
    for one in expected:
        standing = _rhythm(one, now, seen) if one.rhythm is not None else _moment(one, now, seen)
        source = f"{one.source}; {one.changed}" if one.changed else one.source
        made.append(
            CareMoment(
                moment=one.id,
                name=one.name,
                state=standing.state,
                window=standing.window,
                acts=unique(s.evidence for s in standing.signs),
                standing=one.standing,
                source=source,
                timing=standing.timing,
                why=standing.why,
                days=tuple(sorted({s.day for s in standing.signs if s.day is not None})),
                duplicates=twice.get(one.id, ()),
            )
        )
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Standing:
    state: State
    window: Window
    signs: Sequence[Sign] = ()
    timing: Side | None = None
    why: str | None = None


def _moment(expected: Expected, now: Situation, seen: Signs) -> _Standing:
    window = _window(expected, now)
    if done := seen.signs(expected, window, sure=True):
        return _Standing("done", window, done, _timing(expected, window, done))
    declined = seen.declined(expected)
    if declined and expected.declinable:
        return _Standing("declined", window, declined, why=_declined(declined))
    state, why = _open(expected, window, now)
    if state == "gap" and (perhaps := seen.signs(expected, window, sure=False)):
        why = "Er is iets gedaan dat dit kan zijn geweest, maar de bron zegt niet wat het was."
        return _Standing("unknown", window, perhaps, why=why)
    if declined and state == "gap":
        why = f"Vastgelegd als niet gedaan. {_declined(declined)}"
    return _Standing(state, window, declined, why=why)


def _rhythm(expected: Expected, now: Situation, seen: Signs) -> _Standing:
    window = _window(expected, now)
    signs = seen.signs(expected, window, sure=True)
    state, why = _before(expected, window, now)
    if state is not None:
        return _Standing(state, window, why=why)
    since = now.in_care_since
    if now.dating.zero is None or expected.rhythm is None or since is None or window.to is None:
        return _Standing("unknown", window, signs, why="Niet bekend is sinds wanneer zij in zorg was.")
    until = min(now.as_of, window.to, now.ending.on or window.to)
    over = now.ending.ended or now.as_of > window.to
    days = [s.day for s in signs if s.day is not None]
    found = kept(expected.rhythm, days, since=since, until=until, zero=now.dating.zero)
    inside = [s for s in signs if s.day is not None and window.from_ is not None and s.day >= window.from_]
    silent = _silence(expected, now)
    if found.missed and silent:
        return _Standing("unknown", window, inside, why=silent)
    told = found.told
    if not over:
        following = Window(found.due, found.due + timedelta(days=expected.rhythm.slack))
        state = "gap" if found.overdue else "upcoming"
        return _Standing(state, following, inside, why=told)
    if found.broken or (found.missed and not inside):
        return _Standing("gap", window, inside, why=told)
    if not inside:
        return _Standing("not_applicable", window, why="De zwangerschap duurde te kort voor een volgende controle.")
    return _Standing("done", window, inside, "late" if found.missed else None, told)


def _timing(expected: Expected, window: Window, done: Sequence[Sign]) -> Side | None:
    """Done outside its window, where that is worth saying; an undated sign may have been in time."""
    days = [s.day for s in done if s.day is not None]
    if len(days) < len(done) or not days:
        return None
    low, high = window.from_ or date.min, window.to or date.max
    if any(low <= day <= high for day in days):
        return None
    before = min(days) < low
    if before and "early" not in expected.judged:
        return None
    side: Side = "early" if max(days) < low else "late"
    return side if side in expected.judged else None


def _declined(declined: Sequence[Sign]) -> str:
    first = min(declined, key=lambda s: s.day or date.max)
    who = f" door {named(first.organisation)}" if first.organisation else ""
    return f"Vastgelegd{who}{'' if first.day is None else f' op {dutch(first.day)}'}."


def _window(expected: Expected, now: Situation) -> Window:
    if expected.anchor == "pregnancy":
        return Window(*(None if d is None else now.dating.day(d) for d in (expected.first, expected.last)))
    born = now.births.last
    if born is None:
        return Window(None, None)
    days = (None if d is None else day_of(born) + timedelta(days=d) for d in (expected.first, expected.last))
    return Window(*days)


def _before(expected: Expected, window: Window, now: Situation) -> tuple[State | None, str | None]:
    """What decides before anybody looks whether the window has passed; None where nothing does."""
    over = now.ending
    group = belongs(expected.group, now.facts)
    if group.holds is False:
        return "not_applicable", group.why
    if expected.since is not None and window.to is not None and window.to < expected.since:
        return "not_applicable", f"Bestaat sinds {dutch(expected.since)}."
    if expected.anchor == "birth" and over.ended and over.outcome not in expected.after:
        return "not_applicable", "De zwangerschap eindigde anders dan met een geboorte."
    if expected.of_child and now.children and all(c.alive is False for c in now.children):
        return "not_applicable", "Het kind is overleden."
    if expected.anchor == "pregnancy" and over.ended:
        if over.on is None:
            return "unknown", "De dag waarop de zwangerschap eindigde is niet bekend."
        first = window.from_ if expected.rhythm is not None or window.to is None else window.to
        if first is None or first >= over.on:
            return "not_applicable", f"De zwangerschap eindigde op {dutch(over.on)}."
    if group.holds is None:
        return "unknown", group.why
    if expected.anchor == "birth" and not over.ended:
        return "upcoming", None
    if window.from_ is None and window.to is None:
        known = "uitgerekende datum" if expected.anchor == "pregnancy" else "geboortedatum"
        return "unknown", f"Zonder {known} is niet te zeggen wanneer."
    if window.from_ is not None and window.from_ > now.as_of:
        return "upcoming", None
    return None, None


def _open(expected: Expected, window: Window, now: Situation) -> tuple[State, str | None]:
    """The state of a moment that nothing is recorded of."""
    state, why = _before(expected, window, now)
    if state is not None:
        return state, why
    if window.to is None:
        return "unknown", "Niet vastgelegd; er is geen laatste dag waarop het kan."
    if window.to >= now.as_of:
        return "upcoming", None
    if expected.need == "habit":
        return "not_applicable", "Gewoonte in de praktijk; niet vastgelegd is geen gat."
    if expected.need == "elsewhere":
        return "unknown", f"Gebeurt bij {expected.party}, die hier geen bron is."
    if expected.need == "unseen":
        return "unknown", _UNSEEN
    if silent := _silence(expected, now):
        return "unknown", silent
    if now.in_care_since is None or now.in_care_since > window.to:
        return "unknown", "Zij was toen nog niet in zorg bij een organisatie die hier bekend is."
    if expected.prepares_birth and now.ending.outcome in _LOST:
        return "not_applicable", "Bereidt voor op een geboorte, en daartoe kwam het niet."
    return "gap", None


def _silence(expected: Expected, now: Situation) -> str | None:
    """Which organisations that could have done it, or of which we do not know what they are, were not heard.

    Where none of those heard does this at all (no kraamzorg among the sources), nobody could have told either.
    """
    states = [s.state for s in now.sources if s.state is not SourceState.ANSWERED]
    found = [
        (organisation, states[i] if i < len(states) else SourceState.NOT_ASKED)
        for i, organisation in enumerate(now.chosen.silent)
        if organisation.kind in expected.by or organisation.kind is OrganisationKind.ONBEKEND
    ]
    if not found:
        return None if _could_tell(expected, now) else "Geen organisatie die dit doet, is hier een bron."
    return (
        "; ".join(
            f"{_several(names)} {_SILENCE[state][len(names) > 1]}"
            for state in _SILENCE
            if (names := list(dict.fromkeys(named(organisation) for organisation, of in found if of is state)))
        )
        + "."
    )


def _several(names: Sequence[str]) -> str:
    """`A, B en C`; of many the first, each of them stands under the sources as well."""
    more = [f"nog {len(names) - _NAMED}"] if len(names) > _NAMED else []
    *first, last = [*names[:_NAMED], *more]
    return f"{', '.join(first)} en {last}" if first else last


def _could_tell(expected: Expected, now: Situation) -> bool:
    heard = [s.organisation for s in now.sources if s.state is SourceState.ANSWERED]
    if not heard:
        return True
    known = {d.organisation.id: d.organisation.kind for d in now.chosen.dossiers}
    kinds = {known.get(o.id, o.kind) if o.kind is OrganisationKind.ONBEKEND else o.kind for o in heard}
    return OrganisationKind.ONBEKEND in kinds or not kinds.isdisjoint(expected.by)
