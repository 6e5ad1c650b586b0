"""How she is insured, and which contract goes with it, each on the day the parameters of the rules point at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from adapter.model.evidence import Evidence
from adapter.model.projection import ClaimsProjection
from adapter.model.register import Contract, Igo
from adapter.selection.window import Window, reference_day


@dataclass(slots=True)
class Cover:
    """How she is insured on the day that counts, and which contract goes with it."""

    insured_on: date
    contract_on: date
    codes: tuple[str, ...]
    known_uninsured: bool
    evidence: tuple[Evidence, ...]
    contract: Contract | None

    @property
    def uzovi(self) -> str | None:
        """The insurer, where exactly one is known."""
        return self.codes[0] if len(self.codes) == 1 and not self.known_uninsured else None


def cover_of(projection: ClaimsProjection, igo: Igo, window: Window) -> Cover:
    """The insurance and the contract of the phase in this window."""
    insured_on = reference_day(igo.rules.insurer_on, window, projection)
    contract_on = reference_day(igo.rules.contract_by, window, projection)
    found = [i for i in projection.insurance if i.valid.covers(insured_on)]
    named = {i.uzovi for i in found if i.uzovi is not None}
    codes = tuple(sorted(named)) if len(named) > 1 else tuple(named)
    uninsured = any(i.insured is False and i.uzovi is None for i in found)
    evidence = tuple([e for i in found for e in i.evidence])
    uzovi = codes[0] if len(codes) == 1 else None
    return Cover(insured_on, contract_on, codes, uninsured, evidence, _contract(igo, uzovi, contract_on))


def _contract(igo: Igo, uzovi: str | None, day: date) -> Contract | None:
    for contract in igo.contracts:
        if contract.covers(uzovi, day):
            return contract
    return None
