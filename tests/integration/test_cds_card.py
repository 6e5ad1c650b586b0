"""The card in the EPD's own screen (CDS Hooks): what stands on it, and what the call must say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.reach_world import ANNA, SNOMED, Doors, identified, region, system, woman

SERVICE = "/cds-services/geboortezorg-zorgpad"
HOOK = {
    "hook": "patient-view",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "context": {"patientId": "vp-anna", "userId": "Practitioner/7"},
}


def contact(status: str, day: str) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": f"contact-{status}",
        "status": status,
        "type": [{"coding": [{"system": SNOMED, "code": "424525001"}]}],
        "subject": {"reference": "Patient/vp-anna"},
        "episodeOfCare": [{"reference": "EpisodeOfCare/vp-anna-dossier"}],
        "serviceProvider": {"reference": "Organization/vp"},
        "period": {"start": day},
    }


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Anna, on 29 July 2024: one contact was, one goes on, one is planned, and of one it is not known."""
    days = {"finished": "2024-07-01", "in-progress": "2024-07-29", "planned": "2024-08-12", "unknown": "2024-07-08"}
    held = [*woman("vp", "anna", ANNA), *(contact(status, day) for status, day in days.items())]
    with region(tmp_path_factory.mktemp("cds"), {"vp": held}) as world:
        yield world.doors({"epd-vp": identified(system("vp"), source="vp", scopes=("system/*.cruds",))})


def test_what_is_planned_goes_on_or_is_not_known_was_not_done(doors: Doors) -> None:
    (card,) = doors.ask("epd-vp", "POST", SERVICE, json=HOOK).json()["cards"]
    done = card["detail"].partition("**Gedaan**\n")[2].partition("\n\n")[0]
    assert done == "- 01-07-2024 overige zorg: Organisatie vp"


@pytest.mark.parametrize(
    ("field", "change", "advice"),
    [
        ("hookInstance", {"hookInstance": None}, "UUID"),
        ("hookInstance", {"hookInstance": ""}, "UUID"),
        ("context.userId", {"context": {"patientId": "vp-anna"}}, "Practitioner/123"),
        ("context.userId", {"context": {"patientId": "vp-anna", "userId": "7"}}, "Practitioner/123"),
    ],
)
def test_a_call_that_does_not_say_which_it_is_or_who_looks_is_refused(
    doors: Doors, field: str, change: dict[str, Any], advice: str
) -> None:
    hook = {name: value for name, value in {**HOOK, **change}.items() if value is not None}
    answer = doors.ask("epd-vp", "POST", SERVICE, json=hook)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert field in answer.text and advice in answer.text
    assert "cards" not in answer.text
