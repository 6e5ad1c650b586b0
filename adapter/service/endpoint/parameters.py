"""The search parameters of the FHIR endpoint, per version and type: the one declaration of them.

What a search understands, what `/metadata` says and what the documentation lists all come from these tables. Names and
meanings: http://hl7.org/fhir/STU3/searchparameter-registry.html and http://hl7.org/fhir/R4/searchparameter-registry.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from adapter.model.sources import FhirVersion


class Kind(StrEnum):
    """How values of a parameter are compared."""

    TOKEN = "token"  # noqa: S105
    REFERENCE = "reference"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter of one type: where its values stand, and for a reference what it may point to."""

    name: str
    kind: Kind
    paths: tuple[tuple[str, ...], ...]
    targets: tuple[str, ...] = ()

    @property
    def elements(self) -> frozenset[str]:
        """The elements of a resource in which its values stand."""
        return frozenset(path[0] for path in self.paths)


DIRECTORY_TYPES = frozenset(
    {"Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService", "Endpoint"}
)
"""About no patient."""

_PATIENT = "patient: reference subject|patient > Patient"
_SUBJECT = "subject: reference subject > Patient"
_IDENTIFIER = "identifier: token identifier"
_STATUS = "status: token status"
_CODE = "code: token code"
_CATEGORY = "category: token category"

_STU3_CONTEXT = (
    "context: reference context > EpisodeOfCare Encounter",
    "encounter: reference context > Encounter",
)
_R4_ENCOUNTER = ("encounter: reference encounter > Encounter",)

# name: kind path|path > targets. A path is written with dots; arrays are walked through.
_BOTH: dict[str, tuple[str, ...]] = {
    "AllergyIntolerance": (_PATIENT, _IDENTIFIER, _CODE, _CATEGORY),
    "BodySite": (_PATIENT, _IDENTIFIER, _CODE),
    "Communication": (_PATIENT, _SUBJECT, _IDENTIFIER, _STATUS),
    "Composition": (_PATIENT, _SUBJECT, _IDENTIFIER, _STATUS, "type: token type"),
    "Consent": (_PATIENT, _IDENTIFIER, _STATUS, _CATEGORY),
    "Coverage": (
        "patient: reference beneficiary > Patient",
        "beneficiary: reference beneficiary > Patient",
        "payor: reference payor > Organization Patient RelatedPerson",
        "subscriber: reference subscriber > Patient RelatedPerson",
        "type: token type",
        _IDENTIFIER,
        _STATUS,
    ),
    "Device": (_PATIENT, _IDENTIFIER, "type: token type"),
    "Flag": (_PATIENT, _SUBJECT, _IDENTIFIER, _STATUS, _CODE),
    "DocumentReference": (_PATIENT, _SUBJECT, _IDENTIFIER, _STATUS, "type: token type"),
    "FamilyMemberHistory": (_PATIENT, _IDENTIFIER, _CODE, "relationship: token relationship"),
    "Goal": (_PATIENT, _SUBJECT, _IDENTIFIER, "category: token category"),
    "Immunization": (_PATIENT, _IDENTIFIER, _STATUS, "date: date date|occurrenceDateTime"),
    "Location": (_IDENTIFIER, _STATUS, "organization: reference managingOrganization > Organization"),
    "Organization": (_IDENTIFIER, "type: token type", "partof: reference partOf > Organization"),
    "Patient": (
        _IDENTIFIER,
        "organization: reference managingOrganization > Organization",
        "general-practitioner: reference generalPractitioner > Organization Practitioner",
        "link: reference link.other > Patient RelatedPerson",
        "gender: token gender",
        "birthdate: date birthDate",
    ),
    "Practitioner": (_IDENTIFIER,),
    "PractitionerRole": (
        _IDENTIFIER,
        "practitioner: reference practitioner > Practitioner",
        "organization: reference organization > Organization",
        "role: token code",
        "specialty: token specialty",
    ),
    "RelatedPerson": (_PATIENT, _IDENTIFIER),
    "Specimen": (_PATIENT, _SUBJECT, _IDENTIFIER, "type: token type"),
    "HealthcareService": (_IDENTIFIER, "organization: reference providedBy > Organization"),
}

_EPISODE = (
    "type: token type",
    _STATUS,
    _PATIENT,
    _IDENTIFIER,
    "organization: reference managingOrganization > Organization",
    "care-manager: reference careManager > Practitioner",
    "condition: reference diagnosis.condition > Condition",
    "date: date period",
)
_ENCOUNTER = (
    _PATIENT,
    _SUBJECT,
    _IDENTIFIER,
    _STATUS,
    "type: token type",
    "class: token class",
    "date: date period",
    "practitioner: reference participant.individual > Practitioner",
    "participant: reference participant.individual > Practitioner RelatedPerson PractitionerRole",
    "service-provider: reference serviceProvider > Organization",
    "diagnosis: reference diagnosis.condition > Condition Procedure",
)
_CONDITION = (
    _PATIENT,
    _SUBJECT,
    _IDENTIFIER,
    _CODE,
    _CATEGORY,
    "clinical-status: token clinicalStatus",
    "onset-date: date onsetDateTime|onsetPeriod",
)
_OBSERVATION = (
    _PATIENT,
    _SUBJECT,
    _IDENTIFIER,
    _STATUS,
    _CODE,
    _CATEGORY,
    "date: date effectiveDateTime|effectivePeriod",
    "value-concept: token valueCodeableConcept",
    "value-date: date valueDateTime|valuePeriod",
    "performer: reference performer > Practitioner Organization PractitionerRole",
)
_PROCEDURE = (
    _PATIENT,
    _SUBJECT,
    _IDENTIFIER,
    _STATUS,
    _CODE,
    _CATEGORY,
    "date: date performedDateTime|performedPeriod",
    "performer: reference performer.actor > Practitioner Organization PractitionerRole",
    "part-of: reference partOf > Procedure Observation",
)
_CARE_TEAM = (
    _PATIENT,
    _SUBJECT,
    _IDENTIFIER,
    _STATUS,
    _CATEGORY,
    "participant: reference participant.member > Practitioner Organization RelatedPerson Patient",
)
_REPORT = (
    _PATIENT,
    _SUBJECT,
    _IDENTIFIER,
    _STATUS,
    _CODE,
    _CATEGORY,
    "date: date effectiveDateTime|effectivePeriod",
    "result: reference result > Observation",
)
_CARE_PLAN = (_PATIENT, _SUBJECT, _IDENTIFIER, _STATUS, _CATEGORY, "date: date period")
_IMPRESSION = (_PATIENT, _SUBJECT, _IDENTIFIER, _STATUS, "date: date effectiveDateTime|effectivePeriod|date")
_MEDICATION = (_PATIENT, _SUBJECT, _IDENTIFIER, _STATUS, "code: token medicationCodeableConcept")

_ONLY: dict[FhirVersion, dict[str, tuple[str, ...]]] = {
    FhirVersion.STU3: {
        "CarePlan": (*_CARE_PLAN, *_STU3_CONTEXT),
        "CareTeam": (*_CARE_TEAM, *_STU3_CONTEXT),
        "ClinicalImpression": (*_IMPRESSION, "context: reference context > EpisodeOfCare Encounter"),
        "Condition": (*_CONDITION, *_STU3_CONTEXT),
        "DeviceUseStatement": (_PATIENT, _SUBJECT, _IDENTIFIER, "device: reference device > Device"),
        "DiagnosticReport": (
            *_REPORT,
            *_STU3_CONTEXT,
            "performer: reference performer.actor > Practitioner Organization",
            "based-on: reference basedOn > CarePlan ProcedureRequest ReferralRequest",
        ),
        "Encounter": (*_ENCOUNTER, "episodeofcare: reference episodeOfCare > EpisodeOfCare"),
        "EpisodeOfCare": _EPISODE,
        "MedicationAdministration": (*_MEDICATION, "context: reference context > EpisodeOfCare Encounter"),
        "MedicationStatement": (*_MEDICATION, "context: reference context > EpisodeOfCare Encounter"),
        "NutritionOrder": ("patient: reference patient > Patient", _IDENTIFIER, _STATUS),
        "Observation": (*_OBSERVATION, *_STU3_CONTEXT, "based-on: reference basedOn > CarePlan ProcedureRequest"),
        "Procedure": (*_PROCEDURE, *_STU3_CONTEXT, "based-on: reference basedOn > CarePlan ProcedureRequest"),
        "ProcedureRequest": (
            _PATIENT,
            _SUBJECT,
            _IDENTIFIER,
            _STATUS,
            _CODE,
            *_STU3_CONTEXT,
            "requester: reference requester.agent > Practitioner Organization",
        ),
        "ReferralRequest": (
            _PATIENT,
            _SUBJECT,
            _IDENTIFIER,
            _STATUS,
            "type: token type",
            *_STU3_CONTEXT,
            "authored-on: date authoredOn",
            "requester: reference requester.agent > Practitioner Organization",
            "recipient: reference recipient > Practitioner Organization",
        ),
    },
    FhirVersion.R4: {
        "BodyStructure": (_PATIENT, _IDENTIFIER, "location: token location", "morphology: token morphology"),
        "CarePlan": (*_CARE_PLAN, *_R4_ENCOUNTER),
        "CareTeam": (*_CARE_TEAM, *_R4_ENCOUNTER),
        "ClinicalImpression": (*_IMPRESSION, *_R4_ENCOUNTER),
        "Condition": (*_CONDITION, *_R4_ENCOUNTER),
        "DeviceUseStatement": (_PATIENT, _SUBJECT, _IDENTIFIER, "device: reference device > Device"),
        "DiagnosticReport": (
            *_REPORT,
            *_R4_ENCOUNTER,
            "performer: reference performer > Practitioner Organization PractitionerRole",
            "based-on: reference basedOn > CarePlan ServiceRequest",
        ),
        "Encounter": (
            *_ENCOUNTER,
            "episode-of-care: reference episodeOfCare > EpisodeOfCare",
            "based-on: reference basedOn > ServiceRequest",
        ),
        "EpisodeOfCare": _EPISODE,
        "MedicationAdministration": (*_MEDICATION, "context: reference context > EpisodeOfCare Encounter"),
        "MedicationStatement": (*_MEDICATION, "context: reference context > EpisodeOfCare Encounter"),
        "Observation": (
            *_OBSERVATION,
            *_R4_ENCOUNTER,
            "focus: reference focus > Condition Procedure Patient BodyStructure",
            "has-member: reference hasMember > Observation",
            "based-on: reference basedOn > CarePlan ServiceRequest",
        ),
        "Procedure": (*_PROCEDURE, *_R4_ENCOUNTER, "based-on: reference basedOn > CarePlan ServiceRequest"),
        "ServiceRequest": (
            _PATIENT,
            _SUBJECT,
            _IDENTIFIER,
            _STATUS,
            _CODE,
            _CATEGORY,
            *_R4_ENCOUNTER,
            "authored: date authoredOn",
            "requester: reference requester > Practitioner Organization PractitionerRole",
            "performer: reference performer > Practitioner Organization PractitionerRole",
        ),
    },
}
_NOT_IN: dict[FhirVersion, frozenset[str]] = {
    FhirVersion.STU3: frozenset(),
    FhirVersion.R4: frozenset({"BodySite"}),
}


def _read(line: str) -> Parameter:
    name, rest = line.split(": ", 1)
    kind, rest = rest.split(" ", 1)
    where, _, targets = rest.partition(" > ")
    paths = tuple(tuple(path.split(".")) for path in where.split("|"))
    return Parameter(name, Kind(kind), paths, tuple(targets.split()))


@cache
def parameters(version: FhirVersion) -> dict[str, dict[str, Parameter]]:
    """Type to parameter name to parameter: everything that this version can be searched by."""
    lines = {**_BOTH, **_ONLY[version]}
    served = sorted(set(lines) - _NOT_IN[version])
    return {kind: {p.name: p for p in map(_read, lines[kind])} for kind in served}


def types(version: FhirVersion) -> tuple[str, ...]:
    """The resource types that this version serves."""
    return tuple(parameters(version))
