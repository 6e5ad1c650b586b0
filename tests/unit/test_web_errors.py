"""Errors that no page foresaw: a page in Dutch for a browser, a problem document for a program."""

from __future__ import annotations

import httpx
import pytest

from adapter.access.people import ShelfError
from adapter.store import StoreUnavailableError
from doors import sample as SAMPLE
from doors.sample import SampleApplication
from doors.standing import doors
from support.people_doors import SITE, Entrance, enter
from support.people_world import World

ONE = "zw-bakker-1"
PAGE, DATA = f"/zwangerschap/{ONE}/besluit", f"/api/v1/pregnancies/{ONE}/decision"
BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def application():
    return SampleApplication()


@pytest.fixture
async def client(application):
    transport = httpx.ASGITransport(doors(application))
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        yield client


def failing(monkeypatch, application, error):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr(application, "decision", fails)


def shows_page(answer) -> bool:
    return answer.headers["content-type"].startswith("text/html") and 'lang="nl"' in answer.text


async def test_a_store_that_is_away_is_told_to_a_program_with_when_to_ask_again(client, application, monkeypatch):
    failing(monkeypatch, application, StoreUnavailableError(f"disk full, about {SAMPLE.BSN}"))
    for headers in ({}, BROWSER):
        answer = await client.get(DATA, headers=headers)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"] == "the store does not answer now: try again"


async def test_a_store_that_is_away_is_told_on_a_page_with_when_to_ask_again(client, application, monkeypatch):
    failing(monkeypatch, application, StoreUnavailableError(f"disk full, about {SAMPLE.BSN}"))
    answer = await client.get(PAGE, headers=BROWSER)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert shows_page(answer)
    assert "Dit kan nu niet" in answer.text
    assert "Kijk eerst" not in answer.text
    assert SAMPLE.BSN not in answer.text


async def test_who_sent_something_is_told_to_look_first_whether_it_was_kept(client, application, monkeypatch):
    def fails(*_, **__):
        raise StoreUnavailableError("disk full")

    monkeypatch.setattr(application, "find", fails)
    answer = await client.post("/", data={"zoek": SAMPLE.BSN}, headers=BROWSER)
    assert (answer.status_code, shows_page(answer)) == (503, True)
    assert "Kijk eerst of wat u stuurde al is vastgelegd" in answer.text


async def test_an_unexpected_error_is_a_page_that_names_the_request_and_nothing_else(client, application, monkeypatch):
    failing(monkeypatch, application, RuntimeError(f"about {SAMPLE.BSN}"))
    answer = await client.get(PAGE, headers={**BROWSER, "X-Request-ID": "abc-1"})
    assert (answer.status_code, shows_page(answer)) == (500, True)
    assert "abc-1" in answer.text
    assert SAMPLE.BSN not in answer.text
    assert (await client.get(DATA, headers=BROWSER)).headers["content-type"] == "application/problem+json"


async def test_a_bsn_in_the_address_of_a_page_is_refused_by_a_page_that_does_not_repeat_it(client):
    answer = await client.get(f"/?zoek={SAMPLE.BSN}", headers=BROWSER)
    assert (answer.status_code, shows_page(answer)) == (400, True)
    assert "nooit een BSN in een adres" in answer.text
    assert SAMPLE.BSN not in answer.text


async def test_a_name_that_is_not_ours_gets_no_page_of_ours(client):
    for host in ("elders.example", "[::1", "a]b"):
        answer = await client.get("/", headers={**BROWSER, "Host": host})
        assert (answer.status_code, answer.headers["content-type"]) == (421, "application/problem+json")


async def test_while_sessions_cannot_be_read_a_browser_sees_the_page_that_logging_in_shows(application):
    world = World(site=SITE)
    application.entrance = Entrance(world)
    transport = httpx.ASGITransport(doors(application))
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers=BROWSER) as client:
        await enter(world, client)

        async def away(*_, **__):
            raise ShelfError("sessions cannot be read now (ConnectionError)")

        for name in ("put", "swap", "get", "take", "once", "drop", "gather", "gathered"):
            setattr(world.shelf, name, away)
        answer = await client.get("/")
        assert (answer.status_code, answer.headers["retry-after"], shows_page(answer)) == (503, "2", True)
        assert "Inloggen kan nu niet" in answer.text
        assert "ConnectionError" not in answer.text
        data = await client.get(DATA)
        assert (data.status_code, data.headers["content-type"]) == (503, "application/problem+json")
