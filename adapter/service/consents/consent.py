"""What the doors show and send of consents: statements in words, a draft of a new one, and the grounds that follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from adapter.access.consent import GroundCode, GroundKind
from adapter.model.evidence import OrganisationKind


@dataclass(frozen=True, slots=True)
class ConsentParty:
    """A holder or reader: one organisation (`agb:…`, `ura:…`), a kind of them, or, with neither, any."""

    identity: str | None = None
    name: str | None = None
    kind: OrganisationKind | None = None

    @property
    def text(self) -> str:
        """As a reader reads it."""
        if self.identity is not None:
            return self.name or self.identity
        return f"elke organisatie van soort {self.kind.value}" if self.kind is not None else "elke organisatie"


@dataclass(frozen=True, slots=True)
class ConsentDraft:
    """What a woman says, to be recorded. `kinds`: FHIR resource types, None for all. `this_pregnancy`: only for it."""

    permit: bool
    holder: ConsentParty
    reader: ConsentParty
    kinds: tuple[str, ...] | None = None
    start: date | None = None
    end: date | None = None
    this_pregnancy: bool = True


@dataclass(frozen=True, slots=True)
class ConsentRule:
    """One rule of a statement, in words. `pregnancy`: only for that one; None for all."""

    permit: bool
    holder: str
    reader: str
    kinds: tuple[str, ...] | None
    start: date | None
    end: date | None
    pregnancy: str | None


@dataclass(frozen=True, slots=True)
class ConsentStatement:
    """One statement as it stands. `origin`: a source, `lokaal` (recorded here) or `landelijk`.

    `problems`: what could not be read, or does not count, and why. `withdrawable`: whether who asks can withdraw it.
    """

    id: str
    origin: str
    recorded_by: str
    given_at: datetime
    state: Literal["active", "ended", "withdrawn"]
    rules: tuple[ConsentRule, ...]
    problems: tuple[str, ...] = ()
    withdrawn_at: datetime | None = None
    withdrawable: bool = False


@dataclass(frozen=True, slots=True)
class GroundBetween:
    """The ground on which `reader` may see what `holder` keeps of her; `partly`: for a part of it."""

    holder: str
    reader: str
    kind: GroundKind
    code: GroundCode
    why: str
    reference: str | None
    partly: bool


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """All on the consents of one woman, as who asks may see it. `parties`: organisations to choose from.

    `name`: hers, as a record has it that may be seen.
    """

    pregnancy: str
    statements: tuple[ConsentStatement, ...]
    grounds: tuple[GroundBetween, ...]
    parties: tuple[ConsentParty, ...]
    may_record: bool
    name: str | None = None


class UnknownConsentError(LookupError):
    """There is no such statement of this woman, or not for who asks."""


class NotWithdrawableError(Exception):
    """It cannot be withdrawn here; the message says where (Dutch)."""
