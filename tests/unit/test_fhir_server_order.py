"""The order of a search, and how its pages fit together: by when things came, by id, over all there is of a type."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.service.endpoint import search
from support.fhir_server import VP, ZH, episode, observation, patient, reference, serving

pytestmark = pytest.mark.asyncio


async def walked(server, address: str, **headers: str) -> list[str]:
    """What all pages of a search hold."""
    seen, pages = [], 0
    while address:
        response = await server.client.get(address.removeprefix("http://localhost"), headers=headers)
        assert response.status_code == 200, response.text
        page = response.json()
        seen += [reference(e).split("/")[1] for e in page.get("entry", []) if e["search"]["mode"] == "match"]
        address = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
        pages += 1
        assert pages < 100
    return seen


async def filled(server) -> None:
    """Two sources; the ids come in another order than the resources, and one is changed afterwards."""
    for resource, who in (
        (patient("w1"), VP),
        (patient("h1"), ZH),
        (episode("e1"), VP),
        (episode("e7", "h1"), ZH),
        (observation("c"), VP),
        (observation("b", "EpisodeOfCare/e7", "h1"), ZH),
        (observation("d"), VP),
        (observation("a"), VP),
        ({"resourceType": "Organization", "id": "z"}, VP),
        ({"resourceType": "Organization", "id": "y"}, ZH),
        ({"resourceType": "Organization", "id": "x"}, VP),
        (observation("c", status="amended"), VP),
        ({"resourceType": "Organization", "id": "z", "name": "Groen"}, VP),
    ):
        assert (await server.put(resource, who)).status_code in (200, 201)


WALKS = [
    ("Observation?_sort=_lastUpdated", "b d a c"),
    ("Observation?_sort=-_lastUpdated", "c a d b"),
    ("Observation?_sort=-_lastUpdated&code=57036006", "c a d b"),
    ("Observation?_sort=-_lastUpdated&status=final", "a d b"),
    ("Observation?_sort=_lastUpdated&_lastUpdated=ge2026-03-01", "b d a c"),
    ("Observation?patient=w1&_sort=-_lastUpdated", "c a d"),
    ("Organization?_sort=_lastUpdated", "y x z"),
    ("Organization?_sort=-_lastUpdated", "z x y"),
    ("Patient?_sort=-_lastUpdated", "h1 w1"),
]


@pytest.mark.parametrize("bound", [1, 2, 5000])
async def test_a_search_is_in_the_order_of_time_that_it_asks_for(tmp_path, monkeypatch, bound):
    monkeypatch.setattr(search, "WALK", bound)
    monkeypatch.setattr(search, "_STEP", min(bound, 3))
    async with serving(tmp_path) as server:
        await filled(server)
        for address, expected in WALKS:
            for count in (1, 2, 3, 50):
                found = await walked(server, f"/fhir/stu3/{address}&_count={count}")
                assert found == expected.split(), (address, count)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Observation?_sort=_lastUpdated", "b d a c"),
        ("Observation?_sort=-_lastUpdated", "c a d b"),
        ("Organization?_sort=_lastUpdated", "y x z"),
        ("Organization?_sort=-_lastUpdated", "z x y"),
    ],
)
async def test_pages_in_order_of_time_fit_together_whatever_comes_meanwhile(tmp_path, address, expected):
    async with serving(tmp_path) as server:
        await filled(server)
        first = (await server.get(f"{address}&_count=1")).json()
        await server.put(observation("b", "EpisodeOfCare/e7", "h1", status="amended"), ZH)
        await server.put({"resourceType": "Organization", "id": "y", "name": "Blauw"}, ZH)
        await server.put(observation("new"))
        following = next(link["url"] for link in first["link"] if link["relation"] == "next")
        rest = await walked(server, following)
        assert [reference(first["entry"][0]).split("/")[1], *rest] == expected.split()


async def test_all_are_sorted_by_the_id_under_which_they_are_served(tmp_path):
    async with serving(tmp_path) as server:
        for resource, who in (
            (patient("w2"), VP),
            (patient("w1"), ZH),
            (patient("w1"), VP),
            (patient("w1-b"), ZH),
        ):
            assert (await server.put(resource, who)).status_code == 201
        ids = "Patient?_id=w2,w1,w1.vp,w1.zh,w1-b&_sort=_id"
        first = await server.get(ids)
        served = [entry["resource"]["id"] for entry in first.json()["entry"]]
        assert served == sorted(served)
        assert len(served) == 4
        assert "_sort=_id" in first.json()["link"][0]["url"]
        assert await walked(server, f"/fhir/stu3/{ids}&_count=1") == served


async def test_an_order_that_cannot_be_given_is_not_claimed(tmp_path):
    async with serving(tmp_path) as server:
        await filled(server)
        page = (await server.get("Observation?_sort=_id&_count=3")).json()
        urls = [link["url"] for link in page["link"]]
        assert not any("_sort" in url for url in urls)
        issue = page["entry"][-1]["resource"]["issue"][0]
        assert (issue["severity"], issue["expression"]) == ("warning", ["http._sort"])
        assert await walked(server, "/fhir/stu3/Observation?_sort=_id&_count=3") == ["a", "c", "d", "b"]
        refused = await server.get("Observation?_sort=_id", Prefer="handling=strict")
        assert (refused.status_code, refused.json()["issue"][0]["expression"]) == (400, ["http._sort"])
        narrow = await server.get("Observation?patient=w1&_sort=_id", Prefer="handling=strict")
        assert narrow.status_code == 200


async def test_a_total_that_is_asked_for_and_not_given_is_told(tmp_path):
    async with serving(tmp_path) as server:
        await filled(server)
        page = (await server.get("Observation?_total=accurate&_count=1")).json()
        assert "total" not in page
        issue = page["entry"][-1]["resource"]["issue"][0]
        assert (issue["severity"], issue["expression"]) == ("warning", ["http._total"])
        for known in ("Observation?_total=accurate", "Observation?patient=w1&_total=accurate&_count=1"):
            page = (await server.get(known)).json()
            assert page["total"] in (3, 4)
            assert all(entry["search"]["mode"] == "match" for entry in page["entry"])
        plain = (await server.get("Observation?_count=1")).json()
        assert all(entry["search"]["mode"] == "match" for entry in plain["entry"])


@pytest.mark.parametrize(("order", "expected"), [("_lastUpdated", "new1 new2"), ("-_lastUpdated", "new2 new1")])
async def test_what_came_since_is_found_without_a_page_of_what_is_older(tmp_path, monkeypatch, order, expected):
    monkeypatch.setattr(search, "WALK", 2)
    monkeypatch.setattr(search, "_STEP", 2)
    async with serving(tmp_path) as server:
        await filled(server)
        server.moment[0] += timedelta(hours=1)
        since = server.moment[0].isoformat().replace("+00:00", "Z")
        await server.put(observation("new1"))
        await server.put(observation("new2"))
        assert await walked(server, f"/fhir/stu3/Observation?_sort={order}&_lastUpdated=gt{since}") == expected.split()
        assert await walked(server, f"/fhir/stu3/Observation?_sort={order}&_lastUpdated=lt{since}")
        assert await walked(server, f"/fhir/stu3/Observation?_sort={order}&_lastUpdated=ge0001") != []
