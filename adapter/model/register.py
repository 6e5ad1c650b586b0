"""The IGO: its members and contracts over time, and the parameters of the rules that the official texts leave open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from adapter.model.evidence import Organisation
from adapter.model.identifiers import Agb, Ura, Uzovi

DISCIPLINES = ("verloskunde", "gynaecologie", "ziekenhuis", "kraamzorg", "echoscopie", "laboratorium")


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation that takes part in the IGO, from a day up to and including a day."""

    name: str
    discipline: str
    since: date
    until: date | None = None
    agb: Agb | None = None
    ura: Ura | None = None

    def __post_init__(self) -> None:
        if self.agb is None and self.ura is None:
            raise ValueError(f"member {self.name!r} needs an agb or a ura")
        if self.discipline not in DISCIPLINES:
            raise ValueError(
                f"member {self.name!r}: discipline {self.discipline!r} is not one of {', '.join(DISCIPLINES)}"
            )
        if self.until is not None and self.until < self.since:
            raise ValueError(f"member {self.name!r} leaves on {self.until} before it joins on {self.since}")

    def is_organisation(self, organisation: Organisation) -> bool:
        """Whether this member is that organisation: by AGB code or by URA, never one read as the other."""
        if self.agb is not None and organisation.agb == self.agb.value:
            return True
        return self.ura is not None and organisation.ura == self.ura.value

    def active_on(self, day: date) -> bool:
        """Whether it was a member on that day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A person who takes part in the IGO, from a day up to and including a day, known by her own AGB code.

    With an organisation (its AGB code or URA): that organisation takes part with the persons named for it, and no
    others. Without: she takes part wherever she works, and no organisation is bound by it. What follows where person
    and organisation differ is said by `mappings/rules/lidmaatschap.yaml`.
    """

    name: str
    agb: Agb
    since: date
    until: date | None = None
    organisation_agb: Agb | None = None
    organisation_ura: Ura | None = None

    def __post_init__(self) -> None:
        if self.until is not None and self.until < self.since:
            raise ValueError(f"practitioner {self.name!r} leaves on {self.until} before joining on {self.since}")

    @property
    def bound(self) -> bool:
        """Whether she is named for an organisation."""
        return self.organisation_agb is not None or self.organisation_ura is not None

    def is_for(self, organisation: Organisation) -> bool:
        """Whether that is the organisation she is named for."""
        if self.organisation_agb is not None and organisation.agb == self.organisation_agb.value:
            return True
        return self.organisation_ura is not None and organisation.ura == self.organisation_ura.value

    def active_on(self, day: date) -> bool:
        """Whether she took part on that day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Contract:
    """An agreement with insurers: from a day up to and including a day; tariffs in eurocents per prestatie id."""

    insurers: tuple[str, ...]  # UZOVI codes, or "*": every insurer, an unknown one too
    since: date
    until: date | None = None
    prestaties: tuple[str, ...] = ("*",)
    tariff: dict[str, int] = field(default_factory=dict)
    minimum: tuple[str, ...] = ()  # disciplines that must be present

    def __post_init__(self) -> None:
        for uzovi in self.insurers:
            if uzovi != "*":
                Uzovi(uzovi)
        if self.until is not None and self.until < self.since:
            raise ValueError(f"contract ends on {self.until} before it starts on {self.since}")
        for prestatie, cents in self.tariff.items():
            if isinstance(cents, bool) or not isinstance(cents, int) or cents < 0:
                raise ValueError(f"tariff of {prestatie!r} must be a whole number of eurocents")

    def covers(self, uzovi: str | None, day: date) -> bool:
        """Whether this contract holds for that insurer on that day."""
        in_time = self.since <= day and (self.until is None or day <= self.until)
        return in_time and ("*" in self.insurers or (uzovi is not None and uzovi in self.insurers))

    def agrees(self, prestatie: str) -> bool:
        """Whether the prestatie (id in the catalogue) is part of this contract."""
        return "*" in self.prestaties or prestatie in self.prestaties


@dataclass(frozen=True, slots=True)
class RuleParameters:
    """What the official text leaves unknown; every default is our own reading, and provisional."""

    regime_by: Literal["phase_start", "pregnancy_start", "phase_end"] = "phase_start"
    contract_by: Literal["phase_start", "pregnancy_start", "phase_end"] = "phase_start"
    insurer_on: Literal["phase_start", "pregnancy_start", "phase_end"] = "phase_start"
    break_scope: Literal["phase", "pregnancy"] = "phase"
    member_care: Literal["responsible", "any"] = "responsible"
    uncontracted: bool = False
    postnatal_end_days: int = 42


@dataclass(frozen=True, slots=True)
class Igo:
    """One IGO. `version` is the hash of the file it was read from."""

    name: str
    agb: Agb
    members: tuple[Member, ...]
    contracts: tuple[Contract, ...]
    rules: RuleParameters = RuleParameters()
    version: str = ""
    practitioners: tuple[Practitioner, ...] = ()

    def member(self, organisation: Organisation, day: date | None) -> Member | None:
        """The membership of that organisation on that day (any day when None), None if it is not a member."""
        for member in self.members:
            if member.is_organisation(organisation) and (day is None or member.active_on(day)):
                return member
        return None
