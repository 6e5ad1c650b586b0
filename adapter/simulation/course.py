"""How the woman and her child fare: what is measured at each visit, before any vendor has written it down.

The same pregnancy gives the same numbers in every EPD. Only plausible courses, made up; no growth curve of anyone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

from adapter.model.facts import ActKind, Outcome
from adapter.model.moments import Moment, day_of
from adapter.simulation.plan import Plan
from adapter.simulation.story import Visit

CHECKS = frozenset({ActKind.INTAKE, ActKind.CONSULT})
SCANS = frozenset({ActKind.ECHO, ActKind.SEO_2, ActKind.GUO, ActKind.TERMIJNECHO})

_WEEKS = (12, 16, 20, 24, 28, 32, 36, 40)
_BPD = (20, 34, 47, 60, 71, 82, 90, 96)  # mm
_HC = (70, 124, 176, 222, 264, 300, 328, 348)  # mm
_AC = (56, 104, 152, 200, 244, 286, 328, 362)  # mm
_FL = (8, 20, 32, 43, 54, 63, 70, 75)  # mm
_EFW = (20, 150, 330, 670, 1200, 1900, 2750, 3550)  # g


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement as the simulation knows it. `kind` decides on codes; `fetus`: from 0; `percentile`: 0 to 100."""

    kind: str
    at: Moment
    value: float
    fetus: int | None = None
    percentile: int | None = None


@dataclass(frozen=True, slots=True)
class Disorder:
    """A disorder of the pregnancy, and from which day."""

    code: str
    since: date


class Course:
    """One pregnancy's course. Everything follows from the plan's key."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        chance = random.Random(f"course-{plan.key}")  # noqa: S311 (nothing here is secret)
        self.height = round(chance.gauss(169, 6))
        self.weight = round(chance.gauss(69, 11), 1)
        self.systolic = chance.gauss(112, 8)
        self.diastolic = chance.gauss(69, 6)
        self.hb = chance.gauss(7.9, 0.5)
        self.growth = [round(min(max(chance.gauss(48, 22), 3), 97)) for _ in range(plan.fetuses)]
        self.heart = [round(chance.gauss(140, 7)) for _ in range(plan.fetuses)]
        self.blood_group = chance.choices(("O", "A", "B", "AB"), (47, 42, 8, 3))[0]
        self.rhesus_positive = chance.random() > 0.16
        self.rhesus_c_positive = chance.random() > 0.18
        self.hypertension = chance.random() < 0.1
        self.small = chance.random() < 0.06
        self.allergy = chance.choice(("Penicilline", "Latex", "Pinda", "Pleisters")) if chance.random() < 0.1 else None
        self.breech = chance.random() < 0.04
        self.nipt_declined = chance.random() < 0.35
        self.noise = chance.randrange(1_000_000)

    @cached_property
    def disorders(self) -> tuple[Disorder, ...]:
        """What there is to note besides the pregnancy itself."""
        found = []
        if self.hypertension:
            found.append(Disorder("48194001", self.plan.lmp + timedelta(days=7 * 33)))
        if self.small:
            found.append(Disorder("267258002", self.plan.lmp + timedelta(days=7 * 30)))
        return tuple(found)

    def at(self, visit: Visit) -> Iterator[Reading]:
        """What is measured at one visit."""
        week = (day_of(visit.at) - self.plan.lmp).days / 7
        chance = random.Random(f"{self.noise}-{day_of(visit.at).isoformat()}")  # noqa: S311
        if visit.kind in CHECKS and 4 < week < 43:
            yield from self._check(visit, week, chance)
        elif visit.kind in SCANS and week < 43:
            yield from self._scan(visit, week, chance)

    def _check(self, visit: Visit, week: float, chance: random.Random) -> Iterator[Reading]:
        at = visit.at
        rise = max(0.0, week - 32) * (4.2 if self.hypertension else 0.7) - (4 if 16 < week < 26 else 0)
        yield Reading("systolic", at, round(self.systolic + rise + chance.gauss(0, 4)))
        yield Reading("diastolic", at, round(self.diastolic + rise * 0.65 + chance.gauss(0, 3)))
        if visit.kind is ActKind.INTAKE or round(week) % 4 == 0:
            yield Reading("weight", at, round(self.weight + max(0.0, week - 10) * 0.42 + chance.gauss(0, 0.4), 1))
        if week >= 20:
            small = 2.5 if self.small else 0.0
            yield Reading("fundal_height", at, round(week - 1 - small * (week - 20) / 20 + chance.gauss(0, 0.7)))
        if week >= 12:
            for n, heart in enumerate(self.heart):
                yield Reading("fetal_heart_rate", at, heart + chance.randrange(-8, 9), self._number(n))
        if week >= 35:
            yield Reading("position", at, 1.0 if self.breech and week < 38 else 0.0)
        if visit.kind is ActKind.INTAKE or 27 <= week < 28 or 36 <= week < 37:
            low = 0.9 if 20 < week < 34 else 0.4 if week >= 34 else 0.0
            yield Reading("hb", at, round(self.hb - low + chance.gauss(0, 0.15), 1))

    def _scan(self, visit: Visit, week: float, chance: random.Random) -> Iterator[Reading]:
        for n, base in enumerate(self.growth):
            who, at = self._number(n), visit.at
            if visit.kind is ActKind.TERMIJNECHO:
                yield Reading("crl", at, round(max(5.0, (week - 6.0) * 9.2)), who)
                continue
            percentile = max(1, min(99, round(base - (24 if self.small and week > 26 else 0) + chance.gauss(0, 4))))
            off = 1 + (percentile - 50) / 100 * 0.12
            yield Reading("bpd", at, round(_on(_BPD, week) * (1 + (off - 1) / 2)), who)
            yield Reading("hc", at, round(_on(_HC, week) * (1 + (off - 1) / 2)), who)
            yield Reading("ac", at, round(_on(_AC, week) * off), who, percentile)
            yield Reading("fl", at, round(_on(_FL, week) * (1 + (off - 1) / 2)), who)
            yield Reading("efw", at, round(_on(_EFW, week) * (1 + (off - 1) * 2.6)), who, percentile)

    def _number(self, n: int) -> int | None:
        return n if self.plan.fetuses > 1 else None

    def birth_weight(self, rank: int) -> int:
        """In grams, of the child of that rank from 0."""
        ending = self.plan.ending
        week = 40.0 if ending is None else (day_of(ending.at) - self.plan.lmp).days / 7
        percentile = self.growth[rank] if rank < len(self.growth) else 50
        small = 0.88 if self.small else 1.0
        return round(_on(_EFW, week) * (1 + (percentile - 50) / 100 * 0.3) * small / 5) * 5

    def apgar(self, rank: int) -> tuple[int, int]:
        """After one and after five minutes."""
        if self.plan.ending is not None and self.plan.ending.outcome is Outcome.STILLBIRTH:
            return 0, 0
        first = 9 - (self.noise + rank) % 4 // 2
        return first, min(10, first + 1)

    def blood_loss(self) -> int:
        """In millilitres."""
        sectio = self.plan.ending is not None and (self.plan.ending.delivery or "").startswith("sectio")
        return 150 + self.noise % 40 * 10 + (250 if sectio else 0)


def _on(curve: tuple[int, ...], week: float) -> float:
    """The curve at a week, straight between its points."""
    if week <= _WEEKS[0]:
        return float(curve[0])
    for (first, last), (low, high) in zip(pairwise(_WEEKS), pairwise(curve), strict=True):
        if week <= last:
            return low + (high - low) * (week - first) / (last - first)
    return curve[-1] + (week - _WEEKS[-1]) * (curve[-1] - curve[-2]) / 8
