"""Logging in with a browser at a certified provider: to the care path, from an EPD's frame, and out."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from support.access_world import Service, open_service

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with open_service(tmp_path_factory.mktemp("access")) as found:
        yield found


@pytest.fixture
def opened(browser, service):
    context = browser.new_context(
        base_url=service.site, locale="nl-NL", viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def at_provider(page, service: Service, who: str) -> None:
    """Through the provider's pages, as this person."""
    page.get_by_placeholder("Enter any login").fill(who)
    page.get_by_placeholder("and password").fill("wat dan ook")
    page.get_by_role("button").first.click()
    if urlsplit(page.url).netloc == urlsplit(service.issuer).netloc:
        page.get_by_role("button").first.click()  # the first time: yes, this service may know me
    page.wait_for_url(f"{service.site}/**")


def test_in_to_the_care_path_and_out(opened, service, axe):
    opened.goto("/bronnen")
    assert axe(opened) == []
    opened.get_by_role("link", name="Inloggen met Verloskundigen De Linde").click()
    at_provider(opened, service, "verloskundige")
    assert urlsplit(opened.url).path == "/bronnen"
    cookies = {c["name"]: c for c in opened.context.cookies(service.site)}
    assert cookies["sessie"]["httpOnly"]
    assert cookies["sessie"]["sameSite"] == "Lax"
    assert opened.evaluate("document.cookie") == ""
    opened.goto("/")
    opened.locator("table.lijst th a").first.click()
    assert opened.get_by_text("Vera Kundige").is_visible()
    assert axe(opened) == []
    path = urlsplit(opened.url).path
    opened.goto("/")
    opened.get_by_placeholder("Zoek op naam of BSN").fill("elzenga")
    opened.get_by_role("button", name="Zoek").click()  # a form of ours carries the token
    assert "gevonden" in opened.get_by_role("status").inner_text()
    opened.get_by_role("button", name="Uitloggen").click()
    assert opened.get_by_role("heading", name="U bent uitgelogd").is_visible()
    assert axe(opened) == []
    opened.get_by_role("link", name="Ook uitloggen bij").click()
    opened.get_by_role("button").first.click()
    opened.wait_for_url(f"{service.site}/uitgelogd*")
    opened.goto(path)
    assert urlsplit(opened.url).path == "/inloggen"


def test_a_form_that_another_page_posts_does_nothing(opened, service):
    opened.goto("/inloggen/start")
    at_provider(opened, service, "verloskundige")
    opened.route("**/kwaad", lambda r: r.fulfill(content_type="text/html", body=FORGED.replace("SITE", service.site)))
    opened.goto("http://localhost:1/kwaad")  # another site: Lax keeps the cookie back, and Origin says where it is from
    with opened.expect_response(f"{service.site}/uitloggen") as answered:
        opened.get_by_role("button").click()
    assert answered.value.status == 403
    opened.goto("/")
    assert opened.get_by_text("Vera Kundige").is_visible()


FORGED = '<form method="post" action="SITE/uitloggen"><button>win</button></form>'


def test_an_epd_launches_the_page_of_the_woman_who_is_open_there(opened, service):
    opened.goto(f"/launch?iss={service.issuer}/fhir&launch=1")
    at_provider(opened, service, "verloskundige")
    assert urlsplit(opened.url).path.startswith("/zwangerschap/")
    assert opened.get_by_text("Vera Kundige").is_visible()
    assert opened.get_by_role("navigation", name="Hoofdmenu").count() == 0
