"""The claims projection: what selection and claims may know."""

from __future__ import annotations

import pytest

from adapter.model.facts import ActKind as A
from adapter.model.facts import Coded, ReferralKind
from adapter.model.facts import StatementKind as K
from adapter.model.moments import UNBOUNDED, Span
from adapter.model.projection import ClaimsProjection
from adapter.model.sources import SourceState
from adapter.model.wire import to_json
from builders_carepath import (
    BLIJE_EI,
    ERASMUS,
    GROEN,
    HULP,
    OOSTER,
    Source,
    at,
    day,
    hospital,
    kraamzorg,
    practice,
    projection,
)

DUE = day("2024-08-08")


def pregnant() -> Source:
    midwife = practice().dossier("2024-01-06").says(K.EDD, DUE, day("2024-01-06"), basis="definitive")
    return midwife.act(A.INTAKE, day("2024-01-08"), referrer=HULP, discipline="verloskunde")


def test_acts_carry_day_phase_performer_and_referrer() -> None:
    (act,) = projection(pregnant(), on="2024-02-01").acts
    assert (act.kind, act.day, act.phase) == (A.INTAKE, day("2024-01-08"), "prenataal")
    assert (act.organisation, act.referrer, act.discipline, act.line) == (GROEN, HULP, "verloskunde", "eerste_lijn")


def test_planned_and_declined_care_is_not_care() -> None:
    midwife = (
        pregnant().act(A.SEO_1, day("2024-01-30"), state="declined").act(A.ECHO, day("2024-03-01"), state="planned")
    )
    assert len(projection(midwife, on="2024-02-01").acts) == 1


def test_no_clinical_value_passes() -> None:
    midwife = pregnant().says(K.CHORIONICITY, "monochoriaal", day("2024-01-08"))
    midwife.says(K.GRAVIDITY, 7, day("2024-01-08")).says(K.RISK_STATUS, "vil_c", day("2024-01-08"))
    text = to_json(projection(midwife, on="2024-02-01")).decode()
    assert not any(word in text for word in ("monochoriaal", "vil_c", "gravid", "risk"))


def test_first_care_and_physical_intake_are_both_there() -> None:
    cut = projection(pregnant(), on="2024-02-01")
    assert cut.phase("prenataal").start == day("2024-01-06")
    assert [a.day for a in cut.acts if a.kind is A.INTAKE] == [day("2024-01-08")]


def test_the_age_at_the_end_is_known_once_it_ended() -> None:
    assert projection(pregnant(), on="2024-02-01").gestational_days_at_end is None
    cut = projection(pregnant().says(K.BIRTH, day("2024-08-01"), about="Patient/a"), on="2024-09-01")
    assert (cut.gestational_days_at_end, cut.gestational_days, cut.children) == (273, 273, 1)


def test_insurances_with_their_periods() -> None:
    period = Span(day("2024-01-01"), day("2024-12-31"))
    midwife = pregnant().says(K.INSURER, "1000", valid=period).says(K.INSURED, False)
    rows = [(i.uzovi, i.insured, i.valid) for i in projection(midwife, on="2024-02-01").insurance]
    assert sorted(rows, key=str) == sorted([("1000", True, period), (None, False, UNBOUNDED)], key=str)


def test_kraamzorg() -> None:
    kraam = kraamzorg().dossier("2024-03-01").act(A.PRENATAAL_HUISBEZOEK_KRAAMZORG, day("2024-05-01"))
    kraam.says(K.KRAAMZORG_HOURS, 49, day("2024-05-01")).says(K.KRAAMZORG_HOURS, 43, day("2024-06-01"))
    kraam.says(K.KRAAMZORG_REQUESTED, True, day("2024-03-01"))
    found = projection(pregnant(), kraam, on="2024-07-01").kraamzorg
    assert (found.organisations, found.hours, found.requested, found.declined) == ((BLIJE_EI,), 43.0, True, None)


def test_kraamzorg_is_declined_when_the_act_was_and_not_when_it_was_only_not_asked_for() -> None:
    asked_for_nothing = pregnant().says(K.KRAAMZORG_REQUESTED, False, day("2024-01-08"))
    assert projection(asked_for_nothing, on="2024-02-01").kraamzorg.declined is None
    refused = pregnant().act(A.KRAAMZORG, None, state="declined")
    found = projection(refused, on="2024-02-01").kraamzorg
    assert (found.organisations, found.declined, len(found.evidence)) == ((), True, 1)


def test_one_visit_that_was_called_off_is_no_refusal_of_kraamzorg() -> None:
    kraam = kraamzorg().dossier("2024-03-01").act(A.KRAAMZORG, day("2024-08-03"), state="declined")
    assert projection(pregnant(), kraam, on="2024-09-01").kraamzorg.declined is None


def test_an_insurer_without_a_uzovi_code_is_insured_with_an_unknown_insurer() -> None:
    (insurance,) = projection(pregnant().says(K.INSURER, Coded("1235", None, "NN")), on="2024-02-01").insurance
    assert (insurance.uzovi, insurance.insured) == (None, True)


def birth(source: Source, place: str) -> Source:
    source.says(K.BIRTH, at("2024-08-01T14:00+02:00"), about="Patient/a")
    return source.says(K.PLACE_OF_BIRTH, place, about="Patient/a")


def at_birth(*sources: Source) -> ClaimsProjection:
    return projection(*sources, on="2024-08-20")


def test_the_birth_was_the_organisations_that_the_act_names() -> None:
    midwife = birth(pregnant(), "ziekenhuis").act(A.BEVALLING, day("2024-08-01"), by=GROEN)
    assert at_birth(midwife).birth_organisation == GROEN


def test_a_hospital_birth_in_the_midwifes_record_is_not_hers_by_that_alone() -> None:
    midwife = birth(pregnant(), "ziekenhuis").act(A.GEBOORTE, day("2024-08-01"))
    assert at_birth(midwife).birth_organisation is None
    doctor = hospital().dossier("2024-08-01").act(A.GEBOORTE, day("2024-08-01"))
    assert at_birth(midwife, doctor).birth_organisation == ERASMUS


def test_a_home_birth_is_the_midwifes() -> None:
    assert at_birth(birth(pregnant(), "thuis").act(A.GEBOORTE, day("2024-08-01"))).birth_organisation == GROEN


def test_before_the_birth_it_is_nobodys() -> None:
    cut = projection(pregnant(), on="2024-02-01")
    assert (cut.birth_organisation, cut.children, cut.place_of_birth) == (None, None, None)


def switching() -> tuple[Source, Source]:
    other = Source("vp-ooster", OOSTER).dossier("2024-04-01")
    return practice().dossier("2024-01-06", "2024-03-31"), other


def test_two_practices_in_turn_are_a_practice_switch() -> None:
    assert projection(*switching(), on="2024-05-01").practice_switch is True
    assert projection(pregnant(), on="2024-05-01").practice_switch is False


@pytest.mark.parametrize(
    ("sender", "kind", "on", "switched"),
    [
        (OOSTER, ReferralKind.OVERDRACHT, "2024-03-01", True),
        (OOSTER, ReferralKind.CONSULT, "2024-03-01", False),
        (None, ReferralKind.OVERDRACHT, "2024-03-01", False),
        (ERASMUS, ReferralKind.OVERDRACHT, "2024-03-01", False),  # handed back by a hospital
    ],
)
def test_a_practice_that_hands_her_to_another_is_a_switch_whoever_holds_a_dossier(sender, kind, on, switched) -> None:
    given = pregnant().refers(sender, GROEN, day(on), kind)
    assert projection(given, on="2024-05-01").practice_switch is switched


def test_while_a_source_is_silent_no_switch_is_not_known() -> None:
    cut = projection(pregnant(), hospital(), on="2024-05-01", states={"zh-erasmus": SourceState.FAILED})
    assert cut.practice_switch is None
    assert [s.state for s in cut.sources] == [SourceState.ANSWERED, SourceState.FAILED]


def test_moved_only_when_a_source_says_so() -> None:
    assert projection(pregnant(), on="2024-05-01").moved is None
    assert projection(pregnant().says(K.MOVED, True, day("2024-03-01")), on="2024-05-01").moved is True


def test_referrals_and_responsibility() -> None:
    midwife = pregnant().refers(GROEN, ERASMUS, day("2024-03-01"), ReferralKind.OVERDRACHT)
    cut = projection(midwife, hospital().dossier("2024-03-01"), on="2024-05-01")
    assert [(r.kind, r.day, r.sender, r.receiver) for r in cut.referrals] == [
        (ReferralKind.OVERDRACHT, day("2024-03-01"), GROEN, ERASMUS)
    ]
    assert [(r.organisation, r.span) for r in cut.responsibility] == [
        (GROEN, Span(day("2024-01-06"), day("2024-02-29"))),
        (ERASMUS, Span(day("2024-03-01"), None)),
    ]


def test_a_hospital_is_second_line_and_third_when_its_dossier_says_so() -> None:
    doctor = hospital().dossier("2024-01-18").act(A.CONSULT, day("2024-01-18"))
    assert projection(doctor, on="2024-02-01").acts[0].line == "tweede_lijn"
    doctor.says(K.CARE_LEVEL, "derde_lijn", day("2024-01-18"))
    assert projection(doctor, on="2024-02-01").acts[0].line == "derde_lijn"
