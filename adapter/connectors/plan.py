"""Which searches fetch a dossier, per FHIR version.

STU3: the queries that the Nictiz qualification scripts for Geboortezorg fire (Nictiz-testscripts, output/STU3/
Geboortezorg-1-0 and 2-0). R4 (4.0.1) has no `context`: there the record is asked for by patient, and by contact for
what is about a child. Parameter names are those of the FHIR search parameter registries of 3.0.2 and 4.0.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapter.model.sources import FhirVersion

PREGNANCY_RECORD = "http://snomed.info/sct|364320009"
"""EpisodeOfCare.type of a maternal record (bc-MaternalRecord)."""


@dataclass(frozen=True, slots=True)
class Search:
    """`type?param=<values>&_include=…`.

    `optional`: asked only where the source's CapabilityStatement lists it. `loose`: brings other care too;
    what names another dossier or contact is left alone. `essential`: without it there is no dossier, so it is asked
    whatever the CapabilityStatement leaves out (that of Nictiz lists EpisodeOfCare[status,type] only).
    """

    type: str
    param: str
    include: tuple[str, ...] = ()
    fixed: tuple[tuple[str, str], ...] = ()
    optional: bool = False
    loose: bool = False
    essential: bool = False

    @property
    def name(self) -> str:
        """For reports: no values."""
        return f"{self.type}?{self.param}"

    @property
    def listed_as(self) -> str:
        """The parameter as a CapabilityStatement lists it: without chain and modifier."""
        return self.param.partition(".")[0].partition(":")[0]


@dataclass(frozen=True, slots=True)
class Plan:
    """The searches of one version, by what their values are."""

    discovery: Search
    by_woman: Search  # her dossiers
    contacts: Search
    by_dossier: tuple[Search, ...]
    by_contact: tuple[Search, ...]
    about_woman: tuple[Search, ...]
    about_child: tuple[Search, ...]


_DISCOVERY_INCLUDES = ("EpisodeOfCare:organization", "EpisodeOfCare:care-manager")
_TYPE = (("type", PREGNANCY_RECORD),)
_DISCOVERY = Search("EpisodeOfCare", "type", _DISCOVERY_INCLUDES)
_BY_WOMAN = Search("EpisodeOfCare", "patient", _DISCOVERY_INCLUDES, _TYPE, essential=True)
_PERSON = (
    Search("Coverage", "beneficiary"),
    Search("RelatedPerson", "patient"),
    Search("FamilyMemberHistory", "patient"),
    Search("DeviceUseStatement", "patient", ("DeviceUseStatement:device",)),
    Search("Consent", "patient", optional=True),
    Search("AllergyIntolerance", "patient", optional=True),
    Search("Flag", "patient", optional=True),
    Search("Patient", "link", optional=True),
)
_CLINICAL = ("Condition", "Observation", "Procedure", "DiagnosticReport")

STU3 = Plan(
    _DISCOVERY,
    _BY_WOMAN,
    Search("Encounter", "episodeofcare", ("Encounter:practitioner",)),
    by_dossier=(
        Search("Condition", "context"),
        Search("Observation", "context"),
        Search("Observation", "context:Encounter.episodeofcare"),
        Search("Procedure", "context", ("Procedure:performer", "Procedure:based-on")),
        Search("Procedure", "context:Encounter.episodeofcare", optional=True),
        Search("DiagnosticReport", "context"),
        Search("ReferralRequest", "context"),
        Search("CareTeam", "context"),
        Search("ClinicalImpression", "context", optional=True),
    ),
    by_contact=(),
    about_woman=(
        *_PERSON,
        Search("BodySite", "patient", optional=True),
        # Laboratory results in the official examples name no context at all (zib-LaboratoryTestResult-Observation).
        Search("Observation", "patient", optional=True, loose=True),
    ),
    about_child=(Search("RelatedPerson", "patient"),),
)

R4 = Plan(
    _DISCOVERY,
    _BY_WOMAN,
    Search("Encounter", "episode-of-care", ("Encounter:practitioner",)),
    by_dossier=(),
    by_contact=tuple(Search(kind, "encounter") for kind in ("Observation", "Procedure", "Condition")),
    about_woman=(
        *(Search(kind, "patient") for kind in (*_CLINICAL, "ServiceRequest", "CareTeam")),
        *_PERSON,
        Search("BodyStructure", "patient", optional=True),
        Search("ClinicalImpression", "patient", optional=True),
    ),
    about_child=tuple(Search(kind, "patient") for kind in ("RelatedPerson", "Observation", "Procedure", "Condition")),
)

PERSON = Search("Patient", "")
"""Whom a token stands for: asked without any parameter."""


def with_status(search: Search, status: Sequence[str]) -> Search:
    """The same search, for dossiers of these statuses only."""
    return replace(search, fixed=(*search.fixed, ("status", ",".join(status)))) if status else search


PLANS = {FhirVersion.STU3: STU3, FhirVersion.R4: R4}

READABLE = (
    "Encounter",
    "Location",
    "BodySite",
    "BodyStructure",
    "PractitionerRole",
    "Practitioner",
    "Organization",
)
"""Referred to, and fetched by id where no search brought them (besides Patient)."""
