"""Searching by identifier over the endpoint: by the index, whatever else is in the store."""

from __future__ import annotations

import json

import pytest
import pytest_asyncio

from adapter.service.endpoint import search
from support.fhir_server import JSON, VP, encounter, episode, observation, patient, serving

OWN = "http://epd.example/id"


@pytest_asyncio.fixture
async def server(tmp_path):
    async with serving(tmp_path) as server:
        await server.put(patient())
        await server.put(episode())
        for n in range(6):
            await server.put(observation(f"o{n}", identifier=[{"system": OWN, "value": f"n{n}"}]))
        yield server


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (f"identifier={OWN}|n3", ["Observation/o3"]),
        ("identifier=n3,n5", ["Observation/o3", "Observation/o5"]),
        (f"identifier={OWN}|n3,{OWN}|n4&patient=w1", ["Observation/o3", "Observation/o4"]),
        ("identifier=http://other|n3", []),
        ("identifier=|n3", []),
        (f"identifier={OWN}|", [f"Observation/o{n}" for n in range(6)]),
        ("identifier=n3&identifier=n4", []),
        ("identifier=n3&_id=o3", ["Observation/o3"]),
        ("identifier=n3&_id=o4", []),
        ("identifier:not=n3&patient=w1", [f"Observation/o{n}" for n in (0, 1, 2, 4, 5)]),
        ("patient.identifier=none", []),
    ],
)
async def test_search_by_identifier(server, asked, found, monkeypatch):
    assert await server.found(f"Observation?{asked}") == found
    # And the same while what was there before is not in the index: by walking.
    monkeypatch.setattr(type(server.store.identifiers), "catch_up", lambda *_: False)
    assert await server.found(f"Observation?{asked}") == found


async def test_what_changed_is_found_by_what_it_holds_now(server):
    await server.put(observation("o3", identifier=[{"system": OWN, "value": "new"}]))
    assert await server.found("Observation?identifier=n3") == []
    assert await server.found("Observation?identifier=new") == ["Observation/o3"]


async def test_a_walk_is_not_needed(server, monkeypatch):
    monkeypatch.setattr(type(server.store.search), "walk", None)
    assert await server.found("Observation?identifier=n3") == ["Observation/o3"]
    assert await server.found("Organization?identifier=x") == []


@pytest.mark.parametrize("condition", [f"identifier={OWN}|n5", "date=2026-05-01"])
async def test_a_condition_sees_the_whole_store(server, monkeypatch, condition):
    await server.put(observation("o5", identifier=[{"system": OWN, "value": "n5"}], effectiveDateTime="2026-05-01"))
    monkeypatch.setattr(search, "WALK", 2)
    monkeypatch.setattr(search, "_STEP", 2)
    headers = {**JSON, **VP, "If-None-Exist": condition}
    body = json.dumps(observation("o9"))
    response = await server.client.post("/fhir/stu3/Observation", content=body, headers=headers)
    assert (response.status_code, response.json()["id"]) == (200, "o5")


async def test_a_chain_that_would_look_through_too_much_is_refused(server, monkeypatch):
    for n in range(5):
        await server.put(encounter(f"c{n}"))
    monkeypatch.setattr(search, "WALK", 2)
    monkeypatch.setattr(search, "_STEP", 2)
    response = await server.get("Observation?context:Encounter.status=finished")
    assert response.status_code == 400
    assert response.json()["issue"][0]["code"] == "too-costly"
