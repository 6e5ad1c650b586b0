"""The woman sees all that is hers, at every source, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapter.access import DeniedError, Purpose
from adapter.model.sources import RecordKey
from adapter.service.port import UnknownPregnancyError
from support.reach_world import ANNA, BERTA, World, care, care_provider, herself, region, woman


@pytest.fixture(scope="module")
def women(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Anna at the practice and the maternity care, without any referral or consent; Berta at the practice."""
    holdings = {
        "vp": [*woman("vp", "anna", ANNA), *woman("vp", "berta", BERTA)],
        "kz": woman("kz", "anna", ANNA),
    }
    with region(tmp_path_factory.mktemp("herself"), holdings) as world:
        yield world


def test_she_sees_what_every_source_holds_of_her(women: World) -> None:
    me = herself("vp", "vp-anna")
    path = women.application.care_path(me, women.pregnancy("vp"))
    assert {s.source for s in path.sources if s.resources} == {"vp", "kz"}
    assert len(women.listed(me)) == 1


def test_she_does_not_see_another(women: World) -> None:
    with pytest.raises(UnknownPregnancyError):
        women.application.care_path(herself("vp", "vp-anna"), women.pregnancy("vp", "berta"))


def test_a_token_of_no_record_that_is_held_sees_nothing(women: World) -> None:
    for me in (herself("vp", "vp-onbekend"), replace(herself("vp", "vp-anna"), woman=None)):
        assert women.listed(me) == []
        with pytest.raises(UnknownPregnancyError):
            women.application.care_path(me, women.pregnancy("vp"))


def test_she_does_not_search_by_bsn_nor_decide_nor_begin_noodtoegang(women: World) -> None:
    me = herself("vp", "vp-anna")
    with pytest.raises(DeniedError):
        women.find(me)
    with pytest.raises(DeniedError):
        women.application.decision(replace(me, purpose=Purpose.HPAYMT), women.pregnancy("vp"))
    with pytest.raises(DeniedError):
        women.application.proposals.queue(me)


def test_a_page_that_an_epd_opened_for_one_woman_shows_that_one_alone(women: World) -> None:
    bound = care(care_provider("vp"), woman=RecordKey("vp", "Patient/vp-anna"))
    assert women.listed(bound) == ["Voornaam-vp Anna"]
    with pytest.raises(UnknownPregnancyError):
        women.application.care_path(bound, women.pregnancy("vp", "berta"))


def test_and_of_her_no_more_than_its_reader_may_see(women: World) -> None:
    bound = care(care_provider("vp"), woman=RecordKey("vp", "Patient/vp-anna"))
    assert women.sources_of(bound, women.pregnancy("vp"))["kz"][0] == "not_asked"
