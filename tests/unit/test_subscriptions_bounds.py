"""Subscriptions cost no more than is set: so many of one caller, to public or registered addresses, for so long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from adapter.bootstrap.access import AccessSettings
from adapter.bootstrap.bounds import bounds_of
from adapter.service.bounds import Notices
from adapter.service.endpoint import subscriptions, telling
from adapter.service.endpoint.fault import FhirFault
from adapter.service.endpoint.receivers import Receivers, UnreachableError, is_public
from support.fhir_server import VP, ZH, Server, episode, observation, patient, serving

PUBLIC = "93.184.216.34"


def hook(path: str = "hook", criteria: str = "Observation?", at: str = "https://epd.example") -> dict[str, Any]:
    channel = {"type": "rest-hook", "endpoint": f"{at}/{path}"}
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "zorgpad",
        "criteria": criteria,
        "channel": channel,
    }


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path) as server:
        for resource in (patient(), episode()):
            await server.put(resource)

        async def resolve(host: str, port: int) -> list[str]:
            return [PUBLIC]

        server.service.notifier.receivers.resolve = resolve
        server.service._telling.soon = lambda: None  # type: ignore[method-assign] # here only when a test says so
        yield server


async def subscribe(server: Server, resource: dict[str, Any], who: dict[str, str] = VP) -> httpx.Response:
    return await server.client.post("/fhir/stu3/Subscription", json=resource, headers=who)


async def test_a_caller_has_so_many_and_no_more(server: Server) -> None:
    server.service.notifier._most = 2
    made = [await subscribe(server, hook(str(n))) for n in range(3)]
    assert [m.status_code for m in made] == [201, 201, 422]
    issue = made[2].json()["issue"][0]
    assert issue["code"] == "too-costly"
    assert "[access.limits] subscriptions" in issue["diagnostics"]
    assert (await subscribe(server, hook(), ZH)).status_code == 201, "another caller has its own"
    await server.client.delete(made[0].headers["location"], headers=VP)
    assert (await subscribe(server, hook())).status_code == 201


INSIDE = (
    *("127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1"),
    *("::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "onzin"),
)


@pytest.mark.parametrize("address", INSIDE)
async def test_no_name_leads_inside(address: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return [PUBLIC, address]

    assert not is_public(address)
    receivers = Receivers(loopback=False, resolve=resolve)
    with pytest.raises(UnreachableError):
        await receivers.address("epd", "https://epd.example/hook")
    assert is_public(PUBLIC)
    assert is_public("2606:4700::1111")


@pytest.mark.parametrize(
    "endpoint", ["https://10.0.0.1/", "https://localhost/", "https://[::1]/", "http://epd.example/"]
)
def test_what_is_inside_by_its_text_is_refused_at_once(endpoint: str) -> None:
    with pytest.raises(FhirFault) as refused:
        Receivers(loopback=False).check("epd", endpoint)
    assert (refused.value.status, refused.value.expression) == (422, "Subscription.channel.endpoint")


async def test_what_is_registered_may_be_inside_and_nothing_else() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["10.0.0.8"]

    receivers = Receivers({"epd": ["https://EPD.intern:8443", "http://tolk.intern"]}, loopback=False, resolve=resolve)
    assert await receivers.address("epd", "https://epd.intern:8443/hook") == "10.0.0.8"
    assert await receivers.address("epd", "http://tolk.intern/hook") == "10.0.0.8"
    for other in ("https://epd.intern/hook", "https://elders.example/hook", "https://epd.intern:x/hook"):
        with pytest.raises(FhirFault):
            receivers.check("epd", other)
    with pytest.raises(UnreachableError):
        await receivers.address("ander", "https://epd.intern:8443/hook")


def test_the_configuration_says_whom_and_how_many() -> None:
    given = {
        "issuer": "https://zorg.example",
        "limits": {"subscriptions": 3, "per_minute": 0, "failures_per_minute": 0},
    }
    client = {"id": "epd", "name": "EPD", "agb": "08001234", "notify": ["https://epd.intern:8443"]}
    bounds = bounds_of(AccessSettings.model_validate({**given, "client": [client]}), lambda: "")
    assert bounds.notices == Notices(3, {"epd": ("https://epd.intern:8443",)}, loopback=False)
    for wrong in ("epd.intern", "https://a@b", "https://epd.intern/path", "ftp://x"):
        with pytest.raises(ValueError, match="notify"):
            AccessSettings.model_validate({**given, "client": [{**client, "notify": [wrong]}]})


async def test_the_call_goes_to_the_address_that_was_looked_at(server: Server) -> None:
    called: list[httpx.Request] = []

    def receiver(request: httpx.Request) -> httpx.Response:
        called.append(request)
        return httpx.Response(302, headers={"Location": "https://10.0.0.1/"})

    server.service.notifier.transport = httpx.MockTransport(receiver)
    await subscribe(server, hook())
    await server.put(observation("o1"))
    assert await server.service.notifier.tell() == 0, "a redirect is no success, and is not followed"
    (request,) = called
    assert (request.url.host, request.headers["host"]) == (PUBLIC, "epd.example")
    assert request.extensions["sni_hostname"] == "epd.example"


async def test_one_that_does_not_answer_holds_up_nobody_else(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "_SECONDS", 0.05)
    told: list[str] = []

    async def receiver(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/traag"):
            await asyncio.sleep(60)
        told.append(request.url.path)
        return httpx.Response(200)

    server.service.notifier.transport = httpx.MockTransport(receiver)
    for n in range(12):
        await subscribe(server, hook(f"traag-{n}"))
    await subscribe(server, hook("vlug"))
    await server.put(observation("o1"))
    assert await server.service.notifier.tell() == 1
    assert told == ["/vlug"]


async def test_who_is_not_reached_in_a_round_is_the_first_of_the_next(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "ROUND", 0.2)
    monkeypatch.setattr(subscriptions, "_AT_ONCE", 1)
    asked: list[str] = []

    async def receiver(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path == "/een" and len(asked) == 1:
            await asyncio.sleep(60)
        return httpx.Response(200)

    server.service.notifier.transport = httpx.MockTransport(receiver)
    await subscribe(server, hook("een"))
    server.moment[0] = server.moment[0].replace(year=server.moment[0].year + 1)
    await subscribe(server, hook("twee"))
    await server.put(observation("o1"))
    assert await server.service.notifier.tell() == 0
    assert await server.service.notifier.tell() == 2
    assert asked == ["/een", "/twee", "/een"]


async def test_what_did_not_concern_somebody_is_not_looked_at_again(server: Server) -> None:
    notifier = server.service.notifier
    await subscribe(server, hook(criteria="EpisodeOfCare?patient=Patient/elders"))
    (before,) = notifier._kept.all()
    await server.put(observation("o1"))
    assert await notifier.tell() == 0
    (waiting,) = notifier._kept.all()
    assert waiting.upto == before.upto, "what came may yet prove to concern them, as long as links are to be made"
    server.store.done(server.store.pending())
    assert await notifier.tell() == 0
    (after,) = notifier._kept.all()
    assert after.upto > before.upto
    assert after.failures == 0


async def test_rounds_follow_each_other_however_often_they_are_asked_for() -> None:
    begun, go = 0, asyncio.Event()

    async def work() -> None:
        nonlocal begun
        begun += 1
        await go.wait()
        if begun == 2:
            raise ValueError("a round that fails stops no other")

    rounds = telling.Telling(work)
    for _ in range(50):
        rounds.soon()
        await asyncio.sleep(0)
    go.set()
    await rounds.aclose()
    assert begun == 2
    rounds.soon()
    await rounds.aclose()
    assert begun == 3


async def test_stopping_waits_for_no_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_GRACE", 0.01)
    rounds = telling.Telling(lambda: asyncio.sleep(3600))
    rounds.soon()
    async with asyncio.timeout(5):
        await rounds.aclose()
