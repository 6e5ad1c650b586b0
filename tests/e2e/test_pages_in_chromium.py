"""The pages in a real Chromium: usable by keyboard, accessible, silent, and asking nothing of anybody else."""

from __future__ import annotations

import pytest

from doors import sample as SAMPLE

pytestmark = pytest.mark.e2e

ONE = "/zwangerschap/zw-bakker-1"
PAGES = {
    "lijst": "/",
    "besluit": f"{ONE}/besluit",
    "werklijst": "/werklijst",
    "casemix": "/werklijst/casemix",
    "regelboek": "/werklijst/regelboek?op=2026-06-01&tegen=2021-06-01",
    "bronnen": "/bronnen",
    "fout": "/nothing",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits(page, axe, name):
    page.goto(PAGES[name])
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_every_rule_that_a_decision_names_leads_to_that_rule(page):
    page.goto(f"{ONE}/besluit")
    links = page.locator("a.regel").evaluate_all("links => [...new Set(links.map(a => a.getAttribute('href')))]")
    assert links
    past = "/werklijst/regelboek?regel=experiment-bundelbreker#regel-experiment-bundelbreker"
    for link in [*links, past]:
        page.goto(link)
        assert page.locator(":target").count() == 1, link
        assert page.get_by_text("staat niet in de tabellen").count() == 0
    page.goto("/werklijst/regelboek?regel=van-een-persoon#regel-van-een-persoon")
    assert page.get_by_text("staat niet in de tabellen").is_visible()


def test_from_the_list_to_the_care_path_to_the_decision(page):
    page.goto("/")
    page.get_by_role("link", name="Sanne <b>Bakker</b> & De Vries", exact=True).click()
    assert "G2 P1" in page.locator(".wie").inner_text()
    page.get_by_role("link", name="Besluit IGO").click()
    assert page.locator("#uitspraak-kop").inner_text() == "IGO"
    page.get_by_role("link", name="Zorgpad").click()
    assert page.url.endswith(ONE)


def test_the_style_sheet_is_applied_under_the_strict_policy(page):
    page.goto("/")
    background = page.locator(".status-igo").first.evaluate("badge => getComputedStyle(badge).backgroundColor")
    assert background == "rgb(220, 240, 230)"


def test_a_search_leaves_no_trace_in_the_address(page):
    page.goto("/")
    page.get_by_role("searchbox").fill(SAMPLE.BSN)
    page.get_by_role("button", name="Zoek").click()
    assert "1 zwangerschap" in page.locator(".aantal").inner_text()
    assert SAMPLE.BSN not in page.url
    assert SAMPLE.BSN not in page.content()
