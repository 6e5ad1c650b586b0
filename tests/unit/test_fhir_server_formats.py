"""In which format an answer comes, and whether it is packed: by the address, a form or the headers."""

from __future__ import annotations

import pytest
import pytest_asyncio

from support.fhir_server import VP, episode, observation, patient, serving

XML = "application/fhir+xml"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory):
    async with serving(tmp_path_factory.mktemp("formats")) as server:
        for resource in (patient("w1"), episode("e1"), *(observation(f"o{n}") for n in range(6))):
            assert (await server.put(resource, VP)).status_code == 201
        yield server


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_form_chooses_the_format_as_an_address_does(server):
    ask = server.client.post
    xml = await ask("/fhir/stu3/Patient/_search", content="_id=w1&_format=xml", headers=FORM)
    assert (xml.status_code, xml.headers["content-type"]) == (200, XML)
    refused = await ask("/fhir/stu3/Patient/_search", content="_id=w1&_format=ttl", headers=FORM)
    assert (refused.status_code, refused.json()["issue"][0]["expression"]) == (406, ["http._format"])
    shown = await ask("/fhir/stu3/Patient/_search", content="_id=w1&_format=json", headers={**FORM, "Accept": XML})
    assert shown.headers["content-type"] == "application/fhir+json"


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; Q=0.0, br", False),
        ("x-gzip", True),
        ("deflate;q=1, gzip;q=0.001", True),
        ("gzipped", False),
        ("", False),
    ],
)
async def test_only_who_takes_gzip_gets_it(server, accepted, packed):
    response = await server.get("Observation", **{"Accept-Encoding": accepted})
    assert response.headers.get("content-encoding", "") == ("gzip" if packed else "")
    assert response.json()["total"] > 5


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/fhir+json;Q=0.5, application/fhir+xml", XML),
        ("application/fhir+json;Q=0.9, application/fhir+xml;q=0.1", "application/fhir+json"),
        ("application/fhir+xml;Q=0, application/fhir+json", "application/fhir+json"),
    ],
)
async def test_a_quality_counts_in_upper_case_too(server, accept, expected):
    assert (await server.get("Patient/w1", Accept=accept)).headers["content-type"] == expected
