"""The pages on which persons decide on links, in a real Chromium: accessible, fitting, and done by keyboard alone."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from adapter.asgi import build
from adapter.service.links.proposal import Pointed
from doors import sample as SAMPLE
from support.link_desk import ID, Desk

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

pytestmark = pytest.mark.e2e

ONE = f"/koppelingen/{ID}"
PAGES = ("/koppelingen", ONE, "/koppelingen/besluiten", "/koppelingen/zwangerschap/p-1")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # every element that is right, too, takes as long as all the looking
}


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    application = SAMPLE.SampleApplication()
    application.proposals = desk
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(build(application), access_log=False, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.mark.parametrize("width", [1360, 390])
def test_the_pages_are_accessible_and_fit(browser: Any, address: str, width: int) -> None:
    page = browser.new_page(base_url=address, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    try:
        for at in PAGES:
            page.goto(at)
            page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
            found = axe.Axe().run(page, options=RULES).response
            assert [(at, v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []
            assert len(found["passes"]) > 15  # it did look
            assert page.evaluate("document.documentElement.scrollWidth") <= width, at
    finally:
        page.close()


def test_a_proposal_is_decided_by_keyboard_alone(browser: Any, address: str, desk: Desk) -> None:
    page = browser.new_page(base_url=address)
    try:
        page.goto(ONE)
        page.locator("#reden").focus()
        page.keyboard.type("Telefonisch nagevraagd")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Niet dezelfde vrouw"
        page.keyboard.press("Enter")
        page.wait_for_url("**/koppelingen?gedaan=apart")
        assert "apart gehouden" in page.get_by_role("status").inner_text()
        decided = [asked for asked in desk.asked if asked[0] == "decide"]
        assert [asked[2:] for asked in decided] == [(ID, "apart", "Telefonisch nagevraagd", "0.a.b.c")]
    finally:
        page.close()


@pytest.mark.parametrize("width", [1360, 390])
def test_a_record_is_sought_and_linked_by_keyboard_alone(browser: Any, address: str, desk: Desk, width: int) -> None:
    page = browser.new_page(base_url=address, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    try:
        page.goto("/koppelingen/zwangerschap/p-1")
        page.locator("#zoek > summary").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "zoek-bsn"
        page.keyboard.type("999900006")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "999900006" not in page.url + page.content()
        found = axe.Axe().run(page, options=RULES).response
        assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("radio").last.focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.type("Gebeld met de praktijk")
        page.keyboard.press("Tab")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        judged = [asked for asked in desk.asked if asked[0] == "judge"][-1]
        assert judged[2:] == ("woman", "same", Pointed("kz", "Patient/1"), Pointed("zh", "Patient/3"), judged[-1])
        assert judged[-1] == "Gebeld met de praktijk"
    finally:
        page.close()


def test_without_a_reason_nothing_is_sent(browser: Any, address: str, desk: Desk) -> None:
    page = browser.new_page(base_url=address)
    try:
        page.goto(ONE)
        before = len(desk.asked)
        page.get_by_role("button", name="Zelfde vrouw", exact=True).click()
        assert page.evaluate("document.activeElement.id") == "reden"
        assert len(desk.asked) == before
    finally:
        page.close()
