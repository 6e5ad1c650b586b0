"""The FHIR endpoints at the door: metadata, reading, formats, headers, and an OperationOutcome for everything else."""

from __future__ import annotations

import gzip

import pytest
import pytest_asyncio

from adapter import fhir
from adapter.model.sources import FhirVersion, Media
from support.fhir_server import VP, patient, serving

BSN = "999911120"
VERSIONS = {"stu3": FhirVersion.STU3, "r4": FhirVersion.R4}
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory):
    async with serving(tmp_path_factory.mktemp("door")) as server:
        await server.put(patient("p1", BSN, birthDate="1991-03-14"))
        yield server


@pytest.fixture
def client(server):
    return server.client


@pytest.mark.parametrize("base", VERSIONS)
@pytest.mark.parametrize("media", Media)
async def test_metadata_is_a_valid_capability_statement(client, base, media):
    response = await client.get(f"/fhir/{base}/metadata", headers={"Accept": media.value})
    assert response.status_code == 200
    assert response.headers["content-type"] == media.value
    checked = fhir.check(response.content, media, VERSIONS[base])
    assert (checked.type, checked.problem) == ("CapabilityStatement", None)
    statement = fhir.read(response.content, media, VERSIONS[base])
    assert statement["fhirVersion"] == {"stu3": "3.0.2", "r4": "4.0.1"}[base]
    assert statement["implementation"]["url"] == f"http://localhost/fhir/{base}"
    for resource in statement["rest"][0]["resource"]:
        names = [p["name"] for p in resource.get("searchParam", [])]
        assert len(names) == len(set(names))
    tag = response.headers["etag"]
    again = await client.get(f"/fhir/{base}/metadata", headers={"Accept": media.value, "If-None-Match": tag})
    assert again.status_code == 304


@pytest.mark.parametrize("base", VERSIONS)
async def test_a_type_with_interactions_of_its_own_has_those_alone(client, base):
    served = {r["type"]: r for r in (await client.get(f"/fhir/{base}/metadata")).json()["rest"][0]["resource"]}
    told = {kind: [i["code"] for i in served[kind]["interaction"]] for kind in ("Subscription", "AuditEvent")}
    assert told == {"Subscription": ["create", "read", "delete"], "AuditEvent": ["search-type", "read"]}
    for method, address, allow in (
        ("GET", "Subscription", "POST"),
        ("PUT", "Subscription/s1", "DELETE, GET, HEAD"),
        ("PUT", "Subscription?criteria=x", "POST"),
        ("POST", "AuditEvent", "GET, HEAD"),
        ("DELETE", "AuditEvent/a1", "GET, HEAD"),
    ):
        refused = await client.request(method, f"/fhir/{base}/{address}")
        assert (refused.status_code, refused.headers["allow"]) == (405, allow), (method, address)


async def test_the_statement_holds_what_nictiz_asks_of_a_server(client):
    rest = (await client.get("/fhir/stu3/metadata")).json()["rest"][0]
    served = {r["type"]: r for r in rest["resource"]}
    asked = {
        "Condition": ("context",),
        "Encounter": ("episodeofcare",),
        "EpisodeOfCare": ("status", "type"),
        "Observation": ("context",),
        "Patient": (),
        "PractitionerRole": ("practitioner",),
        "Procedure": ("context",),
    }
    for kind, names in asked.items():
        assert set(names) <= {p["name"] for p in served[kind]["searchParam"]}
    includes = {i for r in rest["resource"] for i in r.get("searchInclude", [])}
    assert {
        *("Encounter:practitioner", "EpisodeOfCare:organization", "EpisodeOfCare:care-manager"),
        *("Procedure:performer", "Procedure:based-on", "DeviceUseStatement:device"),
    } <= includes


async def test_a_resource_is_read_with_its_version(client):
    response = await client.get("/fhir/stu3/Patient/p1")
    assert response.headers["etag"] == 'W/"1"'
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["last-modified"].endswith("GMT")
    assert response.json()["birthDate"] == "1991-03-14"
    again = await client.get("/fhir/stu3/Patient/p1", headers={"If-None-Match": 'W/"1"'})
    assert (again.status_code, again.content) == (304, b"")
    head = await client.head("/fhir/stu3/Patient/p1")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("asked", ["?_format=xml", "?_format=application/fhir%2Bxml", "?_format=application/fhir+xml"])
async def test_a_resource_is_read_as_xml(client, asked):
    response = await client.get(f"/fhir/stu3/Patient/p1{asked}", headers={"Accept": "application/fhir+json"})
    assert response.headers["content-type"] == "application/fhir+xml"
    assert fhir.read(response.content, Media.XML, FhirVersion.STU3)["birthDate"] == "1991-03-14"


async def test_what_is_long_is_packed_for_who_can_unpack(client):
    packed = await client.send(client.build_request("GET", "/fhir/r4/metadata"), stream=True)
    raw = b"".join([part async for part in packed.aiter_raw()])
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw).startswith(b"{")
    plain = await client.get("/fhir/r4/metadata", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


async def test_the_ids_of_a_request_are_carried_through(client):
    given = {"X-Request-ID": "r-1", "X-Correlation-ID": "c-abc-2", "MedMij-Request-ID": "m-abc-3"}
    response = await client.get("/fhir/stu3/Patient/p1", headers=given)
    assert {name: response.headers[name] for name in given} == given


@pytest.mark.parametrize(
    ("method", "address", "accept", "status", "code"),
    [
        ("GET", "/fhir/r4/Patient/unknown", "", 404, "not-found"),
        ("GET", "/fhir/r4/Patient/p1", "", 404, "not-found"),  # it is STU3
        ("GET", "/fhir/r4/patient/p1", "", 404, "not-found"),
        ("GET", "/fhir/r4/Patient/" + "x" * 65, "", 400, "invalid"),
        ("GET", "/fhir/stu3/Patient/p1", "text/csv", 406, "not-supported"),
        ("GET", "/fhir/stu3/Patient/p1", "application/fhir+json;q=0", 406, "not-supported"),
        ("GET", "/fhir/r4/metadata?_format=turtle", "", 406, "not-supported"),
        ("POST", "/fhir/r4/metadata", "", 405, "not-supported"),
        ("DELETE", "/fhir/stu3/Patient/p1", "", 405, "not-supported"),
        ("GET", "/fhir/stu3/Medication/p1", "", 404, "not-supported"),
        ("GET", "/fhir/stu3/ReferralRequest/_history/1/2", "", 404, "not-found"),
        ("GET", "/fhir/stu3/nothing", "", 404, "not-found"),
        ("GET", "/fhir/dstu2/Patient/p1", "", 404, "not-found"),
        ("GET", "/fhir", "", 404, "not-found"),
        ("GET", "/fhir/stu3", "", 405, "not-supported"),
        ("GET", "/fhir/stu3/Patient/_history?_since=never", "", 400, "value"),
        ("GET", "/fhir/stu3/Patient/_history?_count=0", "", 400, "value"),
    ],
)
async def test_everything_else_is_an_operation_outcome(client, method, address, accept, status, code):
    response = await client.request(method, address, headers={"Accept": accept} if accept else {})
    assert response.status_code == status
    outcome = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["code"] == code
    assert fhir.check(response.content, Media.JSON, FhirVersion.R4).problem is None
    assert status != 405 or address.endswith("metadata") or response.headers["allow"]


async def test_an_outcome_is_xml_for_who_asks_xml(client):
    response = await client.get("/fhir/stu3/Patient/unknown", headers={"Accept": "application/fhir+xml"})
    assert response.status_code == 404
    assert fhir.check(response.content, Media.XML, FhirVersion.STU3).type == "OperationOutcome"


@pytest.mark.parametrize(
    "query",
    [
        f"identifier={BSN}",
        f"identifier=http%3A%2F%2Ffhir.nl%2Ffhir%2FNamingSystem%2Fbsn%7C{BSN}",
        "identifier=http://fhir.nl/fhir/NamingSystem/bsn|12345",
        f"subject:Patient.identifier={BSN}",
    ],
)
async def test_a_get_with_a_bsn_is_refused_and_pointed_to_post(client, query):
    response = await client.get(f"/fhir/stu3/Patient?{query}")
    assert response.status_code == 400
    assert "_search" in response.json()["issue"][0]["diagnostics"]
    assert BSN not in response.text


async def test_every_read_is_in_the_audit_log(server):
    before = server.store.counts()["audit"]
    await server.client.get("/fhir/stu3/Patient/p1")
    await server.client.get("/fhir/stu3/Patient")
    assert server.store.counts()["audit"] == before + 2
    newest = server.store.audit(limit=2)
    assert b'"search"' in newest[0]
    assert b"vp:Patient/p1" in newest[1]


async def test_a_form_is_a_form(client):
    response = await client.post("/fhir/stu3/Patient/_search", json={})
    assert response.status_code == 415


async def test_a_dossier_of_some_megabytes_can_be_sent(server):
    long = patient(
        "p2",
        None,
        text={"status": "generated", "div": f"<div xmlns='http://www.w3.org/1999/xhtml'>{'x' * 3_000_000}</div>"},
    )
    assert (await server.put(long, VP)).status_code == 201
