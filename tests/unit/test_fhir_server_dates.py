"""Dates in a search: to the millisecond that is served, by the clock where they were written, up to the last day."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from adapter.service.audit.desk import AuditDesk
from adapter.service.endpoint.values import wanted_date
from support.fhir_server import VP, door, encounter, episode, observation, open_service, patient, rooms_of, serving

DATED = {
    "night": {"start": "2026-05-09T00:30:00+02:00", "end": "2026-05-09T01:30:00+02:00"},
    "noon": {"start": "2026-05-09T12:00:00Z", "end": "2026-05-09T12:30:00Z"},
    "late": {"start": "2026-05-09T23:30:00-05:00", "end": "2026-05-09T23:45:00-05:00"},
    "open": {"start": "2027-01-01"},
}
MOMENT = datetime(2026, 5, 8, 12, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory):
    async with serving(tmp_path_factory.mktemp("dates")) as server:
        for resource in (
            patient("w1"),
            episode("e1"),
            *(encounter(id, period=period) for id, period in DATED.items()),
            observation("born", effectiveDateTime="2026-05-09T00:30:00+02:00"),
            observation("tenths", effectiveDateTime="2026-05-10T10:00:00.5Z"),
        ):
            assert (await server.put(resource, VP)).status_code == 201
        for id, microseconds in (("a", 615_400), ("b", 651_900)):
            server.moment[0] = MOMENT.replace(microsecond=microseconds)
            await server.put(observation(id))
        yield server


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ids(server, kind: str, *conditions: str) -> list[str]:
    address = "&".join([f"{kind}?patient=w1", *(quote(condition, safe="=") for condition in conditions)])
    return [name.partition("/")[2] for name in await server.found(address)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("date=2026-05-09", "late night noon"),
        ("date=2026-05-08", ""),
        ("date=2026-05-10", ""),
        ("date=lt2026-05-09", ""),
        ("date=gt2026-05-09", "open"),
        ("date=2026-05", "late night noon"),
        ("date=ge2026-05-09", "late night noon open"),
        ("date=sa2026-05-08", "late night noon open"),
        ("date=2026-05-08T22:30:00Z", ""),
        ("date=ge2026-05-08T22:30:00Z", "late night noon open"),
        ("date=lt2026-05-09T00:00:00Z", "night"),
        ("date=ge2026-05-09T00:30:00+02:00", "late night noon open"),
        ("date=gt2026-05-10T00:00:00Z", "late open"),
        ("date=gt2026-05-09T23:59:00Z", "late open"),
        ("date=le9999-12-31", "late night noon open"),
        ("date=lt9999", "late night noon open"),
        ("date=le9999", "late night noon open"),
        ("date=lt9999-12", "late night noon open"),
        ("date=lt9999-12-31T23:59:59-14:00", "late night noon open"),
        ("date=gt9999-12-31", ""),
        ("date=ge0001-01-01", "late night noon open"),
    ],
)
async def test_a_day_is_that_of_the_place_and_an_instant_is_exact(server, condition, expected):
    assert await ids(server, "Encounter", condition) == expected.split()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("date=2026-05-09", "born"),
        ("date=2026-05-08T22:30:00Z", "born"),
        ("date=2026-05-10T10:00:00Z", "tenths"),
        ("date=2026-05-10T10:00:00.5Z", "tenths"),
        ("date=2026-05-10T10:00:00.50Z", ""),  # a hundredth does not hold a tenth
        ("date=gt2026-05-10T10:00:00.4Z", "tenths"),
        ("date=gt2026-05-10T10:00:00.6Z", ""),
    ],
)
async def test_a_fraction_of_a_second_counts(server, condition, expected):
    assert await ids(server, "Observation", condition) == expected.split()


@pytest.mark.parametrize(
    ("prefix", "of_first", "of_second"),
    [("gt", "b", ""), ("ge", "a b", "b"), ("lt", "", "a"), ("le", "a", "a b"), ("eq", "a", "b"), ("", "a", "b")],
)
async def test_what_came_is_compared_to_the_millisecond_that_is_served(server, prefix, of_first, of_second):
    first, second = [(await server.get(f"Observation/{id}")).json()["meta"]["lastUpdated"] for id in "ab"]
    assert first[:-4] == second[:-4]
    assert (first[-4:], second[-4:]) == ("615Z", "651Z")
    day = f"_lastUpdated=ge{MOMENT:%Y-%m-%d}"
    assert await ids(server, "Observation", f"_lastUpdated={prefix}{first}", day) == of_first.split()
    assert await ids(server, "Observation", f"_lastUpdated={prefix}{second}", day) == of_second.split()
    whole = f"{first[:-5]}Z"
    assert await ids(server, "Observation", f"_lastUpdated={whole}") == ["a", "b"]
    assert await ids(server, "Observation", f"_lastUpdated=gt{whole}", day) == []


@pytest.mark.parametrize("text", ["2026-02-30", "0000-01-01", "2026-13", "9999-12-32", "2026-01-01T24:00:00Z"])
async def test_what_is_no_date_is_refused(server, text):
    with pytest.raises(ValueError, match="a date is written"):
        wanted_date(text)
    response = await server.get(f"Encounter?patient=w1&date={text}")
    assert (response.status_code, response.json()["issue"][0]["expression"]) == (400, ["http.date"])


@pytest.mark.parametrize(
    ("date", "found"),
    [
        ("le9999-12-31", 1),
        ("lt9999", 1),
        ("lt9999-12-31T23:59:59-14:00", 1),
        ("gt9999-12-31", 0),
        ("ge9999-12-31T23:59:59-14:00", 0),
    ],
)
async def test_the_log_too_is_searched_up_to_the_last_day(tmp_path, date, found):
    with open_service(tmp_path) as service:
        app = door(service, audit=AuditDesk(rooms_of(service.store, lambda: datetime.now(UTC))))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            assert (await client.get("/fhir/stu3/Patient?_id=w1")).status_code == 200
            answer = await client.get(f"/fhir/r4/AuditEvent?subtype=search&date={date}")
            assert answer.status_code == 200
            assert len(answer.json().get("entry", [])) == found
        await service.aclose()
