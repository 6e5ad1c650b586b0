"""Noodtoegang: with a reason, for care alone, for one woman, for a short time, and flagged wherever it was used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.access import DeniedError, Emergency, EventType, Opened, Purpose, Role
from adapter.model.identifiers import Bsn
from adapter.service.access.emergency import EmergencyError, NobodyFoundError
from adapter.service.port import UnknownPregnancyError
from support.reach_world import (
    ANNA,
    AT,
    BERTA,
    CONTROLLER,
    PLANNER,
    World,
    care,
    care_provider,
    herself,
    identified,
    payment,
    region,
    woman,
)

WHY = "Bloedverlies op de spoedeisende hulp, zij is niet aanspreekbaar"
OTHER_WHY = "Weeën en een hoge bloeddruk, haar dossier is elders"
DOCTOR = care_provider("zh")


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Anna and Berta are at the practice; the hospital has nothing to do with either."""
    holdings = {"vp": [*woman("vp", "anna", ANNA), *woman("vp", "berta", BERTA)], "zh": []}
    with region(tmp_path_factory.mktemp("nood"), holdings) as world:
        yield world


def test_without_it_a_woman_is_not_there_and_with_it_she_is_seen_whole(strangers: World) -> None:
    assert strangers.find(care(DOCTOR)) == []
    begun = strangers.application.emergencies.begin(care(DOCTOR), WHY, bsn=Bsn(ANNA))
    assert begun.pregnancies == (strangers.pregnancy("vp"),)
    under = care(DOCTOR, begun.emergency)
    assert strangers.find(under) == [strangers.pregnancy("vp")]
    assert strangers.sources_of(under, strangers.pregnancy("vp"))["vp"] == ("answered", None)
    assert strangers.listed(under) == ["Voornaam-vp Anna"]


def test_it_opens_nobody_else(strangers: World) -> None:
    begun = strangers.application.emergencies.begin(care(DOCTOR), WHY, bsn=Bsn(ANNA))
    with pytest.raises(UnknownPregnancyError):
        strangers.application.care_path(care(DOCTOR, begun.emergency), strangers.pregnancy("vp", "berta"))
    assert strangers.find(care(DOCTOR, begun.emergency), BERTA) == []


@pytest.mark.parametrize("reason", ["", "spoed", "   \n ", "123456789012345678"])
def test_a_reason_is_needed(strangers: World, reason: str) -> None:
    with pytest.raises(EmergencyError):
        strangers.application.emergencies.begin(care(DOCTOR), reason, bsn=Bsn(ANNA))


def test_a_bsn_in_the_reason_is_not_kept(strangers: World) -> None:
    begun = strangers.application.emergencies.begin(care(DOCTOR), f"{WHY}, BSN {ANNA}", bsn=Bsn(ANNA))
    assert all(ANNA not in one.reason for one in begun.emergency.opened)


def test_nobody_is_found_by_a_bsn_that_no_source_knows(strangers: World) -> None:
    with pytest.raises(NobodyFoundError):
        strangers.application.emergencies.begin(care(DOCTOR), WHY, bsn=Bsn("123456782"))


@pytest.mark.parametrize("context", [payment(CONTROLLER), payment(DOCTOR), care(CONTROLLER), care(PLANNER)])
def test_it_is_never_for_payment_nor_for_who_gives_no_care(strangers: World, context) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DeniedError):
        strangers.application.emergencies.begin(context, WHY, bsn=Bsn(ANNA))


def test_a_woman_has_none(strangers: World) -> None:
    with pytest.raises(DeniedError):
        strangers.application.emergencies.begin(herself("vp", "vp-anna"), WHY, bsn=Bsn(BERTA))


def test_under_it_payment_sees_no_more_than_before(strangers: World) -> None:
    from adapter.service.entrance import context_of

    begun = strangers.application.emergencies.begin(care(DOCTOR), WHY, bsn=Bsn(ANNA))
    both = replace(DOCTOR, roles=(Role.ZORGVERLENER, Role.IGO_CONTROLLER))
    who = identified(both, Purpose.TREAT, Purpose.HPAYMT, emergency=begun.emergency)
    assert context_of(who, Purpose.HPAYMT).emergency is None
    assert context_of(who, Purpose.TREAT).emergency is begun.emergency


def test_it_ends_by_itself(strangers: World) -> None:
    begun = strangers.application.emergencies.begin(care(DOCTOR), WHY, bsn=Bsn(ANNA))
    assert begun.until == AT + timedelta(minutes=60)
    over = Emergency(tuple(replace(one, until=AT) for one in begun.emergency.opened))
    assert strangers.find(care(DOCTOR, over)) == []
    assert strangers.listed(care(DOCTOR, over)) == []


def test_each_woman_has_a_reason_and_an_end_of_her_own(strangers: World) -> None:
    """To begin it for a second woman neither lengthens it for the first, nor says anything of the one to the other."""
    anna, berta = strangers.woman("vp"), strangers.woman("vp", "berta")
    soon = AT + timedelta(minutes=10)
    first = Emergency((Opened(anna, soon, WHY),))
    both = strangers.application.emergencies.begin(care(DOCTOR, first), OTHER_WHY, bsn=Bsn(BERTA)).emergency
    assert set(both.opened) == {Opened(anna, soon, WHY), Opened(berta, AT + timedelta(minutes=60), OTHER_WHY)}
    assert both.at(soon) == Emergency((Opened(berta, AT + timedelta(minutes=60), OTHER_WHY),))
    strangers.listed(care(DOCTOR, both))
    said = {(e.patient, e.emergency) for e in strangers.application._rooms.audit.read(limit=3) if e.patient}
    assert said == {(anna, WHY), (berta, OTHER_WHY)}


def test_who_sees_other_women_as_well_says_nothing_of_it_in_what_is_kept_of_them(strangers: World) -> None:
    """A practice lists its own women while one who is not its own is open to it: only of her it is noodtoegang."""
    midwife = care_provider("vp")
    anna, berta = strangers.woman("vp"), strangers.woman("vp", "berta")
    under = Emergency((Opened(berta, AT + timedelta(minutes=60), OTHER_WHY),))
    strangers.application.care_path(care(midwife, under), strangers.pregnancy("vp"))
    (read,) = strangers.application._rooms.audit.read(limit=1)
    assert (read.patient, read.purpose_of_use, read.emergency) == (anna, "TREAT", None)
    strangers.listed(care(midwife, under))
    listed = {e.patient: e.emergency for e in strangers.application._rooms.audit.read(limit=2)}
    assert listed == {anna: None, berta: OTHER_WHY}


def test_beginning_and_everything_seen_under_it_is_flagged_in_the_log(strangers: World) -> None:
    begun = strangers.application.emergencies.begin(care(DOCTOR), WHY, bsn=Bsn(ANNA))
    strangers.application.care_path(care(DOCTOR, begun.emergency), strangers.pregnancy("vp"))
    read, start = strangers.application._rooms.audit.read(limit=2)
    assert (start.subtype, start.purpose_of_use, start.emergency) == ("noodtoegang", "ETREAT", WHY)
    assert start.patient == strangers.woman("vp")
    assert (read.type, read.purpose_of_use, read.is_emergency) == (EventType.READ, "ETREAT", True)
    assert {"emergency", "relation=none"} <= set(read.checks)


def test_a_system_sends_along_what_it_was_given_and_nobody_else_can_use_it(strangers: World) -> None:
    emergencies = strangers.application.emergencies
    begun = emergencies.begin(care(DOCTOR), WHY, bsn=Bsn(ANNA))
    assert emergencies.hold(identified(DOCTOR), begun.sealed).emergency == begun.emergency
    assert emergencies.hold(identified(care_provider("vp")), begun.sealed).emergency is None
    assert emergencies.hold(identified(DOCTOR), begun.sealed[:-2] + "AA").emergency is None
    assert emergencies.hold(identified(DOCTOR), "onzin").emergency is None
    for other in ({"organisation": "agb:08000101"}, {"organisation": None}, {"client": "ander-epd"}):
        assert emergencies.hold(identified(replace(DOCTOR, **other)), begun.sealed).emergency is None
