"""Search parameters of the simulated EPD: name -> where the value stands (registries of FHIR 3.0.2 and 4.0.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapter import fhir
from adapter.fhir import JsonObject
from adapter.model.sources import FhirVersion

Params = dict[str, dict[str, tuple[str, str]]]
"""Type -> parameter -> (token | reference, path)."""

_PATIENT = {"patient": ("reference", "subject"), "subject": ("reference", "subject")}
_CODED = {"code": ("token", "code"), "status": ("token", "status"), **_PATIENT}


def _clinical(context: str) -> Params:
    link = {context: ("reference", context)}
    referral = "ReferralRequest" if context == "context" else "ServiceRequest"
    return {
        "Condition": {**_CODED, **link},
        "Observation": {**_CODED, **link},
        "Procedure": {
            **_CODED,
            **link,
            "performer": ("reference", "performer.actor"),
            "based-on": ("reference", "basedOn"),
        },
        "DiagnosticReport": {**_CODED, **link},
        referral: {**_PATIENT, **link, "status": ("token", "status")},
        "CareTeam": {**_PATIENT, **link},
    }


_COMMON: Params = {
    "Patient": {
        "identifier": ("token", "identifier"),
        "link": ("reference", "link.other"),
        "general-practitioner": ("reference", "generalPractitioner"),
    },
    "EpisodeOfCare": {
        "type": ("token", "type"),
        "status": ("token", "status"),
        "patient": ("reference", "patient"),
        "organization": ("reference", "managingOrganization"),
        "care-manager": ("reference", "careManager"),
        "identifier": ("token", "identifier"),
    },
    "Coverage": {"beneficiary": ("reference", "beneficiary"), "payor": ("reference", "payor")},
    "RelatedPerson": {"patient": ("reference", "patient")},
    "FamilyMemberHistory": {"patient": ("reference", "patient")},
    "DeviceUseStatement": {"patient": ("reference", "subject"), "device": ("reference", "device")},
    "Consent": {"patient": ("reference", "patient")},
    "AllergyIntolerance": {"patient": ("reference", "patient")},
    "Organization": {"identifier": ("token", "identifier")},
    "Practitioner": {"identifier": ("token", "identifier")},
    "PractitionerRole": {
        "practitioner": ("reference", "practitioner"),
        "organization": ("reference", "organization"),
    },
    "Location": {"organization": ("reference", "managingOrganization")},
}
_ENCOUNTER = {
    "patient": ("reference", "subject"),
    "subject": ("reference", "subject"),
    "practitioner": ("reference", "participant.individual"),
    "service-provider": ("reference", "serviceProvider"),
    "status": ("token", "status"),
}

PARAMS: dict[FhirVersion, Params] = {
    FhirVersion.STU3: {
        **_COMMON,
        **_clinical("context"),
        "Encounter": {**_ENCOUNTER, "episodeofcare": ("reference", "episodeOfCare")},
        "BodySite": {"patient": ("reference", "patient")},
    },
    FhirVersion.R4: {
        **_COMMON,
        **_clinical("encounter"),
        "Encounter": {**_ENCOUNTER, "episode-of-care": ("reference", "episodeOfCare")},
        "BodyStructure": {"patient": ("reference", "patient")},
    },
}


def values(resource: JsonObject, kind: str, path: str) -> Iterator[str]:
    """What a resource is found by: `Type/id` of a reference; `code`, `system|code` and `|code` of a token."""
    for node in _walk(resource, path.split(".")):
        yield from _references(node) if kind == "reference" else _tokens(node)


def _walk(node: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(node, list):
        for item in node:
            yield from _walk(item, path)
    elif not path:
        yield node
    elif isinstance(node, dict) and path[0] in node:
        yield from _walk(node[path[0]], path[1:])


def _references(node: Any) -> Iterator[str]:
    # nl-core puts the PractitionerRole in an extension on the reference to the Practitioner.
    for _, reference in fhir.references({"at": node}):
        relative = fhir.relative(reference)
        if relative:
            yield relative


def _tokens(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
        return
    for coding in node.get("coding", [node]) if isinstance(node, dict) else ():
        code = coding.get("code", coding.get("value"))
        if isinstance(code, str):
            yield code
            yield f"{coding.get('system', '')}|{code}"
