"""Small hand-made records for the facts room, and the Nictiz dossiers where they are."""

import functools
import os
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from adapter import facts
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.sources import FhirVersion, Media, Received, RecordKey, SourceInfo, StoredVersion

ROOT = Path(__file__).parents[1]
NICTIZ = Path(os.environ.get("ADAPTER_NICTIZ") or ROOT.parent / "shared" / "nictiz")
SCT, LOINC, UCUM = "http://snomed.info/sct", "http://loinc.org", "http://unitsofmeasure.org"
BSN_SYSTEM = "http://fhir.nl/fhir/NamingSystem/bsn"
AGB_SYSTEM = "http://fhir.nl/fhir/NamingSystem/agb-z"
URA_SYSTEM = "http://fhir.nl/fhir/NamingSystem/ura"
UZOVI_SYSTEM = "http://fhir.nl/fhir/NamingSystem/uzovi"
ORGANISATION_TYPE = "http://nictiz.nl/fhir/NamingSystem/organization-type"
NICTIZ_EXT = "http://nictiz.nl/fhir/StructureDefinition/"
FOCUS = NICTIZ_EXT + "observation-focusSTU3"
ROLE = NICTIZ_EXT + "practitionerrole-reference"
OWN = Organisation("agb:08009999", "08009999", None, "De Bron", OrganisationKind.VERLOSKUNDIGENPRAKTIJK)
WOMAN = "Patient/anna"


@functools.cache
def dialects() -> facts.Dialects:
    return facts.load_dialects(ROOT / "mappings")


def stored(
    resource: dict | bytes, version=FhirVersion.STU3, kind="", id="", problem=None, source="vp"
) -> StoredVersion:
    body = resource if isinstance(resource, bytes) else orjson.dumps(resource)
    if isinstance(resource, dict):
        kind, id = resource["resourceType"], resource["id"]
        number = resource.get("meta", {}).get("versionId")
    else:
        number = None
    received = Received(source, version, Media.JSON, kind, id, number, body, WOMAN, WOMAN, problem)
    return StoredVersion(received, 3, datetime(2024, 7, 29, tzinfo=UTC))


def source_info(dialect="nictiz-geboortezorg-stu3", own=OWN, source="vp") -> SourceInfo:
    return SourceInfo(source, "De Bron", own, dialect)


def read(*resources, dialect="nictiz-geboortezorg-stu3", directory=(), woman=WOMAN, own=OWN):
    fhir = dialects().get(dialect).fhir
    versions = [r if isinstance(r, StoredVersion) else stored(r, fhir) for r in resources]
    others = [stored(r, fhir) for r in directory]
    return facts.read(RecordKey("vp", woman), versions, others, source_info(dialect, own), dialects().get(dialect))


def coding(code, system=SCT, display=None):
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(*codings):
    return {"coding": [coding(c) if isinstance(c, str) else c for c in codings]}


def ref(reference, **more):
    return {"reference": reference, **more}


def ext(url, **value):
    return {"url": url, **value}


def patient(id="anna", **more):
    return {"resourceType": "Patient", "id": id, **more}


def observation(code, id="o1", subject=WOMAN, context="EpisodeOfCare/e1", focus=None, **more):
    given = {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": code if isinstance(code, dict) else concept(code),
        "subject": ref(subject),
    }
    if context:
        given["context"] = ref(context)
    if focus:
        given["extension"] = [ext(FOCUS, valueReference=ref(focus))]
    return {**given, **more}


def episode(id="e1", managing=None, **more):
    given = {
        "resourceType": "EpisodeOfCare",
        "id": id,
        "status": "active",
        "type": [concept("364320009")],
        "patient": ref(WOMAN),
        "period": {"start": "2024-01-06"},
    }
    if managing:
        given["managingOrganization"] = ref(managing)
    return {**given, **more}


def pregnancy(id="c1", **more):
    return {"resourceType": "Condition", "id": id, "code": concept("118185001"), "subject": ref(WOMAN), **more}


def procedure(code, id="p1", subject=WOMAN, context="EpisodeOfCare/e1", status="completed", **more):
    code = code if isinstance(code, dict) else concept(code)
    given = {"resourceType": "Procedure", "id": id, "status": status, "code": code, "subject": ref(subject)}
    return {**given, **({"context": ref(context)} if context else {}), **more}


def encounter(*codes, id="n1", status="finished", **more):
    given = {
        "resourceType": "Encounter",
        "id": id,
        "status": status,
        "subject": ref(WOMAN),
        "episodeOfCare": [ref("EpisodeOfCare/e1")],
        "period": {"start": "2024-02-01", "end": "2024-02-01"},
    }
    return {**given, **({"type": [concept(c) for c in codes]} if codes else {}), **more}


def organisation(id, agb=None, ura=None, kind=None, name=None, **more):
    identifiers = [{"system": s, "value": v} for s, v in ((AGB_SYSTEM, agb), (URA_SYSTEM, ura)) if v]
    types = [concept(coding(kind, ORGANISATION_TYPE))] if kind else []
    return {"resourceType": "Organization", "id": id, "identifier": identifiers, "type": types, "name": name, **more}


def role(id, organisation, practitioner="Practitioner/x", specialty=None):
    given = {"resourceType": "PractitionerRole", "id": id, "practitioner": ref(practitioner)}
    given["organization"] = ref(organisation)
    return {**given, **({"specialty": [concept(specialty)]} if specialty else {})}


def performed_by(practitioner_role):
    return {"extension": [ext(ROLE, valueReference=ref(practitioner_role))], "reference": "Practitioner/x"}


def values(found, kind):
    return [s.value for s in found.statements if s.kind == kind]


def measured(found, kind):
    return [(m.value, m.unit, m.original) for m in found.measured if m.kind == kind]


def one(found, kind):
    (statement,) = [s for s in found.statements if s.kind == kind]
    return statement


def the_act(found):
    (act,) = found.acts
    return act


def nictiz_folder(*parts) -> Path:
    folder = NICTIZ.joinpath(*parts)
    if not folder.is_dir():
        pytest.skip(f"no Nictiz material here: set ADAPTER_NICTIZ to a folder with {'/'.join(parts)}")
    return folder


def case(name, own=OWN, dialect="nictiz-geboortezorg-stu3"):
    """The facts of one Nictiz dossier."""
    folder = nictiz_folder("cases", name)
    resources = [orjson.loads(p.read_bytes()) for p in sorted(folder.glob("*.json")) if p.name != "_bundle.json"]
    episodes = [r["patient"]["reference"] for r in resources if r["resourceType"] == "EpisodeOfCare"]
    patients = [f"Patient/{r['id']}" for r in resources if r["resourceType"] == "Patient"]
    return read(*resources, woman=(episodes or patients)[0], own=own, dialect=dialect)
