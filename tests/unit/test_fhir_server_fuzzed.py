"""What the fuzzer found, each by itself."""

from __future__ import annotations

import json

import pytest
import pytest_asyncio

from support.fhir_server import JSON, VP, observation, patient, put_entry, serving, transaction

pytestmark = pytest.mark.repeats
BSN = "999911120"
CHANNEL = {"type": "rest-hook", "endpoint": "https://127.0.0.1:9/x"}
SUBSCRIPTION = {"resourceType": "Subscription", "status": "requested", "reason": "x", "criteria": "Observation?"}


@pytest_asyncio.fixture
async def server(tmp_path):
    async with serving(tmp_path) as server:
        await server.put(patient())
        await server.put(observation("o1", None))
        yield server


@pytest.mark.parametrize("parameter", [3.5, "x", {}, None])
async def test_parameters_that_are_no_list(server, parameter):
    body = json.dumps({"resourceType": "Parameters", "parameter": parameter})
    response = await server.client.post("/fhir/stu3/Patient/w1/$care-path", content=body, headers=JSON)
    assert response.status_code == 400, response.text
    assert response.json()["issue"][0]["code"] in ("structure", "invalid")


@pytest.mark.parametrize(
    ("method", "url"),
    [(BSN, "Patient/w1"), ("GET", f"{BSN}/x"), ("GET", BSN), ("GET", f"{BSN}?x=y"), ("PUT", f"{BSN}/x")],
)
@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_what_a_bundle_asks_is_not_repeated(server, method, url, kind):
    entry = {**put_entry(patient()), "request": {"method": method, "url": url}}
    response = await server.client.post("/fhir/stu3", json=transaction(entry, kind=kind), headers=VP)
    assert BSN not in response.text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-30", "9999-12-31", "9999", "0001-01-01T00:00:00+14:00"])
@pytest.mark.parametrize("prefix", ["", "ge", "le", "ap", "eb", "sa"])
async def test_the_first_and_the_last_day_there_are(server, prefix, day):
    await server.put(observation("o2", None, effectiveDateTime="2026-03-01"))
    for name in ("date", "_lastUpdated"):
        response = await server.client.get("/fhir/stu3/Observation", params={name: f"{prefix}{day}"})
        assert response.status_code in (200, 400), (name, response.text)


@pytest.mark.parametrize("version", ["9" * 30, "9" * 5000, "²", "-1"])
async def test_a_version_that_can_be_none_of_ours(server, version):
    entry = put_entry(patient(), ifMatch=f'W/"{version}"')
    response = await server.client.post("/fhir/stu3", json=transaction(entry), headers=VP)
    assert response.status_code == 412


async def test_a_version_that_is_asked_is_not_repeated(server):
    response = await server.get(f"Observation/o1/_history/{BSN}")
    assert response.status_code == 404
    assert BSN not in response.text


@pytest.mark.parametrize(
    "resource",
    [
        {**SUBSCRIPTION, "channel": {**CHANNEL, "header": 3.5}},
        {k: v for k, v in {**SUBSCRIPTION, "channel": CHANNEL}.items() if k != "reason"},
        {**SUBSCRIPTION, "channel": [CHANNEL]},
    ],
)
async def test_a_subscription_is_a_valid_resource(server, resource):
    response = await server.client.post("/fhir/stu3/Subscription", json=resource, headers=VP)
    assert response.status_code == 422
    assert response.json()["issue"][0]["code"] == "structure"


@pytest.mark.parametrize("name", ["x-correlation-id", "medmij-request-id", "x-request-id"])
@pytest.mark.parametrize("value", [BSN, f"{BSN}-1", f"a{BSN}"])
async def test_a_bsn_in_a_request_id_is_not_sent_back(server, name, value):
    response = await server.get("metadata", **{name: value})
    assert not [v for v in response.headers.values() if BSN in v]


@pytest.mark.parametrize(
    "text", [f"identifier={BSN}x", f"identifier=http://x.nl/bsn{BSN}", f"identifier=http://x.nl|a{BSN}"]
)
async def test_what_may_be_a_bsn_is_sealed_in_the_self_link(server, text):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await server.client.post("/fhir/stu3/Patient/_search", content=text, headers=form)
    assert response.status_code == 200
    assert BSN not in response.text
    again = await server.client.get(response.json()["link"][0]["url"])
    assert again.json()["total"] == 0
