"""Take the pictures of the README, from a demonstration that runs: `make run` in one terminal, this in another.

    .venv/bin/python docs/screenshots.py [--address http://127.0.0.1:8080] [--chromium /usr/bin/chromium]

Needs `make setup-dev` (playwright) and a Chromium. Everything on the pictures is fictional.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).parent / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
MOST = 300_000
"""Bytes of one picture: a README has to load quickly."""


def asked(url: str) -> Any:
    """What the JSON API answers."""
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own address
        return json.load(answer)


def pictures(address: str) -> dict[str, tuple[str, int]]:
    """Name of the picture: the page, and how many pixels of its height to show (1280 wide)."""
    found = asked(f"{address}/api/v1/pregnancies?limit=200")["pregnancies"]
    going = [p["pregnancy"] for p in found if p["state"] == "ongoing"]
    paths = [asked(f"{address}/api/v1/pregnancies/{pregnancy}/care-path") for pregnancy in going]
    ongoing = max(
        paths, key=lambda p: (len(p["responsibility"]) > 1 and p["measurements"] != [], len(p["measurements"]))
    )
    mixed = next(p for p in found if p["status"] == "gemengd" and p["stage"] == "definitief")
    return {
        "lijst": ("/", 1000),
        "zorgpad": (f"/zwangerschap/{ongoing['pregnancy']}", 800),
        "zorgpad-verder": (f"/zwangerschap/{ongoing['pregnancy']}#zorgpad", 1000),
        "herkomst": (f"/zwangerschap/{ongoing['pregnancy']}", 800),
        "besluit": (f"/zwangerschap/{mixed['pregnancy']}/besluit", 1160),
    }


def take(browser: Browser, url: str, height: int, file: Path) -> None:
    """One picture, cut off at a height."""
    page = browser.new_page(viewport={"width": 1280, "height": height}, locale="nl-NL")
    page.goto(url)
    if file.stem == "herkomst":  # where the due date came from
        page.locator(".cel-edd a").click()
        page.locator("dialog mark").first.wait_for()
    page.screenshot(path=file)
    page.close()
    if file.stat().st_size > MOST:
        sys.exit(f"{file} is larger than {MOST} bytes")


def main() -> None:
    """Take them all."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--address", default="http://127.0.0.1:8080")
    given.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser"))
    options = given.parse_args()
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=FLAGS)
        for name, (path, height) in pictures(options.address).items():
            take(browser, options.address + path, height, IMAGES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
