"""The simulated EPD, through its HTTP door."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from adapter import fhir
from adapter.model.sources import FhirVersion, Media
from adapter.simulation.epd import Quirks, create_app
from adapter.simulation.epd_sample import sample, sample_bsn

STU3, R4 = FhirVersion.STU3, FhirVersion.R4
TYPE = "http://snomed.info/sct|364320009"


def client(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://epd/fhir")


def epd(version: FhirVersion = STU3, **quirks: Any) -> httpx.AsyncClient:
    return client(create_app(sample(version, 4, 6), version, quirks=Quirks(**quirks)))


def found(bundle: dict[str, Any], mode: str = "match") -> list[str]:
    entries = [e for e in bundle.get("entry", []) if e["search"]["mode"] == mode]
    return [f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in entries]


async def search(http: httpx.AsyncClient, path: str, **params: Any) -> dict[str, Any]:
    reply = await http.get(path, params={k.replace("__", ":"): v for k, v in params.items()})
    assert reply.status_code == 200, reply.text
    bundle: dict[str, Any] = reply.json()
    return bundle


@pytest.mark.parametrize(("version", "number"), [(STU3, "3.0.2"), (R4, "4.0.1")])
async def test_metadata_is_valid_and_says_the_version(version: FhirVersion, number: str) -> None:
    async with epd(version) as http:
        reply = await http.get("metadata")
    assert reply.json()["fhirVersion"] == number
    assert fhir.check(reply.content, Media.JSON, version).problem is None


async def test_dossiers_by_type_with_what_they_refer_to() -> None:
    async with epd() as http:
        includes = ["EpisodeOfCare:organization", "EpisodeOfCare:care-manager"]
        bundle = await search(http, "EpisodeOfCare", type=TYPE, _include=includes)
        none = await search(http, "EpisodeOfCare", type="http://snomed.info/sct|1")
    assert found(bundle) == [f"EpisodeOfCare/e{n}" for n in range(4)]
    assert set(found(bundle, "include")) == {"Organization/org", "Practitioner/prac", "PractitionerRole/role"}
    assert bundle["total"] == 4
    assert (none["total"], found(none)) == (0, [])


async def test_context_takes_a_list_and_the_chain_finds_what_hangs_on_contacts() -> None:
    async with epd() as http:
        direct = await search(http, "Observation", context="EpisodeOfCare/e0,EpisodeOfCare/e1")
        chained = await search(http, "Observation", **{"context:Encounter.episodeofcare": "EpisodeOfCare/e0"})
    assert direct["total"] == 6
    assert found(chained) == ["Observation/o0-1", "Observation/o0-3", "Observation/o0-5"]


async def test_r4_by_patient_and_contact() -> None:
    async with epd(R4) as http:
        contacts = await search(http, "Encounter", **{"episode-of-care": "EpisodeOfCare/e2"})
        mine = await search(http, "Observation", patient="Patient/w2")
        child = await search(http, "Procedure", encounter="Encounter/c2")
        wrong = await http.get("Observation", params={"context": "EpisodeOfCare/e2"})
    assert found(contacts) == ["Encounter/c2"]
    assert mine["total"] == 6
    assert found(child) == ["Procedure/b2"]
    assert wrong.status_code == 400


async def test_pages_are_whole_opaque_and_can_be_fetched_again() -> None:
    async with epd() as http:
        page = await search(http, "Observation", patient="Patient/w0", _count=4)
        following = next(link["url"] for link in page["link"] if link["relation"] == "next")
        second = (await http.get(following)).json()
        again = (await http.get(following)).json()
    assert "Patient" not in following and "patient" not in following  # two letters may be in any token
    assert found(page) + found(second) == [f"Observation/o0-{n}" for n in range(6)]
    assert found(again) == found(second)
    assert [link["relation"] for link in second["link"]] == ["self"]


async def test_bsn_only_in_the_body_of_a_post() -> None:
    identifier = f"http://fhir.nl/fhir/NamingSystem/bsn|{sample_bsn(1).value}"
    async with epd() as http:
        refused = await http.get("Patient", params={"identifier": identifier})
        good = await http.post("Patient/_search", data={"identifier": identifier})
    assert refused.status_code == 400
    assert sample_bsn(1).value not in refused.text
    assert refused.json()["resourceType"] == "OperationOutcome"
    assert found(good.json()) == ["Patient/w1"]
    assert sample_bsn(1).value not in str(good.json()["link"])


@pytest.mark.parametrize("version", [STU3, R4])
async def test_xml_holds_the_same(version: FhirVersion) -> None:
    async with epd(version) as http:
        as_json = await http.get("EpisodeOfCare", params={"type": TYPE})
        as_xml = await http.get("EpisodeOfCare", params={"type": TYPE}, headers={"Accept": "application/fhir+xml"})
        one = await http.get("Patient/w1", headers={"Accept": "application/fhir+xml"})
    assert "xml" in as_xml.headers["content-type"]
    page = fhir.split(as_xml.content, Media.XML, version)
    resources = [fhir.read(e.body, Media.XML, version) for e in page.entries]
    assert resources == [e["resource"] for e in as_json.json()["entry"]]
    assert fhir.from_xml(one.content, version)["id"] == "w1"


async def test_read_and_what_is_not_there() -> None:
    async with epd() as http:
        assert (await http.get("Patient/w1")).json()["id"] == "w1"
        assert (await http.get("Patient/k1")).status_code == 404
        assert (await http.get("Nonsense")).status_code == 404
        assert (await http.get("Observation", params={"shoe-size": "4"})).status_code == 400
        assert (await http.get("Observation", params={"_count": "none"})).status_code == 400
        assert (await http.get("Observation", params={"_page": "old.0"})).status_code == 410


@pytest.mark.parametrize(
    ("quirks", "status"),
    [({"down": True}, 503), ({"unauthorized": True}, 401), ({"bearer": "t"}, 401), ({"metadata": False}, 404)],
)
async def test_bad_days(quirks: dict[str, Any], status: int) -> None:
    async with epd(**quirks) as http:
        assert (await http.get("metadata")).status_code == status


async def test_a_malformed_page_and_a_looping_next() -> None:
    async with epd(malformed_page=1) as http:
        broken = await http.get("Observation")
    async with epd(next_loop=True, default_page=2) as http:
        page = (await http.get("Observation")).json()
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken.content)
    assert {link["url"] for link in page["link"]} == {page["link"][0]["url"]}


async def test_loads_a_folder_and_serves_the_bytes_as_they_are(tmp_path: Path) -> None:
    text = b'{"resourceType": "Observation", "id": "a", "valueQuantity": {"value": 1.50}}'
    (tmp_path / "a.ndjson").write_bytes(text + b"\n")
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in sample(STU3, 1, 0)]}
    (tmp_path / "b.json").write_text(json.dumps(bundle))
    async with client(create_app(tmp_path, STU3)) as http:
        assert (await http.get("Observation/a")).content == text
        assert (await http.get("EpisodeOfCare/e0")).status_code == 200
