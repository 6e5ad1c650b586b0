"""The queue of a worker: opened once, however many ask for it at once."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

from adapter.service.worker import Worker


class Opened:
    """Counts what was opened and let go of."""

    def __init__(self) -> None:
        self.open: list[Any] = []
        self.closed: list[Any] = []

    def __call__(self) -> Any:
        time.sleep(0.02)  # in a thread of its own: long enough for another to ask too
        made = SimpleNamespace()

        async def aclose() -> None:
            self.closed.append(made)

        made.aclose = aclose
        self.open.append(made)
        return made


async def test_of_those_who_open_it_at_once_one_is_kept_and_no_other_is_left_open() -> None:
    opened, nothing = Opened(), SimpleNamespace()
    worker = Worker(nothing, nothing, opened)  # type: ignore[arg-type]
    found = await asyncio.gather(*(worker._connected() for _ in range(4)))
    assert len({id(queue) for queue in found}) == 1
    await worker.aclose()
    assert {id(queue) for queue in opened.closed} == {id(queue) for queue in opened.open}
