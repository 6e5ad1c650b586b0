"""An open page listens for news as long as its session lasts, and does not make it last longer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from adapter.access.people.tokens import LOGOUT_EVENT
from adapter.asgi import build
from doors.sample import SampleApplication
from support.people_doors import SITE, Entrance, enter
from support.people_world import ISSUER, World, signed

LISTED = "zw-bakker-1"
NEWS = f"/zwangerschap/{LISTED}/gebeurtenissen"


@pytest.fixture
def world() -> World:
    return World(site=SITE)


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    application = SampleApplication()
    application.entrance = Entrance(world)
    app = build(application)
    app.state.live._every = 0.002
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers={"Accept": "text/html"}) as client:
        yield client


async def logs_out(world: World, client: httpx.AsyncClient) -> None:
    """In another worker."""
    await world.another().leave(dict(client.cookies))


async def is_sent_away(world: World, client: httpx.AsyncClient) -> None:
    """By the provider, to another worker."""
    now = int(world.clock().timestamp())
    claims = {"iss": ISSUER, "aud": "adapter", "iat": now, "exp": now + 60, "jti": "weg", "sub": "s-1"}
    assert await world.another().sent_away(signed({**claims, "events": {LOGOUT_EVENT: {}}})) == 1


async def idles(world: World, client: httpx.AsyncClient) -> None:
    """Longer than a session does."""
    world.clock.pass_by(minutes=31)


@pytest.mark.parametrize("ends", [logs_out, is_sent_away, idles])
async def test_a_stream_ends_with_its_session(
    world: World, client: httpx.AsyncClient, ends: Callable[[World, httpx.AsyncClient], Awaitable[None]]
) -> None:
    await enter(world, client)
    listening = asyncio.create_task(client.get(NEWS))
    await asyncio.sleep(0.05)
    assert not listening.done()
    await ends(world, client)
    heard = await asyncio.wait_for(listening, 5)
    assert heard.text.endswith("event: voorbij\nid: \ndata: -\n\n")
    assert (await client.get(NEWS, headers={"Accept": "text/event-stream"})).status_code == 401


async def test_a_page_that_listens_and_renews_itself_lets_the_session_end(
    world: World, client: httpx.AsyncClient
) -> None:
    await enter(world, client)
    page = f"/zwangerschap/{LISTED}"
    for _ in range(2):
        listening = asyncio.create_task(client.get(NEWS))
        await asyncio.sleep(0.01)
        listening.cancel()
        assert (await client.get(page, headers={"X-Vanzelf": "1"})).status_code == 200
        world.clock.pass_by(minutes=20)
    assert (await client.get(page)).headers["location"].startswith("/inloggen")
