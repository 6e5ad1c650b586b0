"""Subscriptions: told without data that something changed, as often as needed, and to nobody else."""

from __future__ import annotations

import httpx
import pytest
import pytest_asyncio

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
        ({"criteria": "Nothing"}, 404),
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
