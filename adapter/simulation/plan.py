"""The plan of a pregnancy: who cared when and what happened, before any vendor has written it down.

Moments are written as people say them: `8+0` is a gestational age, `birth+5` a number of days after the end of the
pregnancy, `ref-20` a number of days before the reference day, anything else an ISO date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

from adapter.model.facts import ActKind, Outcome
from adapter.model.moments import AMSTERDAM, Moment

REFERENCE_DAY = date(2024, 7, 29)
"""The day to which every situation is told; what happens later is not in any EPD."""

PREGNANCY_DAYS = 280

_GESTATION = re.compile(r"(\d+)\+(\d)")
_RELATIVE = re.compile(r"(birth|ref)([+-]\d+)?")


@dataclass(frozen=True, slots=True)
class Care:
    """A stretch of care by one organisation, and the dossier about it.

    `source` holds the dossier (None: no EPD of the region does). A `consult` does not take over responsibility.
    `routine` says whether the usual visits are made; otherwise only the acts of the plan that fall here.
    """

    by: str
    start: date
    end: date | None
    source: str | None
    consult: bool = False
    routine: bool = True
    echo: str | None = None  # who makes the ultrasounds, when another
    tells_birth: bool = False  # the dossier tells of the birth, though it began later


@dataclass(frozen=True, slots=True)
class PlannedAct:
    """One act beside the routine, written in the dossier of `source` (None: written nowhere)."""

    kind: ActKind
    on: date
    by: str
    source: str | None
    referrer: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedReferral:
    """A referral: `overdracht` moves responsibility, `consult` does not."""

    kind: str
    on: Moment
    sender: str
    receiver: str
    source: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How the pregnancy ends. `place`, `delivery`: our words, see `codes`. `by`: who is responsible at the birth."""

    outcome: Outcome
    at: datetime
    by: str | None = None
    place: str | None = None
    delivery: str | None = None
    labour: datetime | None = None
    placenta: datetime | None = None
    children: str = "f"  # one letter a child: f, m


@dataclass(frozen=True, slots=True)
class KraamzorgPlan:
    """Kraamzorg: by whom (None: declined), how many hours, when the intake was. `days` are counted from the birth."""

    by: str | None
    hours: int | None = None
    intake: date | None = None
    days: int = 8


@dataclass(frozen=True, slots=True)
class InsurancePlan:
    """Insurer over a period. `uzovi` None: known to be uninsured."""

    uzovi: str | None
    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Plan:
    """One pregnancy. `quirks` are ways in which EPDs write it down badly: `name` or `name@source`."""

    key: str
    lmp: date
    care: tuple[Care, ...]
    ending: Ending | None = None
    acts: tuple[PlannedAct, ...] = ()
    referrals: tuple[PlannedReferral, ...] = ()
    kraamzorg: KraamzorgPlan | None = None
    insurance: tuple[InsurancePlan, ...] = ()
    gravidity: int = 1
    parity: int = 0
    fetuses: int = 1
    chorionicity: dict[str, str] = field(default_factory=dict)  # source to word; "*" for the others
    intended_place: str | None = None
    quirks: frozenset[str] = frozenset()
    measured: bool = True  # whether the EPDs hold what was measured at the visits

    @property
    def edd(self) -> date:
        """The due date: the last menstrual period plus 280 days."""
        return self.lmp + timedelta(days=PREGNANCY_DAYS)

    def due(self, source: str) -> date:
        """The due date as that source has it: a month too late where it mistyped it."""
        return self.edd + timedelta(days=31) if self.quirk("wrong-due-date", source) else self.edd

    def quirk(self, name: str, source: str) -> bool:
        """Whether a quirk holds for that source."""
        return name in self.quirks or f"{name}@{source}" in self.quirks

    def ended(self) -> Ending | None:
        """The ending, if it lies on or before the reference day."""
        if self.ending is None or self.ending.at.astimezone(AMSTERDAM).date() > REFERENCE_DAY:
            return None
        return self.ending


@cache
def _age(text: str) -> timedelta:
    found = _GESTATION.fullmatch(text)
    if found is None:
        raise ValueError(f"not a gestational age (weeks+days): {text!r}")
    return timedelta(days=7 * int(found[1]) + int(found[2]))


def gestation(lmp: date, text: str) -> date:
    """The day of a gestational age such as `39+5`."""
    return lmp + _age(text)


def day(text: object, lmp: date, birth: date | None) -> date:
    """Read a moment of a plan as a day. Raises `ValueError` naming the text."""
    if isinstance(text, date):
        return text
    words = str(text).strip()
    if _GESTATION.fullmatch(words):
        return gestation(lmp, words)
    found = _RELATIVE.fullmatch(words)
    if found is None:
        return date.fromisoformat(words)
    base = REFERENCE_DAY if found[1] == "ref" else birth
    if base is None:
        raise ValueError(f"{words!r}: this pregnancy has no end")
    return base + timedelta(days=int(found[2] or 0))


def clock(on: date, time: str) -> datetime:
    """The instant of a wall-clock time in Europe/Amsterdam."""
    hour, minute = (int(part) for part in time.split(":"))
    return datetime(on.year, on.month, on.day, hour, minute, tzinfo=AMSTERDAM)
