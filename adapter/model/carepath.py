"""The shared care path of one pregnancy: the shape that the JSON API, the pages and the command line give out.

Field names and values are a published contract (docs/reference/json.md). Unknown is None, never left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from adapter.model.evidence import Evidence, Organisation
from adapter.model.facts import Outcome
from adapter.model.moments import Moment
from adapter.model.sources import SourceState

PhaseName = Literal["prenataal", "nataal", "postnataal"]
PHASES: tuple[PhaseName, ...] = ("prenataal", "nataal", "postnataal")
PhaseState = Literal["not_started", "running", "ended", "not_applicable"]

FACT_KEYS: tuple[str, ...] = (
    "edd",
    "lmp",
    "gravidity",
    "parity",
    "fetuses",
    "chorionicity",
    "care_level",
    "risk_status",
    "intended_place_of_birth",
    "place_of_birth",
    "delivery_type",
    "labour_start",
    "placenta_birth",
    "kraamzorg_hours",
    "insurer",
    "blood_group",
    "rhesus",
    "rhesus_c",
    "irregular_antibodies",
    "case_manager",
)
"""Every care path has all of these, unknown ones with value None."""


@dataclass(frozen=True, slots=True)
class Woman:
    """The woman whose pregnancy it is. `id` is ours; a BSN is never part of a view."""

    id: str
    birth_date: date | None
    name: str | None


@dataclass(frozen=True, slots=True)
class GestationalAge:
    """Weeks and completed days since the (calculated) last menstrual period, on the day asked about."""

    weeks: int
    days: int
    basis: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another value that a source gives for a fact."""

    value: FactValue
    evidence: tuple[Evidence, ...]
    basis: str | None = None
    day: date | None = None  # the last day on which it was said or found


FactValue = bool | int | float | datetime | date | str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact over all sources: the value chosen by the declared precedence, and every value that differs."""

    value: FactValue = None
    basis: str | None = None
    evidence: tuple[Evidence, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Boundary:
    """Start or end of a phase. `derived`: taken from something else than the boundary event; `basis` says what."""

    value: Moment | None = None
    derived: bool = False
    basis: str | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Phase:
    """Prenatal, natal or postnatal phase (definitions: NR/REG-2201 and NR/REG-2312)."""

    phase: PhaseName
    state: PhaseState
    start: Boundary
    end: Boundary


@dataclass(frozen=True, slots=True)
class Responsibility:
    """One organisation that is responsible for obstetric care over a period. `from_` and `to` are days or instants."""

    organisation: Organisation
    from_: Annotated[Moment | None, Field(alias="from")]
    to: Moment | None
    evidence: tuple[Evidence, ...]
    basis: str = "dossier"  # dossier, referral, perinatal_period, encounter


@dataclass(frozen=True, slots=True)
class Hole:
    """Days on which nobody stands as responsible while she was in care. `acting`: who gave obstetric care on them."""

    from_: Annotated[date | None, Field(alias="from")]
    to: date | None
    acting: tuple[Organisation, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Involved:
    """An organisation that gave care, responsible or not."""

    organisation: Organisation
    acts: int
    from_: Annotated[date | None, Field(alias="from")]
    to: date | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class CareAct:
    """One act as the view shows it."""

    kind: str
    name: str
    day: date | None
    at: Moment | None
    organisation: Organisation
    phase: PhaseName | None
    state: str
    evidence: Evidence
    organisation_basis: str
    other_organisations: tuple[Organisation, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """The days between which a moment of the care path is expected."""

    from_: Annotated[date | None, Field(alias="from")]
    to: date | None


@dataclass(frozen=True, slots=True)
class CareMoment:
    """One moment of the zorgpad and how it stands. `standing` and `source` are those of its window in the zorgpad."""

    moment: str
    name: str
    state: Literal["done", "upcoming", "gap", "declined", "unknown", "not_applicable"]
    window: Window
    acts: tuple[Evidence, ...]
    standing: Literal["verified", "provisional"] = "provisional"
    source: str | None = None
    timing: Literal["early", "late"] | None = None  # done outside its window
    why: str | None = None  # in a sentence: why it does not apply, is unknown, or counts as declined
    days: tuple[date, ...] = ()  # on which it was done, as far as known
    duplicates: tuple[Evidence, ...] = ()  # acts beyond what the moment asks for and its exemptions allow


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured value, in the unit in which its kind is compared (UCUM), with what was sent beside it.

    `kind` is our word (`blood_pressure_systolic`, `weight`, `fundal_height`, `hb` …), `name` its Dutch name; `about`
    the child (its id) or the fetus (as the source refers to it) that it was measured on. `gestational_age` is in days,
    on the day of measuring. A value that could not be brought to the unit has `value` None and is shown as sent.
    """

    kind: str
    name: str
    value: float | None
    unit: str | None
    original: str | None
    day: date | None
    gestational_age: int | None
    organisation: Organisation
    evidence: Evidence
    about: str | None = None


@dataclass(frozen=True, slots=True)
class CareProblem:
    """A disorder, complaint, allergy or alert as a source holds it. `kind`: disorder, complication, allergy, alert."""

    kind: str
    name: str
    code: str | None
    status: str | None
    since: date | None
    organisation: Organisation
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Screening:
    """A screening or test that was offered, declined or done, with its result as the source words it."""

    kind: str
    name: str
    state: Literal["offered", "declined", "done"]
    result: str | None
    day: date | None
    organisation: Organisation
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Completeness:
    """How complete the picture is: `share` (0 to 1) of sources that should answer and facts that should be known."""

    share: float
    sources_answered: int
    sources_asked: int
    facts: dict[str, Literal["present", "absent", "unknown"]]  # absent: every source answered, none gives it
    expected: int = 0  # facts that should be known by now; of alternatives, any
    expected_present: int = 0


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Something on which sources contradict each other, side by side."""

    about: str
    text: str
    values: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral. Only `overdracht` moves responsibility."""

    kind: str
    at: Moment | None
    from_: Annotated[Organisation | None, Field(alias="from")]
    to: Organisation | None
    state: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ChildRecord:
    """A record of a child at a source."""

    source: str
    reference: str


@dataclass(frozen=True, slots=True)
class Child:
    """A child of this pregnancy: its own record from birth, without its mother's BSN.

    `id` is its own and stays, whichever source reports it later; `records`: by which the sources know it.
    """

    id: str
    birth: Moment | None
    birth_order: int | None
    gender: str | None
    name: str | None
    alive: bool | None
    evidence: tuple[Evidence, ...]
    records: tuple[ChildRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class PathSource:
    """A source and how it answered for this woman; one that was never asked stands here too."""

    source: str | None
    organisation: Organisation
    state: SourceState
    at: datetime | None
    resources: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class LinkEvidence:
    """One piece of evidence for (positive weight) or against (negative) a link, in a plain sentence."""

    what: str
    weight: float
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class ByHand:
    """Who decided on a link, when and why; `decision` is its id, by which it can be undone."""

    decision: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class LinkNote:
    """Why a source's record or dossier is (or is not) taken to be of this woman and this pregnancy.

    `proposal` is the id under which a person can decide on it, where it is proposed.
    """

    source: str
    reference: str
    outcome: str  # linked, proposed, apart
    how: str  # automatic, manual
    text: str
    evidence: tuple[LinkEvidence, ...] = ()
    by_hand: ByHand | None = None
    proposal: str | None = None


@dataclass(frozen=True, slots=True)
class CarePath:
    """One pregnancy over all organisations, on one day (`as_of`), by what was known at one instant (`known_at`)."""

    pregnancy: str
    as_of: date
    known_at: datetime
    woman: Woman
    state: Literal["ongoing", "ended"]
    outcome: Outcome | None
    ended_on: date | None
    gestational_age: GestationalAge | None
    facts: dict[str, Fact]
    phases: tuple[Phase, ...]
    responsibility: tuple[Responsibility, ...]
    involved: tuple[Involved, ...]
    acts: tuple[CareAct, ...]
    moments: tuple[CareMoment, ...]
    gaps: tuple[CareMoment, ...]
    duplicates: tuple[Disagreement, ...]
    conflicts: tuple[Disagreement, ...]
    referrals: tuple[Referral, ...]
    children: tuple[Child, ...]
    sources: tuple[PathSource, ...]
    links: tuple[LinkNote, ...] = ()
    set_aside: tuple[Evidence, ...] = field(default=())
    measurements: tuple[Measurement, ...] = ()  # oldest first
    problems: tuple[CareProblem, ...] = ()
    screenings: tuple[Screening, ...] = ()
    completeness: Completeness | None = None
    responsibility_holes: tuple[Hole, ...] = ()

    def phase(self, name: PhaseName) -> Phase:
        """The phase of that name; all three are always there."""
        return next(p for p in self.phases if p.phase == name)
