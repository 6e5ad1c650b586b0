"""What a person sees of a proposal and of a decision on links, and what can be asked of the desk that keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from adapter.access import Context
from adapter.model.carepath import ByHand, LinkEvidence

Kind = Literal["woman", "pregnancy"]
KINDS: tuple[Kind, ...] = ("woman", "pregnancy")


class UnknownProposalError(LookupError):
    """No such proposal stands in the queue (any more), or no such decision was ever made."""


class UnknownRecordError(LookupError):
    """No such record or dossier is held."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What is not as the person saw it. `what`: decided, records, data, evidence, contradiction, same; text Dutch."""

    what: str
    text: str
    decision: str | None = None


class OvertakenError(Exception):
    """The decision does not fit what stands by now; nothing was changed. `changes` say why."""

    def __init__(self, *changes: Changed) -> None:
        super().__init__("; ".join(change.what for change in changes))
        self.changes = changes


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which sum something follows, and what."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two of a proposal: a record (kind `woman`) or a dossier (kind `pregnancy`)."""

    source: str
    reference: str
    organisation: str
    name: str | None
    birth_date: date | None
    target: str  # our id of the woman or pregnancy that it counts as now
    pregnancies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two that may be the same. `more`: other pairs of the same two women or pregnancies that were proposed as well."""

    id: str
    kind: Kind
    state: Literal["open", "later"]
    score: float
    thresholds: tuple[Threshold, ...]
    since: datetime
    a: Party
    b: Party
    more: int = 0
    later: ByHand | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One datum of both. `agreement`: same, differs, unknown (either is missing), shown (not compared)."""

    name: str
    a: str | None
    b: str | None
    agreement: Literal["same", "differs", "unknown", "shown"]


@dataclass(frozen=True, slots=True)
class ProposalDetail:
    """A proposal with all that a person needs to decide. `seen` goes back with the decision: it says what was seen.

    `beside_a`, `beside_b`: what already counts as the same woman (pregnancy) as either.
    """

    proposal: Proposal
    evidence: tuple[LinkEvidence, ...]
    rows: tuple[Row, ...]
    beside_a: tuple[Party, ...]
    beside_b: tuple[Party, ...]
    seen: str


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """A slice of the queue: what is open first, the strongest evidence first."""

    proposals: tuple[Proposal, ...]
    total: int
    open: int
    later: int


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """Two that a person decided on."""

    source_a: str
    reference_a: str
    source_b: str
    reference_b: str
    standing: bool  # whether this is still the last word on them


@dataclass(frozen=True, slots=True)
class LinkDecision:
    """A decision of a person on links. `verdict`: same, apart, later, undone. `undoes`: the decision it took back.

    `standing`: it still holds for any of its pairs.
    """

    id: str
    kind: Kind
    verdict: str
    by: str
    name: str
    at: datetime
    reason: str
    pairs: tuple[JudgedPair, ...]
    standing: bool
    undoes: str | None = None


@dataclass(frozen=True, slots=True)
class LinkDecisionPage:
    """A slice of all decisions ever made on links, newest first."""

    decisions: tuple[LinkDecision, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Bound:
    """What hangs together in one pregnancy now: her records, this pregnancy's dossiers, and her other dossiers."""

    pregnancy: str
    woman: str
    name: str | None
    records: tuple[Party, ...]
    dossiers: tuple[Party, ...]
    others: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class Pointed:
    """A record or dossier as a person points it out: source and reference (`Patient/…`, `EpisodeOfCare/…`)."""

    source: str
    reference: str


@dataclass(frozen=True, slots=True)
class Found:
    """Records that fit what was sought, the best first. `more`: there are more; seek more precisely."""

    records: tuple[Party, ...]
    more: bool


class LinkDesk(Protocol):
    """Where persons decide on links. Each method asks the policy (`DeniedError`) and leaves an audit event.

    A reason is obligatory. `BadQuestionError`: it is missing, or something else cannot be read.
    """

    def queue(
        self, ctx: Context, *, kind: str | None = None, state: str | None = None, offset: int = 0, limit: int = 50
    ) -> ProposalPage:
        """What is for a person to decide."""
        ...

    def proposal(self, ctx: Context, id: str) -> ProposalDetail:
        """One proposal, both sides. Raises `UnknownProposalError`; `OvertakenError` where it was decided already."""
        ...

    def decide(self, ctx: Context, id: str, verdict: str, reason: str, seen: str) -> LinkDecision:
        """Decide on a proposal: same, apart (not the same), later. Raises as `proposal`, and `OvertakenError` where
        anything changed since it was seen.
        """
        ...

    def judge(
        self, ctx: Context, kind: str, verdict: str, one: Pointed, other: Pointed | None, reason: str
    ) -> LinkDecision:
        """Decide without a proposal: link two (same), keep two apart (apart), or split one off from all that it stands
        with (split, `other` None). Raises `UnknownRecordError`, `OvertakenError`.
        """
        ...

    def seek(self, ctx: Context, bsn: str, birth_date: str, name: str) -> Found:
        """Records to link by hand: by BSN, or by day of birth and a name; empty is not asked."""
        ...

    def undo(self, ctx: Context, decision: str, reason: str) -> LinkDecision:
        """Take a decision back: the evidence decides again. Raises `UnknownProposalError`, `OvertakenError`."""
        ...

    def bound(self, ctx: Context, pregnancy: str) -> Bound:
        """What hangs together in one pregnancy now. Raises `UnknownPregnancyError`."""
        ...

    def decisions(self, ctx: Context, *, offset: int = 0, limit: int = 50) -> LinkDecisionPage:
        """Everything that persons decided, newest first."""
        ...
