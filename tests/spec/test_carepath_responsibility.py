"""Who is responsible for obstetric care, and when: one at a time."""

from __future__ import annotations

from adapter.carepath import PathSettings
from adapter.model.carepath import CarePath
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.facts import ActKind as A
from adapter.model.facts import ReferralKind
from adapter.model.facts import StatementKind as K
from builders_carepath import BLIJE_EI, ECHO, ERASMUS, GROEN, OOSTER, at, day, hospital, kraamzorg, path, practice


def timeline(view: CarePath) -> list[tuple[str | None, object, object]]:
    return [(r.organisation.name, r.from_, r.to) for r in view.responsibility]


def questions(view: CarePath) -> list[str]:
    return [c.text for c in view.conflicts if c.about == "responsibility"]


def test_two_consecutive_dossiers_are_a_timeline_of_two() -> None:
    """Nictiz women 3A and 3B: the midwife from T-205 to T-194, the hospital from T-193."""
    midwife = practice().dossier("2024-01-06", "2024-01-17")
    doctor = hospital().dossier("2024-01-18")
    view = path(midwife, doctor, on="2024-03-01")
    assert timeline(view) == [
        ("'t Groen", day("2024-01-06"), day("2024-01-17")),
        ("Erasmus MC", day("2024-01-18"), None),
    ]
    assert questions(view) == []


def test_on_a_day_before_the_hand_over_only_the_midwife_is_there() -> None:
    midwife = practice().dossier("2024-01-06", "2024-01-17")
    view = path(midwife, hospital().dossier("2024-01-18"), on="2024-01-10")
    assert timeline(view) == [("'t Groen", day("2024-01-06"), None)]


def test_an_overdracht_moves_responsibility_inside_one_dossier() -> None:
    """Nictiz izv-casus2: the hospital's dossier runs from the first day; the midwife hands over in May."""
    doctor = hospital().dossier("2024-01-04", "2024-07-28").refers(GROEN, ERASMUS, day("2024-05-20"))
    view = path(doctor, on="2024-08-01")
    assert timeline(view) == [
        ("'t Groen", day("2024-01-04"), day("2024-05-19")),
        ("Erasmus MC", day("2024-05-20"), day("2024-07-28")),
    ]
    assert {r.basis for r in view.responsibility} == {"referral"}


def test_a_consult_moves_nothing() -> None:
    midwife = practice().dossier("2024-01-06").refers(GROEN, ERASMUS, day("2024-03-01"), ReferralKind.CONSULT)
    assert timeline(path(midwife, on="2024-05-01")) == [("'t Groen", day("2024-01-06"), None)]


def test_an_overdracht_counts_also_when_the_receiver_is_no_source() -> None:
    midwife = practice().dossier("2024-01-06").refers(GROEN, ERASMUS, at("2024-03-01T10:00+01:00"))
    assert timeline(path(midwife, on="2024-05-01")) == [
        ("'t Groen", day("2024-01-06"), at("2024-03-01T09:00+00:00")),
        ("Erasmus MC", at("2024-03-01T09:00+00:00"), None),
    ]


def test_a_withdrawn_overdracht_moves_nothing() -> None:
    midwife = practice().dossier("2024-01-06").refers(GROEN, ERASMUS, day("2024-03-01"), state="cancelled")
    assert len(path(midwife, on="2024-05-01").responsibility) == 1


def test_the_receivers_dossier_may_open_some_days_later() -> None:
    midwife = practice().dossier("2024-01-06").refers(GROEN, ERASMUS, day("2024-03-01"))
    view = path(midwife, hospital().dossier("2024-03-05"), on="2024-05-01")
    assert timeline(view)[1] == ("Erasmus MC", day("2024-03-01"), None)
    assert questions(view) == []


def test_care_handed_over_during_labour_comes_back_after_the_admission() -> None:
    midwife = practice().dossier("2024-01-06").refers(GROEN, ERASMUS, at("2024-08-01T10:00+02:00"))
    doctor = hospital().dossier("2024-08-01", "2024-08-03")
    assert timeline(path(midwife, doctor, on="2024-08-20")) == [
        ("'t Groen", day("2024-01-06"), at("2024-08-01T08:00+00:00")),
        ("Erasmus MC", at("2024-08-01T08:00+00:00"), day("2024-08-03")),
        ("'t Groen", day("2024-08-04"), None),
    ]


def test_a_hospital_without_a_source_that_hands_back_does_not_get_it_again() -> None:
    """Only the midwife's referrals tell of the hospital: once it handed her back, it is not responsible again."""
    midwife = practice().dossier("2024-01-06", "2024-09-12")
    midwife = midwife.refers(GROEN, ERASMUS, day("2024-08-01")).refers(ERASMUS, GROEN, day("2024-08-03"))
    assert timeline(path(midwife, on="2024-10-01")) == [
        ("'t Groen", day("2024-01-06"), day("2024-07-31")),
        ("Erasmus MC", day("2024-08-01"), day("2024-08-02")),
        ("'t Groen", day("2024-08-03"), day("2024-09-12")),
    ]


def test_two_open_dossiers_without_overdracht_are_a_contradiction() -> None:
    view = path(practice().dossier("2024-01-06"), hospital().dossier("2024-03-01"), on="2024-05-01")
    assert timeline(view) == [
        ("'t Groen", day("2024-01-06"), day("2024-02-29")),
        ("Erasmus MC", day("2024-03-01"), None),
    ]
    (text,) = questions(view)
    assert "allebei" in text
    assert "01-03-2024" in text


def test_days_on_which_nobody_is_responsible_are_a_hole() -> None:
    view = path(practice().dossier("2024-01-06", "2024-01-17"), hospital().dossier("2024-01-25"), on="2024-03-01")
    (text,) = questions(view)
    assert text == "Van 18-01-2024 tot en met 24-01-2024 staat niemand als verantwoordelijk."


def test_a_pregnancy_without_anyone_now_is_a_hole() -> None:
    view = path(practice().dossier("2024-01-06", "2024-01-17"), on="2024-03-01")
    assert any("Sinds 17-01-2024" in text for text in questions(view))


def test_kraamzorg_is_never_responsible_but_involved() -> None:
    kraam = kraamzorg().dossier("2024-02-13").act(A.PRENATAAL_HUISBEZOEK_KRAAMZORG, day("2024-02-13"))
    view = path(kraam, on="2024-03-01")
    assert view.responsibility == ()
    assert [(i.organisation, i.acts) for i in view.involved] == [(BLIJE_EI, 1)]


def test_a_dossier_of_the_practice_in_the_kraamzorgs_system_does_count() -> None:
    """Nictiz izk-casus1: held by the kraamzorg, managed by the practice."""
    view = path(kraamzorg().dossier("2024-02-13", of=GROEN), on="2024-03-01")
    assert timeline(view) == [("'t Groen", day("2024-02-13"), None)]


def test_an_organisation_of_unknown_kind_is_a_question() -> None:
    unknown = Organisation("agb:01234567", "01234567", None, "Onbekende Zorg")
    view = path(practice().dossier("2024-01-06", of=unknown), on="2024-03-01")
    assert view.responsibility == ()
    assert any("Onbekende Zorg" in text for text in questions(view))


def test_the_register_tells_what_it_is_and_joins_agb_and_ura() -> None:
    by_ura = Organisation("ura:00001234", None, "00001234", None)

    def join(organisation: Organisation) -> Organisation:
        return GROEN if organisation.id == by_ura.id else organisation

    midwife = practice().dossier("2024-01-06", "2024-01-17").act(A.INTAKE, day("2024-01-06"))
    doctor = hospital().dossier("2024-01-18").act(A.INTAKE, day("2024-01-12"), by=by_ura)
    doctor.dossier("2024-01-18", of=by_ura, reference="EpisodeOfCare/2")
    view = path(midwife, doctor, on="2024-03-01", settings=PathSettings(join=join))
    assert {i.organisation.name: i.acts for i in view.involved}["'t Groen"] == 2
    assert {o.organisation.kind for o in view.involved} == {
        OrganisationKind.VERLOSKUNDIGENPRAKTIJK,
        OrganisationKind.ZIEKENHUIS,
    }
    assert view.duplicates == ()


def test_perinatal_periods_narrow_a_dossier() -> None:
    """Periods 1 to 4 at the practice, 5 to 8 in the hospital, both dossiers over the whole pregnancy."""
    midwife = practice().dossier("2024-01-06", "2024-09-10", periods=(1, 2))
    midwife.says(K.LABOUR_START, at("2024-08-01T08:00+02:00")).says(K.BIRTH, at("2024-08-01T14:00+02:00"))
    doctor = hospital().dossier("2024-01-06", "2024-09-10", periods=(3, 4, 5, 6, 7, 8))
    view = path(midwife, doctor, on="2024-10-01")
    assert timeline(view) == [
        ("'t Groen", day("2024-01-06"), at("2024-08-01T06:00+00:00")),
        ("Erasmus MC", at("2024-08-01T06:00+00:00"), day("2024-09-10")),
    ]
    assert questions(view) == []


def test_a_dossier_without_a_period_takes_it_from_its_acts() -> None:
    doctor = hospital().dossier(None, status="finished").act(A.CONSULT, day("2024-03-01"))
    doctor.act(A.CONSULT, day("2024-04-01"))
    assert timeline(path(doctor, on="2024-05-01")) == [("Erasmus MC", day("2024-03-01"), day("2024-04-01"))]


def test_an_echo_centre_that_is_referred_to_takes_no_responsibility() -> None:
    midwife = practice().dossier("2024-01-06").refers(GROEN, ECHO, day("2024-01-10"))
    assert timeline(path(midwife, on="2024-03-01")) == [("'t Groen", day("2024-01-06"), None)]


def test_from_one_practice_to_another() -> None:
    other = practice()
    other.id, other.organisation = "vp-ooster", OOSTER
    midwife = practice().dossier("2024-01-06", "2024-04-01").refers(GROEN, OOSTER, day("2024-03-20"))
    view = path(midwife, other.dossier("2024-03-20"), on="2024-05-01")
    assert timeline(view) == [
        ("'t Groen", day("2024-01-06"), day("2024-03-19")),
        ("Ooster", day("2024-03-20"), None),
    ]
    assert questions(view) == []


def test_an_act_that_names_two_organisations_shows_both() -> None:
    midwife = practice().dossier("2024-01-06").act(A.ECHO, day("2024-01-16"), other_organisations=(ECHO,))
    (shown,) = [c for c in path(midwife, on="2024-03-01").conflicts if c.about == "organisation"]
    assert [v.value for v in shown.values] == ["'t Groen", "Echocentrum"]
