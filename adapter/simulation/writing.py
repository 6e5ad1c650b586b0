"""What every simulated EPD needs to write FHIR: ids, references, names, addresses. Nothing vendor-specific."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from adapter.model.evidence import OrganisationKind
from adapter.model.identifiers import System
from adapter.model.moments import AMSTERDAM, Moment, is_instant
from adapter.simulation.codes import SCT, coding
from adapter.simulation.noise import as_known
from adapter.simulation.organisations import Participant
from adapter.simulation.people import Woman, misspelt, wrong_bsn

JsonObject = dict[str, Any]
HL7 = "http://hl7.org/fhir/StructureDefinition/"
NICTIZ = "http://nictiz.nl/fhir/StructureDefinition/"
NL = "http://fhir.nl/fhir/StructureDefinition/"


def digest(*parts: object) -> str:
    """32 hexadecimal digits that depend on the parts alone."""
    return blake2b("|".join(map(str, parts)).encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class Sheet:
    """The resources that one EPD holds of one woman, in writing order. `name_id` is the vendor's way with ids."""

    source: str
    woman: Woman
    name_id: Callable[[str, str], str]
    resources: list[JsonObject] = field(default_factory=list)
    _count: int = 0

    def add(self, kind: str, profile: str | tuple[str, ...], body: JsonObject, id: str | None = None) -> str:
        """Write a resource down; returns its reference."""
        self._count += 1
        own = id or self.name_id(kind, digest(self.source, self.woman.key, kind, self._count))
        profiles = [profile] if isinstance(profile, str) else list(profile)
        clean = {key: value for key, value in body.items() if value is not None and value != []}
        self.resources.append({"resourceType": kind, "id": own, "meta": {"profile": profiles}, **clean})
        return f"{kind}/{own}"


def ref(reference: str, display: str | None = None) -> JsonObject:
    """A Reference."""
    return {"reference": reference, **({"display": display} if display else {})}


def when(moment: Moment) -> str:
    """A day as a day, an instant with the offset of Europe/Amsterdam, the way Dutch EPDs write it."""
    if not is_instant(moment):
        return moment.isoformat()
    return moment.astimezone(AMSTERDAM).isoformat(timespec="seconds")  # type: ignore[union-attr]


def period(start: Moment | None, end: Moment | None) -> JsonObject:
    """A Period; an open side is left out."""
    return {k: when(v) for k, v in (("start", start), ("end", end)) if v is not None}


def extension(url: str, **value: Any) -> JsonObject:
    """An Extension."""
    return {"url": url, **value}


def bsn_identifier(woman: Woman, quirk: Callable[[str], bool]) -> list[JsonObject]:
    """The BSN as this EPD holds it: there, absent, masked or wrong."""
    if quirk("no-bsn"):
        return []
    if quirk("masked-bsn"):
        masked = {"extension": [extension(f"{HL7}data-absent-reason", valueCode="masked")]}
        return [{"system": System.BSN.value, "_value": masked}]
    value = wrong_bsn(woman.bsn) if quirk("wrong-bsn") else woman.bsn.value
    return [{"system": System.BSN.value, "value": value}]


def human_name(woman: Woman, quirk: Callable[[str], bool], source: str) -> JsonObject:
    """The name the Dutch way, with the partner's name where this EPD uses it, and typing mistakes."""
    woman = as_known(woman, quirk, source)
    family = woman.family
    if quirk("typo-name"):
        family = misspelt(family, random.Random(f"{source}{woman.key}"))  # noqa: S311
    own = f"{woman.prefix} {family}".strip()
    married = woman.partner is not None and quirk("married-name")
    full = f"{woman.partner}-{own}" if married else own
    given = [woman.given[0]] if quirk("initials") else [woman.given, woman.given[0]]
    if woman.partner is not None and (quirk("partner-name-only") or quirk("double-name")):
        only = woman.partner if quirk("partner-name-only") else f"{woman.partner}-{own}"
        return {"text": f"{given[0]} {only}", "family": only, "given": given[:1]}
    parts = [extension(f"{HL7}humanname-own-name", valueString=family)]
    if woman.prefix:
        parts.append(extension(f"{HL7}humanname-own-prefix", valueString=woman.prefix))
    if married:
        parts.append(extension(f"{HL7}humanname-partner-name", valueString=woman.partner))
    order = "NL3" if married else "NL1"  # partner's name first, own name only
    return {
        "extension": [extension(f"{HL7}humanname-assembly-order", valueCode=order)],
        "text": f"{given[0]} {full}",
        "family": full,
        "_family": {"extension": parts},
        "given": given,
        "_given": [
            {"extension": [extension(f"{HL7}iso21090-EN-qualifier", valueCode=code)]}
            for code in ("BR", "IN")[-len(given) :]
        ],
    }


def addresses(woman: Woman, quirk: Callable[[str], bool], source: str) -> list[JsonObject]:
    """The home address as this EPD holds it, if it does."""
    return [] if quirk("no-address") else [address(as_known(woman, quirk, source), quirk)]


def address(woman: Woman, quirk: Callable[[str], bool]) -> JsonObject:
    """The home address; after a move, another house."""
    number = str(woman.house_number + (7 if quirk("old-address") else 0))
    line = {
        "extension": [
            extension(f"{HL7}iso21090-ADXP-streetName", valueString=woman.street),
            extension(f"{HL7}iso21090-ADXP-houseNumber", valueString=number),
        ]
    }
    return {
        "use": "home",
        "type": "physical",
        "line": [f"{woman.street} {number}"],
        "_line": [line],
        "city": woman.town,
        "postalCode": woman.postal_code,
        "country": "NL",
    }


ROLES: dict[OrganisationKind, JsonObject] = {
    OrganisationKind.VERLOSKUNDIGENPRAKTIJK: coding("03.000", System.UZI_ROLE, "Verloskundige"),
    OrganisationKind.ZIEKENHUIS: coding("01.046", System.UZI_ROLE, "Gynaecoloog"),
    OrganisationKind.HUISARTS: coding("01.015", System.UZI_ROLE, "Huisarts"),
    OrganisationKind.KRAAMZORG: coding("151531000146108", SCT, "kraamverzorgende (beroep)"),
    OrganisationKind.ECHOCENTRUM: coding("789543004", SCT, "echoscopist (beroep)"),
}
"""The profession by which each kind of organisation acts."""


def organisation_identifiers(participant: Participant, *, by_ura: bool) -> list[JsonObject]:
    """AGB, or URA where this EPD prefers it and there is one."""
    if by_ura and participant.ura:
        return [{"system": System.URA.value, "value": participant.ura}]
    return [{"system": System.AGB.value, "value": participant.agb}] if participant.agb else []
