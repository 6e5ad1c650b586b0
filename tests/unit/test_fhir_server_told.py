"""What is not taken is refused, and the refusal says where it stands."""

from __future__ import annotations

import pytest
import pytest_asyncio

from support.fhir_server import VP, patient, serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory):
    async with serving(tmp_path_factory.mktemp("told")) as server:
        for resource in (patient(f"w{n}", None) for n in range(1, 4)):
            assert (await server.put(resource, VP)).status_code == 201
        yield server


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("name", ["_id:not", "_id:exact", "_id:", "_lastUpdated:not"])
@pytest.mark.parametrize("prefer", ["handling=strict", "handling=lenient", ""])
async def test_a_modifier_of_what_all_have_is_refused(server, name, prefer):
    response = await server.get(f"Patient?{name}=2026-01-01", **({"Prefer": prefer} if prefer else {}))
    assert (response.status_code, response.json()["issue"][0]["expression"]) == (400, [f"http.{name}"])


@pytest.mark.parametrize("name", ["_id:missing", "_lastUpdated:missing"])
async def test_what_all_have_is_missing_from_none(server, name):
    assert await server.found(f"Patient?{name}=false") == ["Patient/w1", "Patient/w2", "Patient/w3"]
    assert await server.found(f"Patient?{name}=true") == []
    assert await server.found(f"Patient?_id=w1&{name}=true") == []
    assert (await server.get(f"Patient?{name}=perhaps")).status_code == 400


@pytest.mark.parametrize(
    ("address", "status", "expression"),
    [
        ("Patient/unknown", 404, "http.id"),
        ("Patient/unknown/_history", 404, "http.id"),
        (f"Patient/{'x' * 65}", 400, "http.id"),
        ("Patient/w1/_history/9", 404, "http.version"),
        ("Patient/w1/_history/nine", 404, "http.version"),
        ("Patient/unknown/$everything", 404, "http.id"),
        ("Medication/m1", 404, "http.type"),
        ("Patient?_format=ttl", 406, "http._format"),
        ("Patient/w1/$care-path?as_of=2026-W10-1", 400, "http.as_of"),
        ("Patient/w1/$care-path?as_of=20260101", 400, "http.as_of"),
        ("Patient/w1/$care-path?as_of=2026-02-30", 400, "http.as_of"),
        ("Patient/w1/$care-path?known_at=2026-11", 400, "http.known_at"),
        ("Patient/w1/$care-path?known_at=2026-W10-1", 400, "http.known_at"),
        ("_history?_since=20260101", 400, "http._since"),
        ("nothing", 404, "http"),
        (f"Patient?{'&'.join(['_id=w1'] * 201)}", 400, "http"),
    ],
)
async def test_a_fault_says_where_it_stands(server, address, status, expression):
    response = await server.get(address)
    assert response.status_code == status, response.text
    issue = response.json()["issue"][0]
    assert issue["expression"] == [expression]
    assert issue["code"] != "invalid" or status == 400


async def test_a_header_that_asks_for_another_format_is_named(server):
    response = await server.get("Patient/w1", Accept="text/csv")
    assert (response.status_code, response.json()["issue"][0]["expression"]) == (406, ["http.Accept"])


async def test_too_many_parameters_are_too_costly_wherever_they_are_counted(server):
    address = f"Patient?{'&'.join(['_id=w1'] * 201)}"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    refused = [
        await server.get(address),
        await server.client.post("/fhir/stu3/Patient/_search", content=address.partition("?")[2], headers=form),
    ]
    for response in refused:
        issue = response.json()["issue"][0]
        assert (response.status_code, issue["code"], issue["expression"]) == (400, "too-costly", ["http"])
    assert len({response.json()["issue"][0]["diagnostics"] for response in refused}) == 1


@pytest.mark.parametrize(
    ("address", "headers", "status", "expression"),
    [
        ("Patient/w1", {"Host": "elsewhere.example"}, 421, "http.Host"),
        ("Patient?identifier=999911120", {}, 400, "http"),
        ("Patient/w1%00", {}, 400, "http"),
    ],
)
async def test_what_is_turned_away_before_it_is_read_says_where_too(server, address, headers, status, expression):
    response = await server.get(address, **headers)
    assert (response.status_code, response.json()["issue"][0]["expression"]) == (status, [expression])
    assert "999911120" not in response.text
