"""The directory of the hospital's EPD: organisations, insurers and professionals, in FHIR R4."""

from __future__ import annotations

from functools import cache

from adapter.model.identifiers import System
from adapter.simulation.codes import coding, concept
from adapter.simulation.organisations import INSURERS, PARTICIPANTS
from adapter.simulation.writing import ROLES, JsonObject, organisation_identifiers, ref


def short_id(kind: str, hexadecimal: str) -> str:
    """A number with the letter of its kind, as a database gives out."""
    return f"{kind[0].lower()}{kind[1].lower()}{int(hexadecimal[:13], 16):016d}"


def directory() -> list[JsonObject]:
    """Organizations, insurers, Practitioners and PractitionerRoles as the hospital holds them."""
    found: list[JsonObject] = []
    for p in PARTICIPANTS.values():
        body: JsonObject = {"resourceType": "Organization", "id": f"org-{p.key}", "name": p.name, "active": True}
        if numbers := organisation_identifiers(p, by_ura=True):
            body["identifier"] = numbers
        if p.type_code:
            body["type"] = [concept(coding(p.type_code, System.ORGANISATION_TYPE, p.kind.value))]
        found.append(body)
        if p.kind in ROLES:
            worker = [{"text": f"Medewerker van {p.name}", "family": "Fictief"}]
            found.append({"resourceType": "Practitioner", "id": f"pr-{p.key}", "name": worker})
            found.append({
                "resourceType": "PractitionerRole",
                "id": f"role-{p.key}",
                "practitioner": ref(f"Practitioner/pr-{p.key}"),
                "organization": ref(f"Organization/org-{p.key}", p.name),
                "specialty": [concept(ROLES[p.kind])],
            })  # fmt: skip
    for uzovi, name in INSURERS.items():
        number = [{"system": System.UZOVI.value, "value": uzovi}]
        found.append({"resourceType": "Organization", "id": f"payer-{uzovi}", "identifier": number, "name": name})
    return found


@cache
def organisation_ref(key: str) -> JsonObject:
    """A reference to an organisation of the region."""
    return ref(f"Organization/org-{key}", PARTICIPANTS[key].name)


@cache
def professional_ref(key: str) -> JsonObject:
    """The role in which somebody of that organisation acts; where it has none, the organisation itself."""
    return ref(f"PractitionerRole/role-{key}") if PARTICIPANTS[key].kind in ROLES else organisation_ref(key)
