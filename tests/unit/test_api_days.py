"""Days and instants over the JSON API: only what is written as one is read as one."""

from __future__ import annotations

import httpx
import pytest

from doors.sample import SampleApplication
from doors.standing import doors

ONE = "/api/v1/pregnancies/zw-bakker-1"
NO_DAYS = (20261231, "20261231", 86400, "86400", "1e9", "2026", "2026-12-31T00:00:00Z", "", True)
PROPOSAL = {"phase": "nataal", "status": "igo", "reason": "zij woont elders en blijft daar"}
PERMIT = {"permit": True}


@pytest.fixture
async def client():
    transport = httpx.ASGITransport(doors(SampleApplication()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize("name", ["since", "until"])
@pytest.mark.parametrize("given", ["20261231", "2026", "1e9", "2026-12-31", "2026-12-31T00:00:00"])
async def test_of_the_log_only_instants_with_a_zone_are_asked(client, name, given):
    response = await client.get("/api/v1/audit", params={name: given})
    assert (response.status_code, response.json().get("parameter")) == (400, name)
    assert given not in response.json()["detail"].split()


@pytest.mark.parametrize("given", NO_DAYS)
@pytest.mark.parametrize(
    ("address", "body", "name"),
    [
        (f"{ONE}/overrides", PROPOSAL, "expires_on"),
        (f"{ONE}/claims", {"phase": "nataal"}, "made_on"),
        (f"{ONE}/consents", PERMIT, "start"),
        (f"{ONE}/consents", PERMIT, "end"),
        ("/api/v1/what-if", {}, "since"),
        ("/api/v1/what-if", {}, "until"),
    ],
)
async def test_a_bare_number_is_no_day_in_a_body(client, address, body, name, given):
    response = await client.post(address, json={**body, name: given})
    assert response.status_code == 400
    assert f"body.{name}" in response.json()["detail"]


async def test_the_document_still_says_that_these_are_dates(client):
    schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
    found = [s["properties"]["expires_on"] for s in schemas.values() if "expires_on" in s.get("required", ())]
    assert {"type": "string", "format": "date"}.items() <= found[0].items()
