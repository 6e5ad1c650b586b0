"""No id tells that another source holds a resource that one may not see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.reach_world import ANNA, BERTA, Doors, Json, care_provider, identified, region, system, woman


def same_id(resources: list[Json], source: str, who: str) -> list[Json]:
    """The record with the ids of the other source."""
    import json

    return list(json.loads(json.dumps(resources).replace(f"{source}-{who}", "gedeeld")))


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Anna at the one practice and Berta at the other, under the same ids; neither knows of the other."""
    holdings = {
        "vp": same_id(woman("vp", "anna", ANNA), "vp", "anna"),
        "vp2": same_id(woman("vp2", "berta", BERTA), "vp2", "berta"),
    }
    who = {
        "vp": identified(care_provider("vp")),
        "vp2": identified(care_provider("vp2")),
        "epd-vp2": identified(system("vp2"), source="vp2", scopes=("system/*.cruds",)),
    }
    with region(tmp_path_factory.mktemp("ids"), holdings) as world:
        yield world.doors(who)


@pytest.mark.parametrize("who", ["vp", "vp2", "epd-vp2"])
def test_who_sees_one_of_the_two_sees_its_own_id(doors: Doors, who: str) -> None:
    assert doors.found(who, "Patient") == ["Patient/gedeeld"]
    assert doors.found(who, "EpisodeOfCare?patient=gedeeld") == ["EpisodeOfCare/gedeeld-dossier"]
    answer = doors.get(who, "/fhir/stu3/EpisodeOfCare/gedeeld-dossier").json()
    assert answer["patient"] == {"reference": "Patient/gedeeld"}
    name = {"vp": "Anna", "vp2": "Berta", "epd-vp2": "Berta"}[who]
    assert doors.get(who, "/fhir/stu3/Patient/gedeeld").json()["name"][0]["family"] == name


@pytest.mark.parametrize("id", ["gedeeld.vp", "gedeeld.vp2", "gedeeld.zh", "er-is-niemand.vp"])
def test_no_other_name_of_it_leads_anywhere(doors: Doors, id: str) -> None:
    for who in ("vp", "vp2", "epd-vp2"):
        answer = doors.get(who, f"/fhir/stu3/Patient/{id}")
        assert answer.status_code == 404
        assert answer.content == doors.get(who, "/fhir/stu3/Patient/nog-niemand").content


def test_who_sees_both_can_tell_them_apart(doors: Doors) -> None:
    from adapter.access import DEMONSTRATION, Identified, Purpose

    doors.world.application.entrance.known["allen"] = Identified(DEMONSTRATION, frozenset(Purpose))  # type: ignore[attr-defined]
    found = [doors.get("allen", f"/fhir/stu3/Patient/gedeeld{end}").status_code for end in ("", ".vp", ".vp2")]
    assert sorted(found) == [200, 200, 404]
    assert len(doors.found("allen", "Patient")) == 2
