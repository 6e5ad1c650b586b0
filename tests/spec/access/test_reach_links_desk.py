"""The desk for links: that of the IGO over all organisations, that of a member over its own records."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapter.access import Actor, DeniedError, Role
from adapter.service.links.proposal import Pointed, UnknownProposalError, UnknownRecordError
from adapter.service.port import UnknownPregnancyError
from support.reach_world import ANNA, World, agb, care, care_provider, region, woman

BORN, FAMILY = "1990-05-04", "Anna"
DESK_OF_THE_IGO = Actor("koppel-igo", "K. Oppel", "agb:53000001", (Role.KOPPELBEHEERDER,))


def desk_of(source: str) -> Actor:
    return Actor(f"koppel-{source}", "K. Oppel", agb(source), (Role.KOPPELBEHEERDER,))


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two records that may be one woman: at the practice, and without BSN at the hospital."""
    holdings = {"vp": woman("vp", "anna", ANNA), "zh": woman("zh", "anna", None)}
    with region(tmp_path_factory.mktemp("desk"), holdings) as world:
        yield world


def test_the_desk_of_the_igo_sees_both_sides(alike: World) -> None:
    assert alike.application.proposals.bound(care(DESK_OF_THE_IGO), alike.pregnancy("vp")).records
    assert alike.application.proposals.decisions(care(DESK_OF_THE_IGO)).total == 0


def test_the_desk_of_a_member_sees_its_own_records(alike: World) -> None:
    assert alike.application.proposals.bound(care(desk_of("vp")), alike.pregnancy("vp")).records


def test_the_desk_of_a_member_sees_no_record_of_another(alike: World) -> None:
    for proposal in alike.application.proposals.queue(care(DESK_OF_THE_IGO)).proposals:
        with pytest.raises(UnknownProposalError):
            alike.application.proposals.proposal(care(desk_of("vp")), proposal.id)
    assert alike.application.proposals.queue(care(desk_of("vp"))).total == 0
    with pytest.raises(UnknownPregnancyError):
        alike.application.proposals.bound(care(desk_of("vp")), alike.pregnancy("zh"))


def test_it_links_nothing_to_a_record_of_another(alike: World) -> None:
    one, other = Pointed("vp", "Patient/vp-anna"), Pointed("zh", "Patient/zh-anna")
    with pytest.raises(UnknownRecordError):
        alike.application.proposals.judge(care(desk_of("vp")), "woman", "same", one, other, "zelfde vrouw, zegt zij")


def test_it_seeks_among_its_own_records(alike: World) -> None:
    def found(who: Actor) -> set[str]:
        return {p.source for p in alike.application.proposals.seek(care(who), "", BORN, FAMILY).records}

    assert found(DESK_OF_THE_IGO) == {"vp", "zh"}
    assert (found(desk_of("vp")), found(desk_of("zh"))) == ({"vp"}, {"zh"})
    assert alike.application.proposals.seek(care(desk_of("zh")), ANNA, "", "").records == ()


def test_a_care_provider_has_no_desk(alike: World) -> None:
    with pytest.raises(DeniedError):
        alike.application.proposals.queue(care(care_provider("vp")))
    with pytest.raises(DeniedError):
        alike.application.proposals.seek(care(care_provider("vp")), "", BORN, FAMILY)
