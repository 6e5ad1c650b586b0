"""Read, change, save: what serving added to a resource is taken off when it comes back."""

from __future__ import annotations

import json

import pytest
import pytest_asyncio

from adapter import fhir
from adapter.model.sources import FhirVersion, Media
from adapter.service.endpoint.served import SOURCE_TAGS
from support.fhir_server import JSON, VP, ZH, observation, patient, put_entry, serving, transaction

LAB = {"Authorization": "Bearer demo.source.lab"}
XML = {"Content-Type": "application/fhir+xml", "Accept": "application/fhir+xml"}
OTHER_TAG = {"system": "http://epd.example/tags", "code": "x"}
METAS = [
    {},
    {"meta": {"profile": ["http://nictiz.nl/x"], "tag": [OTHER_TAG]}},
    {"meta": {"versionId": "77", "lastUpdated": "2020-01-01T00:00:00Z"}},
]


@pytest_asyncio.fixture
async def server(tmp_path):
    async with serving(tmp_path) as server:
        yield server


@pytest.mark.parametrize("meta", METAS)
@pytest.mark.parametrize("headers", [JSON, XML])
@pytest.mark.parametrize(("version", "who"), [("stu3", VP), ("r4", LAB)])
async def test_what_is_saved_as_it_was_read_makes_no_new_version(server, version, who, headers, meta):
    quantity = json.loads('{"valueQuantity":{"value":1.50}}')
    address = f"/fhir/{version}/Observation/o1"
    sent = json.dumps({**observation("o1", None), **quantity, **meta}).replace("1.5", "1.50")
    await server.client.put(address, content=sent, headers={**JSON, **who})
    for _ in range(2):
        read = await server.client.get(address, headers={**headers, **who})
        saved = await server.client.put(address, content=read.content, headers={**headers, **who})
        assert (saved.status_code, saved.headers["etag"]) == (200, 'W/"1"'), saved.text
        assert saved.content == read.content


@pytest.mark.parametrize("meta", METAS)
@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_in_a_bundle_too(server, meta, kind):
    await server.put(patient(**meta))
    read = (await server.get("Patient/w1")).json()
    bundle = transaction(put_entry(read), kind=kind)
    done = (await server.client.post("/fhir/stu3", json=bundle, headers=VP)).json()
    assert done["entry"][0]["response"]["etag"] == 'W/"1"'


async def test_where_another_source_uses_the_same_ids(server):
    for who in (VP, ZH):
        await server.put(patient(), who)
        await server.put(observation("o1", None), who)
    for who in (VP, ZH):
        read = await server.get("Observation/o1", **who)
        assert (await server.put(read.json(), who)).headers["etag"] == 'W/"1"'
        assert read.json()["subject"]["reference"] == "Patient/w1"


@pytest.mark.parametrize("tag", [{"system": SOURCE_TAGS}, {"system": SOURCE_TAGS, "code": ["vp"]}])
async def test_a_meta_that_makes_no_sense_is_read_as_any_other(server, tag):
    sent = await server.put(patient(meta={"tag": [tag, 1], "source": {}}))
    assert sent.status_code == 422


@pytest.mark.parametrize("meta", METAS)
async def test_a_change_keeps_only_what_the_source_says(server, meta):
    await server.put(patient(**meta))
    read = (await server.get("Patient/w1")).json()
    read["meta"]["tag"] += [tag for tag in read["meta"]["tag"] if tag["system"] == SOURCE_TAGS]  # as was once kept
    changed = await server.put({**read, "gender": "female"})
    assert changed.headers["etag"] == 'W/"2"'
    own = {name: value for name, value in meta.get("meta", {}).items() if name in ("profile", "tag")}
    kept = json.loads(server.store.history("vp", "Patient/w1")[0].received.body)
    assert kept == {**patient(gender="female"), **({"meta": own} if own else {})}
    assert [tag["system"] for tag in changed.json()["meta"]["tag"]].count(SOURCE_TAGS) == 1


async def test_an_r4_source_of_ones_own_stays(server):
    address, headers = "/fhir/r4/Patient/w1", {**JSON, **LAB}
    await server.client.put(address, json=patient(meta={"source": "urn:uuid:own"}), headers=headers)
    read = (await server.client.get(address, headers=headers)).json()
    saved = await server.client.put(address, json={**read, "gender": "female"}, headers=headers)
    assert saved.json()["meta"]["source"] == "urn:uuid:own"
    kept = fhir.read(server.store.history("lab", "Patient/w1")[0].received.body, Media.JSON, FhirVersion.R4)
    assert kept["meta"] == {"source": "urn:uuid:own"}


async def test_a_post_of_what_was_read_is_a_resource_without_our_meta(server):
    await server.put(patient())
    read = (await server.get("Patient/w1")).content
    made = await server.client.post("/fhir/stu3/Patient", content=read, headers={**JSON, **VP})
    assert made.status_code == 201
    kept = json.loads(server.store.history("vp", f"Patient/{made.json()['id']}")[0].received.body)
    assert "meta" not in kept


async def test_without_our_tag_it_stays_as_it_was_sent(server):
    sent = b'{ "resourceType" : "Patient", "id":"w1", "meta" : {"versionId":"3", "tag":[{"code":"x"}]} }'
    await server.client.put("/fhir/stu3/Patient/w1", content=sent, headers={**JSON, **VP})
    assert server.store.history("vp", "Patient/w1")[0].received.body == sent
