"""What is known of a pregnancy from outside any EPD of ours: told by an insurer, a member of the IGO, or the woman."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from adapter.model.carepath import PhaseName
from adapter.model.evidence import Evidence, Organisation
from adapter.model.facts import ActKind

SIGNAL = "signaal"
"""Stands as the source of evidence that is a signal."""

ReportedBy = Literal["verzekeraar", "lid", "vrouw"]
REPORTED_BY: tuple[ReportedBy, ...] = ("verzekeraar", "lid", "vrouw")
About = Literal["zorg", "verhuisd", "praktijkwissel", "kraamzorg_afgezien"]
ABOUT: tuple[About, ...] = ("zorg", "verhuisd", "praktijkwissel", "kraamzorg_afgezien")


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal, never changed afterwards. `id` follows from its content, so that the same one twice is one.

    `reporter` is the UZOVI or AGB code of who told it (none for the woman), `reported_on` the day on which it was told,
    `received_at` the instant from which we know it. Of care: the organisation that gave it (none: the reporter did not
    say), its kind, its day, or only its phase. `return_code` and `claim` are those of an insurer's answer (0587:
    already claimed, or paid to another). `withdraws`: the id of a signal that no longer counts.
    """

    id: str
    pregnancy: str
    about: About
    reported_by: ReportedBy
    reporter: str | None
    reported_on: date
    received_at: datetime
    organisation: Organisation | None = None
    kind: ActKind = ActKind.OVERIG
    day: date | None = None
    phase: PhaseName | None = None
    return_code: str | None = None
    claim: str | None = None
    withdraws: str | None = None

    @property
    def told_by(self) -> str:
        """Who told it and when, in Dutch, as reasons show it."""
        who = {"verzekeraar": "verzekeraar", "lid": "lid met AGB-code", "vrouw": "de vrouw"}[self.reported_by]
        code = f", retourcode {self.return_code}" if self.return_code else ""
        return f"{who}{f' {self.reporter}' if self.reporter else ''} op {self.reported_on.isoformat()}{code}"

    @property
    def evidence(self) -> Evidence:
        """The signal as a place where something stands; `path` says who told it and when."""
        whose = self.organisation.agb if self.organisation is not None else None
        return Evidence(SIGNAL, f"Signaal/{self.id}", "1", self.told_by, whose)
