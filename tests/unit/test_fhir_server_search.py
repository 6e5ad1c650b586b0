"""Searching the FHIR endpoint: parameters, chains, what is brought along, pages, links, who sees what."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import pytest_asyncio

from adapter import fhir
from adapter.model.sources import FhirVersion, Media
from adapter.store import LinkRow
from support.fhir_server import (
    BSN_SYSTEM,
    SNOMED,
    VP,
    ZH,
    encounter,
    episode,
    observation,
    patient,
    put_entry,
    reference,
    serving,
    transaction,
)

BSN = "999911120"
ORGANISATION = {
    "resourceType": "Organization",
    "id": "org1",
    "identifier": [{"system": "http://fhir.nl/fhir/NamingSystem/agb-z", "value": "08001234"}],
    "name": "Groen",
}
DOSSIER = [
    patient("w1", BSN),
    ORGANISATION,
    episode("e1", managingOrganization={"reference": "Organization/org1"}, period={"start": "2026-01-10"}),
    encounter("c1"),
    observation("o1", effectiveDateTime="2026-01-15"),
    observation("o2", "Encounter/c1", effectiveDateTime="2026-02-20T10:00:00+01:00"),
    observation("o3", code="21840007", valueQuantity={"value": 1.50}),
    observation("o4", woman="child", code="364589006"),
    {
        "resourceType": "Condition",
        "id": "p1",
        "clinicalStatus": "active",
        "code": {"coding": [{"system": SNOMED, "code": "118185001"}]},
        "subject": {"reference": "Patient/w1"},
        "context": {"reference": "EpisodeOfCare/e1"},
    },
]
OTHER = [patient("w2", "999900717"), episode("e2", "w2", "finished"), observation("o9", "EpisodeOfCare/e2", "w2")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory):
    async with serving(tmp_path_factory.mktemp("fhir")) as server:
        for dossier, who in ((DOSSIER, VP), (OTHER, VP)):
            bundle = transaction(*map(put_entry, dossier))
            response = await server.client.post("/fhir/stu3", json=bundle, headers=who)
            assert response.status_code == 200, response.text
        yield server


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Patient", "w1 w2"),
        ("Patient?_id=w2", "w2"),
        ("EpisodeOfCare?type=http://snomed.info/sct|364320009", "e1 e2"),
        ("EpisodeOfCare?type=364320009&status=active", "e1"),
        ("EpisodeOfCare?status=active,finished", "e1 e2"),
        ("EpisodeOfCare?status:not=active", "e2"),
        ("EpisodeOfCare?type=|364320009", ""),
        ("EpisodeOfCare?type=http://snomed.info/sct|", "e1 e2"),
        ("EpisodeOfCare?patient=Patient/w1", "e1"),
        ("EpisodeOfCare?patient=w1", "e1"),
        ("EpisodeOfCare?patient:Patient=w1", "e1"),
        ("EpisodeOfCare?patient=http://localhost/fhir/stu3/Patient/w1", "e1"),
        ("EpisodeOfCare?organization=Organization/org1", "e1"),
        ("EpisodeOfCare?organization:missing=true", "e2"),
        ("EpisodeOfCare?organization.identifier=http://fhir.nl/fhir/NamingSystem/agb-z|08001234", "e1"),
        ("EpisodeOfCare?date=ge2026-01-01", "e1"),
        ("EpisodeOfCare?date=lt2026-01-01", ""),
        ("Condition?context=EpisodeOfCare/e1", "p1"),
        ("Condition?context=e1&code=118185001", "p1"),
        ("Condition?clinical-status=inactive", ""),
        ("Encounter?episodeofcare=e1", "c1"),
        ("Encounter?episodeofcare=EpisodeOfCare/e1,EpisodeOfCare/e2", "c1"),
        ("Observation?context=EpisodeOfCare/e1", "o1 o3 o4"),
        ("Observation?context=EpisodeOfCare/e1,EpisodeOfCare/e2", "o1 o3 o4 o9"),
        ("Observation?context:Encounter.episodeofcare=EpisodeOfCare/e1", "o2"),
        ("Observation?context.episodeofcare=e1", "o2"),
        ("Observation?context:Encounter=c1", "o2"),
        ("Observation?encounter=c1", "o2"),
        ("Observation?patient=w1", "o1 o2 o3"),
        ("Observation?patient=child", ""),
        ("Observation?code=http://snomed.info/sct|57036006&patient=w1", "o1 o2"),
        ("Observation?patient=w1&date=2026-02", "o2"),
        ("Observation?patient=w1&date=2026-02-20", "o2"),
        ("Observation?patient=w1&date=gt2026-01-15&date=lt2026-03", "o2"),
        ("Observation?context=EpisodeOfCare/nowhere", ""),
        ("Organization?identifier=http://fhir.nl/fhir/NamingSystem/agb-z|08001234", "org1"),
        ("Observation?_id=o1,o9", "o1 o9"),
        ("Observation?_id=o1&patient=w2", ""),
        ("Observation?patient=w1&_lastUpdated=gt2027", ""),
        ("Observation?patient=w1&_lastUpdated=ge2026-03-01", "o1 o2 o3"),
    ],
)
async def test_what_a_search_finds(server, address, expected):
    assert [r.split("/")[1] for r in await server.found(address)] == expected.split()


async def test_a_searchset_says_what_it_is(server):
    response = await server.get("Observation?context=EpisodeOfCare/e1&_include=Observation:context")
    bundle = response.json()
    assert fhir.check(response.content, Media.JSON, FhirVersion.STU3).problem is None
    assert (bundle["type"], bundle["total"]) == ("searchset", 3)
    assert bundle["link"] == [
        {
            "relation": "self",
            "url": "http://localhost/fhir/stu3/Observation?context=EpisodeOfCare/e1&_include=Observation:context",
        }
    ]
    modes = [(reference(e), e["search"]["mode"]) for e in bundle["entry"]]
    assert modes[-1] == ("EpisodeOfCare/e1", "include")
    assert bundle["entry"][0]["fullUrl"] == "http://localhost/fhir/stu3/Observation/o1"
    tags = bundle["entry"][0]["resource"]["meta"]["tag"]
    assert tags[-1]["code"] == "vp"


@pytest.mark.parametrize(
    ("address", "included"),
    [
        ("EpisodeOfCare?_id=e1&_include=EpisodeOfCare:organization", "Organization/org1"),
        ("EpisodeOfCare?_id=e1&_include=EpisodeOfCare:organization:Organization", "Organization/org1"),
        ("EpisodeOfCare?_id=e1&_include=EpisodeOfCare:care-manager", ""),
        ("EpisodeOfCare?_id=e1&_include=EpisodeOfCare:patient", "Patient/w1"),
        ("EpisodeOfCare?_id=e1&_revinclude=Condition:context", "Condition/p1"),
        ("Patient?_id=w1&_revinclude=EpisodeOfCare:patient", "EpisodeOfCare/e1"),
    ],
)
async def test_what_is_brought_along(server, address, included):
    entries = (await server.get(address)).json()["entry"]
    assert [reference(e) for e in entries if e["search"]["mode"] == "include"] == included.split()


async def test_xml_says_the_same(server):
    response = await server.get("Observation?context=EpisodeOfCare/e1&_format=xml")
    assert response.headers["content-type"] == "application/fhir+xml"
    bundle = fhir.from_xml(response.content, FhirVersion.STU3)
    assert [reference(e) for e in bundle["entry"]] == ["Observation/o1", "Observation/o3", "Observation/o4"]
    assert fhir.check(response.content, Media.XML, FhirVersion.STU3).problem is None


async def test_pages_fit_together_whatever_comes_meanwhile(server):
    first = (await server.get("Observation?patient=w1&_count=2")).json()
    assert len(first["entry"]) == 2
    assert first["total"] == 3
    following = next(link["url"] for link in first["link"] if link["relation"] == "next")
    assert "patient=" not in following and "Patient/" not in following  # all of it is in the sealed token
    await server.put(observation("o0"))
    await server.put(observation("o3", code="1", status="amended"))
    second = (await server.client.get(following)).json()
    assert [reference(e) for e in second["entry"]] == ["Observation/o3"]
    assert second["entry"][0]["resource"]["status"] == "final"
    assert all(link["relation"] != "next" for link in second["link"])
    assert (await server.client.get(following + "x")).status_code == 400
    assert (await server.client.get(following.replace("Observation?", "Condition?"))).status_code == 400


async def test_a_walk_over_a_type_is_cut_in_pages(server):
    seen, address = [], "http://localhost/fhir/stu3/Patient?_count=1"
    while address:
        page = (await server.client.get(address)).json()
        seen += [reference(e) for e in page.get("entry", [])]
        address = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
    assert seen == ["Patient/w1", "Patient/w2"]


@pytest.mark.parametrize("counting", ["_summary=count", "_count=0"])
async def test_counting_alone(server, counting):
    bundle = (await server.get(f"EpisodeOfCare?{counting}")).json()
    assert (bundle["total"], "entry" in bundle) == (2, False)


async def test_a_bsn_is_searched_in_the_body_and_stands_in_no_link(server):
    body = f"identifier={quote(f'{BSN_SYSTEM}|{BSN}')}"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await server.client.post("/fhir/stu3/Patient/_search", content=body, headers=form)
    bundle = response.json()
    assert [reference(e) for e in bundle["entry"]] == ["Patient/w1"]
    here = bundle["link"][0]["url"]
    assert BSN not in here
    assert BSN_SYSTEM not in here
    again = (await server.client.get(here)).json()
    assert [reference(e) for e in again["entry"]] == ["Patient/w1"]
    chained = f"patient.identifier={quote(f'{BSN_SYSTEM}|{BSN}')}"
    response = await server.client.post("/fhir/stu3/EpisodeOfCare/_search", content=chained, headers=form)
    assert [reference(e) for e in response.json()["entry"]] == ["EpisodeOfCare/e1"]
    events = b"".join(server.store.audit())
    assert BSN.encode() not in events


@pytest.mark.parametrize(
    ("address", "prefer", "status", "expression"),
    [
        ("Observation?nonsense=1", "", 400, "http.nonsense"),
        ("Observation?_nonsense=1", "", 200, None),
        ("Observation?_nonsense=1", "handling=strict", 400, "http._nonsense"),
        ("Observation?nonsense=1", "handling=lenient", 200, None),
        ("Observation?date=yesterday", "handling=lenient", 400, "http.date"),
        ("Observation?code:text=x", "", 400, "http.code:text"),
        ("Observation?_include=Observation:nothing", "", 400, "http._include"),
        ("Observation?_count=many", "", 400, "http._count"),
        ("Observation?context:Patient.identifier=1", "", 400, "http.context:Patient.identifier"),
        ("Observation?patient=", "", 200, None),
    ],
)
async def test_what_is_not_understood(server, address, prefer, status, expression):
    response = await server.get(address, **({"Prefer": prefer} if prefer else {}))
    assert response.status_code == status, response.text
    if status == 200:
        outcomes = [e for e in response.json().get("entry", []) if e["search"]["mode"] == "outcome"]
        assert bool(outcomes) == ("nonsense" in address)
    else:
        assert response.json()["issue"][0]["expression"] == [expression]
        assert fhir.check(response.content, Media.JSON, FhirVersion.STU3).problem is None


async def test_the_woman_of_the_token_is_all_there_is_and_no_bsn_is_shown(server):
    her = {"Authorization": "Bearer demo.woman.vp.w1"}
    assert await server.found("Patient", **her) == ["Patient/w1"]
    assert await server.found("EpisodeOfCare?type=364320009", **her) == ["EpisodeOfCare/e1"]
    assert await server.found("Observation?context=EpisodeOfCare/e2", **her) == []
    assert await server.found("Observation?_id=o9", **her) == []
    mine = await server.found("Observation?context=EpisodeOfCare/e1")
    assert await server.found("Observation?context=EpisodeOfCare/e1,EpisodeOfCare/e2", **her) == mine
    assert (await server.get("Observation/o9", **her)).status_code == 404
    assert (await server.get("Observation/o9/_history", **her)).status_code == 404
    assert (await server.get("Observation/o9/_history/1", **her)).status_code == 404
    for address in ("Patient", "Patient/w1", "Patient/w1/_history", "_history", "Patient?_format=xml"):
        response = await server.get(address, **her)
        assert response.status_code == 200
        assert BSN not in response.text
        assert "masked" in response.text
        assert "999900717" not in response.text
    joined = "EpisodeOfCare?_id=e1&_include=EpisodeOfCare:patient&_revinclude=Observation:context"
    assert BSN not in (await server.get(joined, **her)).text


async def test_linked_records_of_one_woman_are_one_dossier(tmp_path):
    async with serving(tmp_path) as server:
        for resource, who in (
            (patient("w1"), VP),
            (episode("e1"), VP),
            (patient("h7"), ZH),
            (episode("e7", "h7"), ZH),
            (observation("o7", "EpisodeOfCare/e7", "h7"), ZH),
        ):
            assert (await server.put(resource, who)).status_code == 201
        assert await server.found("EpisodeOfCare?patient=w1") == ["EpisodeOfCare/e1"]
        at = server.moment[0]
        rows = [
            LinkRow("woman", source, f"Patient/{id}", "us-1", "automatic", b"null", at)
            for source, id in (("vp", "w1"), ("zh", "h7"))
        ]
        server.store.add_links(rows)
        assert await server.found("EpisodeOfCare?patient=w1") == ["EpisodeOfCare/e1", "EpisodeOfCare/e7"]
        assert await server.found("Observation?patient=w1") == ["Observation/o7"]
        her = {"Authorization": "Bearer demo.woman.vp.w1"}
        assert await server.found("EpisodeOfCare", **her) == ["EpisodeOfCare/e1", "EpisodeOfCare/e7"]


async def test_the_same_id_of_two_sources_is_kept_apart(tmp_path):
    async with serving(tmp_path) as server:
        for who in (VP, ZH):
            for resource in (patient("w1"), episode("e1")):
                assert (await server.put(resource, who)).status_code == 201
        assert await server.found("EpisodeOfCare") == ["EpisodeOfCare/e1", "EpisodeOfCare/e1.zh"]
        second = (await server.get("EpisodeOfCare/e1.zh")).json()
        assert second["id"] == "e1.zh"
        assert second["patient"]["reference"] == "Patient/w1.zh"
        assert await server.found("EpisodeOfCare?patient=w1.zh") == ["EpisodeOfCare/e1.zh"]
        assert await server.found("EpisodeOfCare?patient=w1") == ["EpisodeOfCare/e1"]
        # A source knows its own by its own ids.
        assert await server.found("EpisodeOfCare?patient=w1", **ZH) == ["EpisodeOfCare/e1"]
        mine = (await server.get("EpisodeOfCare/e1", **ZH)).json()
        assert mine["meta"]["tag"][-1]["code"] == "zh"
        assert (await server.get("EpisodeOfCare/e1.vp", **ZH)).json()["meta"]["tag"][-1]["code"] == "vp"
