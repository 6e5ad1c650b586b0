"""The stored resource behind a value, and news of a pregnancy, on a real store."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapter import bootstrap
from adapter.access import DEMONSTRATION, Context, DeniedError, Purpose
from adapter.model.evidence import Evidence
from adapter.service.origin import evidence_in, key_of
from adapter.service.port import UnknownPregnancyError
from adapter.simulation.region import Region, picked
from support.dossiers import CARE

FIRST = datetime(2024, 7, 29, 12, tzinfo=UTC)
SITUATION = "thuisbevalling-alles-binnen"


def write(folder: Path) -> Path:
    """One woman, as the three EPDs hold her."""
    Region(lambda: iter([next(c for c in picked() if c.situation == SITUATION)])).write(folder)
    return folder / "adapter.toml"


def say_more(folder: Path) -> None:
    """Another version of every Observation of one source."""
    file = folder / "vp-linde" / "dossiers.ndjson"
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    for one in lines:
        if one["resourceType"] == "Observation":
            one["comment"] = "nagekeken"
    file.write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")


def mine(path) -> Evidence:
    return next(e for e in path.facts["edd"].evidence if e.source == "vp-linde")


def test_every_value_leads_to_the_version_it_was_read_from_and_news_is_seen(tmp_path):
    config = write(tmp_path)
    now = [FIRST]

    async def live() -> None:
        application = bootstrap.open_application(config, clock=lambda: now[0])
        try:
            await application.pull()
            (summary,) = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=10).items
            due, before = first(application, summary.pregnancy)
            say_more(tmp_path)
            now[0] += timedelta(hours=1)
            await application.pull()
            then(application, summary.pregnancy, due, before)
            refused(application, summary.pregnancy)
        finally:
            await application.aclose()

    asyncio.run(live())


def first(application, pregnancy: str) -> tuple[Evidence, tuple[str, str]]:
    path = application.care_path(CARE, pregnancy)
    keys = [key_of(e) for e in dict.fromkeys(evidence_in(path))]
    assert len(keys) > 50
    for start in range(0, len(keys), 40):
        for one in application.origins.originals(CARE, pregnancy, keys[start : start + 40]):
            assert one.stored is not None, one.evidence
            assert one.stored.version == one.evidence.version
            assert one.stored.received.reference == one.evidence.reference
    seen = application.changes.anything(), application.changes.of(pregnancy)
    assert (application.changes.anything(), application.changes.of(pregnancy)) == seen
    return mine(path), seen


def then(application, pregnancy: str, due: Evidence, before: tuple[str, str]) -> None:
    assert application.changes.anything() != before[0]
    assert application.changes.of(pregnancy) != before[1]
    known_at = FIRST + timedelta(minutes=1)
    (old,) = application.origins.originals(CARE, pregnancy, [key_of(due)], known_at=known_at)
    assert b"nagekeken" not in old.stored.received.body
    assert len(old.versions) == 1
    (new,) = application.origins.originals(CARE, pregnancy, [key_of(mine(application.care_path(CARE, pregnancy)))])
    assert b"nagekeken" in new.stored.received.body
    assert len(new.versions) == 2


def refused(application, pregnancy: str) -> None:
    assert application.origins.originals(CARE, pregnancy, ["0" * 16]) == []
    payment = Context(DEMONSTRATION, Purpose.HPAYMT)
    with pytest.raises(DeniedError):
        application.origins.originals(payment, pregnancy, [])
    with pytest.raises(DeniedError):
        application.changes.watch(payment, pregnancy)
    with pytest.raises(UnknownPregnancyError):
        application.changes.watch(CARE, "nobody")
    application.changes.watch(CARE, pregnancy)
