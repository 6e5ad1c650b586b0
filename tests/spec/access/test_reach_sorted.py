"""In order of time too a search tells nothing of how much there is of others, on any of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapter.service.endpoint import search
from support.reach_world import ANNA, BERTA, Doors, identified, referral, region, system, woman

WHO = {f"epd-{s}": identified(system(s), source=s) for s in ("vp", "zh", "vp2", "kz")}


@pytest.fixture
def doors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    """Two women at the maternity care, one at a practice that referred to the hospital; all steps small."""
    monkeypatch.setattr(search, "WALK", 2)
    monkeypatch.setattr(search, "_STEP", 2)
    holdings = {
        "kz": [*woman("kz", "anna", None), *woman("kz", "berta", BERTA)],
        "vp": [*woman("vp", "anna", ANNA), referral("vp", "anna", "zh")],
        "zh": [],
        "vp2": [],
    }
    with region(tmp_path, holdings) as world:
        yield world.doors(WHO)


def pages(doors: Doors, who: str, address: str) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    following: str | None = f"/fhir/stu3/{address}"
    while following is not None:
        answer = doors.get(who, following)
        assert answer.status_code == 200, answer.text
        found.append([entry["resource"] for entry in answer.json().get("entry", [])])
        nexts = [link["url"] for link in answer.json()["link"] if link["relation"] == "next"]
        following = nexts[0].removeprefix("http://localhost:8000") if nexts else None
    return found


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("kind", ["Observation", "Patient", "EpisodeOfCare", "Organization"])
@pytest.mark.parametrize("order", ["_lastUpdated", "-_lastUpdated"])
def test_no_page_is_cut_short_by_what_others_hold(doors: Doors, who: str, kind: str, order: str) -> None:
    found = pages(doors, who, f"{kind}?_sort={order}&_count=2")
    assert all(len(page) == 2 for page in found[:-1])
    assert found == [[]] or found[-1]
    came = [resource["meta"]["lastUpdated"] for page in found for resource in page]
    assert came == sorted(came, reverse=order.startswith("-"))
    plain = pages(doors, who, kind)
    assert sorted(r["id"] for page in found for r in page) == sorted(r["id"] for page in plain for r in page)
