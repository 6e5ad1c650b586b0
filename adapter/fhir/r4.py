"""Where FHIR 4.3.0 (R4B), whose models check what comes in as 4.0, differs from 4.0.1 in what this project meets.

`fhir.resources` has no 4.0.1 package. Source: the version history and the R4B "Changes between R4 and R4B" page of the
specification (http://hl7.org/fhir/R4B/diff.html). The resources of birth care (Patient, Condition, Observation,
Encounter, EpisodeOfCare, Procedure, Organization, Practitioner, PractitionerRole, RelatedPerson, Coverage, CareTeam,
CarePlan, Consent, Location, ServiceRequest, DiagnosticReport, Bundle, OperationOutcome) have the same elements in both.
"""

from __future__ import annotations

NOT_IN_401 = frozenset(
    {
        "AdministrableProductDefinition",
        "Citation",
        "ClinicalUseDefinition",
        "EvidenceReport",
        "Ingredient",
        "ManufacturedItemDefinition",
        "MedicinalProductDefinition",
        "NutritionProduct",
        "PackagedProductDefinition",
        "RegulatedAuthorization",
        "SubscriptionStatus",
        "SubscriptionTopic",
        "SubstanceDefinition",
    }
)
"""Resources that 4.3.0 added: sent as 4.0, they are refused as unknown."""

ONLY_IN_401 = frozenset(
    {
        "EffectEvidenceSynthesis",
        "MedicinalProduct",
        "MedicinalProductAuthorization",
        "MedicinalProductContraindication",
        "MedicinalProductIndication",
        "MedicinalProductIngredient",
        "MedicinalProductInteraction",
        "MedicinalProductManufactured",
        "MedicinalProductPackaged",
        "MedicinalProductPharmaceutical",
        "MedicinalProductUndesirableEffect",
        "RiskEvidenceSynthesis",
        "SubstanceNucleicAcid",
        "SubstancePolymer",
        "SubstanceProtein",
        "SubstanceReferenceInformation",
        "SubstanceSourceMaterial",
        "SubstanceSpecification",
    }
)
"""Resources that 4.3.0 dropped: right in 4.0.1, but there is no model to check them with. None is of birth care."""

TYPES_NOT_IN_401 = frozenset({"CodeableReference", "RatioRange"})
"""Data types that 4.3.0 added: an element of such a type (`valueRatioRange` of an Extension) is not of 4.0.1."""
