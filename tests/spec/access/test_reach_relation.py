"""Who has no treatment relation with a woman sees nothing of her, and not that she is known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapter.service.port import UnknownPregnancyError
from support.reach_world import ANNA, BERTA, NOBODY, World, care, care_provider, referral, region, woman


@pytest.fixture(scope="module")
def anna_at_the_practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Anna is at the practice, which referred her to the hospital; Berta is at the other practice."""
    holdings = {
        "vp": [*woman("vp", "anna", ANNA), referral("vp", "anna", "zh")],
        "zh": [],
        "kz": [],
        "vp2": woman("vp2", "berta", BERTA),
    }
    with region(tmp_path_factory.mktemp("relation"), holdings) as world:
        yield world


def test_her_own_practice_sees_her(anna_at_the_practice: World) -> None:
    midwife = care(care_provider("vp"))
    assert anna_at_the_practice.listed(midwife) == ["Voornaam-vp Anna"]
    assert anna_at_the_practice.find(midwife) == [anna_at_the_practice.pregnancy("vp")]
    assert anna_at_the_practice.application.care_path(midwife, anna_at_the_practice.pregnancy("vp"))


def test_the_hospital_she_was_referred_to_sees_her(anna_at_the_practice: World) -> None:
    gynaecologist = care(care_provider("zh"))
    assert anna_at_the_practice.listed(gynaecologist) == ["Voornaam-vp Anna"]
    assert anna_at_the_practice.find(gynaecologist) == [anna_at_the_practice.pregnancy("vp")]


@pytest.mark.parametrize("who", ["vp2", "kz"])
def test_a_practice_that_does_not_treat_her_finds_nothing(anna_at_the_practice: World, who: str) -> None:
    stranger = care(care_provider(who))
    assert "Voornaam-vp Anna" not in anna_at_the_practice.listed(stranger)
    assert anna_at_the_practice.find(stranger, ANNA) == []
    with pytest.raises(UnknownPregnancyError):
        anna_at_the_practice.application.care_path(stranger, anna_at_the_practice.pregnancy("vp"))


def test_a_bsn_of_nobody_and_one_that_is_not_for_this_reader_get_the_same_answer(anna_at_the_practice: World) -> None:
    stranger = care(care_provider("vp2"))
    assert anna_at_the_practice.find(stranger, ANNA) == anna_at_the_practice.find(stranger, "123456782") == []


def test_an_organisation_that_nobody_knows_sees_nobody(anna_at_the_practice: World) -> None:
    assert anna_at_the_practice.listed(care(NOBODY)) == []
    assert anna_at_the_practice.find(care(NOBODY)) == []


def test_somebody_without_an_organisation_sees_nobody(anna_at_the_practice: World) -> None:
    from dataclasses import replace

    alone = care(replace(care_provider("vp"), organisation=None))
    assert anna_at_the_practice.listed(alone) == []
    assert anna_at_the_practice.find(alone) == []
