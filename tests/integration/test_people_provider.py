"""People against a certified provider (npm oidc-provider): in, the care path, out; and an EPD that opens a page."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import httpx
import pytest
from joserfc import jwt

from support.access_world import LINKER, Browser, Service, open_service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with open_service(tmp_path_factory.mktemp("access")) as found:
        yield found


@pytest.fixture
def browser(service: Service) -> Iterator[Browser]:
    found = Browser(service)
    yield found
    found.client.close()


def shown(page: httpx.Response) -> str:
    """Name, role and organisation in the head of the page."""
    found = re.search(r'<div class="identiteit ingelogd">\s*<p>(.*?)</p>', page.text, re.DOTALL)
    assert found is not None, page.text[:2000]
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def menu(page: httpx.Response) -> list[str]:
    inside = re.search(r'<nav aria-label="Hoofdmenu">(.*?)</nav>', page.text, re.DOTALL)
    return re.findall(r'href="([^"?]+)', inside[1]) if inside else []


def test_a_care_provider_logs_in_and_opens_the_care_path_and_logs_out(browser):
    asked = browser.get("/")
    assert asked.url.path == "/inloggen"
    assert "Verloskundigen De Linde" in asked.text
    page = browser.log_in("verloskundige")
    assert page.url.path == "/"
    assert shown(page) == "Vera Kundige zorgverlener · Verloskundigenpraktijk De Linde (fictief)"
    assert menu(page) == ["/", "/bronnen"]
    path = re.search(r'href="(/zwangerschap/[^"/]+)"', page.text)
    assert path is not None
    assert browser.get(path[1]).status_code == 200
    assert browser.get("/werklijst").status_code == 403
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert token is not None
    assert browser.post("/", zoek="x").status_code == 403  # without the token
    assert browser.post("/", zoek="x", formulier=token[1][:-1] + "-").status_code == 403
    assert browser.post("/", zoek="x", formulier=token[1]).status_code == 200
    left = browser.post("/uitloggen", formulier=token[1])
    assert "U bent uitgelogd" in left.text
    assert "/session/end?" in left.text
    assert browser.get(path[1]).url.path == "/inloggen"


def test_who_wanted_a_page_comes_to_that_page(browser):
    asked = browser.get("/bronnen")
    start = re.search(r'class="knop" href="([^"]+)"', asked.text)
    assert start is not None
    assert browser.log_in("verloskundige", start[1]).url.path == "/bronnen"


def test_a_controller_gets_to_the_worklist_and_to_no_care(browser):
    page = browser.log_in("controller")
    assert page.url.path == "/werklijst"
    assert menu(page) == ["/werklijst", "/bronnen"]
    pregnancy = re.search(r'href="(/zwangerschap/[^"/]+)/besluit', page.text)
    assert pregnancy is not None
    assert browser.get(pregnancy[1] + "/besluit").status_code == 200
    assert browser.get(pregnancy[1]).status_code == 403


def test_who_has_no_role_here_gets_in_to_nothing(browser):
    page = browser.log_in("bezoeker")
    assert page.status_code == 403
    assert "U bent herkend" in page.text
    assert browser.get("/").url.path == "/inloggen"


def test_an_answer_of_the_provider_works_once(browser):
    browser.log_in("verloskundige")
    seen = [r for r in browser.log_in("verloskundige").history if r.url.path == "/inloggen/terug"]
    again = browser.get(str(seen[0].url))
    assert again.status_code == 400
    assert "verlopen" in again.text


def test_logging_out_at_the_provider_ends_the_session_here(browser):
    page = browser.log_in("verloskundige")
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert token is not None
    other = Browser(browser.service)  # the same session in another window
    other.client.cookies = httpx.Cookies(browser.client.cookies)
    end = browser.client.get(f"{browser.service.issuer}/session/end")
    browser.submit(end, logout="yes")
    assert other.get("/").url.path == "/inloggen"
    other.client.close()


def test_an_epd_launches_the_care_path_of_the_woman_who_is_open_there(browser):
    launch = f"/launch?iss={browser.service.issuer}/fhir&launch=123"
    page = browser.log_in("verloskundige", launch)
    assert page.status_code == 200, page.text[:500]
    assert page.url.path.startswith("/zwangerschap/")
    assert menu(page) == []
    assert "Vera Kundige" in shown(page)
    assert browser.get("/werklijst").status_code == 403
    assert browser.get("/launch?iss=https://anders.example/fhir&launch=1").status_code == 403


def link(service: Service, **claims) -> str:
    now = int(time.time())
    usual = {"iss": LINKER, "aud": f"{service.site}/launch/link", "iat": now, "exp": now + 60, "jti": str(now)}
    whom = {"sub": "vera", "name": "Vera Kundige", "patient": service.patient}
    return jwt.encode({"alg": "ES384", "kid": "link"}, {**usual, **whom, **claims}, service.key, algorithms=["ES384"])


def test_a_signed_link_opens_the_care_path_once(browser):
    token = link(browser.service)
    page = browser.get("/launch/link", params={"token": token})
    assert page.status_code == 200
    assert page.url.path.startswith("/zwangerschap/")
    assert "token=" not in str(page.url)
    assert browser.get("/launch/link", params={"token": token}).status_code == 400
    unknown = browser.get("/launch/link", params={"token": link(browser.service, jti="2", patient="niemand")})
    assert unknown.status_code == 404
    assert "Nog geen zorgpad" in unknown.text


def test_with_a_session_the_api_asks_for_its_token_and_no_cookie_does_without(browser):
    page = browser.log_in("verloskundige")
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert token is not None
    address = f"{browser.service.site}/api/v1/pregnancies/_search"
    body = {"bsn": "999911120"}
    assert browser.client.post(address, json=body).status_code == 403
    assert browser.client.post(address, json=body, headers={"X-CSRF-Token": token[1]}).status_code == 200
    assert browser.client.get(f"{browser.service.site}/api/v1/pregnancies").status_code == 200
    with httpx.Client(trust_env=False) as nobody:
        assert nobody.get(f"{browser.service.site}/api/v1/pregnancies").status_code == 401
