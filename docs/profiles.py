"""Write profiles/*/CapabilityStatement-… and OperationDefinition-… from the declarations of the endpoints.

.venv/bin/python docs/profiles.py
"""

from __future__ import annotations

import json
from pathlib import Path

from adapter import fhir
from adapter.api.capability import statement
from adapter.api.fhir.declared import OPERATIONS
from adapter.api.fhir.operations import definition
from adapter.model.sources import FhirVersion

PROFILES = Path(__file__).parents[1] / "profiles"
ID = "geboortezorg-adapter"
URLS = {
    "stu3": "urn:uuid:015ccabc-071f-4dce-8049-5dbf8e6b94d9",
    "r4": "urn:uuid:d092521f-7af4-4eab-a1e1-57f8bef9cbfa",
}
"""Made once, for these two statements; they mean nothing else and never change."""


def published(name: str) -> fhir.JsonObject:
    """The statement of one endpoint as we publish it: with an identity, without the address of one installation."""
    version = FhirVersion.STU3 if name == "stu3" else FhirVersion.R4
    served = statement(version, "")
    implementation = {k: v for k, v in served["implementation"].items() if k != "url"}
    rest = {k: v for k, v in served.items() if k != "resourceType"}
    first = {"resourceType": "CapabilityStatement", "id": ID, "url": URLS[name]}
    return {**first, **rest, "implementation": implementation}


def definitions(name: str) -> dict[Path, fhir.JsonObject]:
    """The OperationDefinitions of one endpoint, by the file where each stands."""
    version = FhirVersion.STU3 if name == "stu3" else FhirVersion.R4
    return {PROFILES / name / f"OperationDefinition-{o.code}.json": definition(o, version) for o in OPERATIONS}


def file_of(name: str) -> Path:
    """Where it stands."""
    return PROFILES / name / f"CapabilityStatement-{ID}.json"


if __name__ == "__main__":
    for endpoint in URLS:
        file_of(endpoint).parent.mkdir(parents=True, exist_ok=True)
        for file, resource in {file_of(endpoint): published(endpoint), **definitions(endpoint)}.items():
            file.write_text(json.dumps(resource, indent=2, ensure_ascii=False) + "\n", "utf-8")
