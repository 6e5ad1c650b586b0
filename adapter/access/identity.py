"""Who asks, for what purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from adapter.model.sources import RecordKey


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
    VROUW = "vrouw"  # the woman herself: all of her own data, and of nobody else
    BRON = "bron"  # the EPD of a registered source, which sends what it holds
    PLANNER = "planner"  # of the IGO: figures of the region, no woman


class ActorKind(StrEnum):
    """What asks: somebody at a screen, a system on behalf of its organisation, or the woman about herself."""

    PERSON = "person"
    SYSTEM = "system"
    WOMAN = "woman"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or system that asks. `id` is an UZI number, a user name or the like; never a BSN.

    `organisation`: the identity of the care organisation it belongs to (`ura:…` or `agb:…`).
    `demonstration`: nobody was authenticated; everybody on this machine is this actor.
    `client`: the system through which a person asks (the id under which it is registered).
    """

    id: str
    name: str
    organisation: str | None = None
    roles: tuple[str, ...] = ()
    demonstration: bool = False
    kind: ActorKind = ActorKind.PERSON
    client: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """One woman (our id) of whom all may be seen: until when, and the reason that was given for her."""

    woman: str
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Emergency:
    """Emergency access (noodtoegang), for care only: for each woman for whom it was begun, with a reason and an end of
    her own. Of nobody else anything more is seen, and nothing is said of it in what is kept of others.
    """

    opened: tuple[Opened, ...]

    def of(self, woman: str | None, now: datetime) -> Opened | None:
        """What was opened of this woman, while it lasts."""
        return next((one for one in self.opened if one.woman == woman and now < one.until), None)

    def at(self, now: datetime) -> Emergency | None:
        """What of it lasts yet; None for nothing."""
        left = tuple(one for one in self.opened if now < one.until)
        return Emergency(left) if left else None


@dataclass(frozen=True, slots=True)
class Context:
    """One request: who, for what purpose, which request, from which network address.

    `emergency`: the noodtoegang under which is asked; the purpose stays care, and the audit event says so.
    `token`: what names the token or session that was shown (a `jti`), never the token itself.
    `purposes`: those this identity may name, None where nothing narrows them: one token has one purpose. `scopes`,
    `woman`: as `Identified` has them.
    """

    actor: Actor
    purpose: Purpose
    request_id: str = ""
    client: str = ""
    emergency: Emergency | None = None
    token: str | None = None
    purposes: frozenset[Purpose] | None = None
    scopes: tuple[str, ...] | None = None
    woman: RecordKey | None = None

    @property
    def everything(self) -> bool:
        """Whether no woman is beyond what may be asked: the demonstration, and the program itself."""
        return self.actor.demonstration or self.actor == SYSTEM


@dataclass(frozen=True, slots=True)
class Identified:
    """What a token, a session or the demonstration says of who asks, before it is known what is asked.

    `purposes`: those this identity may name. `scopes`: the SMART v2 scopes of a token, None where no token narrows.
    `source`: the registered source as which a system may send data. `woman`: the record of the woman for whom a token
    stands (MedMij), or to whom a launch is bound. `emergency`: noodtoegang of this session, while it lasts.
    `token`: what names the token or session (its `jti`), for the audit log; never the token itself.
    """

    actor: Actor
    purposes: frozenset[Purpose]
    scopes: tuple[str, ...] | None = None
    source: str | None = None
    woman: RecordKey | None = None
    emergency: Emergency | None = None
    token: str | None = None


class UnauthenticatedError(Exception):
    """Who asks is not known: no token or session, or one that does not hold. The message names no secret.

    `error` is the code of RFC 6750 section 3.1 (`invalid_token`, …), empty where nothing was offered at all.
    """

    def __init__(self, detail: str, error: str = "") -> None:
        super().__init__(detail)
        self.error = error


class UnavailableError(Exception):
    """Who asks cannot be established now: what must tell us does not answer. Ask again later (503)."""


DEMONSTRATION = Actor(
    id="demonstratie",
    name="Demonstratie",
    roles=(Role.ZORGVERLENER, Role.KOPPELBEHEERDER, Role.IGO_CONTROLLER, Role.PLANNER, Role.LOGBEHEERDER),
    demonstration=True,
)
"""Who everybody is until access is configured: allowed on loopback only, and audited like anyone else."""

SYSTEM = Actor(id="adapter", name="Adapter", roles=(Role.BEHEERDER,))
"""The program itself, doing work nobody asked for at that moment: pulling on a schedule, rebuilding."""
