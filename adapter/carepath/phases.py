"""The three phases and their boundaries (NR/REG-2201 and NR/REG-2312; the two instants of the contract)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from adapter.carepath.asof import Chosen
from adapter.carepath.births import Births
from adapter.carepath.dating import Dating
from adapter.carepath.ending import Ending
from adapter.carepath.merge import unique
from adapter.carepath.natures import NATAL, NOT_PREGNANCY_CARE, POSTNATAL, PRENATAL
from adapter.carepath.times import SIXTEEN_WEEKS, plus
from adapter.model.carepath import PHASES, Boundary, Fact, Phase, PhaseName, PhaseState
from adapter.model.evidence import Evidence
from adapter.model.facts import Act, ActKind, Outcome, StatementKind
from adapter.model.moments import Moment, Span, day_of, instant_of, is_instant

NONE = Boundary()
AFTER_PLACENTA = timedelta(hours=2)
_DELIVERED = frozenset({Outcome.BIRTH, Outcome.STILLBIRTH})
_LONGEST_LABOUR = 7  # days: a start of labour longer before the birth is an error in a date


@dataclass(frozen=True, slots=True)
class Phases:
    """The phases, and what did not fit."""

    all: tuple[Phase, ...]
    faults: tuple[tuple[str, tuple[Evidence, ...]], ...] = ()

    def get(self, name: PhaseName) -> Phase:
        """The phase of that name."""
        return self.all[PHASES.index(name)]


def phases_of(
    chosen: Chosen,
    facts: dict[str, Fact],
    births: Births,
    dating: Dating,
    *,
    ending: Ending,
    end_days: int,
    as_of: date,
) -> Phases:
    """The phases as they stand on `as_of`."""
    faults: list[tuple[str, tuple[Evidence, ...]]] = []
    natal = _has_natal(ending, dating)
    start = _natal_start(chosen, facts, births, ending, faults) if natal else NONE
    end = _natal_end(facts, births, ending, start, faults) if natal else NONE
    turn = start if natal else _end_of_pregnancy(ending)
    first = _first_care(chosen, dating, turn.value)
    stop = _postnatal_end(births, ending, end, end_days)
    states = _states(natal, ending, first=first.value, turn=turn.value, end=end.value, stop=stop.value, as_of=as_of)
    bounds = ((first, turn), (start, end), (end, stop))
    made = tuple(Phase(name, state, *pair) for name, state, pair in zip(PHASES, states, bounds, strict=True))
    return Phases(made, tuple(faults))


def _has_natal(ending: Ending, dating: Dating) -> bool:
    """No natal phase after an ectopic pregnancy or an end before 16+0.

    An end by miscarriage or termination at an unknown age counts as before 16+0 (nearly all are), and an undelivered
    death of the woman has no birth. A pregnancy that must be over, of which nobody wrote the end, may have ended in a
    birth however early the last care that we know of was: only a known day of its end can rule that out.
    """
    if ending.outcome is None or ending.outcome in _DELIVERED:
        return True
    if ending.outcome in (Outcome.ECTOPIC, Outcome.MATERNAL_DEATH):
        return False
    age = None if ending.on is None else dating.days(ending.on)
    if age is None:
        return ending.outcome is Outcome.UNKNOWN
    return age >= SIXTEEN_WEEKS


def _first_care(chosen: Chosen, dating: Dating, natal_start: Moment | None) -> Boundary:
    """The first care in this pregnancy: an act, or the start of a dossier (derived). Care before day 0 is not of it."""
    found: list[tuple[date, int, Moment, str, Evidence]] = []
    for a in chosen.acts:
        starts = a.state in ("done", "in_progress") and a.kind not in NOT_PREGNANCY_CARE | POSTNATAL | NATAL
        if starts and a.when is not None and a.when.start is not None:
            found.append((day_of(a.when.start), 0, a.when.start, f"first_care:{a.kind.value}", a.evidence))
    for d in chosen.dossiers:
        if d.span.start is not None:
            found.append((day_of(d.span.start), 1, d.span.start, "dossier_start", d.evidence))
    if natal_start is not None:
        found = [f for f in found if f[0] < day_of(natal_start) or not after(f[2], natal_start)]
    if dating.zero is not None:
        found = [f for f in found if dating.zero <= f[0]] or [f for f in found if f[1] == 1]
    if not found:
        return NONE
    day, rank, value, basis, _ = min(found, key=lambda f: (f[0], f[1], instant_of(f[2]), f[3]))
    evidence = unique(f[4] for f in found if f[0] == day and f[1] == rank)
    return Boundary(value, rank == 1, basis, evidence)


def after(a: Moment, b: Moment) -> bool:
    """Whether `a` lies after `b`: by instant where both are instants, else by day."""
    if is_instant(a) and is_instant(b):
        return instant_of(a) > instant_of(b)
    return day_of(a) > day_of(b)


def _natal_start(
    chosen: Chosen,
    facts: dict[str, Fact],
    births: Births,
    ending: Ending,
    faults: list[tuple[str, tuple[Evidence, ...]]],
) -> Boundary:
    """Start of active labour, else of the operation, else the first birth, else the end of the pregnancy (derived)."""
    operations = [
        (s.value, s.evidence) for s in chosen.said(StatementKind.OPERATION_START) if isinstance(s.value, date)
    ] or [
        (a.when.start, a.evidence)
        for a in chosen.acts
        if a.kind is ActKind.SECTIO and a.state in ("done", "in_progress") and a.when and a.when.start
    ]
    labour = facts["labour_start"]
    options: list[Boundary] = []
    if isinstance(labour.value, date):
        options.append(Boundary(labour.value, False, "labour_start", labour.evidence))
    if operations:
        at, evidence = min(operations, key=lambda o: (instant_of(o[0]), o[1].reference))
        options.append(Boundary(at, False, "operation_start", (evidence,)))
    latest = births.first or ending.on
    for option in options:
        if option.value is None or latest is None:
            return option
        early = (day_of(latest) - day_of(option.value)).days
        if not after(option.value, latest) and early <= _LONGEST_LABOUR:
            return option
        faults.append((f"{option.basis} past niet bij de geboorte", (*option.evidence, *births.evidence)))
    if births.first is not None:
        return Boundary(births.first, True, "birth", births.evidence)
    return Boundary(ending.on, True, "end_of_pregnancy", ending.evidence) if ending.on else NONE


def _natal_end(
    facts: dict[str, Fact],
    births: Births,
    ending: Ending,
    start: Boundary,
    faults: list[tuple[str, tuple[Evidence, ...]]],
) -> Boundary:
    """Two hours after the birth of the last placenta, else after the last birth (derived). A day stays a day."""
    placenta = facts["placenta_birth"]
    if isinstance(placenta.value, date):
        since = births.last or start.value
        late = 0 if since is None else (day_of(placenta.value) - day_of(since)).days
        if since is None or (not after(births.first or since, placenta.value) and late <= _LONGEST_LABOUR):
            end = plus_two_hours(placenta.value)
            if start.value is None or not after(start.value, end):
                return Boundary(end, not is_instant(end), "placenta_birth", placenta.evidence)
        faults.append(("placenta_birth past niet bij de geboorte", (*placenta.evidence, *births.evidence)))
    if births.last is not None:
        return Boundary(plus_two_hours(births.last), True, "birth", births.evidence)
    return Boundary(ending.on, True, "end_of_pregnancy", ending.evidence) if ending.on else NONE


def plus_two_hours(moment: Moment) -> Moment:
    """Two hours later; for a day, that same day."""
    return moment + AFTER_PLACENTA if isinstance(moment, datetime) else moment


def _end_of_pregnancy(ending: Ending) -> Boundary:
    return Boundary(ending.on, False, "end_of_pregnancy", ending.evidence) if ending.on else NONE


def _postnatal_end(births: Births, ending: Ending, natal_end: Boundary, end_days: int) -> Boundary:
    """So many days after the day of birth; the last day belongs to the phase."""
    born = births.last or ending.on
    if natal_end.value is None or born is None:
        return NONE
    last = max(plus(born, end_days), day_of(natal_end.value))
    return Boundary(last, True, f"birth_plus_{end_days}_days", natal_end.evidence)


def _states(
    natal: bool,
    ending: Ending,
    *,
    first: Moment | None,
    turn: Moment | None,
    end: Moment | None,
    stop: Moment | None,
    as_of: date,
) -> tuple[PhaseState, PhaseState, PhaseState]:
    """What happened on the day itself has happened: the day is seen from its end."""
    prenatal: PhaseState = "running" if first is not None else "not_started"
    if ending.ended or turn is not None:
        prenatal = "ended"
    if not natal:
        return prenatal, "not_applicable", "not_applicable"
    if ending.ended and turn is None:
        # It is over, but nobody recorded when: there was a birth (or an unknown end), at an unknown time.
        return prenatal, "ended", "ended" if ending.outcome is Outcome.UNKNOWN else "running"
    if turn is None:
        return prenatal, "not_started", "not_started"
    if end is None or day_of(end) > as_of:
        return prenatal, "running", "not_started"
    over = stop is not None and day_of(stop) < as_of
    return prenatal, "ended", "ended" if over else "running"


def phase_of(act: Act, phases: Phases) -> PhaseName | None:
    """The phase in which an act lies; None: in none of them, or not to be said.

    By instant where act and boundary are instants; on the day of a boundary, and without a date, by what the act is by
    nature. Assistance at the birth is natal when it touches the natal phase, also if it began before active labour.
    """
    prenatal, natal, postnatal = phases.all
    applicable = natal.state != "not_applicable"
    nature = _nature(act) if applicable else "prenataal"
    if act.when is None or (act.when.start or act.when.end) is None:
        return nature if act.kind not in NOT_PREGNANCY_CARE else None
    at = act.when.start or act.when.end
    if at is None:
        return None
    start = prenatal.start.value
    turn, end, stop = prenatal.end.value, natal.end.value, postnatal.end.value
    if start is not None and day_of(at) < day_of(start):
        return None
    if turn is None:
        return nature if act.state == "planned" else "prenataal"
    if not applicable:
        return None if after(at, turn) else "prenataal"
    if act.kind in NATAL and _touches(act.when, turn, end):
        return "nataal"
    if _before(at, turn, nature == "prenataal"):
        return "prenataal"
    if end is None or _before(at, end, nature != "postnataal"):
        return "nataal"
    return "postnataal" if stop is None or day_of(at) <= day_of(stop) else None


def _nature(act: Act) -> PhaseName | None:
    if act.kind in PRENATAL:
        return "prenataal"
    if act.kind in NATAL:
        return "nataal"
    return "postnataal" if act.kind in POSTNATAL else None


def _before(at: Moment, boundary: Moment, on_the_day: bool) -> bool:
    if is_instant(at) and is_instant(boundary):
        return instant_of(at) < instant_of(boundary)
    return on_the_day if day_of(at) == day_of(boundary) else day_of(at) < day_of(boundary)


def _touches(when: Span, start: Moment, end: Moment | None) -> bool:
    natal = Span(start, end)
    return when.overlaps(natal) if when.end is not None else natal.covers(day_of(when.start or start))
