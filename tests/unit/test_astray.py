"""What stands in the dossier of one woman and is about another is a fact of neither: refused, or set aside."""

from __future__ import annotations

import json

import pytest
import pytest_asyncio

from adapter.bootstrap import open_application
from adapter.model.sources import RecordKey
from support.fhir_server import VP, encounter, episode, observation, patient, put_entry, serving, transaction

HERS, OTHERS = RecordKey("vp", "Patient/w1"), RecordKey("vp", "Patient/w2")


@pytest_asyncio.fixture
async def server(tmp_path):
    async with serving(tmp_path) as server:
        yield server


async def two_women(server):
    for resource in (patient(), episode(), encounter("c1"), patient("w2", "999990007"), episode("e2", "w2")):
        assert (await server.put(resource)).status_code == 201


def held(server, record):
    return {v.received.reference for v in server.store.versions_of(record)}


@pytest.mark.parametrize("context", ["EpisodeOfCare/e1", "Encounter/c1"])
async def test_one_woman_in_the_dossier_of_another_is_refused(server, context):
    await two_women(server)
    answer = await server.put(observation("mixed", context, "w2"))
    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["expression"]) == (422, ["Observation.subject"])
    assert "a woman with a dossier of her own" in issue["diagnostics"]
    assert (await server.get("Observation/mixed")).status_code == 404


async def test_also_where_all_of_it_comes_together(server):
    women = (patient(), episode(), patient("w2", "999990007"), episode("e2", "w2"))
    entries = [put_entry(r) for r in (*women, observation("mixed", "EpisodeOfCare/e1", "w2"))]
    answer = await server.client.post("/fhir/stu3", json=transaction(*entries), headers=VP)
    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[4].resource.subject"]
    assert server.store.record_keys() == []


async def test_a_child_of_hers_is_not_another_woman(server):
    await two_women(server)
    assert (await server.put(observation("of-child", "Encounter/c1", "child"))).status_code == 201
    own = episode("of-child", "child", type=[{"coding": [{"code": "child-care"}]}])
    assert (await server.put(own)).status_code == 201
    assert (await server.put(observation("of-child", "Encounter/c1", "child", code="1"))).status_code == 200
    assert "Observation/of-child" in held(server, HERS)


async def test_what_was_written_down_when_she_was_born_stays_with_her_mother(server):
    await two_women(server)
    daughter = patient("w3", None, link=[{"other": {"reference": "Patient/w1"}, "type": "seealso"}])
    for resource in (daughter, episode("e3", "w3")):
        assert (await server.put(resource)).status_code == 201
    assert (await server.put(observation("birth", "EpisodeOfCare/e1", "w3"))).status_code == 201
    assert "Observation/birth" in held(server, HERS)


async def test_who_was_taken_for_a_child_gets_what_is_hers_with_her_own_dossier(server):
    for resource in (patient(), episode(), encounter("c1"), patient("w2", "999990007")):
        assert (await server.put(resource)).status_code == 201
    assert (await server.put(observation("mixed", "Encounter/c1", "w2"))).status_code == 201
    assert {"Patient/w2", "Observation/mixed"} <= held(server, HERS)
    assert (await server.put(episode("e2", "w2"))).status_code == 201
    assert held(server, HERS) == {"Patient/w1", "EpisodeOfCare/e1", "Encounter/c1"}
    assert held(server, OTHERS) == {"Patient/w2", "EpisodeOfCare/e2", "Observation/mixed"}
    assert (await server.get("Observation/mixed")).status_code == 404  # kept, and read by nobody


@pytest.mark.parametrize("before", [0, 1])
async def test_a_pull_sets_it_aside_and_says_so(tmp_path, before):
    """`before`: pulls in which she had no dossier yet, and was taken for a child."""
    source = tmp_path / "vp"
    source.mkdir()
    known = (patient(), episode(), patient("w2", "999990007"), observation("mixed", "EpisodeOfCare/e1", "w2"))
    (source / "all.ndjson").write_text("\n".join(json.dumps(r) for r in known))
    (tmp_path / "adapter.toml").write_text(CONFIG)
    (tmp_path / "igo.toml").write_text(REGISTER)
    application = open_application(tmp_path / "adapter.toml")
    try:
        for _ in range(before):
            await application.pull()
        (source / "later.ndjson").write_text(json.dumps(episode("e2", "w2")))
        report = await application.pull()
        store = application.fhir.store
        assert {v.received.reference for v in store.versions_of(HERS)} == {"Patient/w1", "EpisodeOfCare/e1"}
        assert "Patient/w2" in {v.received.reference for v in store.versions_of(OTHERS)}
        aside = [v.received for v in store.versions_of(OTHERS) if v.received.problem]
        assert [one.reference for one in aside] == ["Observation/mixed"]
        assert "Observation/mixed" in str(report)
    finally:
        await application.aclose()


CONFIG = """
[store]
url = "sqlite:///adapter.db"
[[source]]
id = "vp"
name = "EPD"
agb = "08001234"
kind = "files"
path = "vp"
fhir_version = "3.0"
dialect = "nictiz-geboortezorg-stu3"
[igo]
register = "igo.toml"
"""
REGISTER = """
[igo]
name = "IGO"
agb = "53000001"
[[member]]
name = "EPD"
agb = "08001234"
discipline = "verloskunde"
from = 2017-01-01
"""
