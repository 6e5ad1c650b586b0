"""Ask again: every source for one woman, by her BSN, because somebody who decides wants to be sure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

from adapter.access import Action, Context, Entity, EventType, Resource
from adapter.model.identifiers import Bsn
from adapter.model.moments import day_of
from adapter.model.sources import SourceReport
from adapter.service.guard import Guard
from adapter.service.links.pregnancies import Pregnancies
from adapter.service.rooms import Rooms
from adapter.service.views import Views

Pull = Callable[[Collection[str] | None, Collection[Bsn] | None], Awaitable[list[SourceReport]]]


class NoBsnError(ValueError):
    """No source gives a BSN of this woman, so that none can be asked for her."""


class AskAgain:
    """Pulls one woman's records anew."""

    def __init__(self, rooms: Rooms, pregnancies: Pregnancies, views: Views, pull: Pull) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self._pregnancies = pregnancies
        self._views = views
        self._pull = pull

    async def ask(self, ctx: Context, pregnancy: str) -> list[SourceReport]:
        """How each source answered. Raises `NoBsnError`, `UnknownPregnancyError`."""
        grant = self._guard.allowed(ctx, Action.EXECUTE, Resource.DECISION)
        bsns = await asyncio.to_thread(self._bsns, pregnancy, self._rooms.clock())
        self._guard.record(
            ctx, EventType.SEARCH, Action.EXECUTE, grant, [Entity("pregnancy", pregnancy)], subtype="pull"
        )
        if not bsns:
            raise NoBsnError("Geen bron geeft een BSN van deze vrouw; er kan niet opnieuw naar haar worden gevraagd.")
        return await self._pull(None, bsns)

    def _bsns(self, pregnancy: str, now: datetime) -> list[Bsn]:
        woman = self._views.view(pregnancy, day_of(now), None, now).path.woman.id
        facts = self._pregnancies.facts_of(self._pregnancies.records_of(woman))
        return sorted({f.woman.bsn for f in facts if f.woman.bsn is not None}, key=lambda bsn: bsn.value)
