"""The Dutch words of the reasons: organisations, days, insurers, kinds of care; never a clinical value."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from adapter.model.evidence import Organisation
from adapter.model.facts import ActKind
from adapter.model.sources import SourceState

_MONTHS = (
    "januari februari maart april mei juni juli augustus september oktober november december".split()  # noqa: SIM905
)

PHASE = {"prenataal": "prenatale fase", "nataal": "natale fase", "postnataal": "postnatale fase"}

KIND: dict[ActKind, str] = {
    ActKind.INTAKE: "intake",
    ActKind.CONSULT: "consult",
    ActKind.PRENATAAL_HUISBEZOEK_KRAAMZORG: "prenataal huisbezoek kraamzorg",
    ActKind.BEVALLING: "begeleiding van de bevalling",
    ActKind.PARTUSASSISTENTIE: "partusassistentie",
    ActKind.OPNAME: "opname",
    ActKind.SECTIO: "sectio caesarea",
    ActKind.GEBOORTE: "geboorte",
    ActKind.POSTNATALE_ZORG: "postnatale zorg",
    ActKind.KRAAMZORG: "kraamzorg",
    ActKind.NACONTROLE: "nacontrole",
    ActKind.TERMIJNECHO: "termijnecho",
    ActKind.SEO_1: "13 wekenecho",
    ActKind.SEO_2: "20 wekenecho",
    ActKind.ECHO: "echo",
    ActKind.GUO: "geavanceerd ultrageluid onderzoek",
    ActKind.NIPT: "NIPT",
    ActKind.LAB: "laboratoriumonderzoek",
    ActKind.COUNSELING: "counseling",
    ActKind.CTG: "CTG",
    ActKind.VERSIE: "uitwendige versie",
    ActKind.HIGH_CARE: "high care obstetrie",
    ActKind.PRECONCEPTIE: "preconceptiezorg",
    ActKind.ANTICONCEPTIE: "anticonceptiezorg",
    ActKind.NEONATOLOGIE: "neonatologie",
    ActKind.FERTILITEIT: "fertiliteitszorg",
    ActKind.OVERIG: "overige zorg",
}

STATE: dict[SourceState, str] = {
    SourceState.ANSWERED: "heeft geantwoord",
    SourceState.FAILED: "gaf geen antwoord (storing)",
    SourceState.REFUSED: "weigerde te antwoorden",
    SourceState.NOT_ASKED: "is niet gevraagd",
}


@lru_cache(maxsize=4096)
def on(day: date) -> str:
    """A day in Dutch: `2 mei 2022`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def name(organisation: Organisation) -> str:
    """The organisation by name, else by its code, else by the reference its source gives."""
    if organisation.name:
        return organisation.name
    if organisation.agb:
        return f"organisatie met AGB-code {organisation.agb}"
    if organisation.ura:
        return f"organisatie met URA {organisation.ura}"
    return f"onbekende organisatie ({organisation.id})"


def insurer(uzovi: str | None) -> str:
    """The insurer by its UZOVI code."""
    return f"verzekeraar {uzovi}" if uzovi else "haar verzekeraar"


def listed(items: list[str]) -> str:
    """`a`, `a en b`, `a, b en c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} en {items[-1]}"
