"""Under which id a resource is served: what a source calls its own is never the alias of another."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from support.fhir_server import VP, ZH, Server, door, episode, observation, open_service, patient, serving

HASH = hashlib.sha256(b"vp\nObservation\nclash").hexdigest()
NEXT = hashlib.sha256(b"vp\nObservation\nclash1").hexdigest()
"""What zh gets for `Observation/clash` of vp, where `clash.vp` is an id already, and where the hash is one too."""


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path) as server:
        for who in (VP, ZH):
            for resource in (patient(), episode()):
                assert (await server.put(resource, who)).status_code == 201
        yield server


async def seen(client: httpx.AsyncClient, who: dict[str, str]) -> dict[str, str]:
    """The source behind each id in a search, which has no id twice and says what a read says."""
    entries = (await client.get("/fhir/stu3/Observation", headers=who)).json()["entry"]
    found = {entry["resource"]["id"]: source_of(entry["resource"]) for entry in entries}
    assert len({entry["fullUrl"] for entry in entries}) == len(entries) == len(found)
    for id, source in found.items():
        assert source_of((await client.get(f"/fhir/stu3/Observation/{id}", headers=who)).json()) == source
    return found


def source_of(resource: dict[str, Any]) -> str:
    return str(resource["meta"]["tag"][-1]["code"])


SENT = (("clash", VP), ("clash", ZH), ("clash.vp", ZH))


@pytest.mark.parametrize("order", list(permutations(SENT)), ids=range(6))
async def test_an_id_that_looks_like_an_alias_is_its_owners(
    server: Server, order: tuple[tuple[str, dict[str, str]], ...]
) -> None:
    for id, who in order:
        assert (await server.put(observation(id), who)).status_code == 201
        await seen(server.client, ZH)
    assert await seen(server.client, ZH) == {"clash": "zh", "clash.vp": "zh", HASH: "vp"}
    first = next("vp" if who is VP else "zh" for id, who in order if id == "clash")
    assert (await seen(server.client, {}))["clash"] == first
    assert await server.found(f"Observation?_id={HASH}", **ZH) == [f"Observation/{HASH}"]


async def test_a_hash_gives_way_as_well_and_a_restart_changes_nothing(server: Server, tmp_path: Path) -> None:
    for id, who in (*SENT, (HASH, ZH)):
        assert (await server.put(observation(id), who)).status_code == 201
    expected = {"clash": "zh", "clash.vp": "zh", HASH: "zh", NEXT: "vp"}
    assert await seen(server.client, ZH) == expected
    with open_service(tmp_path) as again:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door(again)), base_url="http://localhost") as client:
            assert await seen(client, ZH) == expected
        await again.aclose()


async def test_a_reference_follows_the_alias(server: Server) -> None:
    await server.put(episode("e1.vp"), ZH)
    await server.put(observation("o1"), VP)
    alias = hashlib.sha256(b"vp\nEpisodeOfCare\ne1").hexdigest()
    shown = (await server.get("Observation/o1", **ZH)).json()
    assert shown["context"]["reference"] == f"EpisodeOfCare/{alias}"
    assert await server.found(f"Observation?context=EpisodeOfCare/{alias}", **ZH) == ["Observation/o1"]
    assert await server.found("Observation?context=EpisodeOfCare/e1.vp", **ZH) == []
