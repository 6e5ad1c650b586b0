"""A midwife looks at a difficult pregnancy: twins, a transfer, a conflict, a gap, a duplicate, a refusal."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from doors.difficult import DIFFICULT
from doors.sample import PATH, SampleApplication
from support.serving import served, serving

pytestmark = pytest.mark.e2e

ONE = "/zwangerschap/zw-bakker-1"
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll('body *')].filter(e => !e.closest('.schuif'))
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 90))"""
OPEN_ALL = "document.querySelectorAll('details').forEach(details => { details.open = true })"


def test_the_essentials_are_seen_without_scrolling(page):
    page.goto(ONE)
    for essential in (".wie h1", ".gp", *(f".cel-{name}" for name in ("termijn", "edd", "kinderen", "bloedgroep"))):
        assert _bottom(page, essential) < 800
    for essential in (".cel-allergie", ".cel-risico", ".cel-verantwoordelijk"):
        assert _bottom(page, essential) < 800
    for tile in ("volledig", "ontbreekt", "dubbel", "verschil", "buiten", "straks"):
        assert _bottom(page, f".tegel-{tile}") < 800
    head = page.locator("dl.kern").inner_text()
    for said in ("24+3", "15 nov 2024", "op grond van echo, Verloskundigenpraktijk 't Groen", "bronnen verschillen"):
        assert said in head
    for said in ("Tweeling", "dichoriaal", "O, RhD positief", "Penicilline", "Hoog risico", "Stadsziekenhuis"):
        assert said in head
    tiles = page.locator(".tegels").inner_text()
    for said in ("78%", "Coördinerend zorgverlener benoemd", "20 wekenecho", "NIPT: afgezien", "Termijnecho: te laat"):
        assert said in tiles


def test_the_essentials_are_seen_without_scrolling_on_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(ONE)
    for essential in ("termijn", "edd", "kinderen", "bloedgroep", "allergie", "risico", "verantwoordelijk"):
        assert _bottom(page, f".cel-{essential}") < 844


def _bottom(page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    return box["y"] + box["height"]


def test_every_state_of_the_zorgpad_is_there_with_its_reason(page):
    page.goto(ONE)
    states = {
        "done": "gedaan",
        "gap": "ontbreekt",
        "declined": "afgezien",
        "unknown": "onbekend",
        "upcoming": "komt nog",
    }
    for state, word in states.items():
        assert word in page.locator(f".moment-{state} .momentstaat").first.inner_text()
    shown = page.locator("#zorgpad").inner_text()
    for said in ("te laat", "ook gedaan", "jeugdgezondheidszorg", "Afgezien na counseling", "verwacht 30+0 – 34+6"):
        assert said in shown
    page.locator("#zorgpad summary").click()
    assert "Rhesus D is positief." in page.locator("#zorgpad").inner_text()
    differ = page.locator("#tegenspraak").inner_text()
    for said in ("19 nov 2024", "op grond van laatste menstruatie", "Mogelijk dubbel", "20 wekenecho"):
        assert said in differ


def test_the_timeline_and_the_charts_are_drawn_and_stand_there_as_tables_too(page):
    page.goto(ONE)
    marks = page.locator("svg.tijdlijn .daad")
    assert marks.count() == len(DIFFICULT.acts)
    assert marks.first.evaluate("mark => getComputedStyle(mark).fill") == "rgb(15, 109, 114)"
    page.locator("summary", has_text="Tijdlijn als lijst").click()
    assert page.locator("#tijdlijn tbody tr").count() == len(DIFFICULT.acts)
    assert page.locator(".grafiek").count() == 5
    assert page.locator("#g-bloeddruk").inner_text() == "Bloeddruk laatst 142/91 mmHg bij 23+4 boven 140/90"
    growth = page.locator(".grafiek", has=page.locator("#g-groei"))
    assert growth.locator(".reeksen").inner_text().split() == ["foetus", "1", "foetus", "2", "P10", "en", "P90"]
    growth.locator("summary").click()
    assert "P8" in growth.locator("tbody").inner_text()
    page.locator("summary", has_text="Andere metingen").click()
    assert "<5 ug/l" in page.locator("#metingen > .alslijst").inner_text()


def test_a_value_leads_to_what_its_source_sent_with_the_place_marked_and_the_bsn_masked(page):
    page.goto(ONE)
    page.locator(".cel-edd a.w").click()
    dialog = page.get_by_role("dialog", name="Herkomst")
    assert dialog.locator("mark").inner_text().strip() == '"valueDateTime": "2024-11-15",'
    said = dialog.inner_text()
    assert "Observation/edd-1" in said
    assert "1.50" in said
    assert "999911120" not in page.content()
    assert "*********" in said
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.url.endswith(ONE)


@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_accessible_with_everything_open_and_fits(page, axe, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(ONE)
    page.evaluate(OPEN_ALL)
    assert axe(page) == []
    assert page.evaluate(TOO_WIDE) == []
    page.locator(".cel-edd a.w").click()
    page.locator("dialog[open]").wait_for()
    assert axe(page) == []


def test_it_is_used_with_the_keyboard_alone(page):
    page.goto(ONE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Naar de inhoud"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.cel-edd a')"):
            break
    page.keyboard.press("Enter")
    page.locator("dialog[open]").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Sluiten"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('.cel-edd a')")  # back where she was


def test_what_is_shown_is_chosen_with_the_form(page):
    page.goto(ONE)
    page.locator(".peil summary").click()
    page.get_by_label("Stand op").fill("2024-07-01")
    page.get_by_label("Organisatie").select_option(label="Stadsziekenhuis")
    page.get_by_label("Soort").select_option(label="echo")
    page.get_by_role("button", name="Toon").click()
    assert "as_of=2024-07-01" in page.url
    assert page.locator("svg.tijdlijn .daad").count() == 2
    assert "Penicilline" in page.locator(".cel-allergie").inner_text()  # the head is never filtered
    assert "as_of=2024-07-01" in page.locator(".cel-edd a").get_attribute("href")
    page.get_by_role("link", name="Terug naar nu, alles").click()
    assert page.locator("svg.tijdlijn .daad").count() == len(DIFFICULT.acts)


def test_news_comes_by_itself_and_leaves_open_what_was_open(page, sample):
    page.goto(ONE)
    page.locator("#zorgpad summary").click()
    page.locator("[data-klaar]").wait_for()
    sample.path, sample.stand = replace(DIFFICULT, problems=()), sample.stand + 1
    try:
        page.get_by_text("er waren nieuwe gegevens").wait_for()
        assert "Niet vastgelegd" in page.locator(".cel-allergie").inner_text()
        assert page.locator("#zorgpad details").get_attribute("open") is not None
        page.get_by_role("button", name="Werkt automatisch bij").click()
        sample.path, sample.stand = DIFFICULT, sample.stand + 1
        page.get_by_text("Er zijn nieuwe gegevens.").wait_for()
        assert "Niet vastgelegd" in page.locator(".cel-allergie").inner_text()
        page.get_by_role("button", name="Toon").last.click()
        page.get_by_text("er waren nieuwe gegevens").wait_for()
        assert "Penicilline" in page.locator(".cel-allergie").inner_text()
    finally:
        sample.path = DIFFICULT


def test_it_works_without_scripts(browser, address):
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto(ONE)
    assert not page.locator("#live").is_visible()
    page.locator(".cel-edd a.w").click()
    assert page.locator("h1").inner_text() == "Herkomst"
    assert page.locator("mark").count() == 1
    page.get_by_role("link", name="Zorgpad").click()
    assert page.url.endswith(ONE)
    context.close()


def test_an_epd_shows_it_in_a_frame_only_where_that_is_configured(browser, address):
    framed = SampleApplication()
    frames: list[str] = []
    epd = Starlette(routes=[Route("/", lambda _: HTMLResponse("".join(frames)))])
    with serving(epd) as there:
        framed.frame_ancestors = (there,)
        with served(framed) as allowed:
            addresses = (("yes", allowed), ("no", address))
            frames += [f'<iframe id="{name}" src="{at}{ONE}"></iframe>' for name, at in addresses]
            context = browser.new_context()
            page = context.new_page()
            page.goto(there)
            assert page.frame_locator("#yes").locator("h1").inner_text() == PATH.woman.name
            assert page.frame_locator("#no").locator(".wie").count() == 0
            context.close()


def test_it_prints_on_a4_with_everything_that_matters(page, tmp_path):
    page.goto(ONE)
    file = tmp_path / "zorgpad.pdf"
    page.pdf(path=file, prefer_css_page_size=True, print_background=True)
    body = file.read_bytes()
    sheets = len(re.findall(rb"/Type\s*/Page\b", body))
    assert 2 <= sheets <= 6
    assert re.search(rb"/MediaBox\s*\[0 0 59[45][.\d]* 84[12]", body)  # A4 in points
    page.emulate_media(media="print")
    assert not page.locator(".top nav").is_visible()
    assert page.locator("svg.tijdlijn").is_visible()
    if shutil.which("pdftotext"):
        said = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
        for expected in ("24+3", "Penicilline", "Zorgpad", "ontbreekt", "142/91", f"blad 1 van {sheets}"):
            assert expected in said
        assert all(PATH.woman.name in sheet for sheet in said.split("\f")[:sheets])  # a sheet may get loose
