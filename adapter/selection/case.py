"""One phase of one pregnancy as the questions see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from adapter.model.decision import MissingVariable
from adapter.model.facts import Outcome
from adapter.model.projection import ClaimsProjection, ProjectedPhase
from adapter.model.register import Igo
from adapter.rules import Asking, Table
from adapter.selection.cover import Cover
from adapter.selection.membership import Membership
from adapter.selection.window import Window

SIXTEEN_WEEKS = 16 * 7
"""Days: a pregnancy that ends before 16+0 has no natal or postnatal phase."""

_BORN = frozenset({Outcome.BIRTH, Outcome.STILLBIRTH})


@dataclass(slots=True)
class Case:
    """A phase with everything that bears on it: the projection, the register, the tables of its regime.

    `selecting`, `scoping` and `staging` are those tables on the day that counts, ready to be asked; `joining` says when
    care is a member's, where the register names persons too.
    """

    projection: ClaimsProjection
    igo: Igo
    membership: Membership
    phase: ProjectedPhase
    window: Window
    regime_day: date
    selecting: Asking
    scoping: Asking
    staging: Asking
    silent: tuple[Silent, ...]
    cover: Cover
    joining: Asking | None = None
    table: Table = field(init=False)  # that decides this phase
    begun: bool = field(init=False)  # whether the phase is running or ended

    def __post_init__(self) -> None:
        self.table = self.selecting.table
        self.begun = self.phase.state in ("running", "ended")

    @property
    def birth_unknown(self) -> bool:
        """Whether this is a phase around a birth of which nobody knows whether there was one."""
        return self.begun and self.phase.phase != "prenataal" and unsettled_birth(self.projection) is not None

    def lacks(self, variable: str, why: str) -> tuple[MissingVariable, ...]:
        """That variable is missing for this phase."""
        return (MissingVariable(variable, why, self.phase.phase),)


def unsettled_birth(projection: ClaimsProjection) -> str | None:
    """Why it does not stand fast whether there was a birth; None when it does.

    A birth before 16+0 is not one: what was reported is a loss, or the dates are wrong. Only a source can say which.
    """
    if projection.outcome is Outcome.UNKNOWN:
        return "Niet bekend is hoe de zwangerschap eindigde, en of er een bevalling was."
    days = projection.gestational_days_at_end
    if projection.outcome in _BORN and days is not None and days < SIXTEEN_WEEKS:
        return "Een bevalling is gemeld, maar zij past niet bij de data van de zwangerschap."
    return None


@dataclass(slots=True)
class Silent:
    """Somebody who did not answer.

    `may_be_responsible`: a member (or who may be one) that gives obstetric care. `may_be_outside`: not known to be a
    member on every day of the phase, so that its silence may hide care outside the IGO.
    """

    who: str
    why: str
    may_be_responsible: bool
    may_be_outside: bool
