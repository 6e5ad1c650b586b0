"""Casemix: care delivered per prestatie, by members and outside, in figures that tell of no single woman.

Both IGO and insurer can make the same figures: definitions, version and day stand with them. A count below the minimum
is not shown; where one alone would be hidden in a table, the next smallest is hidden too; what is shown is rounded, so
that the difference between two tables (a filter more, a filter less) gives no small count away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from adapter.access import Action, Context, Entity, EventType, Resource
from adapter.claims import Measures
from adapter.model.moments import day_of
from adapter.service.guard import Guard
from adapter.service.payment.lines import Line, PhaseInLine
from adapter.service.payment.standing import Standing
from adapter.service.rooms import Rooms

By = Literal["prestatie", "insurer", "period", "member", "phase"]
BYS: tuple[By, ...] = ("prestatie", "insurer", "period", "member", "phase")
EXPERIMENT = "selection-experiment"
UNKNOWN = "onbekend"
OUTSIDE = "buiten de IGO"
_CENTS = 10_000  # amounts are rounded to a hundred euros


@dataclass(frozen=True, slots=True)
class Cell:
    """One row. None: not shown, for it would tell of too few women. Amounts in eurocents."""

    name: str
    phases: int | None
    by_members: int | None
    outside: int | None
    with_outside: int | None
    broken: int | None
    outside_cost: int | None
    claimed: int | None


@dataclass(frozen=True, slots=True)
class Hours:
    """Manual selection saved. `saved_hours` may be below zero: questions cost time too."""

    pregnancies: int | None
    without_person: int | None
    with_question: int | None
    questions: int | None
    by_person: int | None
    manual_minutes: int
    question_minutes: int
    saved_hours: float | None


@dataclass(frozen=True, slots=True)
class Casemix:
    """The figures, and by what they were made."""

    by: By
    since: date | None
    until: date | None
    as_of: date
    version: str
    standing: str
    minimum_cell: int
    round_to: int
    rules: tuple[str, ...]
    register: str
    definitions: dict[str, str]
    cells: tuple[Cell, ...]
    total: Cell
    hours: Hours


@dataclass(slots=True)
class _Sum:
    phases: int = 0
    women: set[str] = field(default_factory=set)
    by_members: int = 0
    outside: int = 0
    women_outside: set[str] = field(default_factory=set)
    with_outside: int = 0
    broken: int = 0
    cost: int = 0
    claimed: int = 0


class Casemixes:
    """Adds up the lines of the worklist."""

    def __init__(self, rooms: Rooms, standing: Standing, measures: Callable[[], Measures]) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self._standing = standing
        self._measures = measures

    def figures(self, ctx: Context, by: By, since: date | None = None, until: date | None = None) -> Casemix:
        """The figures by one dimension, of phases whose period is from a day up to a day."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.CASEMIX)
        self._standing.fill()
        measures, lines = self._measures(), self._standing.lines()
        rooms, today = self._rooms, day_of(self._rooms.clock())
        sums: dict[str, _Sum] = {}
        total = _Sum()
        for line, phase in _phases(lines, since, until):
            _add(total, line, phase, measures, None)
            for name, member in _names(by, phase):
                _add(sums.setdefault(name, _Sum()), line, phase, measures, member)
        query = f"by={by}&since={since or ''}&until={until or ''}"
        self._guard.record(ctx, EventType.READ, Action.READ, grant, [Entity("casemix", "")], query=query)
        return Casemix(
            by=by,
            since=since,
            until=until,
            as_of=today,
            version=measures.version,
            standing=measures.standing,
            minimum_cell=measures.minimum_cell,
            round_to=measures.round_to,
            rules=tuple(sorted({line.rules for line in lines})),
            register=rooms.igo.version,
            definitions=measures.definitions,
            cells=tuple(_cells(sums, measures)),
            total=_cell("totaal", total, measures, hidden=len(total.women) < measures.minimum_cell),
            hours=_hours(lines, measures),
        )


def _phases(lines: Iterable[Line], since: date | None, until: date | None) -> Iterator[tuple[Line, PhaseInLine]]:
    first, last = since or date.min, until or date.max
    for line in lines:
        for phase in line.phases:
            day = phase.end if phase.state == "ended" else phase.start
            dated = day is not None and first <= day <= last
            if phase.state in {"running", "ended"} and (dated or (day is None and since is None and until is None)):
                yield line, phase


def _names(by: By, phase: PhaseInLine) -> Sequence[tuple[str, str | None]]:
    """The rows in which a phase counts: one, or one for each member that gave care in it."""
    if by == "member":
        return [(agb, agb) for agb, _ in phase.care] + [(OUTSIDE, OUTSIDE)] * bool(phase.outside)
    if by == "insurer":
        return [(phase.insurer or UNKNOWN, None)]
    if by == "phase":
        return [(phase.phase, None)]
    if by == "period":
        day = phase.end if phase.state == "ended" else phase.start
        return [(f"{day.year} kwartaal {(day.month + 2) // 3}" if day else UNKNOWN, None)]
    return [(phase.name or f"{phase.phase}: {phase.status or 'geen'}", None)]


def _add(into: _Sum, line: Line, phase: PhaseInLine, measures: Measures, member: str | None) -> None:
    outside = sum(count for _, count in phase.outside)
    mine = sum(count for agb, count in phase.care if member is None or agb == member)
    into.phases += 1
    into.women.add(line.pregnancy)
    into.by_members += mine if member != OUTSIDE else 0
    into.outside += outside
    if outside:
        into.women_outside.add(line.pregnancy)
        into.with_outside += 1
    into.broken += bool(outside and phase.regime == EXPERIMENT and phase.status == "niet_igo")
    if phase.regime != EXPERIMENT and phase.status == "igo":
        into.cost += outside * measures.outside_tariff.get(phase.phase, 0)
    into.claimed += phase.amount or 0


def _cells(sums: dict[str, _Sum], measures: Measures) -> Iterator[Cell]:
    """One alone that is hidden could be found from the total: then the next smallest is hidden as well."""
    hidden = {name for name, s in sums.items() if len(s.women) < measures.minimum_cell}
    if len(hidden) == 1 and len(sums) > 1:
        others = sorted((len(s.women), name) for name, s in sums.items() if name not in hidden)
        hidden.add(others[0][1])
    for name, found in sorted(sums.items()):
        yield _cell(name, found, measures, hidden=name in hidden)


def _cell(name: str, found: _Sum, measures: Measures, *, hidden: bool) -> Cell:
    if hidden:
        return Cell(name, None, None, None, None, None, None, None)
    few = 0 < len(found.women_outside) < measures.minimum_cell
    costs = bool(measures.outside_tariff) and not few
    return Cell(
        name,
        _rounded(found.phases, measures),
        _rounded(found.by_members, measures),
        None if few else _rounded(found.outside, measures),
        None if few else _rounded(found.with_outside, measures),
        None if 0 < found.broken < measures.minimum_cell else _rounded(found.broken, measures),
        round(found.cost / _CENTS) * _CENTS if costs else None,
        round(found.claimed / _CENTS) * _CENTS,
    )


def _rounded(count: int, measures: Measures) -> int:
    """To the nearest multiple; half up, so that everyone rounds alike."""
    step = measures.round_to
    return (2 * count + step) // (2 * step) * step


def _hours(lines: Iterable[Line], measures: Measures) -> Hours:
    """A case counts as saved where the decision is final without a question or a person; a question costs time."""
    found: Counter[str] = Counter()
    for line in lines:
        found["pregnancies"] += 1
        found["questions"] += len(line.missing)
        found["with_question"] += bool(line.missing)
        found["by_person"] += line.overridden
        found["without_person"] += line.stage == "definitief" and not line.missing and not line.overridden
    saved = found["without_person"] * measures.manual_minutes - found["questions"] * measures.question_minutes

    def shown(name: str) -> int | None:
        count = found[name]
        return None if 0 < count < measures.minimum_cell else _rounded(count, measures)

    enough = found["pregnancies"] >= measures.minimum_cell
    return Hours(
        pregnancies=shown("pregnancies"),
        without_person=shown("without_person"),
        with_question=shown("with_question"),
        questions=shown("questions"),
        by_person=shown("by_person"),
        manual_minutes=measures.manual_minutes,
        question_minutes=measures.question_minutes,
        saved_hours=float(round(saved / 60)) if enough else None,
    )
