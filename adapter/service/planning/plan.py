"""Expected births and caseload of a region, counted from what is known of each pregnancy. Pure; no name of a woman."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Protocol

from pydantic import Field

from adapter.access import Context
from adapter.carepath import Expectation, expected_facts
from adapter.model.carepath import CarePath, Fact
from adapter.model.evidence import Organisation
from adapter.model.moments import day_of

WEEKS = 40
SOON = 28
"""Days within which a birth counts as near in a caseload: four weeks."""
PLACES = ("thuis", "geboortecentrum", "ziekenhuis", "anders", "onbekend")
_UNDECIDED = frozenset({"geen_voorkeur", "nog_niet_bepaald"})
_CONFIRMED = frozenset({"definitive", "conception", "ultrasound"})

Doubt = Literal["no_due_date", "not_confirmed", "disputed", "overdue", "place_unknown", "fetuses_unknown"]
DOUBTS: tuple[Doubt, ...] = ("no_due_date", "not_confirmed", "disputed", "overdue", "place_unknown", "fetuses_unknown")
"""Why a pregnancy's place in the forecast is uncertain: no due date at all; none that an ultrasound confirmed; another
source has another of the same standing; the due date has passed; the intended place, or the number of children, is not
known."""


@dataclass(frozen=True, slots=True)
class PlanLine:
    """What the planner needs of one pregnancy."""

    ongoing: bool
    postnatal: bool
    due: date | None
    place: str
    responsible: Organisation | None
    children: int
    doubts: frozenset[Doubt]
    share: float | None
    sources: tuple[tuple[str, bool], ...]  # name of the organisation, and whether it answered
    facts: tuple[tuple[str, str], ...]  # those that should be known by now, and how they stand


@dataclass(frozen=True, slots=True)
class PlanWeek:
    """Births expected in one week (Monday to Sunday, by due date); `uncertain` of them rest on a doubt."""

    week: str  # ISO 8601, such as 2024-W31
    from_: Annotated[date, Field(alias="from")]
    to: date
    births: int
    children: int
    uncertain: int
    places: dict[str, int]


@dataclass(frozen=True, slots=True)
class Caseload:
    """What one organisation is responsible for now; None: nobody is known to be. `near`: due within four weeks."""

    organisation: Organisation | None
    pregnant: int
    near: int
    postnatal: int
    uncertain: int


@dataclass(frozen=True, slots=True)
class SourceShare:
    """For how many pregnancies an organisation should answer, and for how many it did."""

    name: str
    asked: int
    answered: int


@dataclass(frozen=True, slots=True)
class RegionCompleteness:
    """How complete the pictures are: the mean share of the pregnancies (None without any), per source and per fact.

    A fact counts for the pregnancies in which it should be known by now.
    """

    share: float | None
    pregnancies: int
    sources: tuple[SourceShare, ...]
    facts: dict[str, dict[str, int]]  # fact: present, absent, unknown


@dataclass(frozen=True, slots=True)
class Plan:
    """Forecast of a region. What is in no week: `undated` (no due date) and `later` (due after the last week).

    A pregnancy whose due date has passed counts in the first week. `doubts` counts pregnancies by reason; one may have
    several. `counted` of the `known` pregnancies (ended ones too) are in the figures as they were at `known_at`; after
    a start, or a large change, the others follow, and `complete` is false until then.
    """

    as_of: date
    known_at: datetime
    complete: bool
    known: int
    counted: int
    pregnant: int
    births: int
    uncertain: int
    share_uncertain: float | None
    undated: int
    later: int
    doubts: dict[str, int]
    weeks: tuple[PlanWeek, ...]
    caseload: tuple[Caseload, ...]
    completeness: RegionCompleteness


class NotCountedError(Exception):
    """Nothing of the region was counted yet, and it is not empty: no figure is better than nought. Ask again soon."""


class Plans(Protocol):
    """Asks for the plan; `adapter.service.planning.planning` answers."""

    def plan(self, ctx: Context, *, as_of: date | None = None, known_at: datetime | None = None) -> Plan:
        """The plan for a day, by what was known at an instant. Raises `access.DeniedError`, `NotCountedError`."""
        ...


def line_of(path: CarePath, expectations: Iterable[Expectation] = ()) -> PlanLine:
    """What the planner needs of a care path. `expectations`: which facts should be known by when."""
    edd, fetuses = path.facts["edd"], path.facts["fetuses"].value
    due = day_of(edd.value) if isinstance(edd.value, date) else None
    place = _place(path.facts["intended_place_of_birth"])
    now = path.responsibility[-1] if path.responsibility else None
    complete = path.completeness
    return PlanLine(
        ongoing=path.state == "ongoing",
        postnatal=path.phase("postnataal").state == "running",
        due=due,
        place=place,
        responsible=now.organisation if now is not None and now.to is None else None,
        children=int(fetuses) if isinstance(fetuses, int | float) and fetuses >= 1 else 1,
        doubts=frozenset(_doubts(edd, due, place, fetuses is None, path.as_of)),
        share=complete.share if complete else None,
        sources=tuple((s.organisation.name or s.organisation.id, s.state == "answered") for s in path.sources),
        facts=expected_facts(expectations, path),
    )


def _place(fact: Fact) -> str:
    if fact.value is None or fact.value in _UNDECIDED:
        return "onbekend"
    return str(fact.value) if fact.value in PLACES else "anders"


def _doubts(edd: Fact, due: date | None, place: str, fetuses_unknown: bool, as_of: date) -> Iterable[Doubt]:
    if due is None:
        yield "no_due_date"
    elif edd.basis not in _CONFIRMED:
        yield "not_confirmed"
    if any(c.basis == edd.basis for c in edd.conflicts):
        yield "disputed"
    if due is not None and due < as_of:
        yield "overdue"
    if place == "onbekend":
        yield "place_unknown"
    if fetuses_unknown:
        yield "fetuses_unknown"


_ABOUT_THE_WEEK: frozenset[Doubt] = frozenset({"no_due_date", "not_confirmed", "disputed", "overdue", "place_unknown"})


def plan(lines: Sequence[PlanLine], as_of: date, known_at: datetime) -> Plan:
    """Count; the lines are taken for all that there is.

    That the number of children is not known makes a birth no less certain: it is a doubt that is only counted.
    """

    monday = as_of - timedelta(days=as_of.weekday())
    expected = [line for line in lines if line.ongoing]
    by_week: dict[int, list[PlanLine]] = defaultdict(list)
    for line in expected:
        if line.due is not None:
            by_week[max(0, (line.due - monday).days // 7)].append(line)
    inside = [line for at, many in by_week.items() if at < WEEKS for line in many]
    uncertain = sum(_uncertain(line) for line in expected)
    return Plan(
        as_of=as_of,
        known_at=known_at,
        complete=True,
        known=len(lines),
        counted=len(lines),
        pregnant=len(expected),
        births=len(inside),
        uncertain=uncertain,
        share_uncertain=round(uncertain / len(expected), 3) if expected else None,
        undated=sum(line.due is None for line in expected),
        later=sum(len(many) for at, many in by_week.items() if at >= WEEKS),
        doubts={doubt: sum(doubt in line.doubts for line in expected) for doubt in DOUBTS},
        weeks=tuple(_week(monday + timedelta(weeks=at), by_week.get(at, [])) for at in range(WEEKS)),
        caseload=_caseload(lines, as_of),
        completeness=_completeness([line for line in lines if line.ongoing or line.postnatal]),
    )


def _uncertain(line: PlanLine) -> bool:
    return not line.doubts.isdisjoint(_ABOUT_THE_WEEK)


def _week(monday: date, lines: Sequence[PlanLine]) -> PlanWeek:
    places = Counter(line.place for line in lines)
    return PlanWeek(
        week=f"{monday:%G-W%V}",
        from_=monday,
        to=monday + timedelta(days=6),
        births=len(lines),
        children=sum(line.children for line in lines),
        uncertain=sum(_uncertain(line) for line in lines),
        places={place: places[place] for place in PLACES},
    )


def _caseload(lines: Iterable[PlanLine], as_of: date) -> tuple[Caseload, ...]:
    groups: dict[str | None, list[PlanLine]] = defaultdict(list)
    for line in lines:
        if line.ongoing or line.postnatal:
            groups[line.responsible.id if line.responsible else None].append(line)
    near = as_of + timedelta(days=SOON)
    made = [
        Caseload(
            organisation=many[0].responsible,
            pregnant=sum(line.ongoing for line in many),
            near=sum(line.ongoing and line.due is not None and line.due <= near for line in many),
            postnatal=sum(line.postnatal for line in many),
            uncertain=sum(line.ongoing and _uncertain(line) for line in many),
        )
        for many in groups.values()
    ]
    return tuple(sorted(made, key=lambda c: (c.organisation is None, -c.pregnant, -c.postnatal, _name(c))))


def _name(load: Caseload) -> str:
    return load.organisation.name or load.organisation.id if load.organisation else ""


def _completeness(lines: Sequence[PlanLine]) -> RegionCompleteness:
    shares = [line.share for line in lines if line.share is not None]
    asked: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    facts: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        for name, heard in line.sources:
            asked[name] += 1
            answered[name] += heard
        for key, state in line.facts:
            facts[key][state] += 1
    return RegionCompleteness(
        share=round(sum(shares) / len(shares), 3) if shares else None,
        pregnancies=len(lines),
        sources=tuple(SourceShare(name, asked[name], answered[name]) for name in sorted(asked)),
        facts={key: {s: found[s] for s in ("present", "absent", "unknown")} for key, found in facts.items()},
    )
