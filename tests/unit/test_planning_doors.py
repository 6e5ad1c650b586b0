"""The planner's page and API: for operations only, no woman in them, and the table to take along."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import httpx
import pytest

from adapter.access import Purpose
from adapter.service.planning.plan import PlanWeek
from adapter.web.planning import PLACE_NAMES, draw
from doors.sample import SampleApplication
from doors.sample_path import PATH
from doors.standing import doors


@pytest.fixture
def application():
    return SampleApplication()


@pytest.fixture
async def client(application):
    transport = httpx.ASGITransport(doors(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as made:
        yield made


async def test_the_plan_is_read_for_operations_alone(client, application):
    for address in ("/planning", "/api/v1/planning"):
        assert (await client.get(address)).status_code == 200
    assert {ctx.purpose for what, ctx, *_ in application.asked if what == "plan"} == {Purpose.HOPERAT}


async def test_no_woman_is_on_the_page_or_in_the_answer(client):
    for address in ("/planning", "/api/v1/planning", "/api/v1/planning?format=csv"):
        text = (await client.get(address)).text
        assert PATH.woman.name not in text
        assert PATH.pregnancy not in text
        assert PATH.woman.id not in text


async def test_day_and_instant_are_asked_and_kept_in_the_link_to_the_table(client, application):
    page = await client.get("/planning?as_of=2024-07-01&known_at=2024-07-01T14:00")
    assert application.asked[-1][2:] == (date(2024, 7, 1), datetime(2024, 7, 1, 12, tzinfo=UTC))
    assert "/api/v1/planning?format=csv&amp;as_of=2024-07-01&amp;known_at=2024-07-01T12%3A00%3A00Z" in page.text


async def test_json_has_forty_weeks_and_csv_is_chosen_by_parameter_or_accept(client):
    found = (await client.get("/api/v1/planning")).json()
    assert len(found["weeks"]) == 40
    assert set(found["weeks"][0]) == {"week", "from", "to", "births", "children", "uncertain", "places"}
    by_name = await client.get("/api/v1/planning?format=csv")
    by_accept = await client.get("/api/v1/planning", headers={"accept": "text/csv"})
    assert by_name.content == by_accept.content
    assert by_name.headers["content-type"].startswith("text/csv")
    assert "attachment" in by_name.headers["content-disposition"]
    assert (await client.get("/api/v1/planning?as_of=gisteren")).status_code == 400


async def test_the_page_is_in_the_header(client):
    assert 'href="/planning"' in (await client.get("/bronnen")).text


@pytest.mark.parametrize(
    ("known", "counted", "said"),
    [(5000, 12, "12 van 5000 zwangerschappen"), (12, 12, "nieuws van na 29 jul 2024"), (0, 0, "worden nu gelezen")],
)
async def test_what_is_not_counted_yet_is_said(client, application, known, counted, said):
    whole = application.plan
    application.plan = lambda ctx, **asked: replace(whole(ctx, **asked), known=known, counted=counted, complete=False)
    page = (await client.get("/planning")).text
    assert "Nog niet volledig geteld" in page
    assert said in " ".join(page.split())


def weeks(*births: int) -> list[PlanWeek]:
    return [
        PlanWeek(f"2024-W{at + 10}", date(2024, 3, 4), date(2024, 3, 10), n, n, n // 2, {"thuis": n})
        for at, n in enumerate(births)
    ]


@pytest.mark.parametrize("births", [(0,), (1, 2, 3), (7, 0, 250), (5000,)])
def test_bars_stay_inside_the_drawing_and_grow_with_the_births(births):
    drawing = draw(weeks(*births))
    for bar in drawing.bars:
        assert drawing.left <= bar.x <= bar.x + bar.width <= drawing.right
        assert all(0 < block.y <= drawing.axis for block in bar.blocks)
        assert drawing.under + bar.doubt <= drawing.height
    heights = [sum(block.height for block in bar.blocks) for bar in drawing.bars]
    assert [h for _, h in sorted(zip(births, heights, strict=True))] == sorted(heights)
    assert 2 <= len(drawing.ticks) <= 6


def test_every_place_has_a_name():
    assert set(PLACE_NAMES) == set(weeks(1)[0].places) | {"geboortecentrum", "ziekenhuis", "anders", "onbekend"}
