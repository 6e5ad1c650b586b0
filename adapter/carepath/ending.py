"""Whether and how the pregnancy ended.

Only what says something about the pregnancy ends it. A finished dossier or an inactive Condition does not: those follow
the dossier (a midwife's record closes at hand-over while the pregnancy goes on).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from adapter.carepath.asof import Chosen
from adapter.carepath.births import Births
from adapter.carepath.dating import Dating
from adapter.carepath.merge import unique
from adapter.carepath.times import OVER_AFTER_DAYS, TWENTY_FOUR_WEEKS, plausible
from adapter.model.evidence import Evidence
from adapter.model.facts import ActKind, Outcome, Statement, StatementKind
from adapter.model.moments import day_of

K = StatementKind
_STATED_FIRST = (Outcome.ECTOPIC, Outcome.TERMINATION, Outcome.MISCARRIAGE, Outcome.MATERNAL_DEATH)


CLOSED = frozenset({"finished", "inactive", "resolved", "cancelled"})
"""EpisodeOfCare.status or, where a Condition stands in, its clinicalStatus."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the pregnancy stands: `outcome` None while it goes on; `on` the day it ended, if known."""

    outcome: Outcome | None = None
    on: date | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether the pregnancy is over."""
        return self.outcome is not None


def end_of(chosen: Chosen, births: Births, dating: Dating, as_of: date) -> Ending:
    """How the pregnancy stood on that day."""
    stated = [(s, o) for s in chosen.said(K.OUTCOME) if (o := _outcome(s)) is not None]
    ended = chosen.said(K.END_OF_PREGNANCY)
    end_days = [day_of(s.value) for s in ended if isinstance(s.value, date)]
    if births.last is not None:
        last = day_of(births.last)
        return Ending(_outcome_of_birth(stated, births, dating.days(last)), last, births.evidence)
    for outcome in (*_STATED_FIRST, Outcome.STILLBIRTH, Outcome.BIRTH):
        said = [s for s, o in stated if o is outcome]
        if said:
            days = end_days or [day_of(s.at) for s in said if s.at is not None]
            if not end_days and outcome in (Outcome.BIRTH, Outcome.STILLBIRTH) and (on := _delivery_day(chosen)):
                days = [on]
            return Ending(outcome, max(days, default=None), unique(s.evidence for s in (*said, *ended)))
    if delivered := _delivered(chosen):
        on = max(end_days, default=None) or _delivery_day(chosen)
        return Ending(Outcome.BIRTH, on, unique((*delivered, *(s.evidence for s in ended))))
    if end_days or stated:
        return Ending(Outcome.UNKNOWN, max(end_days, default=None), unique(s.evidence for s in ended))
    over = _over_by(chosen, dating)
    if death := _death(chosen, over, as_of):
        return death
    finished = all(d.span.end is not None or d.status in CLOSED for d in chosen.dossiers)
    if over is not None and over < as_of and finished:
        return Ending(Outcome.UNKNOWN)
    return Ending()


def _outcome(statement: Statement) -> Outcome | None:
    try:
        return Outcome(str(statement.value))
    except ValueError:
        return Outcome.UNKNOWN


def _outcome_of_birth(stated: list[tuple[Statement, Outcome]], births: Births, age: int | None) -> Outcome:
    """What a recorded birth was: a termination or (before 24+0) a miscarriage when that is said, else a birth."""
    said = {outcome for _, outcome in stated}
    if Outcome.TERMINATION in said:
        return Outcome.TERMINATION
    if Outcome.MISCARRIAGE in said and (age is None or age < TWENTY_FOUR_WEEKS):
        return Outcome.MISCARRIAGE
    return Outcome.STILLBIRTH if _all_stillborn(stated, births) else Outcome.BIRTH


def _all_stillborn(stated: list[tuple[Statement, Outcome]], births: Births) -> bool:
    """Stillbirth, unless a source also records the birth of a child of whom it does not say so."""
    still = [s for s, o in stated if o is Outcome.STILLBIRTH]
    if not still:
        return False
    named = {(s.evidence.source, s.about) for s in still if s.about is not None}
    sources = {source for source, _ in named}
    living = [b for b in births.all if b.source in sources and b.about and (b.source, b.about) not in named]
    return not living


def _delivered(chosen: Chosen) -> tuple[Evidence, ...]:
    """What can only be recorded when there was a birth: a placenta, a way or place of birth, a delivery."""
    said = chosen.said(K.PLACENTA_BIRTH, K.DELIVERY_TYPE, K.PLACE_OF_BIRTH)
    said = tuple(s for s in said if s.value != "zwangerschapsafbreking")
    acts = [a.evidence for a in chosen.acts if a.state == "done" and a.kind in (ActKind.GEBOORTE, ActKind.SECTIO)]
    return (*(s.evidence for s in said), *acts)


def _delivery_day(chosen: Chosen) -> date | None:
    placentas = [day_of(s.value) for s in chosen.said(K.PLACENTA_BIRTH) if isinstance(s.value, date)]
    operations = [
        day_of(a.when.start)
        for a in chosen.acts
        if a.state == "done" and a.kind is ActKind.SECTIO and a.when is not None and a.when.start is not None
    ]
    return max(placentas, default=None) or max(operations, default=None)


def _over_by(chosen: Chosen, dating: Dating) -> date | None:
    """The last day on which this pregnancy can still go on: 46+0, or 46 weeks after the first care if undated."""
    if dating.zero is not None:
        return dating.day(OVER_AFTER_DAYS)
    starts = [day_of(d.span.start) for d in chosen.dossiers if d.span.start is not None]
    return min(starts) + timedelta(days=OVER_AFTER_DAYS) if starts else None


def _death(chosen: Chosen, over: date | None, as_of: date) -> Ending | None:
    """The death of the woman while pregnant; one after the pregnancy must have been over is not its outcome."""
    for woman in chosen.women:
        died = woman.deceased
        if isinstance(died, date | datetime):
            day = day_of(died) if plausible(died) else None
            if day is not None and day <= as_of and (over is None or day <= over):
                return Ending(Outcome.MATERNAL_DEATH, day, (woman.evidence,))
        elif died is True and (over is None or as_of <= over):
            return Ending(Outcome.MATERNAL_DEATH, None, (woman.evidence,))
    return None
