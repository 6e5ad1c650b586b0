"""Who records it decides for whose data it counts: nobody opens another organisation's data by their own record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from adapter.access.consent import ConsentRecord, GroundCode, Party, ReferralSeen, ground
from adapter.access.consent.terms import load_terms
from adapter.model.evidence import OrganisationKind
from adapter.service.consents.held import counting

TERMS = load_terms(Path(__file__).parents[3] / "mappings")
DAY = date(2026, 3, 1)
PRACTICE = Party(frozenset({"agb:08001234", "ura:90000001"}), OrganisationKind.VERLOSKUNDIGENPRAKTIJK)
HOSPITAL = Party(frozenset({"agb:06020806"}), OrganisationKind.ZIEKENHUIS)
SENT = ReferralSeen(PRACTICE.identities, HOSPITAL.identities, DAY, "ReferralRequest/r")


def permission(holder: frozenset[str]) -> ConsentRecord:
    return ConsentRecord("c", "w", holder=holder, reader=PRACTICE.identities)


def test_a_permission_under_the_codes_of_two_organisations_counts_for_its_recorder_alone():
    counted = counting(permission(frozenset({"agb:06020806", "ura:90000001"})), PRACTICE, TERMS)
    assert counted is not None and counted.holder == PRACTICE.identities
    assert ground(HOSPITAL, PRACTICE, [counted], [], DAY).code is GroundCode.NOTHING


def test_a_permission_for_anothers_data_does_not_count():
    assert counting(permission(HOSPITAL.identities), PRACTICE, TERMS) is None


def test_a_permission_of_the_holder_itself_counts():
    counted = counting(permission(HOSPITAL.identities), HOSPITAL, TERMS)
    assert counted is not None
    assert ground(HOSPITAL, PRACTICE, [counted], [], DAY).code is GroundCode.CONSENT


def test_a_referral_by_the_record_of_the_holder_opens_what_the_holder_has_and_no_more():
    mine = replace(SENT, recorder=PRACTICE.identities)
    assert ground(PRACTICE, HOSPITAL, [], [mine], DAY).code is GroundCode.REFERRAL
    assert ground(HOSPITAL, PRACTICE, [], [mine], DAY).code is GroundCode.UNCONFIRMED


def test_a_referral_of_which_either_record_will_do_opens_both():
    assert ground(PRACTICE, HOSPITAL, [], [SENT], DAY).code is GroundCode.REFERRAL
    assert ground(HOSPITAL, PRACTICE, [], [SENT], DAY).code is GroundCode.REFERRAL
