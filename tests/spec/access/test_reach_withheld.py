"""Of a woman whom one treats, another organisation's record is shown on a ground alone; else it stands as not asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.model.evidence import OrganisationKind
from adapter.service.consents.consent import ConsentDraft, ConsentParty
from support.reach_world import ANNA, World, agb, care, care_provider, referral, region, secret, woman


@pytest.fixture
def anna(tmp_path: Path) -> Iterator[World]:
    """Anna has a record at the practice, the hospital and the maternity care; the practice referred to the last two."""
    sent = [referral("vp", "anna", "zh"), referral("vp", "anna", "kz")]
    holdings = {
        "vp": [*woman("vp", "anna", ANNA), *sent],
        "zh": [*woman("zh", "anna", ANNA), referral("zh", "anna", "zh", sender="vp")],
        "kz": woman("kz", "anna", ANNA),
        "vp2": woman("vp2", "anna", ANNA),
    }
    with region(tmp_path, holdings) as world:
        yield world


def party(source: str) -> ConsentParty:
    return ConsentParty(agb(source), source)


def sees(world: World, reader: str, holder: str) -> bool:
    return secret(holder, "anna") in world.texts(care(care_provider(reader)), world.pregnancy(reader))


def finding(world: World, reader: str, holder: str) -> bool:
    """Whether anything of the record stands in the care path of the reader."""
    path = world.application.care_path(care(care_provider(reader)), world.pregnancy(reader))
    return any(s.source == holder and s.resources for s in path.sources)


def test_a_referral_opens_both_records_to_each_other(anna: World) -> None:
    assert finding(anna, "vp", "zh")
    assert finding(anna, "zh", "vp")


def test_without_a_referral_the_record_stands_as_not_asked_with_the_reason(anna: World) -> None:
    state, reason = anna.sources_of(care(care_provider("vp")), anna.pregnancy("vp"))["vp2"]
    assert state == "not_asked"
    assert reason == "geen verwijzing tussen deze organisaties en geen toestemming van de vrouw"
    assert not finding(anna, "vp", "vp2")


def test_between_a_practice_and_maternity_care_a_referral_is_not_enough(anna: World) -> None:
    state, reason = anna.sources_of(care(care_provider("kz")), anna.pregnancy("kz"))["vp"]
    assert (state, "uitdrukkelijke toestemming" in str(reason)) == ("not_asked", True)
    assert not finding(anna, "kz", "vp")
    assert not finding(anna, "vp", "kz")


def test_explicit_consent_opens_it_and_withdrawal_closes_it_again(anna: World) -> None:
    said = ConsentDraft(True, party("vp"), party("kz"))
    id = anna.says(care_provider("vp"), said, anna.pregnancy("vp"))
    assert finding(anna, "kz", "vp")
    assert not finding(anna, "vp", "kz"), "she spoke of the one direction"
    anna.application.consents.withdraw(care(care_provider("vp")), anna.pregnancy("vp"), id, "op haar verzoek")
    assert not finding(anna, "kz", "vp")


def test_an_objection_closes_what_a_referral_opened(anna: World) -> None:
    anna.says(care_provider("vp"), ConsentDraft(False, party("vp"), party("zh")), anna.pregnancy("vp"))
    state, reason = anna.sources_of(care(care_provider("zh")), anna.pregnancy("zh"))["vp"]
    assert (state, reason) == ("not_asked", "de vrouw heeft bezwaar gemaakt tegen delen tussen deze organisaties")
    assert finding(anna, "vp", "zh"), "what the hospital holds is another matter"


def test_consent_for_one_kind_of_data_opens_that_kind_alone(anna: World) -> None:
    said = ConsentDraft(True, party("vp"), party("kz"), kinds=("Patient", "EpisodeOfCare"))
    anna.says(care_provider("vp"), said, anna.pregnancy("vp"))
    path = anna.application.care_path(care(care_provider("kz")), anna.pregnancy("kz"))
    seen = {e.source for m in path.measurements for e in (m.evidence,)}
    assert "vp" not in seen
    assert any(s.source == "vp" and s.resources == 2 for s in path.sources)


def test_consent_of_another_kind_of_organisation_opens_nothing_here(anna: World) -> None:
    hospitals = ConsentParty(kind=OrganisationKind.ZIEKENHUIS)
    anna.says(care_provider("vp"), ConsentDraft(True, party("vp"), hospitals), anna.pregnancy("vp"))
    assert not finding(anna, "kz", "vp")


def test_what_is_withheld_is_in_no_part_of_the_care_path(anna: World) -> None:
    seen = anna.texts(care(care_provider("kz")), anna.pregnancy("kz"))
    for holder in ("vp", "zh", "vp2"):
        assert f"{holder}-anna" not in seen
        assert f"Voornaam-{holder}" not in seen


def test_a_source_that_holds_nothing_looks_like_one_that_is_withheld(tmp_path: Path) -> None:
    holdings = {"vp": woman("vp", "anna", ANNA), "zh": woman("zh", "anna", ANNA), "vp2": []}
    with region(tmp_path, holdings) as world:
        seen = world.sources_of(care(care_provider("vp")), world.pregnancy("vp"))
        assert seen["zh"] == seen["vp2"]


def test_where_no_ground_is_asked_for_whoever_treats_her_sees_all_and_others_still_nothing(tmp_path: Path) -> None:
    holdings = {"vp": woman("vp", "anna", ANNA), "zh": woman("zh", "anna", ANNA), "kz": []}
    with region(tmp_path, holdings, access="[access.consent]\nrequired = false\n") as world:
        assert finding(world, "vp", "zh")
        assert world.listed(care(care_provider("kz"))) == []


def test_what_is_shown_on_which_ground_stands_in_the_audit_log(anna: World) -> None:
    anna.application.care_path(care(care_provider("vp")), anna.pregnancy("vp"))
    event = anna.application._rooms.audit.read(limit=1)[0]
    assert "relation=own" in event.checks
    assert "ground:zh=referral zh:ReferralRequest/zh-anna-naar-zh" in event.checks
    assert "ground:vp2=nothing" in event.checks
