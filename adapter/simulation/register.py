"""The IGO of the simulated region: its members, its contracts, and the two configuration files of the demo."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from adapter.simulation.organisations import PARTICIPANTS, SOURCES
from adapter.simulation.plan import InsurancePlan

IGO_NAME = "IGO Voorbeeldregio (fictief)"
IGO_AGB = "53999901"
CONTRACTED = {"1000": range(2021, 2026), "2000": range(2021, 2026)}
"""Years in which the IGO has a contract with an insurer. With UZOVI 3000 there is none."""

_TARIFF = {
    "begeleiding-tot-16-weken": 31000,
    "geboortezorg-prenataal": 118000,
    "nataal-eerstelijn": 74500,
    "nataal-tweedelijn": 171000,
    "nataal-sectio": 342000,
    "postnataal": 296000,
}
"""Invented tariffs in eurocents in the first year; the part-phase prestaties are not agreed on."""


def contracted(insurance: Iterable[InsurancePlan], day: date) -> bool | None:
    """Whether there is a contract with her insurer on that day; None when her insurer is not known."""
    for spell in insurance:
        if spell.start <= day and (spell.end is None or day <= spell.end):
            return spell.uzovi is not None and day.year in CONTRACTED.get(spell.uzovi, ())
    return None


def igo_toml() -> str:
    """The register of the IGO."""
    lines = ["# De IGO van de gesimuleerde regio. Alles is fictief.", "[igo]", f'name = "{IGO_NAME}"',
             f'agb = "{IGO_AGB}"', ""]  # fmt: skip
    for p in PARTICIPANTS.values():
        if p.since is None:
            continue
        lines += ["[[member]]", f'name = "{p.name}"', f'agb = "{p.agb}"']
        if p.ura:
            lines.append(f'ura = "{p.ura}"')
        lines += [f'discipline = "{p.discipline}"', f"from = {p.since}"]
        if p.until:
            lines.append(f"to = {p.until}")
        lines.append("")
    for uzovi, years in CONTRACTED.items():
        for year in years:
            lines += _contract(uzovi, year)
    return "\n".join(lines)


def _contract(uzovi: str, year: int) -> list[str]:
    prices = {
        name: round(cents * (1 + 0.03 * (year - 2021)) / 100) * 100 for name, cents in _TARIFF.items()
        if year < 2023 or name != "begeleiding-tot-16-weken"
    }  # fmt: skip
    tariff = ", ".join(f"{name} = {cents}" for name, cents in prices.items())
    return ["[[contract]]", f'uzovi = ["{uzovi}"]', f"from = {year}-01-01", f"to = {year}-12-31",
            'prestaties = ["*"]', f"tariff = {{ {tariff} }}", ""]  # fmt: skip


def adapter_toml(kind: str) -> str:
    """The configuration of the adapter: `files` reads the folders beside it, `fhir` asks the simulated servers."""
    lines = ["[store]", 'url = "sqlite:///var/adapter.db"', "[jobs]", 'url = "embedded"', ""]
    for source in SOURCES:
        p = PARTICIPANTS[source.id]
        lines += ["[[source]]", f'id = "{source.id}"', f'name = "{p.name}"', f'agb = "{p.agb}"']
        if p.ura:
            lines.append(f'ura = "{p.ura}"')
        lines.append(f'kind = "{kind}"')
        if kind == "files":
            lines.append(f'path = "{source.id}"')
        else:
            lines.append(f'base_url = "http://127.0.0.1:{source.port}/fhir"')
        lines += [f'fhir_version = "{source.fhir_version}"', f'dialect = "{source.dialect}"', 'women = "follow"', ""]
    lines += ["[igo]", 'register = "igo.toml"', ""]
    return "\n".join(lines)
