"""What a source says of itself opens nothing that another holds: not by a BSN it states, nor by its own referral."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.reach_world import ANNA, World, care, care_provider, referral, region, woman


def resources_seen(world: World, reader: str) -> dict[str, int]:
    """How many resources of each source stand in the care path, as the care provider of one of them sees it."""
    path = world.application.care_path(care(care_provider(reader)), world.pregnancy("vp"))
    return {s.source: s.resources for s in path.sources if s.source and s.resources}


@pytest.fixture
def intruder(tmp_path: Path) -> Iterator[World]:
    """Anna is at the practice; the hospital states her BSN, a dossier, and a referral to itself that it wrote."""
    own = [*woman("zh", "anna", ANNA), referral("zh", "anna", "zh", sender="vp")]
    with region(tmp_path, {"vp": woman("vp", "anna", ANNA), "zh": own}) as world:
        yield world


def test_a_referral_in_its_own_record_opens_nothing_of_another(intruder: World) -> None:
    assert set(resources_seen(intruder, "zh")) == {"zh"}
    state, why = intruder.sources_of(care(care_provider("zh")), intruder.pregnancy("vp"))["vp"]
    assert (state, "niet in het dossier van die organisatie" in str(why)) == ("not_asked", True)


def test_what_it_states_of_itself_is_shown_to_whom_it_names(intruder: World) -> None:
    assert set(resources_seen(intruder, "vp")) == {"vp", "zh"}


def test_a_referral_in_the_record_of_who_holds_the_data_opens_them(tmp_path: Path) -> None:
    holdings = {"vp": [*woman("vp", "anna", ANNA), referral("vp", "anna", "zh")], "zh": woman("zh", "anna", ANNA)}
    with region(tmp_path, holdings) as world:
        assert set(resources_seen(world, "zh")) == {"vp", "zh"}
        assert set(resources_seen(world, "vp")) == {"vp"}


def test_where_the_record_of_either_side_will_do_one_referral_opens_both(tmp_path: Path) -> None:
    holdings = {"vp": [*woman("vp", "anna", ANNA), referral("vp", "anna", "zh")], "zh": woman("zh", "anna", ANNA)}
    with region(tmp_path, holdings, access='[access.consent]\nreferral_by = "either"\n') as world:
        assert set(resources_seen(world, "vp")) == set(resources_seen(world, "zh")) == {"vp", "zh"}


@pytest.mark.parametrize("more", [[], [referral("zh", "anna", "zh", sender="vp")]], ids=["patient", "referral"])
def test_a_patient_alone_is_no_relation_even_where_no_ground_is_asked_for(tmp_path: Path, more: list[object]) -> None:
    patient = woman("zh", "anna", ANNA)[0]
    holdings = {"vp": woman("vp", "anna", ANNA), "zh": [patient, *more]}
    with region(tmp_path, holdings, access="[access.consent]\nrequired = false\n") as world:
        reach = world.application.reach
        seen = reach.records(care(care_provider("zh")), world.woman("vp"))
        assert {record.source for record in seen.allowed} == {"zh"}
        assert seen.relation == "named"
        assert "ground:vp=no-dossier" in seen.checks()
        seen = reach.records(care(care_provider("vp")), world.woman("vp"))
        assert {record.source for record in seen.allowed} == {"vp", "zh"}
