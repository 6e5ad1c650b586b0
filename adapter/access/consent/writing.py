"""What a woman said as a FHIR Consent: R4 in the shape of IHE Privacy Consent on FHIR (Explicit Intermediate), STU3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from adapter.access.consent.blocks import Json
from adapter.access.consent.reading import PREGNANCY_SYSTEM
from adapter.access.consent.terms import Terms
from adapter.model.evidence import OrganisationKind
from adapter.model.identifiers import System

_CODES = "http://terminology.hl7.org/CodeSystem/"
_SCOPE = {"coding": [{"system": f"{_CODES}consentscope", "code": "patient-privacy"}]}
_CATEGORY = {"coding": [{"system": "http://loinc.org", "code": "59284-0", "display": "Consent Document"}]}
_AVG = "http://data.europa.eu/eli/reg/2016/679/oj"
"""The law that consent rests on (Algemene verordening gegevensbescherming): STU3 wants a policy named."""
_RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"


@dataclass(frozen=True, slots=True)
class Side:
    """A holder or reader: one organisation (`agb:…`, `ura:…`, with its name), or a kind of them."""

    identity: str | None = None
    name: str | None = None
    kind: OrganisationKind | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What she said. `holder`, `reader`: None for any. `kinds`: FHIR resource types, None for all."""

    permit: bool
    holder: Side | None = None
    reader: Side | None = None
    kinds: tuple[str, ...] | None = None
    start: date | None = None
    end: date | None = None
    pregnancy: str | None = None


def write_r4(id: str, said: Statement, given_at: datetime, terms: Terms, patient: str | None = None) -> Json:
    """The Consent. `patient`: `Patient/…`, None where the reader knows whose it is."""
    contained: list[Json] = []
    provision: Json = {"type": "permit" if said.permit else "deny"}
    if said.start or said.end:
        days = (("start", said.start), ("end", said.end))
        provision["period"] = {name: day.isoformat() for name, day in days if day is not None}
    actors = []
    if said.holder is not None and said.holder.identity is None:
        actors.append(_actor("CST", said.holder, contained, terms))
    if said.reader is not None:
        actors.append(_actor("IRCP", said.reader, contained, terms))
    if actors:
        provision["actor"] = actors
    provision["purpose"] = [{"system": f"{_CODES}v3-ActReason", "code": "TREAT"}]
    if said.kinds is not None:
        provision["class"] = [{"system": _RESOURCE_TYPES, "code": kind} for kind in said.kinds]
    if said.pregnancy is not None:
        reference = {"identifier": {"system": PREGNANCY_SYSTEM, "value": said.pregnancy}, "display": "zwangerschap"}
        provision["data"] = [{"meaning": "related", "reference": reference}]
    found: Json = {"resourceType": "Consent", "id": id}
    if contained:
        found["contained"] = contained
    found |= {"status": "active", "scope": _SCOPE, "category": [_CATEGORY]}
    if patient is not None:
        found["patient"] = {"reference": patient}
    found["dateTime"] = given_at.isoformat()
    if said.holder is not None and said.holder.identity is not None:
        found["organization"] = [_reference(said.holder)]
    found["policyRule"] = {"coding": [{"system": f"{_CODES}v3-ActCode", "code": "OPTIN" if said.permit else "OPTOUT"}]}
    return found | {"provision": provision}


def to_stu3(consent: Json) -> Json:
    """A Consent that `write_r4` made, in STU3: the rule is an exception to a base that says nothing by itself."""
    provision: Json = dict(consent["provision"])
    if "actor" in provision:
        provision["actor"] = [
            {**actor, "role": {"coding": [_older(c) for c in actor["role"]["coding"]]}} for actor in provision["actor"]
        ]
    provision["purpose"] = [_older(c) for c in provision["purpose"]]
    kept = ("resourceType", "id", "contained", "status", "category", "patient", "dateTime", "organization")
    found = {name: consent[name] for name in kept if name in consent}
    return found | {"policy": [{"uri": _AVG}], "except": [provision]}


def withdrawn(consent: Json) -> Json:
    """The Consent as it stands after withdrawal."""
    return {**consent, "status": "inactive"}


def _actor(role: str, side: Side, contained: list[Json], terms: Terms) -> Json:
    coding = {"system": f"{_CODES}v3-ParticipationType", "code": role}
    if side.identity is not None:
        return {"role": {"coding": [coding]}, "reference": _reference(side)}
    kind = side.kind or OrganisationKind.ONBEKEND
    code = terms.type_of(kind)
    if code is None:
        raise ValueError(f"no code for organisations of kind {kind.value}: see mappings/consent.yaml")
    type_: Json = {"coding": [{"system": System.ORGANISATION_TYPE.value, "code": code, "display": kind.value}]}
    name = f"soort{len(contained) + 1}"
    contained.append({"resourceType": "Organization", "id": name, "type": [type_]})
    return {"role": {"coding": [coding]}, "reference": {"reference": f"#{name}"}}


def _reference(side: Side) -> Json:
    system, _, value = (side.identity or "").partition(":")
    uri = {"agb": System.AGB, "ura": System.URA}[system].value
    found: Json = {"identifier": {"system": uri, "value": value}}
    return found | {"display": side.name} if side.name else found


def _older(coding: dict[str, Any]) -> dict[str, Any]:
    """A coding of HL7 v3 under its address in STU3."""
    system = str(coding.get("system", ""))
    name = system.removeprefix(f"{_CODES}v3-")
    return {**coding, "system": f"http://hl7.org/fhir/v3/{name}"} if name != system else coding
