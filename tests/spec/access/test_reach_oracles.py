"""Nothing tells whether what one may not see is there: each question about it is answered as one about nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from adapter.access import Actor, ActorKind, Purpose, Role
from support.reach_world import (
    ANNA,
    BERTA,
    BSN_SYSTEM,
    Doors,
    care_provider,
    identified,
    region,
    system,
    woman,
)

RUNS = Actor("prometheus", "Metingen", "agb:53000001", (Role.BEHEERDER,), kind=ActorKind.SYSTEM, client="prometheus")
HOOK = "/cds-services/geboortezorg-zorgpad"
OPENED = {"patientId": "{patient}", "userId": "Practitioner/7"}
CALL = {"hook": "patient-view", "hookInstance": "x", "context": OPENED}
WHO = {
    "epd": identified(system("vp2"), source="vp2", scopes=("system/*.cruds",)),
    "epd-kz": identified(system("kz"), source="kz", scopes=("system/*.cruds",)),
    "epd-vp": identified(system("vp"), source="vp", scopes=("system/*.cruds",)),
    "mens": identified(care_provider("vp2")),
    "beheer": identified(RUNS, Purpose.HOPERAT, scopes=("system/*.rs",)),
}
NOTHING = {"patient": "kz-niema", "dossier": "kz-niema-dossier", "value": "kz-niema-hb", "bsn": "123456782"}
NOTHING |= {"number": "K-78", "pregnancy": "11111111-2222-4333-8444-555555555555"}
PATIENT = {"resourceType": "Patient", "identifier": [{"system": "urn:kz:nr", "value": "{number}"}]}
VALUE = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
OWN = {"subject": {"reference": "Patient/vp2-clara"}}
PUT = {**VALUE, **OWN, "id": "{value}"}


def entry(method: str, url: str, resource: Any = None, **more: str) -> dict[str, Any]:
    found = {"request": {"method": method, "url": url, **more}}
    full = {"fullUrl": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "resource": resource}
    return {**found, **(full if resource else {})}


def bundle(kind: str, *entries: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


READS = [
    f"/fhir/{version}/{named}{rest}"
    for version in ("stu3", "r4")
    for named in ("Patient/{patient}", "EpisodeOfCare/{dossier}", "Observation/{value}")
    for rest in ("", "/_history", "/_history/1", "/$everything", "/$care-path", "/$igo-selection")
]
SEARCHES = [
    "Patient?_id={patient}&_summary=count",
    "Patient?_id={patient}&_revinclude=EpisodeOfCare:patient",
    "Patient?identifier=urn:kz:nr|{number}",
    "Patient?link={patient}",
    "Patient?_has:Observation:patient:code=38082009",
    "Observation?_id={value},vp2-clara-hb",
    "Observation?patient={patient}",
    "Observation?patient.identifier=urn:kz:nr|{number}",
    "Observation?context={dossier}",
    "Observation?context.patient={patient}",
    "EpisodeOfCare?patient={patient}&_include=EpisodeOfCare:patient",
    "EpisodeOfCare?patient={patient}&_revinclude=Observation:context",
    "Consent?patient={patient}",
]
PAGES = [f"/zwangerschap/{{pregnancy}}{rest}" for rest in ("", "/toestemmingen", "/herkomst/abc", "/gebeurtenissen")]
POSTED: list[tuple[str, str, Any, Mapping[str, str]]] = [
    ("POST", "/api/v1/pregnancies/_search", {"bsn": "{bsn}"}, {}),
    ("GET", "/api/v1/pregnancies/{pregnancy}/care-path", None, {}),
    ("GET", "/api/v1/pregnancies/{pregnancy}/consents", None, {}),
    ("POST", HOOK, CALL, {}),
    ("GET", "/fhir/stu3/Patient/{patient}", None, {"If-None-Match": 'W/"1"'}),
    ("POST", "/fhir/stu3/Observation", {**VALUE, "subject": {"reference": "Patient/{patient}"}}, {}),
    ("POST", "/fhir/stu3/Observation", {**VALUE, "context": {"reference": "EpisodeOfCare/{dossier}"}}, {}),
    ("PUT", "/fhir/stu3/Observation/{value}", PUT, {"If-Match": 'W/"1"'}),
    ("PUT", "/fhir/stu3/Observation/{value}", PUT, {"If-None-Match": "*"}),
    ("POST", "/fhir/stu3/Patient", PATIENT, {"If-None-Exist": "identifier=urn:kz:nr|{number}"}),
    ("PUT", "/fhir/stu3/Patient?identifier=urn:kz:nr|{number}", PATIENT, {}),
    ("POST", "/fhir/stu3", bundle("batch", entry("GET", "Patient/{patient}")), {}),
    (
        "POST",
        "/fhir/stu3",
        bundle("transaction", entry("PUT", "Patient/{patient}", {**PATIENT, "id": "{patient}"})),
        {},
    ),
    (
        "POST",
        "/fhir/stu3",
        bundle(
            "transaction",
            entry(
                "POST",
                "Observation",
                {**VALUE, "subject": {"reference": "Patient?identifier=urn:kz:nr|{number}"}},
            ),
        ),
        {},
    ),
    (
        "POST",
        "/fhir/stu3",
        bundle("transaction", entry("POST", "Patient", PATIENT, ifNoneExist=f"identifier={BSN_SYSTEM}|{{bsn}}")),
        {},
    ),
]


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    """Berta is at the maternity care, under a number too; the other practice knows neither her nor Anna."""
    berta = woman("kz", "berta", BERTA)
    berta[0]["identifier"].append({"system": "urn:kz:nr", "value": "K-77"})
    holdings = {"kz": berta, "vp": [*woman("vp", "anna", ANNA), *places()], "vp2": woman("vp2", "clara", None)}
    with region(tmp_path, holdings) as world:
        yield world.doors(WHO)


def hidden(doors: Doors) -> dict[str, str]:
    found = {"patient": "kz-berta", "dossier": "kz-berta-dossier", "value": "kz-berta-hb", "bsn": BERTA}
    return {**found, "number": "K-77", "pregnancy": doors.world.pregnancy("kz", "berta")}


def filled(text: str, named: Mapping[str, str]) -> str:
    for name, value in named.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def asked(doors: Doors, who: str, named: Mapping[str, str], method: str, address: str, body: Any, more: Any) -> str:
    """The answer, without what was asked and what is another each time."""
    headers = {k: filled(v, named) for k, v in more.items()}
    headers |= {"Accept": "text/html"} if who == "mens" else {}
    headers |= {"Content-Type": "application/json" if address.startswith(("/api", "/cds")) else "application/fhir+json"}
    content = None if body is None else filled(json.dumps(body), named)
    answer = doors.ask(who, method, filled(address, named), content=content, headers=headers)
    kept = {k: v for k, v in answer.headers.items() if k not in ("x-request-id", "ratelimit", "content-length")}
    kept.pop("last-modified", None)
    text = f"{answer.status_code} {sorted(kept.items())} {answer.text}"
    for value in sorted(named.values(), key=len, reverse=True):
        text = text.replace(value, "<it>")
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "<new>", text)


def test_every_door_answers_of_what_is_hidden_as_of_what_is_not_there(doors: Doors) -> None:
    there = hidden(doors)
    questions = [("epd", "GET", address, None, {}) for address in READS]
    questions += [("epd", "GET", f"/fhir/stu3/{search}", None, {}) for search in SEARCHES]
    questions += [("mens", "GET", address, None, {}) for address in PAGES]
    questions += [("epd", method, address, body, more) for method, address, body, more in POSTED]
    for who, *question in questions:
        method, address, body, more = question
        answers = [asked(doors, who, named, method, address, body, more) for named in (there, NOTHING)]
        assert answers[0] == answers[1], (method, address)
        assert "geheim-kz" not in answers[0], (method, address)


def test_a_filter_that_is_not_served_is_refused_and_does_not_find_everything(doors: Doors) -> None:
    for name in ("_has:Observation:patient:code", "_tag", "_text", "_filter"):
        refused = doors.get("epd", "/fhir/stu3/Patient", params={name: "x"})
        assert (refused.status_code, "Clara" in refused.text) == (400, False), name
        lenient = doors.get("epd", "/fhir/stu3/Patient", params={name: "x"}, headers={"Prefer": "handling=lenient"})
        assert lenient.status_code == 200, name


def test_how_much_there_is_in_all_is_for_operations_alone(doors: Doors) -> None:
    """A count before and after one's own record of her came in would say whether another has one."""
    for who in ("epd", "mens"):
        refused = doors.get(who, "/metrics")
        assert (refused.status_code, "adapter_pregnancies" in refused.text) == (403, False)
    assert "adapter_pregnancies 3" in doors.get("beheer", "/metrics").text


def places() -> list[dict[str, Any]]:
    """The practice itself, and two houses."""
    practice = {"resourceType": "Location", "id": "praktijk", "name": "De praktijk"}
    practice |= {"managingOrganization": {"reference": "Organization/vp"}}
    house = {"coding": [{"system": "http://hl7.org/fhir/location-physical-type", "code": "ho"}]}
    home = {**practice, "id": "thuis", "name": "geheim-thuis", "physicalType": house}
    return [practice, home, {"resourceType": "Location", "id": "los", "name": "geheim-los", "address": {"city": "X"}}]


@pytest.mark.parametrize("search", ["Location", "Location/_history", "_history?_count=1000"])
def test_the_house_of_a_woman_is_for_the_source_that_knows_it(doors: Doors, search: str) -> None:
    own, other = (doors.get(who, f"/fhir/stu3/{search}").text for who in ("epd-vp", "epd-kz"))
    assert "geheim-thuis" in own and "geheim-los" in own
    assert "De praktijk" in other
    assert "geheim-thuis" not in other and "geheim-los" not in other
    for id, status in (("praktijk", 200), ("thuis", 404), ("los", 404), ("geen", 404)):
        assert doors.get("epd-kz", f"/fhir/stu3/Location/{id}").status_code == status, id
        assert doors.get("epd-vp", f"/fhir/stu3/Location/{id}").status_code == (404 if id == "geen" else 200)
