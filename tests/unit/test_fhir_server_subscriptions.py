"""Subscriptions: told without data that something changed, as often as needed, and to nobody else."""

from __future__ import annotations

import httpx
import pytest
import pytest_asyncio

from adapter.api.fhir import links
from support.fhir_server import VP, ZH, episode, observation, patient, serving

HOOK = {
    "resourceType": "Subscription",
    "status": "requested",
    "reason": "zorgpad",
    "criteria": "EpisodeOfCare?patient=Patient/w1",
    "channel": {"type": "rest-hook", "endpoint": "http://127.0.0.1:9/hook", "header": ["Authorization: Bearer geheim"]},
}


@pytest_asyncio.fixture
async def server(tmp_path):
    async with serving(tmp_path) as server:
        server.service._telling.soon = lambda: None  # from the first write on: here only when a test says so
        for resource in (patient(), episode(), patient("w2", None), episode("e2", "w2")):
            await server.put(resource)
        yield server


async def test_who_subscribed_is_told_without_data_and_again_after_a_failure(server):
    told, status = [], [200]

    def receiver(request: httpx.Request) -> httpx.Response:
        told.append((request.headers["authorization"], request.content))
        return httpx.Response(status[0])

    notifier = server.service.notifier
    notifier.transport = httpx.MockTransport(receiver)
    made = await server.client.post("/fhir/stu3/Subscription", json=HOOK, headers=VP)
    assert made.status_code == 201, made.text
    assert (made.json()["status"], "geheim" in made.text) == ("active", False)
    address = made.headers["location"]
    assert (await server.client.get(address, headers=VP)).json() == made.json()
    assert (await server.client.get(address, headers=ZH)).status_code == 404
    assert await notifier.tell() == 0
    await server.put(observation("o2", "EpisodeOfCare/e2", "w2"))
    assert await notifier.tell() == 0  # of another woman
    await server.put(observation("o1"))
    status[0] = 500
    assert await notifier.tell() == 0
    status[0] = 200
    assert await notifier.tell() == 1
    assert await notifier.tell() == 0
    assert told == [("Bearer geheim", b"")] * 2
    assert (await server.client.delete(address, headers=VP)).status_code == 204
    await server.put(observation("o3"))
    assert await notifier.tell() == 0


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"criteria": "EpisodeOfCare?nonsense=1"}, 400),
        ({"criteria": "Nothing"}, 422),
        ({"channel": {"type": "email", "endpoint": "mailto:a@example.org"}}, 422),
        ({"channel": {"type": "rest-hook", "endpoint": "http://10.0.0.1/"}}, 422),
        ({"channel": {**HOOK["channel"], "payload": "application/fhir+json"}}, 422),
        ({"channel": {**HOOK["channel"], "header": ["Host: x"]}}, 422),
    ],
)
async def test_what_is_not_served(server, change, status):
    response = await server.client.post("/fhir/stu3/Subscription", json={**HOOK, **change}, headers=VP)
    assert response.status_code == status
    assert response.json()["resourceType"] == "OperationOutcome"


def asking(criteria: str, **more: object) -> dict[str, object]:
    return {**HOOK, "criteria": criteria, **more}


async def subscribed(server, resource):
    response = await server.client.post("/fhir/stu3/Subscription", json=resource, headers=VP)
    assert response.status_code == 201, response.text
    return response.headers["location"]


@pytest.mark.parametrize(
    "criteria",
    [
        "EpisodeOfCare?patient=Patient%2Fw1",
        "EpisodeOfCare?type=http%3A%2F%2Fsnomed.info%2Fsct%7C364320009",
        "EpisodeOfCare?%70atient=Patient/w1&date=ge2020-01-01T00:00:00%2B01:00",
    ],
)
async def test_criteria_are_read_as_every_search_is(server, criteria):
    await server.put(episode(period={"start": "2026-01-01"}))
    told = []
    server.service.notifier.transport = httpx.MockTransport(lambda call: told.append(call) or httpx.Response(200))
    await subscribed(server, asking(criteria))
    await server.put(observation("o1"))
    assert await server.service.notifier.tell() == 1
    assert len(told) == 1


async def test_after_its_end_it_is_off_and_nobody_is_told(server):
    told = []
    server.service.notifier.transport = httpx.MockTransport(lambda call: told.append(call) or httpx.Response(200))
    address = await subscribed(server, asking("Observation?", end="2026-03-01T12:00:00+01:00"))
    forever = await subscribed(server, asking("EpisodeOfCare?"))
    await server.put(observation("o1"))
    assert await server.service.notifier.tell() == 2
    server.moment[0] = server.moment[0].replace(hour=11)
    assert (await server.client.get(address, headers=VP)).json()["status"] == "off"
    await server.put(observation("o2"))
    assert await server.service.notifier.tell() == 1
    shown = [(await server.client.get(at, headers=VP)).json()["status"] for at in (address, forever)]
    assert (shown, len(told)) == (["off", "active"], 3)
    assert [one.status for one in server.store.subscriptions.all()] == ["off", "active"]


@pytest.mark.parametrize("end", ["2026-02-28T12:00:00Z", "2026-03-01T10:00:00.000+01:00", "morgen"])
async def test_an_end_that_has_passed_is_refused(server, end):
    response = await server.client.post("/fhir/stu3/Subscription", json=asking("Observation?", end=end), headers=VP)
    assert response.status_code == 422
    assert response.json()["issue"][0]["expression"] == ["Subscription.end"]


@pytest.mark.parametrize(
    ("change", "status", "where"),
    [
        ({"criteria": "Foo?x=1"}, 422, "Subscription.criteria"),
        ({"criteria": "/EpisodeOfCare?patient=Patient/w1"}, 422, "Subscription.criteria"),
        ({"criteria": "999911120"}, 422, "Subscription.criteria"),
        ({"criteria": 1}, 400, "Subscription.criteria"),
        ({"criteria": "EpisodeOfCare?nonsense=1"}, 400, "Subscription.criteria"),
        ({"criteria": "EpisodeOfCare?patient=%ff"}, 400, "Subscription.criteria"),
        ({"criteria": "EpisodeOfCare?date=gisteren"}, 400, "Subscription.criteria"),
        ({"criteria": f"Patient?identifier={links.SEALED}%7Cxyz"}, 422, "Subscription.criteria"),
        ({"criteria": "Patient?identifier=urn%3Auuid" + links.SEALED[8:] + "|xyz"}, 422, "Subscription.criteria"),
        ({"status": 3}, 422, "Subscription.status"),
        ({"reason": None}, 422, "Subscription.reason"),
        ({"channel": {"type": "rest-hook", "endpoint": "http://10.0.0.1/"}}, 422, "Subscription.channel.endpoint"),
        ({"channel": {"type": "rest-hook"}}, 422, "Subscription.channel.endpoint"),
    ],
)
async def test_a_fault_says_where_it_stands(server, change, status, where):
    given = {name: value for name, value in {**HOOK, **change}.items() if value is not None}
    response = await server.client.post("/fhir/stu3/Subscription", json=given, headers=VP)
    (issue,) = response.json()["issue"]
    assert (response.status_code, issue["expression"]) == (status, [where])
    assert "999911120" not in response.text
