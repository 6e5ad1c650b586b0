"""A share of the work that waits, done in a process of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path


def settle(config: Path) -> None:
    """Do what waits in the outbox of a configuration, beside whoever else is at it. Raises `ConfigurationError`."""
    from adapter.bootstrap.wire import open_application  # wire refers to this function

    async def work() -> None:
        application = open_application(config)
        try:
            await application.settle()
        finally:
            await application.aclose()

    asyncio.run(work())
