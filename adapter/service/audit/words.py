"""The audit log in Dutch: kinds of events, purposes, roles, and the categories of data in which a woman thinks."""

from __future__ import annotations

from adapter.access import AuditEvent, EventType
from adapter.access.audit import EMERGENCY

TYPE = {
    "read": "ingezien",
    "search": "gezocht",
    "receive": "ontvangen",
    "link": "gekoppeld",
    "decide": "besloten",
    "remove": "verwijderd",
    "export": "meegenomen",
    "denied": "geweigerd",
    "audit-read": "logboek bekeken",
    "start": "programma",
    "login": "aangemeld",
    "logout": "afgemeld",
    "emergency": "noodtoegang",
}
"""Our event types; one that is not here is shown as it is."""

ACTION = {"C": "maken", "R": "lezen", "U": "wijzigen", "D": "verwijderen", "E": "uitvoeren"}
OUTCOME = {"0": "gelukt", "4": "geweigerd of mislukt", "8": "ernstig mislukt", "12": "uitgevallen"}

PURPOSE = {
    "TREAT": "om u zorg te geven",
    "HPAYMT": "om de zorg te kunnen betalen",
    "HOPERAT": "om het systeem te beheren",
    EMERGENCY: "in een noodsituatie",
}
"""Why, as a woman reads it (HL7 v3-ActReason)."""

SHORT_PURPOSE = {"TREAT": "zorg", "HPAYMT": "betaling", "HOPERAT": "beheer", EMERGENCY: "noodtoegang"}

ROLE = {
    "zorgverlener": "zorgverlener",
    "koppelbeheerder": "koppelbeheerder",
    "igo-controller": "controller van de IGO",
    "beheerder": "beheerder",
    "logbeheerder": "logbeheerder",
    "bron": "dossiersysteem",
    "planner": "planner",
    "vrouw": "uzelf",
}

_OF_TYPE = {
    "Patient": "persoonsgegevens",
    "RelatedPerson": "persoonsgegevens",
    "Coverage": "verzekering",
    "EpisodeOfCare": "zwangerschapsdossier",
    "Condition": "aandoeningen en problemen",
    "Observation": "metingen en uitslagen",
    "DiagnosticReport": "metingen en uitslagen",
    "Specimen": "metingen en uitslagen",
    "Encounter": "contacten en afspraken",
    "Appointment": "contacten en afspraken",
    "Procedure": "onderzoeken en behandelingen",
    "ReferralRequest": "verwijzingen",
    "ServiceRequest": "verwijzingen",
    "ProcedureRequest": "verwijzingen",
    "MedicationStatement": "medicijnen",
    "MedicationRequest": "medicijnen",
    "MedicationAdministration": "medicijnen",
    "Medication": "medicijnen",
    "Immunization": "vaccinaties",
    "AllergyIntolerance": "allergieën",
    "CarePlan": "zorgplan",
    "Goal": "zorgplan",
    "CareTeam": "zorgplan",
    "Consent": "toestemmingen",
    "DocumentReference": "documenten",
    "Composition": "documenten",
}
_OF_KIND = {
    "pregnancy": "zorgpad van de zwangerschap",
    "care-path": "zorgpad van de zwangerschap",
    "decision": "besluit over de betaling",
    "override": "besluit over de betaling",
    "claim": "besluit over de betaling",
    "signal": "besluit over de betaling",
    "record": "meerdere gegevens uit een dossier",
    "resources": "meerdere gegevens uit een dossier",
    "own-log": "wie in uw gegevens heeft gekeken",
    "audit": "wie in uw gegevens heeft gekeken",
    "consent": "toestemmingen",
    "identity": "opgezocht met het BSN",
    "link": "welke dossiers bij u horen",
}


def category(event: AuditEvent) -> str:
    """The kind of data that it was about."""
    if event.type is EventType.AUDIT_READ or event.type is EventType.EXPORT:
        return _OF_KIND["audit"]
    if any(entity.kind == "decision" for entity in event.entities):
        return _OF_KIND["decision"]
    for entity in event.entities:
        if entity.kind == "resource":
            kind = entity.reference.rpartition(":")[2].partition("/")[0]
            return _OF_TYPE.get(kind, "andere gegevens uit een dossier")
        if entity.kind in _OF_KIND:
            return _OF_KIND[entity.kind]
    return "gegevens"


def shown_identity(identity: str | None) -> str:
    """`ura:00001234` as a reader knows it: URA 00001234."""
    kind, _, code = (identity or "").partition(":")
    return f"{kind.upper()} {code}" if code and kind in ("agb", "ura") else identity or ""
