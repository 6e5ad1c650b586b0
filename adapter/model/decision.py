"""A decision: IGO or niet-IGO per phase, the integral claim, and why. Its JSON shape is a published contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from adapter.model.carepath import PhaseName, PhaseState
from adapter.model.evidence import Evidence, Organisation
from adapter.model.moments import Moment

PhaseStatus = Literal["igo", "niet_igo", "onbepaald"]
Status = Literal["igo", "niet_igo", "gemengd", "onbepaald"]
Stage = Literal["voorlopig", "definitief"]
Standing = Literal["verified", "provisional"]
Risk = Literal["geen", "mogelijk", "waarschijnlijk"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition that was tested, met or not."""

    rule: str
    outcome: Literal["met", "not_met", "unknown"]
    text: str
    cites: str
    standing: Standing
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class PrestatieChoice:
    """An integral prestatie from the catalogue. `code` is None until the official list is loaded."""

    id: str
    name: str
    code: str | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Claim:
    """The integral claim of one phase, as data. Amounts in eurocents; `ready` when nothing blocks sending it."""

    claimant_agb: str
    uzovi: str | None
    prestatie: str
    quantity: int
    from_: Annotated[date | None, Field(alias="from")]
    to: date | None
    tariff: int | None
    amount: int | None
    ready: bool
    blocked_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotToClaim:
    """What a member must not claim beside the integral claim."""

    agb: str | None
    prestatie: str
    why: str


@dataclass(frozen=True, slots=True)
class FallbackPrestatie:
    """A monodisciplinary prestatie: code list (COD367), code where read, name."""

    list: str
    code: str | None
    name: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Fallback:
    """What a member claims itself where the phase is niet-IGO, for care from a day up to and including a day.

    Tariff and amount in eurocents, by the contract with the insurer; None where that names none.
    """

    agb: str | None
    prestatie: FallbackPrestatie
    quantity: float | None = None
    unit: str | None = None
    from_: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    tariff: int | None = None
    amount: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a phase that has not begun would become by what is known now."""

    status: PhaseStatus
    prestatie: PrestatieChoice | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutsideCare:
    """Care within the scope given by an organisation outside the IGO."""

    organisation: Organisation
    phase: PhaseName | None
    what: str
    evidence: tuple[Evidence, ...]
    day: date | None = None


@dataclass(frozen=True, slots=True)
class MissingVariable:
    """A variable without which the outcome could be another."""

    variable: str
    why: str
    phase: PhaseName | None = None


@dataclass(frozen=True, slots=True)
class PhaseSelection:
    """What selection says of one phase, before claims adds what to claim."""

    phase: PhaseName
    state: PhaseState
    regime: str | None  # id of the rule set
    start: Moment | None
    end: Moment | None
    status: PhaseStatus | None
    stage: Stage
    standing: Standing
    reasons: tuple[Reason, ...]
    igo_if: tuple[str, ...]
    expected: PhaseStatus | None = None  # for a phase not begun: what it would be
    regime_day: date | None = None  # the day that put the phase under its regime
    contract_day: date | None = None  # the day on which the contract was looked for
    insurer: str | None = None  # UZOVI code, where one insurer is known on the day that counts
    responsible: tuple[Organisation, ...] = ()  # who was responsible for obstetric care in it, in order of time
    not_of_members: tuple[Evidence, ...] = ()  # of care of member organisations by persons who do not take part


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """How likely an ongoing pregnancy gets care outside the IGO, why, and what somebody could still do.

    A forecast by provisional rules; it decides nothing.
    """

    risk: Risk
    reasons: tuple[Reason, ...]
    advice: tuple[str, ...]
    standing: Standing


AskedOfRules = tuple[str, str | None, date, tuple[tuple[str, ...], ...]]
"""What was asked of the rule book: the question, under the rules of which insurer, for which day, with which answers.
Without answers only which table holds was asked."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What selection says of a pregnancy."""

    status: Status
    stage: Stage
    standing: Standing
    rule_set: RuleSetRef
    phases: tuple[PhaseSelection, ...]
    outside_care: tuple[OutsideCare, ...]
    missing: tuple[MissingVariable, ...]
    warning: EarlyWarning | None = None  # while the pregnancy goes on
    asked: tuple[AskedOfRules, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSetRef:
    """Which rule set decided, in which version."""

    id: str
    version: str


@dataclass(frozen=True, slots=True)
class PhaseClaim:
    """What claims says of one phase: what to claim integrally, what not beside it, and what instead."""

    phase: PhaseName
    prestatie: PrestatieChoice | None
    claim: Claim | None
    not_to_claim: tuple[NotToClaim, ...]
    fallback: tuple[Fallback, ...]
    forecast: Forecast | None
    standing: Standing
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class PhaseDecision:
    """Selection and claim of one phase together."""

    phase: PhaseName
    state: PhaseState
    regime: str | None
    status: PhaseStatus | None
    stage: Stage
    standing: Standing
    prestatie: PrestatieChoice | None
    claim: Claim | None
    not_to_claim: tuple[NotToClaim, ...]
    fallback: tuple[Fallback, ...]
    reasons: tuple[Reason, ...]
    igo_if: tuple[str, ...]
    forecast: Forecast | None


@dataclass(frozen=True, slots=True)
class Inputs:
    """Hashes of everything that went in, so that the decision can be made again."""

    hash: str
    register: str
    rules: str
    catalogue: str
    mappings: str


@dataclass(frozen=True, slots=True)
class Change:
    """A difference from the decision that this one replaces."""

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Override:
    """What a person decided of a phase, in place of the rules. It counts once a second person has approved it.

    `expires_on` is the last day on which it counts. Who: the id of the actor, never a BSN.
    """

    id: str
    pregnancy: str
    phase: PhaseName
    status: Literal["igo", "niet_igo"]
    reason: str
    proposed_by: str
    proposed_at: datetime
    expires_on: date
    state: Literal["proposed", "in_force", "expired", "rejected", "withdrawn"] = "proposed"
    decided_by: str | None = None
    decided_at: datetime | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimMade:
    """An integral claim that was sent, as registered here. Amount in eurocents; `reference`: the invoice line."""

    id: str
    pregnancy: str
    phase: PhaseName
    decision: str
    prestatie: str
    uzovi: str | None
    amount: int | None
    made_on: date
    reference: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a decision means for a claim that was made: `credit` it, `correct` it (credit and claim anew), or `wait`."""

    claim: str
    phase: PhaseName
    action: Literal["credit", "correct", "wait"]
    text: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, never changed afterwards; a later one `replaces` it and says what `changed`."""

    id: str
    pregnancy: str
    as_of: date
    known_at: datetime
    decided_at: datetime
    rule_set: RuleSetRef
    inputs: Inputs
    status: Status
    stage: Stage
    standing: Standing
    phases: tuple[PhaseDecision, ...]
    outside_care: tuple[OutsideCare, ...]
    missing: tuple[MissingVariable, ...]
    replaces: str | None = None
    changed: tuple[Change, ...] = ()
    because: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()  # those in force, which this decision follows
    consequences: tuple[Consequence, ...] = ()
    warning: EarlyWarning | None = None  # while the pregnancy goes on
