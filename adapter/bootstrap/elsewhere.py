"""A share of the work that waits, done in a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapter.service.application import UseCases

_open: dict[str, UseCases] = {}  # of this process: the application of the run it takes part in


def do(config: Path, run: str, intents: Collection[int]) -> None:
    """Do the lot with these intents of a configuration, beside whoever else is at it. Raises `ConfigurationError`.

    The application stays open for the other lots of the same run, with the rules as they were when it began.
    """
    from adapter.bootstrap.wire import open_application  # wire refers to this function

    for over in [name for name in _open if name != run]:
        asyncio.run(_open.pop(over).aclose())
    if run:
        if run not in _open:
            _open[run] = open_application(config)
        _open[run].lots.do(intents)
