"""Doors that let in who has a session in a world of people, and nobody else."""

from __future__ import annotations

from typing import Any

import httpx

from adapter.access import Identified, UnauthenticatedError
from support.people_world import World

SITE = "http://localhost"


class Entrance:
    """Sessions alone."""

    configured = True
    issuer: str | None = SITE
    proxies: tuple[str, ...] = ()
    systems = None

    def __init__(self, world: World) -> None:
        self.people = world.people

    async def identify(self, credentials: Any) -> Identified:
        found = await self.people.sessions.identify(credentials)
        if found is None:
            raise UnauthenticatedError("log in")
        return found


async def enter(world: World, client: httpx.AsyncClient, **claims: Any) -> httpx.Response:
    """Log in by the pages; gives the answer to coming back."""
    world.server.claims |= claims
    begun = await client.get("/inloggen/start")
    return await client.get("/inloggen/terug", params=world.server.answer(begun.headers["location"]))
