"""What a start does so that the first reader does not wait: a view that nobody sees, of which nothing is kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from adapter import bootstrap
from adapter.access import DEMONSTRATION, Context, Purpose
from adapter.simulation.region import Region, picked
from support.dossiers import CARE

NOW = datetime(2024, 7, 29, 12, tzinfo=UTC)


def write(folder: Path) -> Path:
    Region(lambda: iter([next(c for c in picked() if c.situation == "thuisbevalling-alles-binnen")])).write(folder)
    return folder / "adapter.toml"


def test_a_rehearsal_says_nothing_keeps_nothing_and_needs_no_data(tmp_path: Path) -> None:
    config = write(tmp_path)

    async def live() -> None:
        application = bootstrap.open_application(config, clock=lambda: NOW)
        try:
            application.rehearse()  # nothing is there yet
            await application.pull()
            (summary,) = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=10).items
        finally:
            await application.aclose()
        application = bootstrap.open_application(config, clock=lambda: NOW)
        try:
            before = application._rooms.store.audit()
            application.rehearse()
            assert application._views._kept == {} and application._records._kept == {}
            assert application._rooms.store.audit() == before
            path = application.care_path(CARE, summary.pregnancy)
            assert application.decision(Context(DEMONSTRATION, Purpose.HPAYMT), summary.pregnancy).status
            assert path.outcome == "birth" and application._views._kept and application._records._kept
        finally:
            await application.aclose()

    asyncio.run(live())
