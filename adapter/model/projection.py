"""The claims projection: all that selection and claims may know of a pregnancy (purpose: payment, HPAYMT).

It holds dates, kinds, performers and referrers of care, and no clinical value: no measurement, diagnosis or note.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from adapter.model.carepath import PhaseName, PhaseState
from adapter.model.evidence import Evidence, Organisation
from adapter.model.facts import ActKind, Outcome, ReferralKind
from adapter.model.moments import Moment, Span
from adapter.model.sources import SourceState


@dataclass(frozen=True, slots=True)
class ProjectedPhase:
    """A phase with its boundaries. `derived_*`: the boundary was taken from another event."""

    phase: PhaseName
    state: PhaseState
    start: Moment | None
    end: Moment | None
    derived_start: bool
    derived_end: bool
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ProjectedAct:
    """Care given: kind, day, phase, performer, referrer. `line`: eerste_lijn, tweede_lijn, derde_lijn where known.

    `practitioners`: AGB codes of the persons who gave it, as far as the source names them.
    """

    kind: ActKind
    day: date | None
    phase: PhaseName | None
    organisation: Organisation
    discipline: str | None
    referrer: Organisation | None
    line: str | None
    evidence: Evidence
    practitioners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectedResponsibility:
    """Who was responsible for obstetric care, and when."""

    organisation: Organisation
    span: Span
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ProjectedReferral:
    """A referral: kind, day, from whom to whom."""

    kind: ReferralKind
    day: date | None
    sender: Organisation | None
    receiver: Organisation | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Insurance:
    """The insurer (UZOVI code) over a period; `uzovi` None with `insured` False means known to be uninsured."""

    uzovi: str | None
    insured: bool | None
    valid: Span
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Kraamzorg:
    """What is known of the kraamzorg: which organisation(s), hours indicated, asked for, declined."""

    organisations: tuple[Organisation, ...]
    hours: float | None
    requested: bool | None
    declined: bool | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ProjectedSource:
    """A source (or an organisation the data name that was not asked) and how it answered."""

    source: str | None
    organisation: Organisation
    state: SourceState


@dataclass(frozen=True, slots=True)
class ClaimsProjection:
    """The variables of the selection for one pregnancy."""

    pregnancy: str
    as_of: date
    known_at: datetime
    outcome: Outcome | None
    ended_on: date | None
    gestational_days_at_end: int | None
    gestational_days: int | None
    phases: tuple[ProjectedPhase, ...]
    acts: tuple[ProjectedAct, ...]
    responsibility: tuple[ProjectedResponsibility, ...]
    referrals: tuple[ProjectedReferral, ...]
    insurance: tuple[Insurance, ...]
    kraamzorg: Kraamzorg
    place_of_birth: str | None
    intended_place_of_birth: str | None
    birth_organisation: Organisation | None
    delivery_type: str | None
    children: int | None
    practice_switch: bool | None
    moved: bool | None
    sources: tuple[ProjectedSource, ...]

    def phase(self, name: PhaseName) -> ProjectedPhase:
        """The phase of that name; all three are always there."""
        return next(p for p in self.phases if p.phase == name)
