"""The pages for people: who looks, what is offered to whom, forms that must be ours, and every refusal in Dutch."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

import adapter.web
from adapter.access.people import LoginFault, ShelfError, form_token
from adapter.service.port import UnknownPregnancyError
from adapter.web import login, menu
from doors.sample import SampleApplication
from doors.standing import doors
from support.people_doors import SITE, Entrance, enter
from support.people_world import FHIR, ISSUER, World

TEMPLATES = Path(adapter.web.__file__).parent / "templates"
LISTED = "zw-bakker-1"


@pytest.fixture
def world() -> World:
    return World(site=SITE)


@pytest.fixture
def application(world) -> SampleApplication:
    made = SampleApplication()
    made.entrance = Entrance(world)
    linked = SimpleNamespace(pregnancies_of=lambda record: [LISTED] if record.woman == "Patient/p-1" else [])
    made.fhir = SimpleNamespace(store=SimpleNamespace(search=linked), linked=lambda record: [record])
    return made


@pytest.fixture
async def client(application):
    transport = httpx.ASGITransport(doors(application))
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers={"Accept": "text/html"}) as client:
        yield client


def addresses(text: str) -> list[str]:
    inside = re.search(r'<nav aria-label="Hoofdmenu">(.*?)</nav>', text, re.DOTALL)
    return re.findall(r'href="([^"?]+)', inside[1]) if inside else []


async def test_who_is_not_in_is_asked_to_log_in_and_comes_back(world, client):
    answer = await client.get("/bronnen")
    assert (answer.status_code, answer.headers["location"]) == (303, "/inloggen?naar=%2Fbronnen")
    page = await client.get("/inloggen?naar=/bronnen")
    assert page.status_code == 200
    assert "Inloggen met Ziekenhuis Oost" in page.text
    assert 'href="/inloggen/start?naar=%2Fbronnen"' in page.text
    begun = await client.get("/inloggen/start?naar=%2Fbronnen")
    assert begun.headers["location"].startswith(f"{ISSUER}/auth?")
    back = await client.get("/inloggen/terug", params=world.server.answer(begun.headers["location"]))
    assert (back.status_code, back.headers["location"]) == (303, "/bronnen")
    assert (await client.get("/inloggen")).headers["location"] == "/"


async def test_a_form_of_who_is_not_in_any_more_leads_to_the_login_page(client):
    assert (await client.post("/", data={"zoek": "x"})).headers["location"] == "/inloggen"


async def test_the_head_says_who_looks_for_which_organisation_and_in_which_role(world, client):
    await enter(world, client)
    text = (await client.get("/")).text
    for said in ("Vera Kundige", "zorgverlener", "Verloskundigenpraktijk De Kiem", "Uitloggen"):
        assert said in text
    assert "Demonstratie-identiteit" not in text


async def test_without_access_configured_the_demonstration_is_shown_as_such():
    transport = httpx.ASGITransport(doors(SampleApplication()))
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        text = (await client.get("/")).text
        assert "Demonstratie-identiteit" in text
        assert "Uitloggen" not in text
        assert 'name="formulier"' not in text
        assert (await client.get("/inloggen")).headers["location"] == "/"
        assert (await client.get("/uitgelogd")).status_code == 404


@pytest.mark.parametrize(
    ("roles", "first", "offered"),
    [
        (["arts"], "/", ["/", "/bronnen"]),
        (["controle"], "/werklijst", ["/werklijst", "/bronnen"]),
        (["arts", "controle"], "/", ["/", "/werklijst", "/bronnen"]),
    ],
)
async def test_the_menu_offers_what_the_role_may_and_one_begins_there(world, client, roles, first, offered):
    back = await enter(world, client, roles=roles)
    assert back.headers["location"] == first
    shown = addresses((await client.get(first)).text)
    assert [address for address in shown if address in {"/", "/werklijst", "/planning", "/bronnen"}] == offered


def test_every_page_of_the_menu_says_what_it_needs():
    assert {address for address, _ in menu.NAVIGATION} <= set(menu.ASKS)


def test_nothing_is_offered_to_nobody():
    assert not any(menu.may(None, address) for address, _ in menu.NAVIGATION)


async def test_a_form_counts_with_the_token_of_its_session_alone(world, client, application):
    await enter(world, client)
    mine = form_token(client.cookies["sessie"])
    assert f'<input type="hidden" name="formulier" value="{mine}">' in (await client.get("/")).text
    for wrong in ({}, {"formulier": ""}, {"formulier": "x"}, {"formulier": form_token("een-ander")}):
        answer = await client.post("/", data={"zoek": "x", **wrong})
        assert answer.status_code == 403
        assert "Er is niets vastgelegd" in answer.text
    application.asked.clear()
    twice = await client.post("/", content=f"formulier={mine}&formulier={mine}", headers=FORM)
    assert twice.status_code == 403
    assert application.asked == []
    assert (await client.post("/", data={"zoek": "x", "formulier": mine})).status_code == 200
    assert (await client.post("/", data={"zoek": "x"}, headers={"X-CSRF-Token": mine})).status_code == 200


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_a_form_posted_from_another_origin_is_refused_whatever_it_holds(world, client):
    await enter(world, client)
    mine = form_token(client.cookies["sessie"])
    answer = await client.post("/", data={"formulier": mine}, headers={"Origin": "https://kwaad.example"})
    assert answer.status_code == 403


async def test_the_api_asks_for_the_token_in_a_header(world, client):
    await enter(world, client)
    body = {"bsn": "999911120"}
    assert (await client.post("/api/v1/pregnancies/_search", json=body)).status_code == 403
    header = {"X-CSRF-Token": form_token(client.cookies["sessie"])}
    assert (await client.post("/api/v1/pregnancies/_search", json=body, headers=header)).status_code == 200


@pytest.mark.parametrize("template", sorted(str(p.relative_to(TEMPLATES)) for p in TEMPLATES.rglob("*.html")))
def test_every_form_that_posts_carries_the_token(template):
    text = (TEMPLATES / template).read_text("utf-8")
    for found in re.finditer(r'<form[^>]*method="post"[^>]*>(.{0,40})', text, re.DOTALL):
        assert "{{ formulier }}" in found[1], found[0]


async def test_logging_out_ends_the_session_and_offers_to_log_out_elsewhere(world, client):
    await enter(world, client)
    before = client.cookies["sessie"]
    assert (await client.post("/uitloggen")).status_code == 403
    page = await client.post("/uitloggen", data={"formulier": form_token(before)})
    assert "U bent uitgelogd" in page.text
    assert f"{ISSUER}/end?" in page.text
    assert "Vera Kundige" not in page.text
    assert "sessie" not in client.cookies
    client.cookies.set("sessie", before, domain="localhost")
    assert (await client.get("/")).headers["location"] == "/inloggen"


async def test_the_provider_may_end_a_session_without_a_token_of_ours(world, client):
    answer = await client.post("/uitloggen/provider", data={"logout_token": "x"})
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_request"}


@pytest.mark.parametrize("fault", LoginFault)
def test_every_refusal_has_its_words(fault):
    title, text = login._FAULTS[fault]
    assert title
    assert text.endswith(".")


async def test_a_refusal_is_a_page_in_dutch_and_opens_nothing(world, client):
    page = await enter(world, client, roles=["poetser"])
    assert page.status_code == 403
    assert "U bent herkend" in page.text
    assert addresses(page.text) == []
    assert (await client.get("/")).status_code == 303
    world.server.down = True
    world.clock.pass_by(hours=2)
    assert (await client.get("/inloggen/start")).status_code == 503


async def test_while_sessions_cannot_be_kept_there_is_a_plain_page_and_no_error(world, client):
    await client.get("/inloggen/start")

    async def away(*_, **__):
        raise ShelfError("sessions cannot be read now (ConnectionError)")

    for name in ("put", "swap", "get", "take", "once", "drop", "gather", "gathered"):
        setattr(world.shelf, name, away)
    launch = "/launch?iss=" + FHIR + "&launch=x"
    for address in ("/inloggen/start", "/inloggen/terug?state=x&code=y", launch, f"/launch/link?token={world.link()}"):
        answer = await client.get(address)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), address
        assert "Inloggen kan nu niet" in answer.text
        assert 'lang="nl"' in answer.text
    assert (await client.get("/inloggen")).status_code == 200


async def test_a_launch_leads_to_the_care_path_and_offers_nothing_else(world, client):
    begun = await client.get("/launch", params={"iss": FHIR, "launch": "x"})
    back = await client.get("/launch/terug/epd", params=world.epd.answer(begun.headers["location"]))
    assert back.headers["location"] == f"/zwangerschap/{LISTED}"
    page = await client.get(back.headers["location"])
    assert page.status_code == 200
    assert addresses(page.text) == []
    assert "Vera Kundige" in page.text


async def test_a_signed_link_leads_to_the_pregnancy_it_names_only_if_that_is_hers(world, client):
    for pregnancy in (LISTED, "van-een-ander"):
        answer = await client.get("/launch/link", params={"token": world.link(pregnancy=pregnancy, jti=pregnancy)})
        assert answer.headers["location"] == f"/zwangerschap/{LISTED}"
    nobody = await client.get("/launch/link", params={"token": world.link(patient="p-2", jti="3")})
    assert nobody.status_code == 404
    assert "Nog geen zorgpad" in nobody.text


@pytest.mark.parametrize("ahead", [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, None])
async def test_what_only_looks_at_a_link_does_not_use_it_up(world, client, ahead):
    link = {"token": world.link()}
    looked = await client.request("GET" if ahead else "HEAD", "/launch/link", params=link, headers=ahead)
    assert (looked.status_code, "set-cookie" in looked.headers) == (204, False)
    opened = await client.get("/launch/link", params=link)
    assert opened.headers["location"] == f"/zwangerschap/{LISTED}"
    assert (opened.headers["cache-control"], opened.headers["referrer-policy"]) == ("no-store", "same-origin")


async def test_a_link_that_leaked_opens_nothing_more_in_another_browser(world, client):
    link = {"token": world.link()}
    opened = await client.get("/launch/link", params=link)
    assert "token" not in opened.headers["location"]
    client.cookies.clear()
    again = await client.get("/launch/link", params=link)
    assert (again.status_code, "set-cookie" in again.headers) == (400, False)
    assert "al gebruikt" in again.text


async def test_our_public_keys_are_public_and_hold_no_private_part(client):
    assert (await client.get("/launch/jwks.json")).json() == {"keys": []}


async def test_of_several_pregnancies_the_one_that_goes_on_is_opened(world, client, application):
    ended = replace(application.path, pregnancy="zw-af", state="ended", ended_on=date(2022, 1, 1))
    later = replace(ended, pregnancy="zw-later", ended_on=date(2023, 1, 1))
    paths = {"zw-af": ended, LISTED: replace(application.path, state="ongoing", ended_on=None), "zw-later": later}
    application.fhir.store.search.pregnancies_of = lambda record: [*paths, "niet-te-zien", "ook-niet"]

    def care_path(ctx, pregnancy, **_):
        assert ctx.woman is not None  # asked as the session is: for her alone
        if pregnancy not in paths:
            raise UnknownPregnancyError(pregnancy)
        return paths[pregnancy]

    application.care_path = care_path
    for jti, expected in (("1", LISTED), ("2", "zw-later"), ("3", "/launch/link")):
        answer = await client.get("/launch/link", params={"token": world.link(jti=jti)})
        assert answer.headers.get("location", "/launch/link").endswith(expected)
        paths.pop(expected, None)
        if jti == "2":
            paths.clear()
