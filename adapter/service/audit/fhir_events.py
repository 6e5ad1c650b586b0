"""A line of the audit log as a FHIR AuditEvent, R4 or STU3, with the fields of NEN 7513.

Shape: IHE Basic Audit Log Patterns 1.1, PatientRead and PatientQuery (https://profiles.ihe.net/ITI/BALP): agents
client, server and user, entities patient, data or query, and transaction. No profile is claimed: no validator of it
ran here.
Codes: http://hl7.org/fhir/R4/valueset-audit-event-type.html and -sub-type, DICOM PS3.16 CID 400, v3-ActReason.
"""

from __future__ import annotations

import base64
from typing import Any

from adapter import fhir
from adapter.access import ActorKind, AuditEvent, EventType
from adapter.model.identifiers import System
from adapter.model.moments import iso
from adapter.model.sources import FhirVersion
from adapter.service.audit.lines import LogLine
from adapter.service.audit.words import OUTCOME

NAME = "Geboortezorg-adapter"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_RESTFUL = "http://hl7.org/fhir/restful-interaction"
_BALP = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
_JTI = "urn:ietf:params:oauth:jti:"

_DICOM_TYPES = {
    EventType.RECEIVE: ("110107", "Import"),
    EventType.EXPORT: ("110106", "Export"),
    EventType.AUDIT_READ: ("110101", "Audit Log Used"),
    EventType.LOGIN: ("110114", "User Authentication"),
    EventType.START: ("110100", "Application Activity"),
}
_SUBTYPES = {"C": "create", "R": "read", "U": "update", "D": "delete", "E": "search"}
_OPERATIONS = frozenset({EventType.LINK, EventType.DECIDE})


def audit_event(line: LogLine, version: FhirVersion) -> fhir.JsonObject:
    """The AuditEvent of one line; its id is the number of the line."""
    event, words = line.event, _Words(version)
    made: fhir.JsonObject = {"resourceType": "AuditEvent", "id": str(line.number), "type": words.type(event)}
    if event.type not in _DICOM_TYPES:
        code = "operation" if event.type in _OPERATIONS else _SUBTYPES[event.action.value]
        made["subtype"] = [{"system": _RESTFUL, "code": code}]
    made |= {"action": event.action.value, "recorded": iso(event.recorded), "outcome": event.outcome.value}
    if event.outcome.value != "0":
        made["outcomeDesc"] = event.reason or OUTCOME[event.outcome.value]
    made["purposeOfEvent"] = [words.purpose(event)]
    made["agent"] = _agents(line, words)
    made["source"] = words.source(event)
    made["entity"] = _entities(event, words)
    return made


class _Words:
    """What the two versions write differently."""

    def __init__(self, version: FhirVersion) -> None:
        self.r4 = version is FhirVersion.R4

    def _system(self, name: str) -> str:
        return f"http://terminology.hl7.org/CodeSystem/{name}" if self.r4 else f"http://hl7.org/fhir/{name}"

    def _v3(self, name: str) -> str:
        return f"http://terminology.hl7.org/CodeSystem/v3-{name}" if self.r4 else f"http://hl7.org/fhir/v3/{name}"

    def type(self, event: AuditEvent) -> dict[str, str]:
        if (known := _DICOM_TYPES.get(event.type)) is not None:
            return {"system": _DICOM, "code": known[0], "display": known[1]}
        return {"system": self._system("audit-event-type"), "code": "rest", "display": "RESTful Operation"}

    def purpose(self, event: AuditEvent) -> dict[str, Any]:
        return {"coding": [{"system": self._v3("ActReason"), "code": event.purpose_of_use}]}

    def agent(self, part: str, who: dict[str, Any], *, requestor: bool, **more: Any) -> dict[str, Any]:
        """`part`: the code of DICOM (digits) or of v3 ParticipationType."""
        coded = {"coding": [{"system": _DICOM if part.isdigit() else self._v3("ParticipationType"), "code": part}]}
        roles = [{"text": role} for role in more.pop("roles", ())]
        if self.r4:
            return {"type": coded, **({"role": roles} if roles else {}), "who": who, **more, "requestor": requestor}
        named = {"userId": who["identifier"]} if "identifier" in who else {"reference": who}
        return {"role": [coded, *roles], **named, **more, "requestor": requestor}

    def source(self, event: AuditEvent) -> dict[str, Any]:
        kind = [{"system": self._system("security-source-type"), "code": "4", "display": "Application Server"}]
        who = {"observer": {"display": NAME}} if self.r4 else {"identifier": {"value": event.source}}
        return {"site": event.source, **who, "type": kind}

    def entity(self, what: dict[str, Any], type: str, role: str | None, **more: Any) -> dict[str, Any]:
        kind = {"system": self._system("audit-entity-type"), "code": type}
        made: dict[str, Any] = {}
        if "reference" in what:
            made["what" if self.r4 else "reference"] = what
        elif "identifier" in what:
            made |= {"what": what} if self.r4 else {"identifier": what["identifier"]}
        made["type"] = more.pop("coded", kind)
        if role is not None:
            made["role"] = {"system": self._system("object-role"), "code": role}
        return {**made, **more}

    def detail(self, type: str, text: str) -> dict[str, str]:
        if self.r4:
            return {"type": type, "valueString": text}
        return {"type": type, "value": base64.b64encode(text.encode()).decode()}


def _agents(line: LogLine, words: _Words) -> list[dict[str, Any]]:
    event = line.event
    searches = event.action.value == "E"
    # The client is where data go to when they are read, and where the question comes from when it is a search.
    client, server = ("110153", "110152") if searches else ("110152", "110153")
    network = {"network": {"address": event.network, "type": "2"}} if event.network else {}
    system = event.user if event.kind is ActorKind.SYSTEM else event.client or "browser"
    token = {"policy": [_JTI + event.token]} if event.token else {}
    found = [
        words.agent(client, {"identifier": {"value": system}}, requestor=False, **network),
        words.agent(server, {"display": NAME}, requestor=False),
        words.agent(
            "IRCP",
            {"identifier": {"value": event.user}},
            requestor=event.requestor,
            roles=event.roles,
            name=event.user_name or event.user,
            **token,
            purposeOfUse=[words.purpose(event)],
        ),
    ]
    if event.organisation:
        who = {"identifier": _organisation(event.organisation)}
        name = {"name": line.organisation_name} if line.organisation_name else {}
        found.append(words.agent("RESP", who, requestor=False, **name))
    return found


def _organisation(identity: str) -> dict[str, str]:
    kind, _, value = identity.partition(":")
    systems = {"agb": System.AGB, "ura": System.URA}
    return {"system": systems[kind].value, "value": value} if kind in systems else {"value": identity}


def _entities(event: AuditEvent, words: _Words) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if event.patient:
        found.append(words.entity({"identifier": {"value": event.patient}}, "1", "1"))
    for each in event.entities:
        source, _, reference = each.reference.rpartition(":")
        more = {"description": each.kind}
        if each.kind == "resource" and "/" in reference:
            found.append(words.entity({"reference": reference}, "2", "4", name=source or reference, **more))
        else:
            what = {"identifier": {"value": each.reference}} if each.reference else {}
            found.append(words.entity(what, "2", "4", name=each.kind))
    if event.query:
        found.append(words.entity({}, "2", "24", query=base64.b64encode(event.query.encode()).decode()))
    found.append(_transaction(event, words))
    return found


def _transaction(event: AuditEvent, words: _Words) -> dict[str, Any]:
    """The request, with what was looked at before it was allowed: policy, ground, consent, reason of noodtoegang."""
    told = [("policy", event.policy), ("reason", event.reason), ("emergency", event.emergency)]
    details = [words.detail(name, text) for name, text in told if text]
    details += [words.detail("check", check) for check in event.checks]
    what = {"identifier": {"value": event.request_id}} if event.request_id else {}
    more: dict[str, Any] = {"detail": details} if details else {}
    return words.entity(what, "2", None, coded={"system": _BALP, "code": "XrequestId"}, **more)
