"""Who asks, for what purpose."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """Why data are asked for (HL7 v3-ActReason): care, payment, operations."""

    TREAT = "TREAT"
    HPAYMT = "HPAYMT"
    HOPERAT = "HOPERAT"

    @property
    def dutch(self) -> str:
        """The purpose as a care provider reads it."""
        return {"TREAT": "zorg", "HPAYMT": "betaling", "HOPERAT": "beheer"}[self.value]


class Role(StrEnum):
    """What an actor is here."""

    ZORGVERLENER = "zorgverlener"
    KOPPELBEHEERDER = "koppelbeheerder"  # decides which records are one woman: sees two women side by side
    IGO_CONTROLLER = "igo-controller"
    BEHEERDER = "beheerder"
    LOGBEHEERDER = "logbeheerder"
    BRON = "bron"  # the EPD of a registered source, which sends what it holds
    PLANNER = "planner"  # of the IGO: figures of the region, no woman


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or system that asks. `id` is an UZI number, a user name or the like; never a BSN.

    `demonstration`: nobody was authenticated; everybody on this machine is this actor.
    """

    id: str
    name: str
    organisation: str | None = None
    roles: tuple[str, ...] = ()
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """One request: who, for what purpose, which request, from which network address."""

    actor: Actor
    purpose: Purpose
    request_id: str = ""
    client: str = ""


DEMONSTRATION = Actor(
    id="demonstratie",
    name="Demonstratie",
    roles=(Role.ZORGVERLENER, Role.KOPPELBEHEERDER, Role.IGO_CONTROLLER, Role.PLANNER),
    demonstration=True,
)
"""Who everybody is until access is configured: allowed on loopback only, and audited like anyone else."""

SYSTEM = Actor(id="adapter", name="Adapter", roles=(Role.BEHEERDER,))
"""The program itself, doing work nobody asked for at that moment: pulling on a schedule, rebuilding."""
