"""The pages as text: what stands on them, and what may never stand on them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import httpx
import pytest

from adapter.access import Purpose
from adapter.model.decision import EarlyWarning, Reason
from adapter.web.templating import inline
from adapter.web.timeline import draw
from doors import sample as SAMPLE
from doors.sample_path import ACTS, FACTS
from doors.standing import doors

ONE = "/zwangerschap/zw-bakker-1"
PAGES = ["/", ONE, f"{ONE}/besluit", "/werklijst", "/werklijst/casemix", "/werklijst/regelboek", "/bronnen", "/nothing"]


@pytest.fixture
def application():
    return SAMPLE.SampleApplication()


@pytest.fixture
async def client(application):
    transport = httpx.ASGITransport(doors(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize("address", PAGES)
async def test_pages_hold_no_inline_style_or_script_and_nothing_from_elsewhere(client, address):
    text = (await client.get(address)).text
    assert 'lang="nl"' in text
    assert re.findall(r"<script[^>]*>(?!</script>)", text) == []
    assert set(re.findall(r"<script[^>]*", text)) <= {'<script src="/static/zorgpad.js" defer'}
    assert " style=" not in text
    assert not re.search(r"\son\w+=", text)
    assert not re.search(r"(src|href|action)=\"(https?:)?//", text)


@pytest.mark.parametrize("address", PAGES)
async def test_what_sources_wrote_is_escaped(client, address):
    assert "<b>Bakker" not in (await client.get(address)).text


async def test_the_list_shows_term_decision_prestatie_and_what_is_missing(client):
    text = (await client.get("/")).text
    for expected in ("24+3", "uitgerekend 15 nov 2024", "miskraam", "niet-IGO", "gemengd", "geboortezorg nataal"):
        assert expected in text
    for expected in ("niet bereikbaar", "29 jul 2024 09:15", "Demonstratie-identiteit", "is niet gehoord"):
        assert expected in text


async def test_the_list_filters_by_decision(client):
    text = (await client.get("/?besluit=gemengd")).text
    assert "Eva Mulder" in text
    assert "Fatima Jansen" not in text
    assert "1 zwangerschap" in text


@pytest.mark.parametrize("sought", ["jansen", "FATIMA"])
async def test_a_name_is_searched_by_post_so_that_it_never_stands_in_an_address(client, sought):
    text = (await client.post("/", data={"zoek": sought})).text
    assert "Fatima Jansen" in text
    assert "Eva Mulder" not in text


async def test_a_bsn_finds_her_and_is_not_repeated(client):
    text = (await client.post("/", data={"zoek": SAMPLE.BSN})).text
    assert "1 zwangerschap" in text
    assert SAMPLE.BSN not in text


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999", "2"])
async def test_any_page_number_is_survived(client, page):
    assert (await client.get(f"/?pagina={page}")).status_code == 200


async def test_the_care_path_is_read_for_care_alone(client, application):
    text = (await client.get(ONE)).text
    assert [ctx.purpose for _, ctx, *_ in application.asked] == [Purpose.TREAT]
    for expected in ("33 jaar", "G2 P1", "Tweeling", "op grond van echo", "niet bereikbaar", "Stadsziekenhuis"):
        assert expected in text
    for expected in ("/herkomst/", "bronnen verschillen", "19 nov 2024", "Coördinerend zorgverlener", "ontbreekt"):
        assert expected in text


async def test_the_decision_is_read_for_payment_alone(client, application):
    text = (await client.get(f"{ONE}/besluit")).text
    assert {ctx.purpose for _, ctx, *_ in application.asked} == {Purpose.HPAYMT}
    for expected in ("Voldaan", "Onbekend", "eigen lezing", "geverifieerd", "voorlopig", "NR/REG-2312, art. 4"):
        assert expected in text
    for expected in ("€ 1.234,00", "Nog niet te declareren", "Wordt IGO als", "Verwachting", "Zorg buiten de IGO"):
        assert expected in text
    assert "onbepaald → <b>IGO</b>" in text


async def test_day_and_instant_are_asked_and_kept_in_links(client, application):
    text = (await client.get(f"{ONE}?as_of=2024-07-01&known_at=2024-07-01T14:00")).text
    assert application.asked[-1][2:] == (date(2024, 7, 1), datetime(2024, 7, 1, 12, tzinfo=UTC))
    assert f"{ONE}/besluit?as_of=2024-07-01&amp;known_at=2024-07-01T12%3A00%3A00Z" in text
    assert 'value="2024-07-01T14:00"' in text


@pytest.mark.parametrize(
    ("address", "status", "expected"),
    [
        ("/nothing", 404, "Niet gevonden"),
        ("/zwangerschap/nobody", 404, "Onbekende zwangerschap"),
        ("/?as_of=gisteren", 400, "De peildatum"),
        (f"{ONE}?known_at=x", 400, "bekend tot"),
    ],
)
async def test_errors_are_pages_too(client, address, status, expected):
    response = await client.get(address)
    assert response.status_code == status
    assert expected in response.text
    assert "gisteren" not in response.text


def test_a_path_without_any_day_has_no_drawing():
    bare = replace(SAMPLE.PATH, acts=(), responsibility=(), facts={"edd": FACTS["parity"]})
    assert draw(replace(bare, facts={**FACTS, "edd": FACTS["risk_status"]})) is None


def test_every_dated_act_is_drawn_inside_the_plot_and_none_covers_another():
    drawing = draw(SAMPLE.PATH)
    marks = [mark for lane in drawing.lanes for mark in lane.marks]
    assert len(marks) == len(ACTS)
    assert all(drawing.left <= mark.x <= drawing.width - drawing.right for mark in marks)
    assert all(lane.y < mark.y < lane.y + lane.height for lane in drawing.lanes for mark in lane.marks)
    near = [(a, b) for a in marks for b in marks if a is not b and a.y == b.y and abs(a.x - b.x) < 14]
    assert near == []


async def test_the_worklist_shows_what_to_do_and_names_nobody(client):
    text = (await client.get("/werklijst?toon=risico&volgorde=dagen")).text
    for expected in ("wacht op een tweede persoon", "Kan breken:", "verwacht: niet-IGO", "dagen sinds einde fase"):
        assert expected in text
    assert "Bakker" not in text and "<i>Elders" not in text
    assert 'href="/werklijst?toon=risico&amp;volgorde=dagen&amp;pagina=2"' in text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_the_worklist_can_be_taken_along(client, kind):
    answer = await client.get(f"/werklijst?als={kind}")
    assert f"werklijst.{kind}" in answer.headers["content-disposition"]


async def test_small_counts_stand_nowhere_on_the_casemix(client):
    text = (await client.get("/werklijst/casemix?per=insurer&van=2024-01-01")).text
    assert "&lt; 10" in text and "Definities" in text
    assert (await client.get("/werklijst/casemix?van=ooit")).status_code == 400


async def test_the_decision_shows_what_persons_did(client):
    text = (await client.get(f"{ONE}/besluit?gedaan=voorgesteld")).text
    for expected in ("Wat personen besloten", "van kracht", "Voorgesteld door anja", "Gedeclareerd", "tweede persoon"):
        assert expected in text
    assert "<b>pas" not in text


@pytest.mark.parametrize(
    ("form", "status"),
    [({"wat": "onzin"}, 400), ({"wat": "stel-voor", "reden": "x"}, 409), ({"wat": "stel-voor", "tot": "x"}, 400)],
)
async def test_what_persons_send_wrong_is_said(client, form, status):
    assert (await client.post(f"{ONE}/besluit/personen", data=form)).status_code == status


async def test_the_early_warning_says_why_and_what_somebody_could_still_do(client, application):
    reason = Reason(
        "vroegsignaal/kraamzorg", "met", "De kraamzorg is elders aangevraagd.", "eigen lezing", "provisional", ()
    )
    warned = EarlyWarning("waarschijnlijk", (reason,), ("Bel de kraamzorg.",), "provisional")
    calm = await client.get(f"{ONE}/besluit")
    application.made = replace(SAMPLE.DECISION, warning=warned)
    shown = (await client.get(f"{ONE}/besluit")).text
    for text in (
        "Vroegsignaal: zorg buiten de IGO is waarschijnlijk",
        reason.text,
        "Bel de kraamzorg.",
        "beslist niets",
    ):
        assert text in shown and text not in calm.text


async def test_the_rulebook_is_a_page_and_a_document(client):
    text = (await client.get("/werklijst/regelboek?op=2026-06-01&tegen=2021-06-01")).text
    assert "<h2 id=" in text and 'id="regel-regulier-igo"' in text and "Verschillen met 2021-06-01" in text
    assert "<em>binnen of buiten</em>" in text and "<code>[igo.rules]</code>" in text
    assert (await client.get("/werklijst/regelboek?op=ooit")).status_code == 400
    document = await client.get("/werklijst/regelboek?op=2026-06-01&als=md")
    assert document.headers["content-disposition"] == 'attachment; filename="regelboek-2026-06-01.md"'
    assert document.text.startswith("# Regelboek op 2026-06-01")


def test_words_of_the_rulebook_are_text_and_nothing_else():
    assert (
        str(inline("<b> `a<b` *c&d* https://nza.nl")) == "&lt;b&gt; <code>a&lt;b</code> <em>c&amp;d</em> https://nza.nl"
    )
