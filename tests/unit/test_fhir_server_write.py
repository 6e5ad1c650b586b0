"""What a registered source sends: one resource, a transaction, a batch; versions, conditions, whose it is."""

from __future__ import annotations

import json
import re

import pytest
import pytest_asyncio

from adapter import fhir
from adapter.model.sources import FhirVersion, Media, RecordKey
from support.fhir_server import (
    BSN_SYSTEM,
    JSON,
    VP,
    ZH,
    encounter,
    episode,
    observation,
    patient,
    post_entry,
    put_entry,
    serving,
    transaction,
)

BSN = "999911120"
OWN = "http://epd.example/id"
TAG = re.compile(r'W/"\d+"')


@pytest_asyncio.fixture
async def server(tmp_path):
    async with serving(tmp_path) as server:
        yield server


async def test_put_makes_then_changes_then_leaves_alone(server):
    first = await server.put(patient())
    assert first.status_code == 201
    assert first.headers["etag"] == 'W/"1"'
    assert first.headers["location"] == "http://localhost/fhir/stu3/Patient/w1/_history/1"
    assert first.json()["meta"]["versionId"] == "1"
    assert (await server.put(patient())).headers["etag"] == 'W/"1"'
    changed = await server.put(patient(gender="female"))
    assert (changed.status_code, changed.headers["etag"]) == (200, 'W/"2"')
    history = (await server.get("Patient/w1/_history")).json()
    assert [e["response"]["etag"] for e in history["entry"]] == ['W/"2"', 'W/"1"']
    assert history["total"] == 2
    old = await server.get("Patient/w1/_history/1")
    assert "gender" not in old.json()
    assert (await server.get("Patient/w1/_history/9")).status_code == 404
    for address in ("_history", "Patient/_history", "Patient/_history?_since=2026-01-01T00:00:00Z"):
        response = await server.get(address)
        assert len(response.json()["entry"]) == 2, address
        assert fhir.check(response.content, Media.JSON, FhirVersion.STU3).problem is None
    assert "entry" not in (await server.get("_history?_since=2027-01-01T00:00:00Z")).json()


async def test_history_is_paged(server):
    for at in range(5):
        await server.put(patient(birthDate=f"199{at}-01-01"))
    seen, address = [], "http://localhost/fhir/stu3/_history?_count=2"
    while address:
        page = (await server.client.get(address)).json()
        seen += [e["response"]["etag"] for e in page["entry"]]
        address = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
    assert seen == [f'W/"{n}"' for n in (5, 4, 3, 2, 1)]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": 'W/"1"'}, 200),
        ({"If-Match": 'W/"2"'}, 412),
        ({"If-Match": "x"}, 412),
        ({"If-None-Match": "*"}, 412),
        ({}, 200),
    ],
)
async def test_a_version_that_is_expected(server, headers, status):
    await server.put(patient())
    response = await server.put(patient(gender="female"), **headers)
    assert response.status_code == status
    if status == 412:
        assert response.json()["issue"][0]["code"] == "conflict"


EXISTS, NOTHING, OTHER = "it exists already", "there is nothing here", "it stands at version"


@pytest.mark.parametrize(
    ("resource", "headers", "said", "version", "where"),
    [
        (patient(gender="female"), {"If-None-Match": "*"}, EXISTS, 'W/"2"', "http.If-None-Match"),
        (patient(gender="female"), {"If-Match": 'W/"1"'}, OTHER, 'W/"2"', "http.If-Match"),
        (patient("w2"), {"If-Match": 'W/"1"'}, NOTHING, "", "http.If-Match"),
    ],
)
async def test_why_it_is_not_at_the_version_expected(server, resource, headers, said, version, where):
    await server.put(patient())
    await server.put(patient(birthDate="1990-01-01"))
    answer = await server.put(resource, **headers)
    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["code"], issue["expression"]) == (412, "conflict", [where])
    assert said in issue["diagnostics"]
    assert version in issue["diagnostics"]
    if "If-Match" not in headers:
        return
    entries = put_entry(observation("o1")), put_entry(resource, ifMatch=headers["If-Match"])
    whole = await server.client.post("/fhir/stu3", json=transaction(*entries), headers=VP)
    each = await server.client.post("/fhir/stu3", json=transaction(*entries, kind="batch"), headers=VP)
    told = each.json()["entry"][1]["response"]
    assert (whole.status_code, told["status"]) == (412, "412")
    for outcome in (whole.json(), told["outcome"]):
        assert outcome["issue"][0] == {**issue, "expression": ["Bundle.entry[1]"]}


async def test_a_version_expected_of_what_a_search_does_not_find(server):
    address = f"Organization?identifier={OWN}|o"
    organisation = {"resourceType": "Organization", "identifier": [{"system": OWN, "value": "o"}], "name": "Groen"}
    headers = {**VP, "If-Match": 'W/"1"'}
    alone = await server.client.put(f"/fhir/stu3/{address}", json=organisation, headers=headers)
    entry = {"resource": organisation, "request": {"method": "PUT", "url": address, "ifMatch": 'W/"1"'}}
    among = await server.client.post("/fhir/stu3", json=transaction(entry), headers=VP)
    for answer in (alone, among):
        assert answer.status_code == 412
        assert NOTHING in answer.json()["issue"][0]["diagnostics"]
    assert server.store.counts()["versions"] == 0


@pytest.mark.parametrize(
    ("prefer", "body"), [("minimal", ""), ("representation", "Patient"), ("OperationOutcome", "O")]
)
async def test_what_comes_back_as_preferred(server, prefer, body):
    response = await server.put(patient(), Prefer=f"return={prefer}")
    assert response.status_code == 201
    assert (response.json()["resourceType"] if response.content else "").startswith(body)


async def test_create_gives_an_id_and_happens_once(server):
    address = "/fhir/stu3/Patient"
    condition = {"If-None-Exist": f"identifier={BSN_SYSTEM}|{BSN}"}
    headers = {**JSON, **VP, **condition}
    made = await server.client.post(address, content=json.dumps(patient()), headers=headers)
    assert made.status_code == 201
    id = made.json()["id"]
    assert id != "w1"
    again = await server.client.post(address, content=json.dumps(patient()), headers=headers)
    assert (again.status_code, again.json()["id"]) == (200, id)
    unconditional = await server.client.post(address, content=json.dumps(patient()), headers={**JSON, **VP})
    assert unconditional.status_code == 201
    several = await server.client.post(address, content=json.dumps(patient()), headers=headers)
    assert several.status_code == 412
    other = await server.client.post(address, content=json.dumps(patient()), headers={**JSON, **ZH, **condition})
    assert other.status_code == 201  # another source's own


async def test_update_by_search(server):
    await server.put(patient())
    organisation = {
        "resourceType": "Organization",
        "identifier": [{"system": "http://fhir.nl/fhir/NamingSystem/agb-z", "value": "08001234"}],
        "name": "Groen",
    }
    address = "/fhir/stu3/Organization?identifier=http://fhir.nl/fhir/NamingSystem/agb-z|08001234"
    made = await server.client.put(address, json=organisation, headers=VP)
    assert made.status_code == 201
    changed = await server.client.put(address, json={**organisation, "name": "De Wit"}, headers=VP)
    assert (changed.status_code, changed.json()["id"]) == (200, made.json()["id"])
    assert changed.headers["etag"] == 'W/"2"'


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("POST", f"Organization?identifier={OWN}|o", False),
        ("POST", f"Organization?identifier={OWN}|o&_format=json", False),
        ("POST", "Organization?_format=json&_pretty=true&_summary=false", True),
        ("PUT", "Organization/o?foo=bar", False),
        ("PUT", "Organization/o?", True),
    ],
)
async def test_a_search_where_none_is_meant(server, method, address, allowed):
    organisation = {"resourceType": "Organization", "id": "o", "identifier": [{"system": OWN, "value": "o"}]}
    alone = await server.client.request(method, f"/fhir/stu3/{address}", json=organisation, headers=VP)
    assert alone.status_code == (201 if allowed else 400)
    entry = {"resource": organisation, "request": {"method": method, "url": address}}
    among = await server.client.post("/fhir/stu3", json=transaction(entry), headers=VP)
    assert among.status_code == (200 if allowed else 400)
    if allowed:
        return
    for answer, where in ((alone, "http"), (among, "Bundle.entry[0].request.url")):
        issue = answer.json()["issue"][0]
        assert (issue["code"], issue["expression"]) == ("not-supported", [where])
        assert "If-None-Exist" in issue["diagnostics"]
    assert server.store.counts()["versions"] == 0


@pytest.mark.parametrize(
    ("method", "address", "body", "who", "status", "code"),
    [
        ("PUT", "Patient/w1", patient(), {}, 403, "forbidden"),
        ("PUT", "Patient/w1", patient(), {"Authorization": "Bearer demo.woman.vp.w1"}, 403, "forbidden"),
        ("PUT", "Patient/w1", patient(), {"Authorization": "Bearer demo.source.lab"}, 403, "forbidden"),
        ("PUT", "Patient/w1", patient(), {"Authorization": "Bearer demo.source.nobody"}, 401, "login"),
        ("PUT", "Patient/w2", patient(), VP, 400, "value"),
        ("PUT", "Observation/w1", patient(), VP, 400, "value"),
        ("PUT", "Patient/w1", {"resourceType": "Patient", "id": "w1", "nonsense": 1}, VP, 422, "structure"),
        ("PUT", "Patient/w1", patient(birthDate="yesterday"), VP, 422, "structure"),
        ("POST", "Patient/w1", patient(), VP, 405, "not-supported"),
        ("DELETE", "Patient/w1", None, VP, 405, "not-supported"),
        ("PATCH", "Patient/w1", {}, VP, 405, "not-supported"),
        ("PUT", "Unknown/w1", {}, VP, 404, "not-supported"),
        ("POST", "", patient(), VP, 400, "value"),
        ("POST", "", {"resourceType": "Bundle", "type": "collection"}, VP, 400, "value"),
        ("PUT", "Medication/m", {"resourceType": "Medication", "id": "m"}, VP, 404, "not-supported"),
        ("PUT", "Device/m", {"resourceType": "Device", "id": "m"}, VP, 422, "business-rule"),
    ],
)
async def test_what_is_refused(server, method, address, body, who, status, code):
    content = None if body is None else json.dumps(body)
    response = await server.client.request(
        method, f"/fhir/stu3/{address}".rstrip("/"), content=content, headers={**JSON, **who}
    )
    assert response.status_code == status, response.text
    assert response.json()["issue"][0]["code"] == code
    assert fhir.check(response.content, Media.JSON, FhirVersion.STU3).problem is None
    assert server.store.counts()["versions"] == 0
    assert BSN not in response.text


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (encounter("c1", periode={}), ".periode"),
        (encounter("c1", period="today"), ".period"),
        (encounter("c1", location={}), ".location"),
        ({k: v for k, v in encounter("c1").items() if k != "status"}, ".status"),
    ],
)
async def test_where_it_is_wrong(server, wrong, where):
    alone = await server.put(wrong)
    assert alone.json()["issue"][0]["expression"] == [f"{wrong['resourceType']}{where}"]
    bundle = transaction(put_entry(patient()), put_entry(wrong))
    among = await server.client.post("/fhir/stu3", json=bundle, headers=VP)
    assert among.json()["issue"][0]["expression"] == [f"Bundle.entry[1].resource{where}"]


CONDITION = {"resourceType": "Condition", "id": "p", "subject": {"reference": "Patient/w1"}}
ALLERGY = {
    "resourceType": "AllergyIntolerance",
    "id": "a",
    "verificationStatus": "confirmed",
    "patient": {"reference": "Patient/w1"},
}


@pytest.mark.parametrize(
    ("resource", "where", "allowed"),
    [
        (encounter("c1", status="klaar"), ".status", "onleave, finished, cancelled, entered-in-error, unknown."),
        (patient(gender="vrouw"), ".gender", "male, female, other, unknown."),
        (episode(status="ongoing"), ".status", "planned, waitlist, active,"),
        ({**CONDITION, "clinicalStatus": "actief"}, ".clinicalStatus", "active, recurrence, inactive,"),
        ({**ALLERGY, "category": ["food", "voedsel"]}, ".category[1]", "food, medication,"),
    ],
)
async def test_a_code_that_fhir_does_not_know(server, resource, where, allowed):
    alone = await server.put(resource)
    among = await server.client.post("/fhir/stu3", json=transaction(put_entry(resource)), headers=VP)
    for answer, at in ((alone, resource["resourceType"]), (among, "Bundle.entry[0].resource")):
        assert answer.status_code == 422, answer.text
        issue = answer.json()["issue"][0]
        assert (issue["code"], issue["expression"]) == ("code-invalid", [f"{at}{where}"])
        assert allowed in issue["diagnostics"].partition("Send one of:")[2]
        assert not any(word in answer.text for word in ("klaar", "vrouw", "ongoing", "actief", "voedsel"))
    assert server.store.counts()["versions"] == 0


@pytest.mark.parametrize(
    "resource",
    [
        encounter("c1", status="entered-in-error"),
        observation("o1", None, status="corrected"),
        patient(gender="unknown", language="nl-NL"),
        {**patient(), "_gender": {"extension": [{"url": "http://epd.example/g", "valueCode": "x"}]}},
        {**ALLERGY, "category": ["food", None], "_category": [None, {"id": "n"}]},
    ],
)
async def test_a_code_that_fhir_knows(server, resource):
    sent = await server.put(resource)
    assert sent.status_code == 201, sent.text


async def test_a_code_of_r4(server):
    headers = {**JSON, "Authorization": "Bearer demo.source.lab"}
    address = "/fhir/r4/Observation/o1"
    wrong = await server.client.put(address, json=observation("o1", None, status="klaar"), headers=headers)
    assert wrong.json()["issue"][0]["code"] == "code-invalid"
    right = await server.client.put(address, json=observation("o1", None, status="cancelled"), headers=headers)
    assert right.status_code == 201


async def test_what_is_no_json_or_another_format(server):
    address = "/fhir/stu3/Patient/w1"
    bad = await server.client.put(address, content=b"{", headers={**JSON, **VP})
    assert bad.status_code == 400
    other = await server.client.put(address, content=b"a,b", headers={"Content-Type": "text/csv", **VP})
    assert other.status_code == 415
    xml = fhir.to_xml(patient(), FhirVersion.STU3)
    sent = await server.client.put(address, content=xml, headers={"Content-Type": "application/fhir+xml", **VP})
    assert sent.status_code == 201
    assert sent.json()["identifier"][0]["value"] == BSN


async def test_a_transaction_resolves_what_points_within_it(server):
    bundle = transaction(
        post_entry(patient(), "urn:uuid:0e5f7b52-0000-4000-8000-000000000001"),
        post_entry(
            episode(patient={"reference": "urn:uuid:0e5f7b52-0000-4000-8000-000000000001"}),
            "urn:uuid:0e5f7b52-0000-4000-8000-000000000002",
        ),
        {
            "resource": {
                **observation("o1", "urn:uuid:0e5f7b52-0000-4000-8000-000000000002"),
                "subject": {"reference": f"Patient?identifier={BSN_SYSTEM}|none"},
            },
            "request": {"method": "PUT", "url": "Observation/o1"},
        },
    )
    failed = await server.client.post("/fhir/stu3", json=bundle, headers=VP)
    assert failed.status_code == 412
    assert failed.json()["issue"][0]["expression"] == ["Bundle.entry[2].resource.subject"]
    assert server.store.counts()["versions"] == 0
    bundle["entry"][2]["resource"]["subject"] = {"reference": "urn:uuid:0e5f7b52-0000-4000-8000-000000000001"}
    response = await server.client.post("/fhir/stu3", json=bundle, headers=VP)
    assert response.status_code == 200, response.text
    assert fhir.check(response.content, Media.JSON, FhirVersion.STU3).problem is None
    done = response.json()
    assert done["type"] == "transaction-response"
    assert [e["response"]["status"] for e in done["entry"]] == ["201 Created"] * 3
    woman = done["entry"][0]["response"]["location"].split("/_history")[0]
    seen = (await server.get("Observation/o1")).json()
    assert seen["subject"]["reference"] == woman
    assert seen["context"]["reference"].startswith("EpisodeOfCare/")
    assert server.store.record_keys() == [RecordKey("vp", woman)]


@pytest.mark.parametrize(
    ("wrong", "status", "where"),
    [
        ({"resource": {"resourceType": "Observation", "id": "o"}, "url": "Observation/o"}, 422, "Bundle.entry[2]"),
        ({"resource": observation("o"), "url": "Observation/x"}, 400, "Bundle.entry[2].resource.id"),
        ({"resource": patient(), "url": "Patient/w1"}, 400, "Bundle.entry[2].request.url"),
        ({"resource": observation("o"), "url": "Observation/o", "ifMatch": 'W/"3"'}, 412, None),
        ({"resource": None, "url": "Observation/o"}, 400, "Bundle.entry[2].resource"),
        (
            {"resource": observation("o"), "url": "Observation/o", "method": "DELETE"},
            405,
            "Bundle.entry[2].request.method",
        ),
    ],
)
async def test_a_transaction_is_whole_or_absent(server, wrong, status, where):
    request = {"method": wrong.get("method", "PUT"), "url": wrong["url"]}
    if "ifMatch" in wrong:
        request["ifMatch"] = wrong["ifMatch"]
    entry = {"request": request, **({"resource": wrong["resource"]} if wrong["resource"] else {})}
    bundle = transaction(put_entry(patient()), put_entry(episode()), entry)
    response = await server.client.post("/fhir/stu3", json=bundle, headers=VP)
    assert response.status_code == status, response.text
    if where:
        assert response.json()["issue"][0]["expression"][0].startswith(where)
    assert server.store.counts()["versions"] == 0


async def test_a_batch_is_each_by_itself(server):
    bundle = transaction(
        put_entry(patient()),
        put_entry({"resourceType": "Observation", "id": "bad"}),
        put_entry(episode()),
        {"request": {"method": "GET", "url": "EpisodeOfCare?patient=w1"}},
        {"request": {"method": "GET", "url": "Patient/w1"}},
        {"request": {"method": "GET", "url": "Patient/unknown"}},
        {"request": {"method": "DELETE", "url": "Patient/w1"}},
        kind="batch",
    )
    response = await server.client.post("/fhir/stu3", json=bundle, headers=VP)
    assert response.status_code == 200
    assert fhir.check(response.content, Media.JSON, FhirVersion.STU3).problem is None
    statuses = [e["response"]["status"][:3] for e in response.json()["entry"]]
    assert statuses == ["201", "422", "201", "200", "200", "404", "405"]
    assert response.json()["entry"][3]["resource"]["total"] == 1
    assert response.json()["entry"][4]["resource"]["id"] == "w1"


async def test_a_transaction_in_xml(server):
    bundle = fhir.to_xml(transaction(put_entry(patient()), put_entry(episode())), FhirVersion.STU3)
    headers = {"Content-Type": "application/fhir+xml", "Accept": "application/fhir+xml", **VP}
    response = await server.client.post("/fhir/stu3", content=bundle, headers=headers)
    assert response.status_code == 200
    answered = fhir.from_xml(response.content, FhirVersion.STU3)
    assert [e["response"]["status"] for e in answered["entry"]] == ["201 Created", "201 Created"]


async def test_pieces_that_come_before_their_dossier_move_to_it(server):
    """A child's problem, then its mother's dossier, then a contact, in the order of the alphabet."""
    for resource in (
        {
            "resourceType": "Condition",
            "id": "of-child",
            "code": {"coding": [{"code": "1"}]},
            "subject": {"reference": "Patient/child"},
            "context": {"reference": "EpisodeOfCare/e1"},
        },
        observation("early", "Encounter/c1", "child"),
        patient("child", None),
    ):
        assert (await server.put(resource)).status_code == 201
    assert server.store.record_keys() == [RecordKey("vp", "Patient/child")]
    assert (await server.put(episode())).status_code == 201
    assert (await server.put(encounter("c1"))).status_code == 201
    assert (await server.put(patient())).status_code == 201
    held = {v.received.reference for v in server.store.versions_of(RecordKey("vp", "Patient/w1"))}
    assert held == {
        *("Condition/of-child", "Observation/early", "Patient/child"),
        *("EpisodeOfCare/e1", "Encounter/c1", "Patient/w1"),
    }
    assert server.store.versions_of(RecordKey("vp", "Patient/child")) == []
    assert await server.found("Condition?context=EpisodeOfCare/e1") == ["Condition/of-child"]


async def test_a_removed_record_is_not_taken_back(server):
    await server.put(patient())
    server.store.forget(RecordKey("vp", "Patient/w1"), "consent withdrawn", server.moment[0])
    assert (await server.get("Patient/w1")).status_code == 404
    assert (await server.put(patient(gender="female"))).status_code == 409
    made = await server.put(patient(gender="female"), **{"If-None-Match": "*"})
    assert made.status_code == 409


async def test_what_follows_is_done_once_for_many(server):
    for at in range(4):
        await server.put(observation(f"o{at}", None))
    await server.service.aclose()
    assert len(server.settled) == 1
