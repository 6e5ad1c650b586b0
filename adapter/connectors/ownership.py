"""In whose dossier a resource was found: dossier (EpisodeOfCare), contact (Encounter), subject, child."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from adapter import fhir
from adapter.fhir import JsonObject

DIRECTORY = frozenset({"Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService", "Endpoint"})
"""Resources about no patient: delivered with `woman` None."""

_SUBJECTS = ("subject", "patient", "beneficiary", "individual")
_CONTEXTS = ("context", "encounter", "episodeOfCare", "extension")


@dataclass(frozen=True, slots=True)
class Links:
    """The few references of a resource that say whose it is. All relative (`Type/id`)."""

    type: str
    reference: str
    patient: str | None
    contexts: tuple[str, ...]  # EpisodeOfCare and Encounter
    others: tuple[str, ...]  # Patients it is linked to: of a child its mother, of a fetus (BodySite) the child
    element: str = "subject"  # where its patient stands


def links_of(type_: str, id_: str, resource: JsonObject) -> Links:
    """Read the references that matter; an element of the wrong shape counts as absent."""
    about = ((k, r) for k in _SUBJECTS for r in _refs(resource.get(k)) if r.startswith("Patient/"))
    element, patient = next(about, ("subject", None))
    contexts = tuple(
        r for k in _CONTEXTS for r in _refs(resource.get(k)) if r.startswith(("EpisodeOfCare/", "Encounter/"))
    )
    others: tuple[str, ...] = ()
    linking = {"Patient": "link", "BodySite": "extension", "BodyStructure": "extension"}.get(type_)
    if linking:
        others = tuple(r for r in _refs(resource.get(linking)) if r.startswith("Patient/"))
    return Links(type_, f"{type_}/{id_}", patient, contexts, others, element)


def _refs(value: Any) -> list[str]:
    if value is None:
        return []
    found: list[str] = []
    for item in value if isinstance(value, list) else (value,):
        if not isinstance(item, dict):
            continue
        reference = item.get("reference")
        if isinstance(reference, str) and (relative := fhir.relative(reference)):
            found.append(relative)
        for key in ("valueReference", "other"):  # an extension (workflow-episodeOfCare), Patient.link
            if key in item:
                found += _refs(item[key])
    return found


@dataclass(slots=True)
class Ownership:
    """What is known so far about who owns what."""

    women: set[str] = field(default_factory=set)
    dossiers: dict[str, str] = field(default_factory=dict)
    encounters: dict[str, str] = field(default_factory=dict)
    children: dict[str, str] = field(default_factory=dict)

    def learn(self, links: Links) -> None:
        """Take in a dossier, a contact, or a child in its mother's dossier. Dossiers first, then contacts."""
        if links.type == "EpisodeOfCare":
            if links.patient:
                self.dossiers[links.reference] = links.patient
                self.women.add(links.patient)
            return
        woman = self._by_context(links)
        if links.type == "Encounter":
            woman = woman or self.owner_of_patient(links.patient)
            if woman:
                self.encounters[links.reference] = woman
        if links.type == "Patient" and links.reference not in self.women:
            woman = next((p for p in links.others if p in self.women), None)
            if woman:
                self.children.setdefault(links.reference, woman)
        elif links.others:
            woman = self.owner_of_patient(links.patient)
            if woman:
                self.children.update({child: woman for child in links.others if child not in self.women})
        elif woman and links.patient and links.patient not in self.women:
            self.children.setdefault(links.patient, woman)

    def owner(self, links: Links) -> str | None:
        """The Patient reference of the woman, None where nothing says whose it is (or it is a directory resource)."""
        if links.type in DIRECTORY:
            return None
        if links.type == "Patient":
            return self.owner_of_patient(links.reference)
        return self._by_context(links) or self.owner_of_patient(links.patient)

    def elsewhere(self, links: Links) -> bool:
        """Whether it names a dossier or contact, and none that we know."""
        return bool(links.contexts) and self._by_context(links) is None

    def _by_context(self, links: Links) -> str | None:
        if links.type == "EpisodeOfCare":
            return links.patient if links.patient in self.women else None
        for context in links.contexts:
            woman = self.dossiers.get(context) or self.encounters.get(context)
            if woman:
                return woman
        return None

    def owner_of_patient(self, patient: str | None) -> str | None:
        """The woman herself, or the mother of a child."""
        if patient is None:
            return None
        return patient if patient in self.women else self.children.get(patient)


def subject_of(links: Links) -> str | None:
    """The Patient it is about."""
    if links.type == "Patient":
        return links.reference
    return None if links.type in DIRECTORY else links.patient
