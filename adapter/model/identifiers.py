"""Identifiers of Dutch care, one type per code system, valid by construction.

Systems and OIDs: Nictiz naming systems (`Nictiz-STU3-Zib2017`, `nl-namingsystem-*`) and the tables of the national
standards. Official test data holds AGB codes of seven or nine digits and a URA equal to an AGB code, so lengths are not
enforced where the standard's own examples break them; a BSN is always checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from operator import mul


class System(StrEnum):
    """The FHIR URI of each identifier system this product reads or writes."""

    BSN = "http://fhir.nl/fhir/NamingSystem/bsn"
    AGB = "http://fhir.nl/fhir/NamingSystem/agb-z"
    URA = "http://fhir.nl/fhir/NamingSystem/ura"
    UZI_PERSON = "http://fhir.nl/fhir/NamingSystem/uzi-nr-pers"
    UZI_SYSTEM = "http://fhir.nl/fhir/NamingSystem/uzi-nr-sys"
    UZI_ROLE = "http://fhir.nl/fhir/NamingSystem/uzi-rolcode"
    UZOVI = "http://fhir.nl/fhir/NamingSystem/uzovi"
    KVK = "http://fhir.nl/fhir/NamingSystem/kvk"
    LVR_INSTITUTION = "http://fhir.nl/fhir/NamingSystem/lvr-instellingid"
    LVR_PRACTITIONER = "http://fhir.nl/fhir/NamingSystem/lvr-zorgverlenerid"
    ORGANISATION_TYPE = "http://nictiz.nl/fhir/NamingSystem/organization-type"


OIDS: dict[str, System] = {
    "2.16.840.1.113883.2.4.6.3": System.BSN,
    "2.16.840.1.113883.2.4.6.1": System.AGB,
    "2.16.528.1.1007.3.3": System.URA,
    "2.16.528.1.1007.3.1": System.UZI_PERSON,
    "2.16.528.1.1007.3.2": System.UZI_SYSTEM,
    "2.16.840.1.113883.2.4.15.111": System.UZI_ROLE,
    "2.16.840.1.113883.2.4.6.4": System.UZOVI,
    "2.16.840.1.113883.2.4.3.22.96.6": System.LVR_INSTITUTION,
    "2.16.840.1.113883.2.4.3.22.96.5": System.LVR_PRACTITIONER,
    "2.16.840.1.113883.2.4.15.1060": System.ORGANISATION_TYPE,
}

_ALIASES = {"http://www.kvk.nl/": System.KVK}


def system_of(uri: str) -> System | None:
    """The known system behind a FHIR URI, an `urn:oid:` or a bare OID; None for a system we do not know."""
    if uri in _ALIASES:
        return _ALIASES[uri]
    try:
        return System(uri)
    except ValueError:
        return OIDS.get(uri.removeprefix("urn:oid:"))


class InvalidIdentifierError(ValueError):
    """The text is not a valid identifier of its system. The message never repeats the text: it may be a BSN."""


_BSN = re.compile(r"[0-9]{9}")
_BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_BSN_REST = sum(_BSN_WEIGHTS) * ord("0")


@dataclass(frozen=True, slots=True)
class Bsn:
    """Burgerservicenummer: nine digits that pass the 11-proef, not all zero. It prints masked, also in traces."""

    value: str

    def __post_init__(self) -> None:
        text = self.value
        if not _BSN.fullmatch(text):
            raise InvalidIdentifierError("a BSN has nine digits")
        if text == "000000000":
            raise InvalidIdentifierError("a BSN is never all zeros")
        if (sum(map(mul, text.encode(), _BSN_WEIGHTS)) - _BSN_REST) % 11:
            raise InvalidIdentifierError("this BSN fails the 11-proef")

    def __repr__(self) -> str:
        return "Bsn(*********)"

    __str__ = __repr__


def _digits(name: str, text: str, shortest: int, longest: int) -> None:
    if not (text.isascii() and text.isdigit() and shortest <= len(text) <= longest):
        wanted = str(longest) if shortest == longest else f"{shortest} to {longest}"
        raise InvalidIdentifierError(f"this {name} has not {wanted} digits")  # not repeated: it may be a BSN


@dataclass(frozen=True, slots=True)
class Agb:
    """AGB code of a care provider: kind of provider (two digits) and serial number; eight positions (NR/REG-2312)."""

    value: str

    def __post_init__(self) -> None:
        _digits("AGB code", self.value, 7, 9)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Ura:
    """UZI-register subscriber number of a care organisation."""

    value: str

    def __post_init__(self) -> None:
        _digits("URA", self.value, 8, 9)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Uzi:
    """UZI number of a person or a system."""

    value: str

    def __post_init__(self) -> None:
        _digits("UZI number", self.value, 7, 9)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Uzovi:
    """UZOVI code of a care insurer: four digits."""

    value: str

    def __post_init__(self) -> None:
        _digits("UZOVI code", self.value, 4, 4)

    def __str__(self) -> str:
        return self.value
