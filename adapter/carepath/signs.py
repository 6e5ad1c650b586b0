"""What in the data shows that a moment was done, may have been done, or was declined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from adapter.carepath.asof import Chosen
from adapter.carepath.expected import Moment, Way, When
from adapter.carepath.timeline import GIVEN, start_of
from adapter.model.carepath import Measurement, Screening, Window
from adapter.model.evidence import Evidence, Organisation, OrganisationKind
from adapter.model.facts import Act, StatementKind
from adapter.model.moments import day_of

DECLINED = "declined"
_STATEMENTS = frozenset(StatementKind)
_UNKNOWN = OrganisationKind.ONBEKEND


class Sign(NamedTuple):
    """One thing that shows it: its evidence, its day where known, who did or said it, and the act if it is one."""

    evidence: Evidence
    day: date | None
    organisation: Organisation | None = None
    act: Act | None = None


class Signs:
    """The acts, statements, screenings and measurements of a pregnancy, by what they are; made once for all moments."""

    def __init__(
        self,
        moments: Iterable[Moment],
        chosen: Chosen,
        screenings: Sequence[Screening] = (),
        measurements: Sequence[Measurement] = (),
    ) -> None:
        ways = [way for moment in moments for way in moment.ways]
        self.chosen = chosen
        self.acts, self._refused = _acts(chosen.acts, {key for way in ways for key in way.acts})
        self._statements = _statements(chosen, {kind for way in ways for kind in way.statements})
        self._screened: dict[str, list[Screening]] = defaultdict(list)
        for screening in screenings:
            self._screened[screening.kind].append(screening)
        self._measured: dict[str, list[Sign]] = defaultdict(list)
        for m in measurements:
            self._measured[m.kind].append(Sign(m.evidence, m.day, m.organisation))

    def signs(self, expected: Moment, window: Window, *, sure: bool) -> list[Sign]:
        """What shows that it was done; not `sure`: what may have been it."""
        found: list[Sign] = []
        for way in expected.ways:
            if way.sure is sure:
                such = self._any_time(way, expected)
                found += such if way.when == "any" else [s for s in such if _in_time(s.day, window, way.when)]
        return found

    def declined(self, expected: Moment) -> list[Sign]:
        """What says that she declined it, or that it was not done."""
        found: list[Sign] = []
        for way in expected.ways:
            if way.sure and self._refused:
                found += [s for key in way.acts for s in self._refused.get(key, ()) if may(s, expected)]
            screened = (s for kind in way.screenings for s in self._screened.get(kind, ()) if s.state == DECLINED)
            found += [Sign(s.evidence, s.day, s.organisation) for s in screened]
        for kind in expected.declined_by:
            said = self.chosen.said(StatementKind(kind))
            found += [Sign(s.evidence, None if s.at is None else day_of(s.at)) for s in said if s.value is True]
        return found

    def _any_time(self, way: Way, expected: Moment) -> list[Sign]:
        found = [s for key in way.acts for s in self.acts.get(key, ()) if may(s, expected)]
        for kind in way.statements:
            found += self._statements.get(kind, ())
        for kind in way.screenings:
            done = (s for s in self._screened.get(kind, ()) if s.state == "done")
            found += [Sign(s.evidence, s.day, s.organisation) for s in done]
        for kind in way.measurements:
            found += self._measured.get(kind, ())
        return found


def may(sign: Sign, expected: Moment) -> bool:
    """Whether the organisation is one whose act this can be; of one of unknown kind that cannot be said."""
    kind = _UNKNOWN if sign.organisation is None else sign.organisation.kind
    return kind is _UNKNOWN or kind in expected.by


_Signs = Mapping[str, list[Sign]]


def _acts(acts: Iterable[Act], wanted: set[str]) -> tuple[_Signs, _Signs]:
    """By kind and by code, those that some moment asks for: what was done, and what was declined."""
    done: dict[str, list[Sign]] = defaultdict(list)
    refused: dict[str, list[Sign]] = defaultdict(list)
    for act in acts:
        kind, code = str(act.kind), "" if act.code is None else act.code.code
        found = done if act.state in GIVEN else refused if act.state == DECLINED else None
        if found is not None and (kind in wanted or code in wanted):
            at = start_of(act)
            sign = Sign(act.evidence, None if at is None else day_of(at), act.organisation, act)
            found[kind].append(sign)
            if code:
                found[code].append(sign)
    return done, refused


def _statements(chosen: Chosen, kinds: set[str]) -> Mapping[str, list[Sign]]:
    found = {}
    for kind in kinds & _STATEMENTS:
        said = chosen.said(StatementKind(kind))
        found[kind] = [Sign(s.evidence, None if s.at is None else day_of(s.at)) for s in said if s.value is not False]
    return found


def _in_time(day: date | None, window: Window, when: When) -> bool:
    if day is None:
        return False
    if when != "before_end" and (window.from_ is None or day < window.from_):
        return False
    return when == "from_start" or (window.to is not None and day <= window.to)
