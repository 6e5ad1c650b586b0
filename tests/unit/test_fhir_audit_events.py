"""AuditEvent at the FHIR endpoint: searched, read and paged by the log keeper, in both versions and formats."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter.service.audit.desk import AuditDesk
from tests.support import fhir_server


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    with fhir_server.open_service(tmp_path) as service:
        rooms = fhir_server.rooms_of(service.store, lambda: fhir_server.datetime.now(fhir_server.UTC))
        rooms.igo = fhir_server.SimpleNamespace(members=())  # type: ignore[assignment]
        app = fhir_server.door(service, audit=AuditDesk(rooms))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as made:
            body = fhir_server.json.dumps(fhir_server.patient("w1"))
            headers = {**fhir_server.VP, "Content-Type": "application/fhir+json"}
            assert (await made.put("/fhir/stu3/Patient/w1", content=body, headers=headers)).status_code == 201
            for _ in range(3):
                assert (await made.get("/fhir/stu3/Patient/w1")).status_code == 200
            yield made
        await service.aclose()


async def get(client: httpx.AsyncClient, address: str, **headers: str) -> Any:
    answer = await client.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("version", ["stu3", "r4"])
async def test_lines_are_found_and_read(client: httpx.AsyncClient, version: str) -> None:
    found = await get(client, f"/fhir/{version}/AuditEvent?subtype=read&action=R&agent=demonstratie")
    assert [e["resource"]["subtype"][0]["code"] for e in found["entry"]] == ["read"] * 3
    first = found["entry"][0]
    assert first["fullUrl"] == f"http://localhost/fhir/{version}/AuditEvent/{first['resource']['id']}"
    assert await get(client, first["fullUrl"]) == first["resource"]
    xml = await client.get(first["fullUrl"], headers={"Accept": "application/fhir+xml"})
    assert xml.text.startswith("<?xml") or xml.text.startswith("<AuditEvent")
    posted = await client.post(f"/fhir/{version}/AuditEvent/_search", data={"outcome": "4"})
    assert "entry" not in posted.json()


async def test_pages_follow_each_other_to_the_end(client: httpx.AsyncClient) -> None:
    address: str | None = "/fhir/r4/AuditEvent?subtype=read&_count=2"
    ids: list[str] = []
    while address is not None:
        page = await get(client, address)
        ids += [e["resource"]["id"] for e in page.get("entry", ())]
        address = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
    assert len(ids) == len(set(ids)) == 3


async def test_looking_is_a_line_of_the_log_too(client: httpx.AsyncClient) -> None:
    await get(client, "/fhir/r4/AuditEvent?date=ge2026-01-01")
    newest = (await get(client, "/fhir/r4/AuditEvent?_count=1"))["entry"][0]["resource"]
    assert newest["type"]["code"] == "110101"  # Audit Log Used


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("AuditEvent?foo=bar", 400),
        ("AuditEvent?date=soon", 400),
        ("AuditEvent/99999", 404),
        ("AuditEvent/x", 404),
        ("AuditEvent/1/_history", 404),
    ],
)
async def test_what_is_not_there(client: httpx.AsyncClient, address: str, status: int) -> None:
    answer = await client.get(f"/fhir/r4/{address}")
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")


async def test_no_one_writes_to_the_log(client: httpx.AsyncClient) -> None:
    for method, address in (("POST", "AuditEvent"), ("PUT", "AuditEvent/1"), ("DELETE", "AuditEvent/1")):
        answer = await client.request(method, f"/fhir/r4/{address}", json={"resourceType": "AuditEvent"})
        assert answer.status_code in (404, 405), (method, answer.status_code)


@pytest.mark.parametrize("asked", ["_count=0", "_summary=count", "_count=2&_summary=count", "_summary=count&_count=2"])
async def test_how_many_there_are_without_any_of_them(client: httpx.AsyncClient, asked: str) -> None:
    found = await get(client, f"/fhir/r4/AuditEvent?subtype=read&{asked}")
    assert (found["total"], "entry" in found) == (3, False)
    assert [link["relation"] for link in found["link"]] == ["self"]
    newest = (await get(client, "/fhir/r4/AuditEvent?_count=1"))["entry"][0]["resource"]
    assert newest["type"]["code"] == "110101", "to count is to look"


async def test_a_line_is_found_by_its_id_and_by_when_it_came(client: httpx.AsyncClient) -> None:
    async def found(asked: str) -> list[str]:
        page = await get(client, f"/fhir/r4/AuditEvent?{asked}")
        return [entry["resource"]["id"] for entry in page.get("entry", ())]

    newest, second, _ = await found("subtype=read")
    assert await found(f"_id={second},{newest},x,99999") == [newest, second]
    assert await found(f"_id={second},{newest}&_id={newest}&_sort=-_lastUpdated") == [newest]
    assert await found(f"_id={second}&_id={newest}") == await found("_id=x") == []
    recorded = (await get(client, f"/fhir/r4/AuditEvent/{newest}"))["recorded"]
    assert newest in await found(f"_lastUpdated=ge{recorded}&_summary=false")
    assert await found("_lastUpdated=lt2026-01-01") == []
    assert await found("_lastUpdated=ge2999&date=ge2000&subtype=read") == [], "all that is asked holds"


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("foo=bar", "http.foo"),
        ("patient:missing=true", "http.patient:missing"),
        ("foo%20bar=x", "http"),
        ("_sort=date", "http._sort"),
        ("_summary=text", "http._summary"),
        ("_lastUpdated=soon", "http._lastUpdated"),
        ("_id=" + ",".join("1" * 201), "http._id"),
        ("_count=-1", "http._count"),
    ],
)
async def test_a_fault_names_the_parameter(client: httpx.AsyncClient, asked: str, where: str) -> None:
    for version in ("stu3", "r4"):
        answer = await client.get(f"/fhir/{version}/AuditEvent?{asked}")
        (issue,) = answer.json()["issue"]
        assert (answer.status_code, issue["expression"]) == (400, [where])
    posted = await client.post("/fhir/r4/AuditEvent/_search", data={"999911120": "x"})
    assert (posted.status_code, "999911120" in posted.text) == (400, False)


async def test_the_statement_names_what_is_taken(client: httpx.AsyncClient) -> None:
    listed = (await get(client, "/fhir/r4/metadata"))["rest"][0]["resource"]
    (of_log,) = [resource for resource in listed if resource["type"] == "AuditEvent"]
    for parameter in of_log["searchParam"]:
        assert (await client.get(f"/fhir/r4/AuditEvent?{parameter['name']}=")).status_code == 200
    assert {"_id", "_lastUpdated", "date"} < {parameter["name"] for parameter in of_log["searchParam"]}
