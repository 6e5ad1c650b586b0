"""What a list shows of one pregnancy: enough to choose one, and no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from adapter.model.carepath import GestationalAge, PhaseName, PhaseState
from adapter.model.decision import PhaseStatus, Stage, Standing, Status
from adapter.model.facts import Outcome


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """One phase in a list: its state, its status and the name of the integral prestatie, if there is one."""

    phase: PhaseName
    state: PhaseState
    status: PhaseStatus | None
    prestatie: str | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class PregnancySummary:
    """One pregnancy in a list. `missing`: variables that could change the decision; `sources_missing`: not heard.

    `status`, `stage` and the prestatie of a phase are of the decision, and so None for who reads for care alone.
    """

    pregnancy: str
    woman_name: str | None
    birth_date: date | None
    state: str  # ongoing, ended
    outcome: Outcome | None
    ended_on: date | None
    gestational_age: GestationalAge | None
    edd: date | None
    organisations: tuple[str, ...]
    responsible: str | None
    status: Status | None
    stage: Stage | None
    phases: tuple[PhaseLine, ...]
    missing: tuple[str, ...] = ()
    sources_missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PregnancyPage:
    """A slice of the list, and how many there are in all."""

    items: tuple[PregnancySummary, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts for operations. No figure says anything of one person. `queue_depth` is None where no queue is used."""

    resources: int = 0
    set_aside: int = 0
    pregnancies: int = 0
    decisions: dict[str, int] = field(default_factory=dict)  # latest decisions, by status
    queue_depth: int | None = None
