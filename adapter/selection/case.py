"""One phase of one pregnancy as the questions see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from adapter.model.decision import MissingVariable
from adapter.model.facts import Outcome
from adapter.model.projection import ClaimsProjection, ProjectedPhase
from adapter.model.register import Igo
from adapter.rules import RuleBook, Table
from adapter.selection.membership import Membership
from adapter.selection.window import Window


@dataclass(frozen=True, slots=True)
class Case:
    """A phase with everything that bears on it: the projection, the register, the tables of its regime."""

    projection: ClaimsProjection
    igo: Igo
    book: RuleBook
    membership: Membership
    phase: ProjectedPhase
    window: Window
    regime_day: date
    table: Table
    silent: tuple[Silent, ...]

    @property
    def begun(self) -> bool:
        """Whether the phase is running or ended."""
        return self.phase.state in {"running", "ended"}

    @property
    def birth_unknown(self) -> bool:
        """Whether this is a phase around a birth of which nobody knows whether there was one."""
        return self.begun and self.phase.phase != "prenataal" and self.projection.outcome is Outcome.UNKNOWN

    def lacks(self, variable: str, why: str) -> tuple[MissingVariable, ...]:
        """That variable is missing for this phase."""
        return (MissingVariable(variable, why, self.phase.phase),)


@dataclass(frozen=True, slots=True)
class Silent:
    """Somebody who did not answer.

    `may_be_responsible`: a member (or who may be one) that gives obstetric care. `may_be_outside`: not known to be a
    member on every day of the phase, so that its silence may hide care outside the IGO.
    """

    who: str
    why: str
    may_be_responsible: bool
    may_be_outside: bool
