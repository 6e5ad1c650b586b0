"""The pages on which persons decide on links: what stands on them, what they post, and how errors are said."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from adapter.model.carepath import LinkEvidence
from adapter.service.asked import BadQuestionError
from adapter.service.links.proposal import (
    Changed,
    OvertakenError,
    Pointed,
    Threshold,
    UnknownProposalError,
    UnknownRecordError,
)
from adapter.web.evidence_sum import WIDTH, draw
from doors import sample as SAMPLE
from doors.standing import doors
from support.link_desk import ID, Desk

ONE, DECIDED, BOUND = f"/koppelingen/{ID}", "/koppelingen/besluiten", "/koppelingen/zwangerschap/p-1"
PAGES = ["/koppelingen", "/koppelingen?stand=later&soort=woman&pagina=2", ONE, DECIDED, BOUND]
DECISION = {"besluit": "same", "reden": "gebeld", "gezien": "0.a.b.c"}
SPLIT = {"soort": "woman", "besluit": "split", "bron": "kz", "verwijzing": "Patient/1", "reden": "van een ander"}


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def client(desk: Desk) -> Any:
    application = SAMPLE.SampleApplication()
    application.proposals = desk
    transport = httpx.ASGITransport(doors(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize("address", PAGES)
async def test_pages_hold_no_inline_style_or_script_and_what_sources_wrote_is_escaped(
    client: Any, address: str
) -> None:
    response = await client.get(address)
    assert response.status_code == 200
    assert "<script" not in response.text
    assert " style=" not in response.text
    assert not re.search(r"\son\w+=", response.text)
    assert "S. <b>Bakker" not in response.text
    assert "aria-current" in response.text


async def test_the_queue_is_found_from_the_header_of_every_page(client: Any) -> None:
    assert 'href="/koppelingen"' in (await client.get("/")).text


@pytest.mark.parametrize("query", ["soort=kind", "stand=x", "pagina=0", "pagina=-1", "pagina=9999999", "gedaan=x"])
async def test_any_question_is_survived(client: Any, query: str) -> None:
    assert (await client.get(f"/koppelingen?{query}")).status_code == 200


async def test_a_proposal_shows_both_sides_the_sum_and_the_thresholds_in_words_too(client: Any) -> None:
    text = (await client.get(ONE)).text
    for expected in (
        "Kraamzorg",
        "Praktijk",
        "aanwezig",
        "niet te vergelijken",
        "18: voorleggen",
        "dezelfde geboortedatum",
    ):
        assert expected in text
    assert "dezelfde geboortedatum +10. Samen +10. voorleggen vanaf 18." in text
    assert 'value="0.a.b.c"' in text


async def test_deciding_leads_back_to_the_queue_which_says_so(client: Any, desk: Desk) -> None:
    response = await client.post(ONE, data=DECISION)
    assert (response.status_code, response.headers["location"]) == (303, "/koppelingen?gedaan=same")
    assert desk.asked[-1][2:] == (ID, "same", "gebeld", "0.a.b.c")
    assert "Vastgelegd: gekoppeld" in (await client.get(response.headers["location"])).text


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (BadQuestionError("reason", "say why"), 400, "Schrijf in eigen woorden op waarom"),
        (
            OvertakenError(Changed("data", "Een bron stuurde nieuwe gegevens.")),
            409,
            "Een bron stuurde nieuwe gegevens.",
        ),
        (UnknownProposalError(ID), 404, "Voorstel niet gevonden"),
    ],
)
async def test_a_decision_that_cannot_be_kept_says_why_and_keeps_what_was_typed(
    client: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, said: str
) -> None:
    def fails(*_: Any) -> None:
        raise error

    monkeypatch.setattr(desk, "decide", fails)
    response = await client.post(ONE, data={**DECISION, "reden": "na <overleg>"})
    assert response.status_code == status
    assert said in response.text
    assert ("na &lt;overleg&gt;" in response.text) is (status != 404)


async def test_what_was_decided_already_is_said(client: Any, desk: Desk) -> None:
    desk.fails = OvertakenError(Changed("decided", "V. Kundige heeft … gekoppeld."))
    response = await client.get(ONE)
    assert response.status_code == 409
    assert "Hierover is al besloten" in response.text


async def test_a_decision_is_taken_back_with_a_reason(client: Any, desk: Desk) -> None:
    response = await client.post(f"{DECIDED}/d-1/ongedaan", data={"reden": "vergissing"})
    assert (response.status_code, response.headers["location"]) == (303, f"{DECIDED}?gedaan=undone")
    assert desk.asked[-1][2:] == ("d-1", "vergissing")
    assert "ongedaan gemaakt" in (await client.get(response.headers["location"])).text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadQuestionError("reason", "say why"), 400),
        (OvertakenError(Changed("decided", "Er is al een ander besluit.")), 409),
        (UnknownProposalError("d-1"), 404),
    ],
)
async def test_what_cannot_be_taken_back_says_why(
    client: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fails(*_: Any) -> None:
        raise error

    monkeypatch.setattr(desk, "undo", fails)
    assert (await client.post(f"{DECIDED}/d-1/ongedaan", data={"reden": ""})).status_code == status


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        (SPLIT, ("woman", "split", Pointed("kz", "Patient/1"), None, "van een ander")),
        (
            {**SPLIT, "besluit": "same", "andere-bron": "vp", "andere-verwijzing": "Patient/2"},
            ("woman", "same", Pointed("kz", "Patient/1"), Pointed("vp", "Patient/2"), "van een ander"),
        ),
        (
            {**SPLIT, "soort": "pregnancy", "besluit": "same", "ander": "vp|EpisodeOfCare/2"},
            ("pregnancy", "same", Pointed("kz", "Patient/1"), Pointed("vp", "EpisodeOfCare/2"), "van een ander"),
        ),
    ],
)
async def test_links_of_one_pregnancy_are_changed_with_forms(
    client: Any, desk: Desk, form: dict[str, str], asked: tuple[Any, ...]
) -> None:
    response = await client.post(BOUND, data=form)
    assert response.status_code == 303
    assert desk.asked[-1][2:] == asked


SEEK = {"besluit": "zoek", "bsn": "", "geboren": "1991-03-14", "naam": "Bakker"}


async def test_a_record_to_link_is_sought_and_chosen(client: Any, desk: Desk) -> None:
    response = await client.post(BOUND, data=SEEK)
    assert response.status_code == 200
    seek = next(asked for asked in desk.asked if asked[0] == "seek")
    assert seek[2:] == ("", "1991-03-14", "Bakker")
    assert 'name="ander" value="zh|Patient/3"' in response.text
    assert response.text.count(": hoort hier al bij") == 2
    assert "S. &lt;b&gt;Bakker&lt;/b&gt;" in response.text and "<b>Bakker</b>" not in response.text


async def test_a_bsn_is_sought_in_the_body_and_never_sent_back(client: Any, desk: Desk) -> None:
    response = await client.post(BOUND, data={**SEEK, "bsn": "999900006", "geboren": "", "naam": ""})
    assert next(asked for asked in desk.asked if asked[0] == "seek")[2] == "999900006"
    assert response.status_code == 200 and "999900006" not in response.text


@pytest.mark.parametrize(
    ("parameter", "said"), [("bsn", "geen geldig BSN"), ("birth_date", "dag, maand en jaar"), ("sought", "of een")]
)
async def test_what_cannot_be_sought_is_said(
    client: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch, parameter: str, said: str
) -> None:
    def refuses(*_: Any) -> None:
        raise BadQuestionError(parameter, "no")

    monkeypatch.setattr(desk, "seek", refuses)
    response = await client.post(BOUND, data=SEEK)
    assert response.status_code == 400
    assert said in response.text and 'id="zoek"' in response.text


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (BadQuestionError("other", "it is the same one"), 400, "Kies twee verschillende"),
        (UnknownRecordError("x"), 404, "kijk de verwijzing na"),
        (OvertakenError(Changed("contradiction", "Maak dat besluit eerst ongedaan.")), 409, "eerst ongedaan"),
    ],
)
async def test_a_link_that_cannot_be_changed_says_why(
    client: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, said: str
) -> None:
    def fails(*_: Any) -> None:
        raise error

    monkeypatch.setattr(desk, "judge", fails)
    response = await client.post(BOUND, data=SPLIT)
    assert response.status_code == status
    assert said in response.text


@pytest.mark.parametrize("address", [ONE, BOUND, f"{DECIDED}/d-1/ongedaan"])
@pytest.mark.parametrize("headers", [{"Origin": "https://elders.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_a_form_on_a_page_of_another_origin_decides_nothing(
    client: Any, desk: Desk, address: str, headers: dict[str, str]
) -> None:
    assert (await client.post(address, data={**DECISION, **SPLIT}, headers=headers)).status_code == 403
    assert desk.asked == []


WEIGHTS = [(10.0,), (10.0, -12.0, 4.0), (100.0,), (-100.0,), (0.0,), (), (2.5, -2.5)]


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("limits", [(18.0, 30.0), (0.0,), ()])
def test_every_bar_begins_where_the_one_before_it_ended_and_all_fits(
    weights: tuple[float, ...], limits: tuple[float, ...]
) -> None:
    fall = draw([LinkEvidence(f"stuk {w}", w) for w in weights], [Threshold(v, "grens") for v in limits])
    at = fall.zero
    for step in fall.steps:
        assert at in (pytest.approx(step.x, abs=0.2), pytest.approx(step.x + step.width, abs=0.2)) or step.tone == "nul"
        at = step.end
    assert fall.total.end == at
    places = [(s.x, s.x + s.width) for s in (*fall.steps, fall.total)] + [(m.x, m.x) for m in fall.marks]
    assert all(0 <= left <= right <= WIDTH for left, right in places)
    assert all(f"stuk {w}" in fall.words for w in weights)
