"""The served form of a resource: its very bytes, with our meta spliced in."""

from __future__ import annotations

import json

import pytest
import pytest_asyncio

from support.fhir_server import JSON, VP, patient, serving


@pytest_asyncio.fixture
async def server(tmp_path):
    async with serving(tmp_path) as server:
        yield server


PROFILE = '{"profile":["http://nictiz.nl/x"]}'


@pytest.mark.parametrize(
    "body",
    [
        '{ "resourceType" : "Patient",\n "id" : "w1" }\n',
        '\ufeff{"resourceType":"Patient","id":"w1","birthDate":"1990-01-01"}',
        f'{{"resourceType":"Patient","meta":{PROFILE},"id":"w1"}}',
        f'{{"resourceType":"Patient","id":"w1","meta": {PROFILE} }}',
        f'{{"resourceType":"Patient","id":"w1","contained":[{{"resourceType":"Patient","id":"c","meta":{PROFILE}}}],'
        f'"meta":{PROFILE},"link":[{{"other":{{"reference":"#c"}},"type":"seealso"}}]}}',
        '{"resourceType":"Patient","id":"w1","meta":{"versionId":"77","lastUpdated":"2020-01-01T00:00:00Z","tag":[{"code":"x"}]}}',
    ],
)
async def test_all_but_meta_is_as_it_was_sent(server, body):
    sent = await server.client.put("/fhir/stu3/Patient/w1", content=body.encode(), headers={**JSON, **VP})
    assert sent.status_code == 201, sent.text
    response = await server.get("Patient/w1")
    given, served = json.loads(body.removeprefix("\ufeff")), response.json()
    old, meta = given.pop("meta", {}), served.pop("meta")
    assert served == given
    assert meta["versionId"] == "1"
    assert meta["lastUpdated"].startswith("2026-03-01T09:")
    assert meta["tag"][:-1] == old.get("tag", [])
    assert meta["tag"][-1]["code"] == "vp"
    assert meta.get("profile") == old.get("profile")
    head, _, _ = body.removeprefix("\ufeff").partition('"meta"')
    if "contained" not in body:
        assert response.text.startswith(head.rstrip().rstrip("}").rstrip())
    found = await server.get("Patient?_id=w1")
    assert found.json()["entry"][0]["resource"] == response.json()


async def test_each_version_has_its_own(server):
    for gender in ("female", "male"):
        await server.put(patient(gender=gender, meta={"profile": ["http://nictiz.nl/x"]}))
    history = (await server.get("Patient/w1/_history")).json()
    assert [e["resource"]["meta"]["versionId"] for e in history["entry"]] == ["2", "1"]
    instants = [e["resource"]["meta"]["lastUpdated"] for e in history["entry"]]
    assert instants[0] > instants[1]
