"""The register of the IGO as parts of the rulebook: who is a member when, and with whom there is a contract."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from adapter.model.register import Igo, Practitioner
from adapter.service.rulebook.document import Part, grid

_MEMBERS = ("lid", "AGB", "URA", "discipline", "van", "tot en met")
_PEOPLE = ("zorgverlener", "AGB", "voor organisatie", "van", "tot en met")
_CONTRACTS = ("verzekeraars", "van", "tot en met", "prestaties", "vereiste disciplines")


def registered(igo: Igo) -> Iterator[Part]:
    """Members and contracts; tariffs are between the IGO and each insurer, and stay out."""
    members = [
        (m.name, m.agb.value if m.agb else "", m.ura.value if m.ura else "", m.discipline, m.since.isoformat(),
         _until(m.until))
        for m in igo.members
    ]  # fmt: skip
    people = [
        (p.name, p.agb.value, _organisation(p),
         p.since.isoformat(), _until(p.until))
        for p in igo.practitioners
    ]  # fmt: skip
    contracts = [
        (", ".join(c.insurers), c.since.isoformat(), _until(c.until), ", ".join(c.prestaties), ", ".join(c.minimum))
        for c in igo.contracts
    ]
    text = f"{igo.name}, AGB {igo.agb.value}. Versie van het register: `{igo.version}`."
    yield Part("Het register van de IGO", (text,), tables=(grid(_MEMBERS, members),))
    if people:
        text = "Een organisatie waarvoor hier zorgverleners staan, doet alleen met hen mee (tabel `lidmaatschap`)."
        yield Part("Zorgverleners die lid zijn", (text,), tables=(grid(_PEOPLE, people),), level=3)
    text = (
        "`*` bij verzekeraars: iedere verzekeraar, ook een onbekende. `*` bij prestaties: alle. Van twee contracten "
        "die op een dag voor dezelfde verzekeraar gelden, telt het eerste."
    )
    yield Part("Contracten", (text,), tables=(grid(_CONTRACTS, contracts),), level=3)


def _until(day: date | None) -> str:
    return day.isoformat() if day else ""


def _organisation(person: Practitioner) -> str:
    if person.organisation_agb is not None:
        return f"AGB {person.organisation_agb.value}"
    return f"URA {person.organisation_ura.value}" if person.organisation_ura is not None else "elke"
