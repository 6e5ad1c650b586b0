"""Consents through the doors: the JSON API, FHIR, and the page of one woman."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter import fhir
from adapter.model.sources import FhirVersion, Media
from doors import standing
from tests.support.consent_world import AGB, World, woman, world


@dataclass
class Doors:
    here: World
    client: httpx.AsyncClient

    @property
    def api(self) -> str:
        return f"/api/v1/pregnancies/{self.here.pregnancy}/consents"

    @property
    def page(self) -> str:
        return f"/zwangerschap/{self.here.pregnancy}/toestemmingen"

    async def shown(self, address: str | None = None) -> str:
        found = await self.client.get(address or self.page, headers={"Accept": "text/html"})
        assert found.status_code == 200, found.text
        return found.text


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    """Under the demonstration identity, who may all of it."""
    async with world(tmp_path, access="") as here:
        here.epds["praktijk"].discovered["Patient/v1"] = woman()
        await here.pull()
        transport = httpx.ASGITransport(standing.doors(here.application))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield Doors(here, client)


def said(**more: Any) -> dict[str, Any]:
    praktijk, kraamzorg = f"agb:{AGB['praktijk']}", f"agb:{AGB['kraamzorg']}"
    return {"permit": True, "holder": {"organisation": praktijk}, "reader": {"organisation": kraamzorg}, **more}


async def test_recorded_listed_and_withdrawn_over_the_api(doors: Doors) -> None:
    made = await doors.client.post(doors.api, json=said(end="2026-12-31", kinds=["Observation"]))
    assert made.status_code == 201
    assert made.json()["rules"][0] == {
        "permit": True,
        "holder": "Praktijk",
        "reader": "Kraamzorg",
        "kinds": ["Observation"],
        "start": None,
        "end": "2026-12-31",
        "pregnancy": doors.here.pregnancy,
    }
    listed = (await doors.client.get(doors.api)).json()
    assert [s["id"] for s in listed["statements"]] == [made.json()["id"]]
    between = {(g["holder"], g["reader"]): g for g in listed["grounds"]}
    assert between["Praktijk", "Kraamzorg"]["partly"]
    assert between["Praktijk", "Ziekenhuis"]["code"] == "nothing"
    gone = await doors.client.post(f"{doors.api}/{made.json()['id']}/withdraw", json={})
    assert (gone.status_code, gone.json()["state"]) == (200, "withdrawn")


@pytest.mark.parametrize(("asked", "version"), [("", FhirVersion.R4), ("?fhirVersion=3.0", FhirVersion.STU3)])
async def test_as_fhir_it_is_valid_in_both_versions(doors: Doors, asked: str, version: FhirVersion) -> None:
    empty = await doors.client.get(doors.api + asked, headers={"Accept": "application/fhir+json"})
    await doors.client.post(doors.api, json=said())
    await doors.client.post(doors.api, json={"permit": False, "reader": {"kind": "ziekenhuis"}})
    found = await doors.client.get(doors.api + asked, headers={"Accept": "application/fhir+json"})
    for answer, entries in ((empty, 0), (found, 2)):
        assert answer.headers["content-type"] == f"application/fhir+json; fhirVersion={version.value}"
        assert fhir.check(answer.content, Media.JSON, version).problem is None
        assert len(answer.json().get("entry", [])) == entries
    types = {entry["resource"]["resourceType"] for entry in found.json()["entry"]}
    assert types == {"Consent"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"permit": True, "holder": {"organisation": "999911120"}}, 400),
        ({"permit": True, "holder": {"organisation": "agb:08000101", "kind": "ziekenhuis"}}, 400),
        ({"permit": True, "kinds": ["Verzonnen"]}, 400),
        ({"permit": True, "end": "2020-01-01"}, 400),
        ({"permit": True, "meer": 1}, 400),
    ],
)
async def test_what_cannot_be_is_a_problem_that_repeats_nothing(doors: Doors, body: Any, status: int) -> None:
    answer = await doors.client.post(doors.api, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert "999911120" not in answer.text
    assert (await doors.client.get(doors.api)).json()["statements"] == []


async def test_unknown_pregnancies_and_statements_are_not_there(doors: Doors) -> None:
    assert (await doors.client.get("/api/v1/pregnancies/geen/consents")).status_code == 404
    assert (await doors.client.post(f"{doors.api}/geen/withdraw", json={})).status_code == 404
    assert (await doors.client.get("/zwangerschap/geen/toestemmingen")).status_code == 404
    assert (await doors.client.post(f"{doors.page}/geen/intrekken", data={})).status_code == 404


async def test_a_notification_of_a_stranger_is_refused(doors: Doors) -> None:
    answer = await doors.client.post("/api/v1/consent-notifications", content=json.dumps({"resourceType": "Bundle"}))
    assert answer.status_code == 403


async def test_recorded_and_withdrawn_on_the_page(doors: Doors) -> None:
    assert "Er is niets vastgelegd" in await doors.shown()
    form = {"keuze": "ja", "bron": f"agb:{AGB['praktijk']}", "lezer": "soort:ziekenhuis", "gegevens": "alles"}
    made = await doors.client.post(doors.page, data={**form, "zwangerschap": "elke"})
    assert (made.status_code, made.headers["location"]) == (303, f"{doors.page}?gedaan=vastgelegd")
    text = await doors.shown(made.headers["location"])
    assert "Dit geldt vanaf nu" in text
    assert "Elke organisatie van soort ziekenhuis" in text
    id = (await doors.client.get(doors.api)).json()["statements"][0]["id"]
    gone = await doors.client.post(f"{doors.page}/{id}/intrekken", data={"reden": "op haar verzoek"})
    assert gone.status_code == 303
    text = await doors.shown()
    assert "ingetrokken" in text
    assert "op haar verzoek" not in text


async def test_a_form_with_a_fault_comes_back_as_it_was_filled_in(doors: Doors) -> None:
    form = {"keuze": "nee", "lezer": f"agb:{AGB['kraamzorg']}", "gegevens": "deel", "zwangerschap": "elke"}
    answer = await doors.client.post(doors.page, data=form)
    assert answer.status_code == 400
    assert "kies ten minste één soort" in answer.text
    assert f'<option value="agb:{AGB["kraamzorg"]}" selected>' in answer.text
    assert 'value="nee" checked' in answer.text


async def test_a_part_of_the_data_holds_what_is_needed_to_place_it(doors: Doors) -> None:
    form = {"keuze": "ja", "bron": f"agb:{AGB['praktijk']}", "gegevens": "deel", "soorten": ["uitslagen"]}
    assert (await doors.client.post(doors.page, data=form)).status_code == 303
    (line,) = (await doors.client.get(doors.api)).json()["statements"]
    assert set(line["rules"][0]["kinds"]) == {"Patient", "EpisodeOfCare", "Observation", "DiagnosticReport"}
    assert "uitslagen en metingen" in await doors.shown()


async def test_the_care_path_leads_here(doors: Doors) -> None:
    assert doors.page in await doors.shown(f"/zwangerschap/{doors.here.pregnancy}")
