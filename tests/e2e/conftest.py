"""One application and one Chromium for all tests of the pages: a server on loopback, a browser that tells on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from doors.difficult import DIFFICULT
from doors.sample import SampleApplication
from support.serving import served

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # every element that is right, too, takes as long as all the looking
}


@pytest.fixture(scope="session")
def sample() -> SampleApplication:
    made = SampleApplication()
    made.path = DIFFICULT
    return made


@pytest.fixture(scope="session")
def address(sample: SampleApplication) -> Iterator[str]:
    with served(sample) as found:
        yield found


@pytest.fixture(scope="module")  # while it lives no other event loop can run in this process: other files have theirs
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = os.environ.get("ADAPTER_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("no Chromium here; install it or set ADAPTER_CHROMIUM")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser, address):
    """A page that fails the test when the browser complains or asks anything of another machine."""
    context = browser.new_context(
        base_url=address, locale="nl-NL", viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    )
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


@pytest.fixture(scope="session")
def axe():
    """What says which rules of accessibility a page breaks."""
    module = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    made = module.Axe()

    def broken(opened) -> list[tuple[str, str]]:
        found = made.run(opened, options=RULES).response
        assert len(found["passes"]) > 20  # it did look
        return [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]]

    return broken
