"""Plain dossiers in any number, to try a FHIR connection or to load one: structure only, no clinical meaning.

(The simulated region, with pregnancies that make sense, is `adapter.simulation.region`.)
"""

from __future__ import annotations

from collections.abc import Iterator

from adapter.fhir import JsonObject
from adapter.model.identifiers import Bsn, System
from adapter.model.sources import FhirVersion

_SCT = "http://snomed.info/sct"
_ROLE_EXTENSION = "http://nictiz.nl/fhir/StructureDefinition/practitionerrole-reference"


def sample_bsn(number: int) -> Bsn:
    """A valid BSN in the range that Dutch test data uses (9999…), a different one for each number below 9,000."""
    if not 0 <= number < 9_000:
        raise ValueError("sample BSNs are numbered from 0 to 8999")
    digits = f"9999{number:04d}"
    rest = sum(int(d) * w for d, w in zip(digits, range(9, 1, -1), strict=True)) % 11
    # A remainder of 10 has no check digit: take a number from the spare part of the range.
    return Bsn(f"{digits}{rest}") if rest < 10 else sample_bsn_spare(number)


def sample_bsn_spare(number: int) -> Bsn:
    """The same in the range 9998…, stepping until there is a check digit."""
    for lead in ("9998", "9997", "9996", "9995"):
        digits = f"{lead}{number:04d}"
        rest = sum(int(d) * w for d, w in zip(digits, range(9, 1, -1), strict=True)) % 11
        if rest < 10:
            return Bsn(f"{digits}{rest}")
    raise ValueError("no valid BSN for this number")


def sample(version: FhirVersion, women: int = 2, observations: int = 5) -> Iterator[JsonObject]:
    """`women` dossiers of one practice: each with a child, a contact, and `observations` measurements, half of them
    in the contact. The child's Patient is there for every second woman only, as with real sources."""
    yield {"resourceType": "Organization", "id": "org", "name": "Praktijk Proef"}
    yield {"resourceType": "Location", "id": "loc", "managingOrganization": {"reference": "Organization/org"}}
    yield {"resourceType": "Practitioner", "id": "prac", "name": [{"family": "Proef"}]}
    yield {
        "resourceType": "PractitionerRole",
        "id": "role",
        "practitioner": {"reference": "Practitioner/prac"},
        "organization": {"reference": "Organization/org"},
        "location": [{"reference": "Location/loc"}],
    }
    for number in range(women):
        yield from _dossier(version, number, observations)


def _dossier(version: FhirVersion, number: int, observations: int) -> Iterator[JsonObject]:
    stu3 = version is FhirVersion.STU3
    mother, child = f"Patient/w{number}", f"Patient/k{number}"
    dossier, contact = f"EpisodeOfCare/e{number}", f"Encounter/c{number}"
    inside = {"context": {"reference": dossier}} if stu3 else {}
    during = {"context" if stu3 else "encounter": {"reference": contact}}
    yield {
        "resourceType": "Patient",
        "id": f"w{number}",
        "identifier": [{"system": System.BSN.value, "value": sample_bsn(number).value}],
        "generalPractitioner": [{"reference": "Practitioner/prac"}],
    }
    if number % 2 == 0:
        yield {"resourceType": "Patient", "id": f"k{number}", "link": [_link(mother)]}
    yield {
        "resourceType": "EpisodeOfCare",
        "id": f"e{number}",
        "meta": {"versionId": "1"},
        "status": "active",
        "type": [{"coding": [{"system": _SCT, "code": "364320009"}]}],
        "patient": {"reference": mother},
        "managingOrganization": {"reference": "Organization/org"},
        "careManager": _practitioner(),
    }
    yield {
        "resourceType": "Encounter",
        "id": f"c{number}",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": mother},
        "episodeOfCare": [{"reference": dossier}],
        "participant": [{"individual": _practitioner()}],
    }
    yield {
        "resourceType": "Condition",
        "id": f"p{number}",
        "clinicalStatus": "active" if stu3 else {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": _SCT, "code": "118185001"}]},
        "subject": {"reference": mother},
        **(inside or during),
    }
    yield {
        "resourceType": "Procedure",
        "id": f"b{number}",
        "status": "completed",
        "code": {"coding": [{"system": _SCT, "code": "3950001"}]},
        "subject": {"reference": child},
        **(inside or during),
    }
    yield {"resourceType": "RelatedPerson", "id": f"m{number}", "patient": {"reference": child}}
    for at in range(observations):
        where = during if at % 2 else inside
        yield {
            "resourceType": "Observation",
            "id": f"o{number}-{at}",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
            "subject": {"reference": mother},
            "effectiveDateTime": "2024-05-01T10:00:00+02:00",
            "valueQuantity": {
                "value": 110 + at,
                "unit": "mmHg",
                "system": "http://unitsofmeasure.org",
                "code": "mm[Hg]",
            },
            **where,
        }


def _link(mother: str) -> JsonObject:
    return {"other": {"reference": mother}, "type": "seealso"}


def _practitioner() -> JsonObject:
    role = {"url": _ROLE_EXTENSION, "valueReference": {"reference": "PractitionerRole/role"}}
    return {"extension": [role], "reference": "Practitioner/prac"}
