"""Several workers over one store, in both databases: what is to be made once is made once, whoever asks at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
import pytest_asyncio

from adapter.model.sources import FhirVersion, Media, Received
from adapter.service.endpoint.condition import OvertakenError
from adapter.service.endpoint.service import FhirService
from adapter.service.intake import Checker
from adapter.store import KeyRing, Store
from support.fhir_server import JSON, SOURCES, VP, door, observation, patient, rooms_of, transaction

pytestmark = pytest.mark.integration

WORKERS, MANY = 3, 6
OWN = "http://epd.example/id"
AT = datetime(2026, 5, 1, tzinfo=UTC)
Ask = Callable[[httpx.AsyncClient, int, str], Awaitable[httpx.Response]]


def received(id: str) -> Received:
    return Received("vp", FhirVersion.STU3, Media.JSON, "Observation", id, None, b"{}", "Patient/1", None, None, id)


async def _settle() -> None:
    return None


@pytest_asyncio.fixture
async def workers(store_url: str) -> AsyncIterator[list[httpx.AsyncClient]]:
    """The same database, opened as several processes do."""
    with ExitStack() as stack:
        stores = [stack.enter_context(Store.open(store_url, KeyRing(b"k" * 32))) for _ in range(WORKERS)]
        services = [FhirService(rooms_of(s, lambda: datetime.now(UTC), *SOURCES), Checker(0), _settle) for s in stores]
        clients = [
            httpx.AsyncClient(transport=httpx.ASGITransport(door(service)), base_url="http://localhost", headers=VP)
            for service in services
        ]
        yield clients
        for client, service in zip(clients, services, strict=True):
            await client.aclose()
            await service.aclose()


def seen(at: int) -> dict[str, Any]:
    """What the conditions of a round find."""
    made = observation("", None, identifier=[{"system": OWN, "value": f"x{at}"}], effectiveDateTime=f"2026-05-{at:02}")
    return {name: item for name, item in made.items() if name != "id"}


async def put(client: httpx.AsyncClient, resource: dict[str, Any]) -> httpx.Response:
    return await client.put(f"/fhir/stu3/{resource['resourceType']}/{resource['id']}", json=resource)


async def create(client: httpx.AsyncClient, at: int, condition: str) -> httpx.Response:
    headers = {**JSON, "If-None-Exist": condition}
    return await client.post("/fhir/stu3/Observation", content=json.dumps(seen(at)), headers=headers)


async def update(client: httpx.AsyncClient, at: int, condition: str) -> httpx.Response:
    return await client.put(f"/fhir/stu3/Observation?{condition}", json=seen(at))


async def within(client: httpx.AsyncClient, at: int, condition: str, kind: str = "transaction") -> httpx.Response:
    request = {"method": "POST", "url": "Observation", "ifNoneExist": condition}
    return await client.post("/fhir/stu3", json=transaction({"resource": seen(at), "request": request}, kind=kind))


ASKS: tuple[tuple[Ask, ...], ...] = (
    (create,),
    (update,),
    (within,),
    (partial(within, kind="batch"),),
    (create, update),
)


async def test_what_is_made_once_is_made_once_by_whichever_worker(workers: list[httpx.AsyncClient]) -> None:
    assert (await put(workers[0], patient())).status_code == 201
    for round, asks in enumerate(ASKS):
        for turn, condition in enumerate((f"identifier={OWN}|x{{at}}", "date=2026-05-{at:02}")):
            at = 2 * round + turn + 1
            asked = condition.format(at=at)
            conditional = [asks[n % len(asks)](workers[n % WORKERS], at, asked) for n in range(MANY)]
            plain = [put(workers[n % WORKERS], observation(f"o{at}-{n}", None)) for n in range(MANY)]
            answers = await asyncio.gather(*conditional, *plain)
            assert {answer.status_code for answer in answers} <= {200, 201}, [a.text for a in answers]
            found = (await workers[0].get(f"/fhir/stu3/Observation?patient=w1&{asked}")).json()
            assert found["total"] == 1, (round, asked)


async def test_a_position_is_not_behind_what_is_still_being_written(store_url: str) -> None:
    """What a source writes now may get a position before one that can be read: a condition must not overlook it."""
    with ExitStack() as stack:
        one, other = (stack.enter_context(Store.open(store_url, KeyRing(b"k" * 32))) for _ in range(2))
        asked: list[asyncio.Task[int]] = []
        loop = asyncio.get_running_loop()

        def while_it_is_written() -> None:
            if not one._database.is_sqlite:
                loop.call_soon_threadsafe(
                    lambda: asked.append(loop.create_task(asyncio.to_thread(other.settled, "vp")))
                )

        made = received("1"), received("2")
        await asyncio.to_thread(one.append, [made[0]], AT)
        await asyncio.to_thread(one.append, [made[1]], AT, first=while_it_is_written)
        upto = await asked[0] if asked else other.settled("vp")
        assert other.came("vp", upto) == []
        assert other.came("vp", upto - 1) == [("Observation", "2")]
        assert other.came("zh", 0) == []


async def test_what_is_read_in_the_turn_to_write_still_holds(store_url: str) -> None:
    with ExitStack() as stack:
        one, other = (stack.enter_context(Store.open(store_url, KeyRing(b"k" * 32))) for _ in range(2))
        other.append([received("1")], AT)
        came: list[list[tuple[str, str]]] = []

        def refuse() -> None:
            came.append(one.came("vp", 0))
            raise OvertakenError

        with pytest.raises(OvertakenError):
            one.append([received("2")], AT, first=refuse)
        assert came == [[("Observation", "1")]]
        assert one.counts()["versions"] == 1
        assert one.append([received("2")], AT, first=lambda: None)
