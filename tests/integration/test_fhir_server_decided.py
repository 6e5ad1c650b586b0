"""A woman who was pushed, over the wire of a whole application: linked, decided, asked for by operations."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from adapter import bootstrap, fhir
from adapter.model.sources import FhirVersion, Media
from support.fhir_server import VP, door, encounter, episode, observation, patient, put_entry, transaction

pytestmark = pytest.mark.asyncio(loop_scope="module")
CONFIG = """
[store]
url = "sqlite:///adapter.db"
[[source]]
id = "vp"
name = "Verloskundigenpraktijk 't Groen"
agb = "08001234"
kind = "push"
fhir_version = "3.0"
dialect = "nictiz-geboortezorg-stu3"
[[source]]
id = "zh"
name = "Stadsziekenhuis"
ura = "00001234"
kind = "push"
dialect = "nl-core-r4"
[igo]
register = "igo.toml"
"""
REGISTER = """
[igo]
name = "IGO Voorbeeld"
agb = "53000001"
[[member]]
name = "Verloskundigenpraktijk 't Groen"
agb = "08001234"
discipline = "verloskunde"
from = 2017-01-01
[[member]]
name = "Stadsziekenhuis"
agb = "06001234"
ura = "00001234"
discipline = "gynaecologie"
from = 2017-01-01
"""
SNOMED = "http://snomed.info/sct"
PREGNANCY = {
    "resourceType": "Condition",
    "id": "p1",
    "clinicalStatus": "active",
    "code": {"coding": [{"system": SNOMED, "code": "118185001"}]},
    "subject": {"reference": "Patient/w1"},
    "context": {"reference": "EpisodeOfCare/e1"},
}
DUE = observation("due", code="161714006", valueDateTime="2026-09-01")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("decided")
    (folder / "adapter.toml").write_text(CONFIG)
    (folder / "igo.toml").write_text(REGISTER)
    application = bootstrap.open_application(folder / "adapter.toml")
    transport = httpx.ASGITransport(
        door(application.fhir, care_path=application.care_path, decision=application.decision)
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost/fhir/stu3/") as client:
        dossier = [patient(), episode(period={"start": "2026-02-01"}), PREGNANCY, encounter("c1"), DUE]
        sent = await client.post("", json=transaction(*map(put_entry, dossier)), headers=VP)
        assert sent.status_code == 200, sent.text
        await application.fhir.aclose()  # what follows from it is done
        yield client
    await application.aclose()


def parts(parameters, name):
    return [p for one in parameters["parameter"] for p in one["part"] if p["name"] == name]


@pytest.mark.parametrize("about", ["EpisodeOfCare/e1", "Condition/p1", "Patient/w1"])
async def test_the_care_path_and_the_decision_of_what_was_pushed(client, about):
    response = await client.get(f"{about}/$care-path?as_of=2026-05-01")
    assert response.status_code == 200, response.text
    assert fhir.check(response.content, Media.JSON, FhirVersion.STU3).problem is None
    path = response.json()
    assert [p["valueCode"] for p in parts(path, "state")] == ["ongoing"]
    assert [p["valueDate"] for p in parts(path, "due")] == ["2026-09-01"]
    whole = json.loads(base64.b64decode(parts(path, "document")[0]["valueAttachment"]["data"]))
    assert whole["facts"]["edd"]["evidence"][0]["reference"] == "Observation/due"
    body = {"resourceType": "Parameters", "parameter": [{"name": "as_of", "valueDate": "2026-05-01"}]}
    decided = await client.post(f"{about}/$igo-selection", json=body)
    assert decided.status_code == 200, decided.text
    assert parts(decided.json(), "status")[0]["valueCode"] in ("igo", "niet_igo", "gemengd", "onbepaald")
    assert parts(decided.json(), "id") == parts(path, "id")


async def test_who_sends_by_itself_has_answered_for_whom_it_sent_and_for_nobody_else(client):
    path = (await client.get("EpisodeOfCare/e1/$care-path")).json()
    whole = json.loads(base64.b64decode(parts(path, "document")[0]["valueAttachment"]["data"]))
    told = {s["source"]: (s["state"], s["at"] is not None, s["problem"]) for s in whole["sources"]}
    assert told == {
        "vp": ("answered", True, None),
        "zh": ("not_asked", False, "stuurt zelf, en heeft van deze zwangerschap geen dossier gestuurd"),
    }


async def test_the_organisation_of_a_source_is_as_the_register_has_it(client):
    path = (await client.get("EpisodeOfCare/e1/$care-path")).json()
    whole = json.loads(base64.b64decode(parts(path, "document")[0]["valueAttachment"]["data"]))
    told = {s["source"]: (s["organisation"]["id"], s["organisation"]["kind"]) for s in whole["sources"]}
    assert told == {"vp": ("agb:08001234", "verloskundigenpraktijk"), "zh": ("agb:06001234", "ziekenhuis")}
    assert [i["organisation"]["kind"] for i in whole["involved"]] == ["verloskundigenpraktijk"]


async def test_everything_of_her_and_of_the_dossier(client):
    for about, expected in (("Patient/w1", 5), ("EpisodeOfCare/e1", 5)):
        bundle = (await client.get(f"{about}/$everything")).json()
        assert bundle["total"] == expected
        assert len(bundle["entry"]) == expected
    seen, address = 0, "Patient/w1/$everything?_count=2"
    while address:
        page = (await client.get(address)).json()
        seen += len(page["entry"])
        address = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
    assert seen == 5
    assert "entry" not in (await client.get("Patient/w1/$everything?_since=2100-01-01T00:00:00Z")).json()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("Patient/unknown/$care-path", 404),
        ("Patient/w1/$nothing", 404),
        ("Condition/p1/$everything", 404),
        ("Patient/w1/$care-path?as_of=today", 400),
        ("Patient/w1/$care-path?nonsense=1", 400),
    ],
)
async def test_what_is_refused(client, address, status):
    response = await client.get(address)
    assert response.status_code == status
    assert response.json()["resourceType"] == "OperationOutcome"


async def test_a_woman_sees_only_her_own(client):
    other = {"Authorization": "Bearer demo.woman.vp.somebody"}
    for operation in ("care-path", "igo-selection", "everything"):
        assert (await client.get(f"Patient/w1/${operation}", headers=other)).status_code == 404


async def test_the_screen_of_the_epd_shows_where_she_is(client):
    services = (await client.get("http://localhost/cds-services")).json()["services"]
    assert [s["hook"] for s in services] == ["patient-view"]
    address = f"http://localhost/cds-services/{services[0]['id']}"
    hook = {"hook": "patient-view", "hookInstance": "1", "context": {"userId": "Practitioner/1", "patientId": "w1"}}
    cards = (await client.post(address, json=hook, headers=VP)).json()["cards"]
    assert len(cards) == 1
    assert cards[0]["summary"].startswith("Zwangerschap")
    assert len(cards[0]["summary"]) < 140
    assert cards[0]["links"][0]["url"].startswith("http://localhost/zwangerschap/")
    nobody = {**hook, "context": {"userId": "Practitioner/1", "patientId": "nobody"}}
    assert (await client.post(address, json=nobody)).json() == {"cards": []}
    assert (await client.post(address, json={"hook": "order-sign"})).status_code == 400
    assert (await client.post(address, content=b"{")).status_code == 400
    assert (await client.get(address)).status_code == 405
    assert (await client.get("http://localhost/cds-services/nothing")).status_code == 404
