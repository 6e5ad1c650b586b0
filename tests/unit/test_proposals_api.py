"""Proposals and decisions over the JSON API, on a desk from memory."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from adapter.access import DEMONSTRATION, Action, Context, Denial, DeniedError, Purpose, Resource
from adapter.model import wire
from adapter.service.asked import BadQuestionError
from adapter.service.links.proposal import Changed, OvertakenError, Pointed, UnknownProposalError, UnknownRecordError
from doors import sample as SAMPLE
from doors.standing import doors
from support.link_desk import DETAIL, ID, MADE, PROPOSAL, Desk

DENIED = DeniedError(Denial.NOT_GRANTED, Context(DEMONSTRATION, Purpose.TREAT), Action.CREATE, Resource.LINK)


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


GOOD = {"verdict": "same", "reason": "gebeld", "seen": "0.a.b.c"}
SPLIT = {"kind": "woman", "verdict": "split", "record": {"source": "kz", "reference": "Patient/1"}, "reason": "gebeld"}


async def test_the_queue_one_proposal_and_the_decisions_have_the_published_shapes(client: Any, desk: Desk) -> None:
    page = (await client.get("/api/v1/proposals?kind=woman&state=open&limit=5&offset=2")).json()
    assert page["proposals"] == [wire.to_data(PROPOSAL)]
    assert desk.asked[-1][2:] == ("woman", "open", 2, 5)
    assert (await client.get(f"/api/v1/proposals/{ID}")).json() == wire.to_data(DETAIL)
    assert (await client.get("/api/v1/link-decisions")).json()["decisions"] == [wire.to_data(MADE)]
    assert {asked[1].purpose for asked in desk.asked} == {Purpose.TREAT}


async def test_decisions_are_posted(client: Any, desk: Desk) -> None:
    made = await client.post(f"/api/v1/proposals/{ID}/decision", json=GOOD)
    assert (made.status_code, made.json()) == (201, wire.to_data(MADE))
    assert desk.asked[-1][2:] == (ID, "same", "gebeld", "0.a.b.c")
    assert (await client.post("/api/v1/link-decisions", json=SPLIT)).status_code == 201
    assert desk.asked[-1][2:] == ("woman", "split", Pointed("kz", "Patient/1"), None, "gebeld")
    assert (await client.post("/api/v1/link-decisions/d-1/undo", json={"reason": "vergissing"})).status_code == 201
    assert desk.asked[-1][2:] == ("d-1", "vergissing")


async def test_records_to_link_are_sought(client: Any, desk: Desk) -> None:
    found = await client.post("/api/v1/records/_search", json={"birth_date": "1991-03-14", "name": "Bakker"})
    assert (found.status_code, found.json()["more"]) == (200, False)
    assert [r["reference"] for r in found.json()["records"]] == ["Patient/1", "Patient/2", "Patient/3"]
    assert desk.asked[-1][2:] == ("", "1991-03-14", "Bakker")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (UnknownProposalError(ID), 404, "any more"),
        (UnknownRecordError("x"), 404, "no such record"),
        (BadQuestionError("reason", "say why, in your own words"), 400, "say why"),
        (OvertakenError(Changed("decided", "Er is besloten.", "d-9")), 409, "look again"),
        (DENIED, 403, "not allowed"),
    ],
)
async def test_errors_are_problem_documents(client: Any, desk: Desk, error: Exception, status: int, said: str) -> None:
    desk.fails = error
    response = await client.post(f"/api/v1/proposals/{ID}/decision", json=GOOD)
    assert response.status_code == response.json()["status"] == status
    assert response.headers["content-type"] == "application/problem+json"
    assert said in response.json()["detail"]


async def test_an_overtaken_decision_says_what_changed(client: Any, desk: Desk) -> None:
    desk.fails = OvertakenError(Changed("decided", "V. Kundige besloot.", "d-9"), Changed("data", "Nieuwe gegevens."))
    changed = (await client.post("/api/v1/link-decisions/d-1/undo", json={"reason": "x"})).json()["changed"]
    assert changed == [
        {"what": "decided", "text": "V. Kundige besloot.", "decision": "d-9"},
        {"what": "data", "text": "Nieuwe gegevens.", "decision": None},
    ]


@pytest.mark.parametrize(
    ("address", "body", "where"),
    [
        (f"/api/v1/proposals/{ID}/decision", {**GOOD, "verdict": "maybe"}, "verdict"),
        (f"/api/v1/proposals/{ID}/decision", {"verdict": "same", "seen": "x"}, "reason"),
        (f"/api/v1/proposals/{ID}/decision", {"verdict": "same", "reason": "x"}, "seen"),
        (f"/api/v1/proposals/{ID}/decision", {**GOOD, "bsn": "999900006"}, "bsn"),
        (f"/api/v1/proposals/{ID}/decision", [], "body"),
        ("/api/v1/link-decisions", {**SPLIT, "kind": "child"}, "kind"),
        ("/api/v1/link-decisions", {**SPLIT, "record": "Patient/1"}, "record"),
        ("/api/v1/link-decisions/d-1/undo", {}, "reason"),
    ],
)
async def test_a_bad_body_names_the_field_and_does_nothing(
    client: Any, desk: Desk, address: str, body: Any, where: str
) -> None:
    response = await client.post(address, json=body)
    assert response.status_code == 400
    assert where in response.json()["detail"]
    assert "999900006" not in response.text
    assert desk.asked == []


@pytest.mark.parametrize("headers", [{"Origin": "https://elders.example"}, {"Sec-Fetch-Site": "cross-site"}])
@pytest.mark.parametrize(
    "address", [f"/api/v1/proposals/{ID}/decision", "/api/v1/link-decisions", "/api/v1/link-decisions/d-1/undo"]
)
async def test_a_page_of_another_origin_cannot_decide(
    client: Any, desk: Desk, address: str, headers: dict[str, str]
) -> None:
    assert (await client.post(address, json=GOOD, headers=headers)).status_code == 403
    assert desk.asked == []


async def test_a_form_cannot_decide_over_the_json_api(client: Any, desk: Desk) -> None:
    text = '{"verdict": "same", "reason": "x", "seen": "0.a.b.c"}'
    response = await client.post(
        f"/api/v1/proposals/{ID}/decision", content=text, headers={"Content-Type": "text/plain"}
    )
    assert response.status_code == 400
    assert desk.asked == []


@pytest.mark.parametrize("query", ["kind=child", "state=gone", "limit=0", "limit=many", "offset=-1"])
async def test_a_bad_question_names_the_parameter(client: Any, query: str) -> None:
    response = await client.get(f"/api/v1/proposals?{query}")
    assert response.status_code == 400
    assert query.split("=", maxsplit=1)[0] in response.json()["detail"]
