"""Who pays hears that a decision was made, and of nothing else; who gives care hears of care, and of no decision."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from adapter.access import Purpose
from support.reach_world import (
    ANNA,
    CONTROLLER,
    Doors,
    care_provider,
    identified,
    region,
    system,
    woman,
)

DECISIONS = "EpisodeOfCare/$igo-selection"
WHO = {
    "betaling": identified(CONTROLLER, Purpose.HPAYMT, scopes=("system/*.cruds",)),
    "betaling-zonder": identified(CONTROLLER, Purpose.HPAYMT, scopes=("system/Subscription.crd",)),
    "zorg": identified(system("vp"), source="vp", scopes=("system/*.cruds",)),
    "vroedvrouw": identified(care_provider("vp")),
}


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    """Anna is at the practice."""
    with region(tmp_path, {"vp": woman("vp", "anna", ANNA)}) as world:
        yield world.doors(WHO)


def subscribe(doors: Doors, who: str, criteria: str = DECISIONS) -> httpx.Response:
    channel = {"type": "rest-hook", "endpoint": f"https://igo.example/{who}"}
    resource = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "besluit",
        "criteria": criteria,
        "channel": channel,
    }
    return doors.ask(who, "POST", "/fhir/stu3/Subscription", json=resource)


def told(doors: Doors) -> list[str]:
    heard: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request.url.path)
        return httpx.Response(204)

    async def public(host: str, port: int) -> list[str]:
        return ["93.184.216.34"]

    notifier = doors.world.application.fhir.notifier
    notifier.transport, notifier.receivers.resolve = httpx.MockTransport(answer), public
    asyncio.run(notifier.tell())
    return heard


def test_who_pays_hears_of_a_new_decision(doors: Doors) -> None:
    made = subscribe(doors, "betaling")
    assert made.status_code == 201, made.text
    assert told(doors) == []
    store = doors.world.application._rooms.store
    (decision,) = store.latest_decisions()
    store.add_decision(replace(decision, id=f"{decision.id}-later"))
    assert told(doors) == ["/betaling"]
    assert told(doors) == []
    address = f"/fhir/stu3/Subscription/{made.json()['id']}"
    assert doors.get("betaling", address).json()["criteria"] == DECISIONS
    assert doors.get("zorg", address).status_code == 404
    assert doors.ask("betaling", "DELETE", address).status_code == 204


@pytest.mark.parametrize(
    ("who", "criteria"),
    [("betaling", "Observation?"), ("betaling-zonder", DECISIONS), ("zorg", DECISIONS), ("vroedvrouw", DECISIONS)],
)
def test_nobody_hears_of_what_is_for_another_purpose(doors: Doors, who: str, criteria: str) -> None:
    answer = subscribe(doors, who, criteria)
    assert answer.status_code == 403, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_an_address_inside_is_refused_once_access_is_configured(doors: Doors) -> None:
    for endpoint in ("http://127.0.0.1:9/hook", "https://10.0.0.1/hook", "https://localhost/hook"):
        resource = {
            "resourceType": "Subscription",
            "status": "requested",
            "reason": "besluit",
            "criteria": "Observation?",
            "channel": {"type": "rest-hook", "endpoint": endpoint},
        }
        assert doors.ask("zorg", "POST", "/fhir/stu3/Subscription", json=resource).status_code == 422
