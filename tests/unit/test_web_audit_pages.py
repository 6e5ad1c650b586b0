"""The log keeper's page and inzage as they are served, with the doors around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from adapter.access import Emergency, EventType, Identified, Opened, Outcome, Purpose
from adapter.api import audit, errors
from adapter.api.authentication import Authentication
from adapter.api.headers import Headers
from adapter.service.entrance import Credentials, Demonstration
from adapter.web.app import _error_page
from adapter.web.audit import AuditPages
from tests.support.audit_world import AT, CARER, HER, WOMAN, World


class Doors(Demonstration):
    """Everybody is the demonstration, but who shows `her` is the woman."""

    async def identify(self, credentials: Credentials) -> Identified:
        if credentials.bearer == "her":
            return Identified(WOMAN.actor, frozenset({Purpose.TREAT}), woman=HER)
        return await super().identify(credentials)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    world = World(tmp_path)
    world.did(CARER, "w-1", 1, query="Observation?code=1")
    opened = Emergency((Opened("w-1", AT + timedelta(hours=1), "<b>bloedverlies</b>"),))
    world.did(CARER, "w-1", 2, emergency=opened)
    world.did(CARER, "w-1", 3, type=EventType.DENIED, outcome=Outcome.MINOR_FAILURE)
    application: Any = SimpleNamespace(audit=world.desk, entrance=Doors())
    app = FastAPI()
    app.state.organisation_names = {}
    errors.install(app)
    app.include_router(audit.router(application))
    app.router.routes.extend(AuditPages(application).routes())
    app.add_exception_handler(Exception, _error_page)  # type: ignore[arg-type]
    app.add_middleware(Authentication, entrance=application.entrance)
    app.add_middleware(Headers)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as made:
        yield made
    world.store.close()


HERS = {"Authorization": "Bearer her"}


async def test_the_log_keeper_sees_lines_noodtoegang_on_top_and_the_chain(client: httpx.AsyncClient) -> None:
    text = (await client.get("/logboek")).text
    assert text.index("De keten is heel") < text.index("Noodtoegang, laatste 30 dagen") < text.index("regel 1<")
    assert "&lt;b&gt;bloedverlies" in text
    assert "<b>bloedverlies" not in text
    only = (await client.get("/logboek?nood=ja&vrouw=w-1&van=2026-03-02&tot=2026-03-02")).text
    assert ("regel 2<" in only, "regel 1<" in only) == (True, False)
    assert "Geen regels voor deze keuze" in (await client.get("/logboek?tot=2026-03-01")).text


async def test_lines_are_taken_along(client: httpx.AsyncClient) -> None:
    for address in ("/logboek?als=csv&gebruiker=uzi-1", "/api/v1/audit?format=csv&user=uzi-1"):
        sheet = await client.get(address)
        assert sheet.headers["content-disposition"].startswith("attachment")
        assert len(sheet.text.splitlines()) == 4


async def test_the_same_over_json(client: httpx.AsyncClient) -> None:
    found = (await client.get("/api/v1/audit", params={"emergency": "true"})).json()
    (line,) = found["lines"]
    assert (line["number"], line["event"]["emergency"]) == (2, "<b>bloedverlies</b>")
    assert (await client.get("/api/v1/audit/chain")).json()["broken"] is None
    assert (await client.get("/api/v1/audit?since=2026-03-01T00:00:00")).status_code == 400
    assert (await client.get("/api/v1/audit?limit=0")).status_code == 400


async def test_a_woman_reads_her_own_and_prints_it(client: httpx.AsyncClient) -> None:
    text = (await client.get("/inzage", headers=HERS)).text
    assert "Wie keek in uw gegevens?" in text
    assert "Geweigerd: niets gezien" in text
    assert "Verloskundigenpraktijk &#39;t Groen" in text
    own = (await client.get("/api/v1/inzage", headers=HERS)).json()
    assert [look["refused"] for look in own["looks"][-3:]] == [True, False, False]
    assert (await client.get("/inzage?vrouw=w-1")).text.count("haar") > 2


async def test_each_sees_their_own_page_alone(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/audit", headers=HERS)).status_code == 403
    assert (await client.get("/api/v1/inzage?woman=w-2", headers=HERS)).status_code == 403
    nobody = await client.get("/inzage")
    assert (nobody.status_code, "voor de vrouw zelf" in nobody.text) == (403, True)
    assert (await client.get("/api/v1/inzage")).status_code == 403


@pytest.mark.parametrize("address", ["/inzage?vrouw=a/b", "/logboek?van=straks"])
async def test_what_cannot_be_read(client: httpx.AsyncClient, address: str) -> None:
    assert (await client.get(address)).status_code in (400, 404)
