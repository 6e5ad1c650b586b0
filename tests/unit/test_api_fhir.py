"""The FHIR endpoints: read and metadata, and an OperationOutcome for everything else."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from adapter import fhir
from adapter.api import create_app
from adapter.model.sources import FhirVersion, Media

SAMPLE = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "doors" / "sample.py")))
VERSIONS = {"stu3": FhirVersion.STU3, "r4": FhirVersion.R4}


@pytest.fixture
def application():
    return SAMPLE.SampleApplication()


@pytest.fixture
async def client(application):
    transport = httpx.ASGITransport(create_app(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


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


async def test_a_resource_is_read_as_it_was_stored(client, application):
    response = await client.get("/fhir/r4/Patient/p1")
    assert response.content == SAMPLE.PATIENT
    assert response.headers["etag"] == 'W/"3"'
    assert response.headers["cache-control"] == "no-store"
    assert application.asked[-1][2:] == (FhirVersion.R4, "Patient/p1")
    again = await client.get("/fhir/r4/Patient/p1", headers={"If-None-Match": 'W/"3"'})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("asked", ["?_format=xml", "?_format=application/fhir%2Bxml", "?_format=application/fhir+xml"])
async def test_a_resource_is_read_as_xml(client, asked):
    response = await client.get(f"/fhir/stu3/Patient/p1{asked}", headers={"Accept": "application/fhir+json"})
    assert response.headers["content-type"] == "application/fhir+xml"
    assert fhir.read(response.content, Media.XML, FhirVersion.STU3)["birthDate"] == "1991-03-14"


@pytest.mark.parametrize(
    ("method", "address", "accept", "status", "code"),
    [
        ("GET", "/fhir/r4/Patient/unknown", "", 404, "not-found"),
        ("GET", "/fhir/r4/patient/p1", "", 400, "invalid"),
        ("GET", "/fhir/r4/Patient/" + "x" * 65, "", 400, "invalid"),
        ("GET", "/fhir/r4/Patient/p1", "text/csv", 406, "not-supported"),
        ("GET", "/fhir/r4/Patient/p1", "application/fhir+json;q=0", 406, "not-supported"),
        ("GET", "/fhir/r4/metadata?_format=turtle", "", 406, "not-supported"),
        ("POST", "/fhir/r4/metadata", "", 405, "not-supported"),
        ("PUT", "/fhir/r4/Patient/p1", "", 501, "not-supported"),
        ("DELETE", "/fhir/stu3/Patient/p1", "", 501, "not-supported"),
        ("POST", "/fhir/stu3", "", 501, "not-supported"),
        ("POST", "/fhir/stu3/Patient/_search", "", 501, "not-supported"),
        ("GET", "/fhir/stu3/Patient?name=x", "", 501, "not-supported"),
        ("GET", "/fhir/stu3/Patient/p1/_history", "", 501, "not-supported"),
        ("GET", "/fhir/stu3/nothing", "", 404, "not-found"),
        ("GET", "/fhir/dstu2/Patient/p1", "", 404, "not-found"),
        ("GET", "/fhir", "", 404, "not-found"),
    ],
)
async def test_everything_else_is_an_operation_outcome(client, method, address, accept, status, code):
    response = await client.request(method, address, headers={"Accept": accept} if accept else {})
    assert response.status_code == status
    outcome = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["code"] == code
    assert fhir.check(response.content, Media.JSON, FhirVersion.R4).problem is None


async def test_an_outcome_is_xml_for_who_asks_xml(client):
    response = await client.get("/fhir/stu3/Patient/unknown", headers={"Accept": "application/fhir+xml"})
    assert response.status_code == 404
    assert fhir.check(response.content, Media.XML, FhirVersion.STU3).type == "OperationOutcome"


@pytest.mark.parametrize(
    "query",
    [
        f"identifier={SAMPLE.BSN}",
        f"identifier=http%3A%2F%2Ffhir.nl%2Ffhir%2FNamingSystem%2Fbsn%7C{SAMPLE.BSN}",
        "identifier=http://fhir.nl/fhir/NamingSystem/bsn|12345",
        f"subject:Patient.identifier={SAMPLE.BSN}",
    ],
)
async def test_a_get_with_a_bsn_is_refused_and_pointed_to_post(client, query):
    response = await client.get(f"/fhir/stu3/Patient?{query}")
    assert response.status_code == 400
    assert "_search" in response.json()["issue"][0]["diagnostics"]
    assert SAMPLE.BSN not in response.text


async def test_a_resource_that_was_set_aside_is_not_given(client, application, monkeypatch):
    from dataclasses import replace

    stored = application.resource(None, FhirVersion.R4, "Patient/p1")
    bad = replace(stored, received=replace(stored.received, problem="no valid date"))
    monkeypatch.setattr(application, "resource", lambda *_: bad)
    assert (await client.get("/fhir/r4/Patient/p1")).status_code == 404
