"""The integral claim of a phase, as data, with everything that still blocks it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from adapter.claims.catalogue import IntegralPrestatie
from adapter.claims.choosing import Chosen
from adapter.model.decision import Claim, PhaseSelection
from adapter.model.moments import day_of
from adapter.model.projection import ClaimsProjection
from adapter.model.register import Contract, Igo

NO_CODE = "prestatiecode ontbreekt (voorlopige lijst)"
RUNNING = "fase loopt nog"
NO_TARIFF = "tarief nog niet afgesproken"
NO_INSURER = "verzekeraar onbekend"
STILL_OPEN = "besluit is nog voorlopig"
NO_START = "begin van de fase onbekend"
NO_END = "einde van de fase onbekend"
NO_CONTRACT = "geen contract met de verzekeraar"


def integral_claim(projection: ClaimsProjection, phase: PhaseSelection, igo: Igo, chosen: Chosen) -> Claim | None:
    """The claim the IGO makes for this phase; None where no prestatie could be chosen. Amounts in eurocents.

    A prestatie that the contract does not name (hybrid: `prestaties = [ids]`) cannot be claimed: the claim is blocked
    and says so. The phase stays IGO: that follows from the care and from there being a contract, and the members must
    not be told to claim for themselves what insurer and IGO may still agree on (our own reading).
    """
    prestatie = chosen.prestatie
    if prestatie is None:
        return None
    day = phase.contract_day or projection.as_of
    contracts = [c for c in igo.contracts if c.covers(phase.insurer, day)]
    agreed = next((c for c in contracts if c.agrees(prestatie.id)), None)
    tariff = agreed.tariff.get(prestatie.id) if agreed is not None else None
    blocked = (
        *_blocked(phase, prestatie.code_on(phase.regime_day or projection.as_of), tariff),
        *_contract(contracts, agreed, prestatie),
        *(f"nog niet bekend: {question}" for question in chosen.unsettled),
    )
    return Claim(
        claimant_agb=igo.agb.value,
        uzovi=phase.insurer,
        prestatie=prestatie.id,
        quantity=1,
        from_=day_of(phase.start) if phase.start is not None else None,
        to=day_of(phase.end) if phase.end is not None else None,
        tariff=tariff,
        amount=tariff,
        ready=not blocked,
        blocked_by=blocked,
    )


def contract_of(phase: PhaseSelection, igo: Igo, as_of: date) -> Contract | None:
    """The first contract that holds for the woman's insurer on the day that counts, whatever it names."""
    day = phase.contract_day or as_of
    return next((c for c in igo.contracts if c.covers(phase.insurer, day)), None)


def _blocked(phase: PhaseSelection, code: str | None, tariff: int | None) -> Iterator[str]:
    if code is None:
        yield NO_CODE
    if phase.state == "running":
        yield RUNNING
    elif phase.end is None:
        yield NO_END
    if phase.start is None:
        yield NO_START
    if tariff is None:
        yield NO_TARIFF
    if phase.insurer is None:
        yield NO_INSURER
    if phase.stage == "voorlopig":
        yield STILL_OPEN


def _contract(contracts: list[Contract], agreed: Contract | None, prestatie: IntegralPrestatie) -> Iterator[str]:
    if not contracts:
        yield NO_CONTRACT
    elif agreed is None:
        yield f"prestatie {prestatie.name} is niet overeengekomen met de verzekeraar"
