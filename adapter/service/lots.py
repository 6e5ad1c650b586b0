"""Much work at once, done in lots: what belongs to one woman is read once, linked, rebuilt and decided together.

A pull of a whole region changes thousands of records. Handed out one by one, each would be read by whoever links it and
again by whoever rebuilds its woman, and by then no longer be at hand. So they are divided by woman, as far as a BSN
tells (linking itself relies on nothing of this), and the lots are shared with other processes. Every lot stands in the
outbox until it is done; what fails or is left is handed out by the queue, one by one.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from uuid import uuid4

from adapter.access import log
from adapter.model.identifiers import Bsn
from adapter.model.sources import RecordKey
from adapter.service.intake import Checker
from adapter.service.links.women import RECORD_JOB
from adapter.service.work import Work
from adapter.store import Intent, Store, record_of_intent

MUCH = 300  # records that changed: from there on it is worth dividing
_LOT = 60  # records; their facts are in memory together
_LOOK = 20_000

Elsewhere = Callable[[str, Collection[int]], None]
"""Does the lot with these intents in another process, in the run with this name; no name: the last run is over."""


class Lots:
    """Divides what waits over this process and others."""

    def __init__(self, store: Store, work: Work, checker: Checker, elsewhere: Elsewhere | None) -> None:
        self._store = store
        self._work = work
        self._checker = checker
        self._elsewhere = elsewhere

    async def settle(self, bsns: Mapping[RecordKey, Bsn]) -> None:
        """Do what waits, where it is much. `bsns`: what the sources just said of whose record it is."""
        tried: set[int] = set()
        while len(waiting := await asyncio.to_thread(self._waiting, tried)) >= MUCH:
            tried |= {intent.id for intent in waiting}
            lots = divided(waiting, bsns)
            run = str(uuid4())
            others = self._checker.others if self._elsewhere is not None else 0
            await asyncio.gather(self._here(lots), *(self._there(lots, run) for _ in range(others)))

    def do(self, intents: Collection[int]) -> None:
        """Do one lot, as far as it still waits. What goes wrong is logged; it waits on."""
        try:
            self._work.through(self._store.intents(intents))
        except Exception as error:
            log.JOB_FAILED.log(kind="lot", error=type(error).__name__)

    def _waiting(self, tried: Collection[int]) -> list[Intent]:
        return [i for i in self._store.pending(_LOOK) if i.kind == RECORD_JOB and i.id not in tried]

    async def _here(self, lots: deque[list[Intent]]) -> None:
        while lots:
            await asyncio.to_thread(self.do, [intent.id for intent in lots.popleft()])

    async def _there(self, lots: deque[list[Intent]], run: str) -> None:
        assert self._elsewhere is not None  # noqa: S101
        try:
            while lots:
                await self._checker.elsewhere(partial(self._elsewhere, run, [intent.id for intent in lots.pop()]))
            await self._checker.elsewhere(partial(self._elsewhere, "", ()))
        except Exception as error:  # the process is gone, say: what it had still waits
            log.JOB_FAILED.log(kind="elsewhere", error=type(error).__name__)


def divided(intents: Iterable[Intent], bsns: Mapping[RecordKey, Bsn]) -> deque[list[Intent]]:
    """In lots, records under one BSN in the same one."""
    women: defaultdict[object, list[Intent]] = defaultdict(list)
    for intent in intents:
        record = record_of_intent(intent.key)
        women[bsns.get(record, record)].append(intent)
    lots: deque[list[Intent]] = deque()
    for some in women.values():
        if not lots or len(lots[-1]) + len(some) > _LOT:
            lots.append([])
        lots[-1] += some
    return lots
