"""When the child or children were born, over all sources."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from adapter.carepath.asof import Chosen
from adapter.carepath.merge import unique
from adapter.carepath.times import plausible
from adapter.model.carepath import Conflict
from adapter.model.evidence import Evidence
from adapter.model.facts import ActKind, StatementKind
from adapter.model.moments import Moment, day_of, instant_of, is_instant


@dataclass(frozen=True, slots=True)
class Birth:
    """One moment of birth as one source gives it, of the child it names (None: not said of which)."""

    at: Moment
    source: str
    about: str | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Births:
    """The births of this pregnancy, and the moments that contradict them."""

    all: tuple[Birth, ...] = ()
    disputed: tuple[Conflict, ...] = ()

    @property
    def first(self) -> Moment | None:
        """The first birth."""
        return min((b.at for b in self.all), key=_moment_key, default=None)

    @property
    def last(self) -> Moment | None:
        """The last birth."""
        return max((b.at for b in self.all), key=_moment_key, default=None)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where they are recorded."""
        return unique(b.evidence for b in self.all)


def _moment_key(moment: Moment) -> tuple[date, float]:
    return (day_of(moment), instant_of(moment).timestamp() if is_instant(moment) else 0.0)


def births_of(chosen: Chosen) -> Births:
    """Births from birth statements, else the children's dates of birth, else acts of birth.

    The day that most sources give is taken (the earliest if equal), with the other births of the sources that give it
    (twins over midnight). Other days are kept as contradictions. An instant goes before a bare day.
    """
    found = _found(chosen)
    if not found:
        return Births()
    by_day: dict[date, set[str]] = defaultdict(set)
    for birth in found:
        by_day[day_of(birth.at)].add(birth.source)
    best = min(by_day, key=lambda day: (-len(by_day[day]), day))
    days = {best}
    for source in by_day[best]:
        here = [b for b in found if b.source == source]
        named = {b.about for b in here if day_of(b.at) == best}
        days |= {day_of(b.at) for b in here if b.about not in named and b.about is not None}
    kept = [b for b in found if day_of(b.at) in days]
    sharp = {day_of(b.at) for b in kept if is_instant(b.at)}
    kept = [b for b in kept if is_instant(b.at) or day_of(b.at) not in sharp]
    against: dict[Moment, list[Evidence]] = defaultdict(list)
    for birth in found:
        if day_of(birth.at) not in days:
            against[birth.at].append(birth.evidence)
    disputed = [
        Conflict(at, unique(evidence)) for at, evidence in sorted(against.items(), key=lambda p: _moment_key(p[0]))
    ]
    return Births(tuple(kept), tuple(disputed))


def _found(chosen: Chosen) -> list[Birth]:
    said = [
        Birth(s.value, s.evidence.source, s.about, s.evidence)
        for s in chosen.said(StatementKind.BIRTH)
        if isinstance(s.value, date)
    ]
    told = {(b.source, b.about) for b in said}
    said += [
        Birth(c.birth_date, c.source, c.reference, c.evidence)
        for c in chosen.children
        if c.birth_date is not None and plausible(c.birth_date) and (c.source, c.reference) not in told
    ]
    return said or list(_from_acts(chosen))


def _from_acts(chosen: Chosen) -> Iterable[Birth]:
    for act in chosen.acts:
        done = act.state in ("done", "in_progress") and act.kind is ActKind.GEBOORTE
        if done and act.when is not None and (at := act.when.start or act.when.end) is not None:
            yield Birth(at, act.evidence.source, act.about, act.evidence)


def children_counted(chosen: Chosen) -> int:
    """How many children the best informed source knows."""
    told: dict[str, set[str]] = defaultdict(set)
    for child in chosen.children:
        told[child.source].add(child.reference)
    for s in chosen.said(StatementKind.BIRTH):
        if s.about is not None:
            told[s.evidence.source].add(s.about)
    counts = Counter({source: len(references) for source, references in told.items()})
    return max(counts.values(), default=0)
