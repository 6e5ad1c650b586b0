"""What in the data shows that a moment was done, may have been done, or was declined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from adapter.carepath.asof import Chosen
from adapter.carepath.expected import Moment, Way
from adapter.carepath.questions import named
from adapter.carepath.timeline import GIVEN, start_of
from adapter.model.carepath import Measurement, Screening, Window
from adapter.model.evidence import Evidence, OrganisationKind
from adapter.model.facts import Act, StatementKind
from adapter.model.moments import day_of

_NO_DAYS: Window = Window(None, None)
DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that shows it, its day where known, and who says so."""

    evidence: Evidence
    day: date | None
    who: str | None = None


@dataclass(frozen=True)
class Seen:
    """The acts, statements, screenings and measurements of one pregnancy, by what they are."""

    chosen: Chosen
    screenings: Sequence[Screening] = ()
    measurements: Sequence[Measurement] = ()

    @cached_property
    def acts(self) -> Mapping[str, list[Act]]:
        """By kind and by code."""
        found: dict[str, list[Act]] = defaultdict(list)
        for act in self.chosen.acts:
            found[act.kind.value].append(act)
            if act.code is not None:
                found[act.code.code].append(act)
        return found

    @cached_property
    def screened(self) -> Mapping[str, list[Screening]]:
        """By kind."""
        found: dict[str, list[Screening]] = defaultdict(list)
        for screening in self.screenings:
            found[screening.kind].append(screening)
        return found

    @cached_property
    def measured(self) -> Mapping[str, list[Measurement]]:
        """By kind."""
        found: dict[str, list[Measurement]] = defaultdict(list)
        for measurement in self.measurements:
            found[measurement.kind].append(measurement)
        return found

    def signs(self, expected: Moment, window: Window, *, sure: bool) -> list[Sign]:
        """What shows that it was done; not `sure`: what may have been it."""
        return [s for way in expected.ways if way.sure is sure for s in self._way(way, expected, window)]

    def declined(self, expected: Moment) -> list[Sign]:
        """What says that she declined it, or that it was not done."""
        keys = dict.fromkeys(key for way in expected.ways if way.sure for key in way.acts)
        acts = [a for key in keys for a in self.acts.get(key, ()) if a.state == DECLINED]
        found = [_of_act(a) for a in acts if _may(a, expected)]
        kinds = dict.fromkeys(kind for way in expected.ways for kind in way.screenings)
        screened = (s for kind in kinds for s in self.screened.get(kind, ()) if s.state == DECLINED)
        found += [Sign(s.evidence, s.day, named(s.organisation)) for s in screened]
        for kind in expected.declined_by:
            said = self.chosen.said(StatementKind(kind))
            found += [Sign(s.evidence, None if s.at is None else day_of(s.at)) for s in said if s.value is True]
        return found

    def _way(self, way: Way, expected: Moment, window: Window) -> Iterable[Sign]:
        for sign in self._any_time(way, expected):
            if way.when == "any" or _in_time(sign.day, window, way.when):
                yield sign

    def _any_time(self, way: Way, expected: Moment) -> Iterable[Sign]:
        for key in way.acts:
            for act in self.acts.get(key, ()):
                if act.state in GIVEN and _may(act, expected):
                    yield _of_act(act)
        for kind in way.statements:
            if kind in _STATEMENTS:
                for s in self.chosen.said(StatementKind(kind)):
                    if s.value is not False:
                        yield Sign(s.evidence, None if s.at is None else day_of(s.at))
        for kind in way.screenings:
            for screening in self.screened.get(kind, ()):
                if screening.state == "done":
                    yield Sign(screening.evidence, screening.day, named(screening.organisation))
        for kind in way.measurements:
            for measured in self.measured.get(kind, ()):
                yield Sign(measured.evidence, measured.day, named(measured.organisation))


_STATEMENTS = frozenset(StatementKind)


def _may(act: Act, expected: Moment) -> bool:
    """Whether the organisation is one whose act this can be; of one of unknown kind that cannot be said."""
    kind = act.organisation.kind
    return kind in expected.by or kind is OrganisationKind.ONBEKEND


def _of_act(act: Act) -> Sign:
    at = start_of(act)
    return Sign(act.evidence, None if at is None else day_of(at), named(act.organisation))


def _in_time(day: date | None, window: Window, when: str) -> bool:
    if day is None or window == _NO_DAYS:
        return False
    after = window.from_ is not None and window.from_ <= day
    before = window.to is not None and day <= window.to
    return {"from_start": after, "before_end": before, "window": after and before}[when]
