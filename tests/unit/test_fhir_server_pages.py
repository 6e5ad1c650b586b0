"""What goes along from page to page: how many, since when, in which format."""

from __future__ import annotations

import pytest
import pytest_asyncio

from support.fhir_server import VP, encounter, episode, observation, patient, reference, serving

XML = "application/fhir+xml"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory):
    async with serving(tmp_path_factory.mktemp("pages")) as server:
        for resource in (
            *(patient(f"w{n}", None) for n in range(1, 4)),
            episode("e1"),
            encounter("c1"),
            *(observation(f"o{n}") for n in range(1, 7)),
            *(observation("o1", comment=f"{n}") for n in range(3)),
        ):
            assert (await server.put(resource, VP)).status_code in (200, 201)
        yield server


pytestmark = pytest.mark.asyncio(loop_scope="module")


def following(bundle: dict) -> str | None:
    return next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None)


async def pages(server, address: str) -> list[dict]:
    found, at = [], f"http://localhost/fhir/stu3/{address}"
    while at is not None:
        response = await server.client.get(at)
        assert response.status_code == 200, response.text
        found.append(response.json())
        at = following(found[-1])
        assert len(found) < 40
    return found


def versions(page: dict) -> list[tuple[str, str]]:
    return [(reference(e), e["resource"]["meta"]["versionId"]) for e in page.get("entry", [])]


async def test_the_versions_of_a_resource_are_paged(server):
    found = await pages(server, "Observation/o1/_history?_count=1")
    assert [versions(page) for page in found] == [[("Observation/o1", str(n))] for n in (4, 3, 2, 1)]
    assert {page["total"] for page in found} == {4}
    assert [len(page["entry"]) for page in await pages(server, "Observation/o1/_history?_count=3")] == [3, 1]
    assert len(await pages(server, "Observation/o1/_history")) == 1


async def test_the_pages_of_one_resource_fit_together_whatever_comes_meanwhile(server):
    await server.put(observation("o9"))
    await server.put(observation("o9", comment="a"))
    first = (await server.get("Observation/o9/_history?_count=1")).json()
    await server.put(observation("o9", comment="b"))
    second = (await server.client.get(following(first))).json()
    assert (versions(second), second["total"]) == ([("Observation/o9", "1")], 2)
    assert following(second) is None


async def test_the_total_of_a_history_is_of_what_was_asked_for(server):
    none = (await server.get("Observation/o1/_history?_since=2100-01-01T00:00:00Z")).json()
    assert (none["total"], "entry" in none) == (0, False)
    third = (await server.get("Observation/o1/_history/3")).json()["meta"]["lastUpdated"]
    found = await pages(server, f"Observation/o1/_history?_since={third}&_count=1")
    assert [versions(page)[0][1] for page in found] == ["4", "3"]
    assert {page["total"] for page in found} == {2}


@pytest.mark.parametrize("address", ["Observation/_history", "_history"])
async def test_every_page_of_what_changed_holds_as_many_as_the_first(server, address):
    whole = (await server.get(f"{address}?_count=1000")).json()
    since = whole["entry"][4]["resource"]["meta"]["lastUpdated"]
    for more, expected in (("", versions(whole)), (f"&_since={since}", versions(whole)[:5])):
        found = await pages(server, f"{address}?_count=3{more}")
        assert [len(page["entry"]) for page in found[:-1]] == [3] * (len(found) - 1)
        assert [one for page in found for one in versions(page)] == expected
        assert all("_count=3" in page["link"][0]["url"] for page in found)


async def test_a_page_of_one_history_is_no_page_of_another(server):
    link = following((await server.get("Observation/o1/_history?_count=1")).json())
    assert (await server.client.get(link.replace("Observation/o1", "Observation/o2"))).status_code == 400
    strict = await server.client.get(link, headers={"Prefer": "handling=strict"})
    assert strict.status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "Observation?patient=w1&_count=2",
        "Observation?_count=2",
        "Observation?_sort=-_lastUpdated&_count=2",
        "_history?_count=2",
        "Observation/_history?_count=2",
        "Observation/o1/_history?_count=2",
        "Patient/w1/$everything?_count=2",
    ],
)
@pytest.mark.parametrize("name", ["xml", "application/fhir%2Bxml"])
async def test_the_next_page_is_in_the_format_of_the_first(server, address, name):
    plain = (await server.get(address)).json()
    assert "_format" not in following(plain)
    first = await server.get(f"{address}&_format={name}")
    assert first.headers["content-type"] == XML
    as_json = await server.get(f"{address}&_format={name}", Accept="application/fhir+json")
    assert as_json.content.count(b"<entry>") == 2
    link = first.text.partition('<relation value="next"/><url value="')[2].partition('"')[0].replace("&amp;", "&")
    second = await server.client.get(link)
    assert (second.status_code, second.headers["content-type"]) == (200, XML)
