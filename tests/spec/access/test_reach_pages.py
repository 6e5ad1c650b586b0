"""Pages tell nothing of how much there is of others: who sees little gets it at once, and no page without anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.access import Purpose
from adapter.model.sources import FhirVersion
from adapter.service.endpoint import endpoint, search
from adapter.service.entrance import context_of
from adapter.store.search import Search
from support.reach_world import ANNA, BERTA, Doors, identified, referral, region, system, woman

WHO = {f"epd-{s}": identified(system(s), source=s) for s in ("vp", "zh", "vp2", "kz")}
NOBODY = {"Organization"}


@pytest.fixture
def doors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    """Two women at the maternity care, one at a practice that referred to the hospital; all steps small."""
    monkeypatch.setattr(endpoint, "_STEP", 2)
    monkeypatch.setattr(endpoint, "_STEPS", 2)
    monkeypatch.setattr(search, "WALK", 2)
    holdings = {
        "kz": [*woman("kz", "anna", None), *woman("kz", "berta", BERTA)],
        "vp": [*woman("vp", "anna", ANNA), referral("vp", "anna", "zh")],
        "zh": [],
        "vp2": [],
    }
    with region(tmp_path, holdings) as world:
        yield world.doors(WHO)


def pages(doors: Doors, who: str, address: str) -> list[list[str]]:
    found: list[list[str]] = []
    following: str | None = f"/fhir/stu3/{address}"
    while following is not None:
        answer = doors.get(who, following)
        assert answer.status_code == 200, answer.text
        entries = answer.json().get("entry", [])
        found.append([f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in entries])
        nexts = [link["url"] for link in answer.json()["link"] if link["relation"] == "next"]
        following = nexts[0].removeprefix("http://localhost:8000") if nexts else None
    return found


def of_women(page: list[str]) -> list[str]:
    return [name for name in page if name.partition("/")[0] not in NOBODY]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("address", ["_history", "Observation/_history", "Patient/_history"])
def test_every_page_of_a_history_but_the_last_is_full(doors: Doors, who: str, address: str) -> None:
    found = pages(doors, who, f"{address}?_count=2")
    assert all(len(page) == 2 for page in found[:-1])
    assert len(found) == 1 or found[-1]
    whole = pages(doors, who, f"{address}?_count=1000")
    assert [name for page in found for name in page] == whole[0]
    assert len(whole) == 1
    mine = {"epd-vp": {"vp"}, "epd-zh": {"vp"}, "epd-vp2": set(), "epd-kz": {"kz"}}[who]
    assert {name.partition("/")[2].partition("-")[0] for name in of_women(whole[0])} == mine


def test_what_is_of_others_is_not_walked_through(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[int] = []
    named = Search.named

    def looked(self: Search, *asked: object) -> object:
        walked.append(1)
        return named(self, *asked)

    monkeypatch.setattr(Search, "named", looked)
    service = doors.world.application.fhir
    before = doors.get("epd-vp2", "/fhir/stu3/Observation/_history?_count=2").json()
    assert (before.get("entry", []), len(walked)) == ([], 1)
    assert service.last_position() > 20


@pytest.mark.parametrize("kind", ["Observation", "Patient", "EpisodeOfCare"])
def test_a_search_without_any_condition_has_no_page_that_only_others_fill(doors: Doors, kind: str) -> None:
    for who in ("epd-vp2", "epd-zh", "epd-vp"):
        found = pages(doors, who, f"{kind}?_count=2")
        assert all(page for page in found) or found == [[]]
        whole = pages(doors, who, f"{kind}?_count=1000")
        assert sorted(name for page in found for name in page) == sorted(name for page in whole for name in page)
        assert doors.get(who, f"/fhir/stu3/{kind}?_summary=count").json()["total"] == sum(map(len, whole))
    assert pages(doors, "epd-vp2", kind) == [[]]
    assert len(pages(doors, "epd-zh", "Observation?_count=2")) == 2


def test_history_that_a_token_leaves_little_of_is_opened_in_bounded_pages(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "_OPENED", 3)
    opened: list[int] = []
    at = Search.at

    def looked(self: Search, position: int) -> object:
        opened.append(position)
        return at(self, position)

    monkeypatch.setattr(Search, "at", looked)
    service, ctx = doors.world.application.fhir, identified(system("kz"), scopes=("system/Observation.rs?code=1",))
    caller, upto, rounds = service.caller(context_of(ctx, Purpose.TREAT), "kz"), service.last_position(), 0
    following: int | None = upto
    while following is not None:
        opened.clear()
        found = service.endpoint(FhirVersion.STU3).changes(caller, "Observation", 0, following, 10)
        assert (found.rows, len(opened) <= 3) == ((), True)
        following, rounds = found.following, rounds + 1
    assert rounds == 2
