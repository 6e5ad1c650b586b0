"""The prestaties of the catalogue, integral and of each member, as parts of the rulebook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from adapter.claims import Catalogue
from adapter.claims.catalogue import IntegralPrestatie, MonoPrestatie
from adapter.rules import STANDING, Table, cite
from adapter.service.rulebook.document import Part, grid

_INTEGRAL = ("prestatie", "naam", "fase", "geldig", "code", "bron", "status")
_MONO = ("prestatie", "naam", "lijst", "code", "discipline", "fase", "wanneer", "bron")


def choices(catalogue: Catalogue) -> list[Table]:
    """The tables that choose a prestatie, in the order of the catalogue."""
    return list(catalogue.tables.values())


def prestaties(catalogue: Catalogue, on: date) -> Iterator[Part]:
    """What can be claimed: integrally by the IGO, or by each member."""
    text = "Per fase, alleen bij igo. Codes ontbreken tot de officiële lijst is geladen."
    integral = [_integral(p, on) for p in catalogue.integral.values() if p.valid.holds(on)]
    yield Part("Welke prestatie", (text,), tables=(grid(_INTEGRAL, integral),))
    text = (
        "Bij niet_igo declareert elk lid dat in de fase zorg gaf zijn eigen prestaties. Een code geldt alleen in de "
        "periode waarvoor een bron haar afdrukt. De prenatale prestatie van een verloskundigenpraktijk kiest een tabel."
    )
    mono = [_mono(p, on) for p in catalogue.mono.values()]
    yield Part("De eigen prestaties van de leden", (text,), tables=(grid(_MONO, mono),), level=3)


def _integral(p: IntegralPrestatie, on: date) -> tuple[str, ...]:
    return p.id, p.name, p.phase, str(p.valid), p.code_on(on) or "onbekend", cite(p.cites), STANDING[p.standing]


def _mono(p: MonoPrestatie, on: date) -> tuple[str, ...]:
    code = p.on(on).code or "onbekend"
    return p.id, p.name, p.list, code, ", ".join(p.disciplines), ", ".join(p.phases), _when(p), cite(p.cites)


def _when(p: MonoPrestatie) -> str:
    found = []
    if p.responsible:
        found.append("als zij er verantwoordelijk was")
    if p.acts:
        found.append(f"als zij dit gaf: {', '.join(p.acts)}")
    told = " of ".join(found) or ("bij zorg in de fase" if p.disciplines else "gekozen door een tabel of als geheel")
    if p.early is not None:
        told += f"; {'alleen' if p.early else 'niet'} bij een einde vóór 16 weken"
    if p.once:
        told += "; één keer per zwangerschap"
    if p.part_of:
        told += f"; alle delen samen zijn {p.part_of}"
    return f"{told}; aantal: uren" if p.unit == "uur" else told
