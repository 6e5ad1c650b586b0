"""An assertion for one woman names one: her BSN and her Patient are hers both, or there is no token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from adapter.bootstrap.admission import StoredWomen
from adapter.model.sources import RecordKey
from adapter.store import LinkRow
from support.fhir_server import VP, ZH, patient, serving
from support.systems_world import BSN, World, client

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
OTHER = "900186021"


def reader(source: str | None = "vp") -> object:
    return client("dva", for_woman=True, roles=(), source=source, scopes=("patient/*.rs",))


@pytest_asyncio.fixture
async def women(tmp_path: Path) -> AsyncIterator[StoredWomen]:
    async with serving(tmp_path) as server:
        for resource, who in ((patient("w1", BSN), VP), (patient("w2", OTHER), VP), (patient("9", None), ZH)):
            assert (await server.put(resource, who)).status_code == 201
        for source, reference in (("vp", "Patient/w1"), ("zh", "Patient/9")):
            server.store.add_links([LinkRow("woman", source, reference, "her", "automatic", b"{}", AT, None)])
        yield StoredWomen(server.store)


@pytest.mark.parametrize(
    "claims",
    [
        {"patient": "Patient/w2", "patient_bsn": BSN},
        {"patient": "zh/Patient/9", "patient_bsn": OTHER},
        {"patient": "Patient/nobody", "patient_bsn": BSN},
        {"patient": 5, "patient_bsn": BSN},
        {"patient": "Patient/w1", "patient_bsn": 999911120},
        {"patient": "Patient/w1", "patient_bsn": "1"},
    ],
    ids=range(6),
)
async def test_two_women_are_none(women: StoredWomen, claims: dict[str, object]) -> None:
    error = await World((reader(),), women=women).refused("patient/*.rs", **claims)
    assert error.error == "invalid_grant"
    assert not any(number in str(error) for number in (BSN, OTHER))


@pytest.mark.parametrize(
    "claims",
    [
        {"patient_bsn": BSN},
        {"patient": "Patient/w1"},
        {"patient": "Patient/w1", "patient_bsn": BSN},
        {"patient": "zh/Patient/9", "patient_bsn": BSN},
    ],
    ids=range(4),
)
async def test_one_woman_named_twice_is_one(women: StoredWomen, claims: dict[str, object]) -> None:
    world = World((reader(),), women=women)
    found = world.tokens.verify((await world.ask("patient/*.rs", **claims))["access_token"])
    assert found is not None
    assert found.woman == RecordKey("vp", "Patient/w1")
