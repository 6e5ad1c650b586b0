"""The JSON API as a client sees it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import httpx
import pytest

from adapter.access import DEMONSTRATION, Action, Context, Denial, DeniedError, Purpose, Resource
from adapter.model import wire
from doors import sample as SAMPLE
from doors.standing import doors

ONE = "/api/v1/pregnancies/zw-bakker-1"


@pytest.fixture
def application():
    return SAMPLE.SampleApplication()


@pytest.fixture
async def client(application):
    transport = httpx.ASGITransport(doors(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_the_list_is_paged_and_says_where_the_next_page_is(client):
    first = (await client.get("/api/v1/pregnancies?limit=2&as_of=2024-07-29")).json()
    assert [item["pregnancy"] for item in first["pregnancies"]] == ["zw-bakker-1", "zw-jansen-1"]
    assert first["total"] == 5
    rest = (await client.get(first["next"])).json()
    assert rest["pregnancies"][0]["pregnancy"] == "zw-mulder-2"
    assert "as_of=2024-07-29" in first["next"]
    assert (await client.get("/api/v1/pregnancies")).json()["next"] is None


async def test_care_path_and_decision_have_the_published_names(client):
    path = (await client.get(f"{ONE}/care-path")).json()
    assert path == wire.to_data(SAMPLE.PATH)
    assert path["responsibility"][0]["from"] == "2024-04-07"
    decision = (await client.get(f"{ONE}/decision")).json()
    assert decision["phases"][0]["claim"]["from"] == "2024-04-07"
    history = (await client.get(f"{ONE}/decisions")).json()["decisions"]
    assert [one["id"] for one in history] == ["d-2", "d-1"]


async def test_care_is_read_for_care_and_a_decision_for_payment(client, application):
    await client.get(f"{ONE}/care-path")
    await client.get(f"{ONE}/decision")
    await client.get(f"{ONE}/decisions")
    purposes = [(what, ctx.purpose, ctx.actor.demonstration) for what, ctx, *_ in application.asked]
    assert purposes == [
        ("care_path", Purpose.TREAT, True),
        ("decision", Purpose.HPAYMT, True),
        ("decisions", Purpose.HPAYMT, True),
    ]


@pytest.mark.parametrize("address", ["/api/v1/pregnancies", f"{ONE}/care-path", f"{ONE}/decision"])
async def test_day_and_instant_are_handed_on(client, application, address):
    # An unescaped + arrives as a space; that is still the same instant.
    await client.get(f"{address}?as_of=2024-07-01&known_at=2024-07-01T14:00:00+02:00")
    assert application.asked[-1][2:] == (date(2024, 7, 1), datetime(2024, 7, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("as_of=29-07-2024", "as_of"),
        ("as_of=2024-02-30", "as_of"),
        ("as_of=20240729", "as_of"),
        ("known_at=2024-07-29", "known_at"),
        ("known_at=2024-07-29T12:00:00", "known_at"),
    ],
)
async def test_a_bad_day_or_instant_is_a_clear_problem(client, query, parameter):
    response = await client.get(f"{ONE}/care-path?{query}")
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["parameter"] == parameter
    assert "2024-07-29" in problem["detail"]  # an example of what is meant


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=many", "offset=-1"])
async def test_a_bad_page_is_a_problem_that_names_the_parameter(client, query):
    response = await client.get(f"/api/v1/pregnancies?{query}")
    assert response.status_code == 400
    assert f"query.{query.split('=')[0]}" in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/api/v1/pregnancies/nobody/care-path", 404),
        ("GET", "/api/v1/nothing", 404),
        ("DELETE", f"{ONE}/care-path", 405),
    ],
)
async def test_every_error_is_a_problem_document(client, method, address, status):
    response = await client.request(method, address)
    assert response.status_code == response.json()["status"] == status
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_woman_is_found_by_bsn_in_the_body(client):
    found = (await client.post("/api/v1/pregnancies/_search", json={"bsn": SAMPLE.BSN})).json()
    assert found["pregnancies"][0]["care_path"] == f"{ONE}/care-path"
    other = await client.post("/api/v1/pregnancies/_search", json={"bsn": "111222333"})
    assert other.json() == {"pregnancies": []}


@pytest.mark.parametrize("body", [{"bsn": "123456789"}, {"bsn": 123456782}, {"bsn": ["123456782"]}, {}, []])
async def test_a_bad_search_is_refused_without_repeating_it(client, body):
    response = await client.post("/api/v1/pregnancies/_search", json=body)
    assert response.status_code == 400
    assert "12345678" not in response.text


@pytest.mark.parametrize("address", ["/api/v1/pregnancies?bsn=", "/?zoek=", "/api/v1/pregnancies?x=a%20", "/metrics?"])
async def test_a_bsn_in_an_address_is_refused_and_not_repeated(client, application, address):
    response = await client.get(address + SAMPLE.BSN)
    assert response.status_code == 400
    assert SAMPLE.BSN not in response.text
    assert "_search" in response.json()["detail"]
    assert application.asked == []


async def test_denied_is_403(client, application, monkeypatch):
    def denied(*_, **__):
        context = Context(DEMONSTRATION, Purpose.TREAT)
        raise DeniedError(Denial.NOT_GRANTED, context, Action.READ, Resource.CARE_PATH)

    monkeypatch.setattr(application, "care_path", denied)
    response = await client.get(f"{ONE}/care-path")
    assert response.status_code == 403


async def test_an_unexpected_error_says_nothing_of_what_it_was(client, application, monkeypatch, capsys):
    def broken(*_, **__):
        raise RuntimeError(f"about {SAMPLE.BSN}")

    monkeypatch.setattr(application, "care_path", broken)
    response = await client.get(f"{ONE}/care-path", headers={"X-Request-ID": "abc-1"})
    assert response.status_code == 500
    assert "abc-1" in response.json()["detail"]
    heard = capsys.readouterr()
    assert SAMPLE.BSN not in response.text + heard.err + heard.out


async def test_openapi_describes_the_real_shapes(client):
    document = (await client.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    assert "from" in schemas["Responsibility"]["properties"]
    assert {"Decision", "CarePath", "PregnancySummary", "ProblemDocument"} <= set(schemas)
    answer = document["paths"]["/api/v1/pregnancies/{pregnancy}/decision"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/Decision")


async def test_the_rulebook_is_plain_tables(client):
    found = (await client.get("/api/v1/rulebook?on=2026-06-01&against=2021-06-01")).json()
    titles = [part["title"] for part in found["parts"]]
    assert found["on"] == "2026-06-01" and "Verschillen met 2021-06-01" in titles and found["igo"] == "IGO Voorbeeld"
    for part in found["parts"]:
        assert all(len(row) == len(table["head"]) for table in part["tables"] for row in table["rows"])
    text = await client.get("/api/v1/rulebook?on=2026-06-01&format=md")
    assert text.headers["content-type"] == "text/markdown; charset=utf-8" and text.text.startswith("# Regelboek op")
    assert (await client.get("/api/v1/rulebook?on=ooit")).status_code == 400
