"""What each FHIR endpoint says of itself in its CapabilityStatement: read, in JSON and XML."""

from __future__ import annotations

from datetime import date

from adapter import fhir
from adapter.model.sources import FhirVersion

_SINCE = date(2026, 11, 22)
"""The day on which this statement last changed (not the day of asking: it can be cached)."""

_BOTH = (
    "CareTeam",
    "Communication",
    "Composition",
    "Condition",
    "Coverage",
    "DiagnosticReport",
    "Encounter",
    "EpisodeOfCare",
    "Flag",
    "Goal",
    "HealthcareService",
    "Immunization",
    "Location",
    "MedicationAdministration",
    "MedicationStatement",
    "Observation",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "RelatedPerson",
    "Specimen",
)
_TYPES = {
    FhirVersion.STU3: (*_BOTH, "ProcedureRequest", "ReferralRequest"),
    FhirVersion.R4: (*_BOTH, "ServiceRequest"),
}


def statement(version: FhirVersion, url: str) -> fhir.JsonObject:
    """The CapabilityStatement of one endpoint at its absolute address."""
    resources = [fhir.ResourceInteractions(name, ("read",)) for name in sorted(_TYPES[version])]
    return fhir.capability_statement(
        version, resources, name="Geboortezorg-adapter", software_version=_version(), on=_SINCE, url=url
    )


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("geboortezorg-adapter")
    except PackageNotFoundError:  # run from a source tree that was not installed
        return "0"
