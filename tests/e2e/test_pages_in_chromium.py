"""The pages in a real Chromium: usable by keyboard, accessible, silent, and asking nothing of anybody else."""

from __future__ import annotations

import os
import runpy
import shutil
import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import uvicorn

from adapter.asgi import build

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

pytestmark = pytest.mark.e2e

SAMPLE = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "doors" / "sample.py")))
ONE = "/zwangerschap/zw-bakker-1"
PAGES = {"lijst": "/", "zorgpad": ONE, "besluit": f"{ONE}/besluit", "bronnen": "/bronnen", "fout": "/nothing"}
WIDTHS = {"wide": 1360, "narrow": 390}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def address():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(build(SAMPLE.SampleApplication()), access_log=False, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture(scope="module")
def browser():
    path = os.environ.get("ADAPTER_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("no Chromium here; install it or set ADAPTER_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser, address):
    """A page that fails the test when the browser complains or asks anything of another machine."""
    context = browser.new_context(base_url=address, locale="nl-NL", viewport={"width": 1360, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda r: None if r.url.startswith(address) else complaints.append(f"asked {r.url}"))
    yield opened
    context.close()
    # A page that is not there is a failed resource to the browser; that one complaint is right.
    assert [c for c in complaints if "404" not in c] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits(page, tmp_path, name, width):
    page.set_viewport_size({"width": WIDTHS[width], "height": 900})
    page.goto(PAGES[name])
    shot = page.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)
    assert len(shot) > 5000
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    found = axe.Axe().run(page, options=RULES).response
    assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []
    assert len(found["passes"]) > 20  # it did look
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]


def test_from_the_list_to_the_care_path_to_the_decision(page):
    page.goto("/")
    page.get_by_role("link", name="Sanne <b>Bakker</b> & De Vries", exact=True).click()
    assert "G2 P1" in page.locator("dl.kern").inner_text()
    page.get_by_role("link", name="Besluit IGO").click()
    assert page.locator("#uitspraak-kop").inner_text() == "IGO"
    page.get_by_role("link", name="Zorgpad").click()
    assert page.url.endswith(ONE)


def test_the_style_sheet_is_applied_under_the_strict_policy(page):
    page.goto("/")
    background = page.locator(".status-igo").first.evaluate("badge => getComputedStyle(badge).backgroundColor")
    assert background == "rgb(220, 240, 230)"


def test_the_timeline_is_drawn_and_stands_there_as_a_list_too(page):
    page.goto(ONE)
    marks = page.locator("svg.tijdlijn .daad")
    assert marks.count() == len(SAMPLE.ACTS)
    page.locator("summary", has_text="Tijdlijn als lijst").click()
    assert page.locator(".alslijst tbody tr").count() == len(SAMPLE.ACTS)
    assert marks.first.evaluate("mark => getComputedStyle(mark).fill") == "rgb(15, 109, 114)"


def test_every_source_of_a_value_opens_by_keyboard(page):
    page.goto(ONE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Naar de inhoud"
    summary = page.locator(".feiten details.bron summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert "Observation/edd-1" in page.locator(".feiten details.bron[open]").first.inner_text()


def test_another_day_is_asked_with_the_form_and_kept(page):
    page.goto(ONE)
    page.locator(".peil summary").click()
    page.get_by_label("Stand op").fill("2024-07-01")
    page.get_by_role("button", name="Toon").click()
    assert "as_of=2024-07-01" in page.url
    page.get_by_role("link", name="Besluit IGO").click()
    assert "as_of=2024-07-01" in page.url


def test_a_search_leaves_no_trace_in_the_address(page):
    page.goto("/")
    page.get_by_role("searchbox").fill(SAMPLE.BSN)
    page.get_by_role("button", name="Zoek").click()
    assert "1 zwangerschap" in page.locator(".aantal").inner_text()
    assert SAMPLE.BSN not in page.url
    assert SAMPLE.BSN not in page.content()


def test_it_prints_without_what_only_a_screen_needs(page):
    page.goto(ONE)
    page.emulate_media(media="print")
    assert not page.locator(".top nav").is_visible()
    assert page.locator("svg.tijdlijn").is_visible()
