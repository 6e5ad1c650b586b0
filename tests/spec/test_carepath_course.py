"""How far the pregnancy is, how it ended, and its three phases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.carepath import PathSettings
from adapter.model.carepath import CarePath
from adapter.model.facts import ActKind as A
from adapter.model.facts import Outcome
from adapter.model.facts import StatementKind as K
from builders_carepath import ERASMUS, GROEN, at, day, hospital, kraamzorg, path, practice

DUE = day("2024-08-08")  # day 0 is 2023-11-02


def pregnant():
    return practice().dossier("2024-01-06").says(K.EDD, DUE, day("2024-01-06"), basis="definitive")


def states(view: CarePath) -> tuple[str, ...]:
    return tuple(p.state for p in view.phases)


def age(view: CarePath) -> tuple[int, int, str] | None:
    found = view.gestational_age
    return None if found is None else (found.weeks, found.days, found.basis)


def test_the_age_counts_back_from_the_best_due_date() -> None:
    assert age(path(pregnant(), on="2024-08-08")) == (40, 0, "edd_definitive")
    assert age(path(pregnant(), on="2024-01-06")) == (9, 2, "edd_definitive")


def test_without_due_date_from_the_last_menstruation() -> None:
    midwife = practice().dossier("2024-01-06").says(K.LMP, day("2023-10-25"), day("2024-01-06"))
    assert age(path(midwife, on="2024-01-06")) == (10, 3, "lmp")


def test_without_either_from_a_stated_age_and_the_days_since() -> None:
    midwife = practice().dossier("2024-01-06").says(K.GESTATIONAL_AGE, 73, day("2024-01-06"))
    assert age(path(midwife, on="2024-01-16")) == (11, 6, "stated_age")


def test_an_impossible_age_is_never_given_without_saying_so() -> None:
    view = path(pregnant(), on="2024-09-06")
    assert age(view) == (44, 1, "edd_definitive")
    assert "gestational_age" in {c.about for c in view.conflicts}


def test_after_the_birth_the_age_is_that_at_birth() -> None:
    midwife = pregnant().says(K.BIRTH, day("2024-08-01"), about="Patient/a")
    assert age(path(midwife, on="2024-12-01")) == (39, 0, "edd_definitive")


def test_a_closed_dossier_does_not_end_the_pregnancy() -> None:
    """Nictiz woman 3A: the midwife's record is finished on 17 January, the pregnancy goes on in the hospital."""
    midwife = practice().dossier("2024-01-06", "2024-01-17").says(K.EDD, DUE, day("2024-01-06"))
    view = path(midwife, on="2024-03-01")
    assert (view.state, view.outcome, view.ended_on) == ("ongoing", None, None)


def test_before_the_day_of_the_birth_nothing_of_it_shows() -> None:
    midwife = pregnant().says(K.BIRTH, day("2024-08-01"), about="Patient/a").child("Patient/a", day("2024-08-01"))
    midwife.says(K.PLACE_OF_BIRTH, "thuis").says(K.DELIVERY_TYPE, "spontaan").act(A.BEVALLING)
    midwife.act(A.KRAAMZORG, day("2024-08-03")).act(A.NACONTROLE, day("2024-09-10"), state="planned")
    view = path(midwife, on="2024-07-31")
    assert (view.state, view.outcome, view.children) == ("ongoing", None, ())
    assert view.facts["place_of_birth"].value is None
    assert [(a.kind, a.state) for a in view.acts] == [("nacontrole", "planned")]
    assert states(view) == ("running", "not_started", "not_started")


def test_a_birth_ends_the_pregnancy() -> None:
    view = path(pregnant().says(K.BIRTH, day("2024-08-01"), about="Patient/a"), on="2024-08-01")
    assert (view.state, view.outcome, view.ended_on) == ("ended", Outcome.BIRTH, day("2024-08-01"))


def test_what_can_only_follow_a_birth_also_ends_it() -> None:
    view = path(pregnant().says(K.PLACE_OF_BIRTH, "thuis", day("2024-08-01")), on="2024-08-02")
    assert (view.outcome, view.ended_on) == (Outcome.BIRTH, None)


def test_a_child_that_died_before_birth_is_a_stillbirth() -> None:
    doctor = hospital().dossier("2024-01-18").says(K.EDD, DUE).says(K.BIRTH, day("2024-06-01"), about="Patient/a")
    doctor.says(K.OUTCOME, "stillbirth", about="Patient/a")
    assert path(doctor, on="2024-07-01").outcome is Outcome.STILLBIRTH


def test_of_twins_one_living_child_makes_it_a_birth() -> None:
    doctor = hospital().dossier("2024-01-18").says(K.BIRTH, day("2024-06-01"), about="Patient/a")
    doctor.says(K.BIRTH, day("2024-06-01"), about="Patient/b").says(K.OUTCOME, "stillbirth", about="Patient/a")
    view = path(doctor, on="2024-07-01")
    assert view.outcome is Outcome.BIRTH
    assert [c.alive for c in view.children] == [False, None]


@pytest.mark.parametrize("word", ["miscarriage", "ectopic", "termination"])
def test_an_early_loss_has_no_natal_or_postnatal_phase(word: str) -> None:
    midwife = pregnant().says(K.OUTCOME, word, day("2024-01-20")).says(K.END_OF_PREGNANCY, day("2024-01-20"))
    view = path(midwife, on="2024-02-01")
    assert (view.outcome, view.ended_on) == (Outcome(word), day("2024-01-20"))
    assert states(view) == ("ended", "not_applicable", "not_applicable")
    assert view.phase("prenataal").end.value == day("2024-01-20")


@pytest.mark.parametrize(
    ("ended", "natal"), [("2024-02-21", "not_applicable"), ("2024-02-22", "ended")], ids=["15+6", "16+0"]
)
def test_from_16_weeks_a_loss_has_a_natal_phase(ended: str, natal: str) -> None:
    midwife = pregnant().says(K.OUTCOME, "miscarriage", day(ended)).says(K.END_OF_PREGNANCY, day(ended))
    view = path(midwife, on="2024-03-01")
    assert states(view)[1] == natal


def test_a_late_termination_with_a_recorded_birth_is_a_termination() -> None:
    doctor = hospital().dossier("2024-01-18").says(K.EDD, DUE).says(K.OUTCOME, "termination", day("2024-03-20"))
    doctor.says(K.BIRTH, day("2024-03-20"), about="Patient/a")
    view = path(doctor, on="2024-04-01")
    assert (view.outcome, states(view)[1]) == (Outcome.TERMINATION, "ended")


def test_the_death_of_a_pregnant_woman_ends_the_pregnancy() -> None:
    midwife = pregnant()
    midwife.woman = replace(midwife.woman, deceased=day("2024-05-01"))
    view = path(midwife, on="2024-06-01")
    assert (view.outcome, view.ended_on) == (Outcome.MATERNAL_DEATH, day("2024-05-01"))
    assert path(midwife, on="2024-04-30").state == "ongoing"


def test_an_end_date_without_a_manner_is_an_unknown_outcome() -> None:
    view = path(pregnant().says(K.END_OF_PREGNANCY, day("2024-08-01")), on="2024-08-10")
    assert (view.outcome, view.ended_on) == (Outcome.UNKNOWN, day("2024-08-01"))


def test_six_weeks_after_the_due_date_with_closed_dossiers_it_is_over_however() -> None:
    midwife = practice().dossier("2024-01-06", "2024-08-20").says(K.EDD, DUE, day("2024-01-06"))
    assert path(midwife, on="2024-09-19").state == "ongoing"
    view = path(midwife, on="2024-09-20")
    assert (view.state, view.outcome, view.ended_on, view.gestational_age) == ("ended", Outcome.UNKNOWN, None, None)


def test_the_day_most_sources_give_for_the_birth_is_taken_and_the_other_shown() -> None:
    doctor = hospital().dossier("2024-04-01").says(K.BIRTH, at("2024-08-01T23:50+02:00"), about="Patient/x")
    midwife = pregnant().says(K.BIRTH, day("2024-08-01"), about="Patient/a")
    kraam = kraamzorg().dossier("2024-07-01").says(K.BIRTH, day("2024-08-02"), about="Patient/k")
    view = path(doctor, midwife, kraam, on="2024-09-01")
    assert view.ended_on == day("2024-08-01")
    (shown,) = [c for c in view.conflicts if c.about == "birth"]
    assert [v.value for v in shown.values] == [at("2024-08-01T21:50+00:00"), day("2024-08-02")]


def test_twins_over_midnight_are_no_contradiction() -> None:
    doctor = hospital().dossier("2024-04-01").says(K.BIRTH, at("2024-08-01T23:50+02:00"), about="Patient/a")
    doctor.says(K.BIRTH, at("2024-08-02T00:10+02:00"), about="Patient/b")
    view = path(doctor, on="2024-09-01")
    assert view.ended_on == day("2024-08-02")
    assert "birth" not in {c.about for c in view.conflicts}


def delivery():
    doctor = hospital().dossier("2024-04-01").says(K.EDD, DUE, day("2024-04-01"))
    doctor.act(A.CONSULT, day("2024-04-01"))
    return doctor.says(K.BIRTH, at("2024-08-01T14:00+02:00"), about="Patient/a")


def test_the_natal_phase_runs_from_active_labour_to_two_hours_after_the_placenta() -> None:
    doctor = delivery().says(K.LABOUR_START, at("2024-08-01T08:00+02:00"))
    doctor.says(K.PLACENTA_BIRTH, at("2024-08-01T14:30+02:00"))
    natal = path(doctor, on="2024-08-02").phase("nataal")
    assert (natal.start.value, natal.start.derived) == (at("2024-08-01T08:00+02:00"), False)
    assert (natal.end.value, natal.end.derived) == (at("2024-08-01T16:30+02:00"), False)


def test_without_labour_the_operation_starts_it() -> None:
    doctor = delivery().act(A.SECTIO, at("2024-08-01T13:30+02:00"))
    natal = path(doctor, on="2024-08-02").phase("nataal")
    assert (natal.start.value, natal.start.basis) == (at("2024-08-01T13:30+02:00"), "operation_start")


def test_without_either_the_birth_starts_it_and_without_placenta_it_ends_two_hours_after_the_birth() -> None:
    natal = path(delivery(), on="2024-08-02").phase("nataal")
    assert (natal.start.value, natal.start.derived) == (at("2024-08-01T14:00+02:00"), True)
    assert (natal.end.value, natal.end.derived) == (at("2024-08-01T16:00+02:00"), True)


def test_a_day_stays_a_day() -> None:
    natal = path(pregnant().says(K.BIRTH, day("2024-08-01"), about="Patient/a"), on="2024-08-02").phase("nataal")
    assert (natal.start.value, natal.end.value, natal.end.derived) == (day("2024-08-01"), day("2024-08-01"), True)


def test_labour_after_the_birth_is_passed_over_and_shown() -> None:
    doctor = delivery().says(K.LABOUR_START, at("2024-08-01T20:00+02:00"))
    view = path(doctor, on="2024-08-02")
    assert view.phase("nataal").start.basis == "birth"
    assert "labour_start" in {c.about for c in view.conflicts}


def test_the_postnatal_phase_lasts_as_long_as_the_register_says() -> None:
    doctor = delivery()
    assert path(doctor, on="2024-08-02").phase("postnataal").end.value == day("2024-09-12")
    short = PathSettings(postnatal_end_days=10)
    assert path(doctor, on="2024-08-02", settings=short).phase("postnataal").end.value == day("2024-08-11")


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2024-03-31", ("not_started", "not_started", "not_started")),
        ("2024-04-01", ("running", "not_started", "not_started")),
        ("2024-08-01", ("ended", "ended", "running")),
        ("2024-09-12", ("ended", "ended", "running")),
        ("2024-09-13", ("ended", "ended", "ended")),
    ],
)
def test_the_phases_on_a_day(on: str, expected: tuple[str, ...]) -> None:
    assert states(path(delivery(), on=on)) == expected


def test_labour_that_has_begun_is_a_running_natal_phase() -> None:
    midwife = pregnant().says(K.LABOUR_START, at("2024-08-01T20:00+02:00"))
    assert states(path(midwife, on="2024-08-01")) == ("ended", "running", "not_started")


def test_the_prenatal_phase_starts_with_the_first_care_not_with_care_before_the_pregnancy() -> None:
    midwife = pregnant().act(A.ECHO, day("2024-01-03"), by=ERASMUS).act(A.ANTICONCEPTIE, day("2023-11-20"))
    midwife.act(A.CONSULT, day("2023-05-01")).act(A.INTAKE, day("2024-01-08"))
    start = path(midwife, on="2024-03-01").phase("prenataal").start
    assert (start.value, start.derived, start.basis) == (day("2024-01-03"), False, "first_care:echo")


def test_a_dossier_that_opens_first_starts_it_derived() -> None:
    midwife = pregnant().act(A.INTAKE, day("2024-01-08"))
    start = path(midwife, on="2024-03-01").phase("prenataal").start
    assert (start.value, start.derived) == (day("2024-01-06"), True)


def phases_of_acts(view: CarePath) -> dict[str, str | None]:
    return {a.kind: a.phase for a in view.acts}


def test_an_act_on_the_day_of_birth_goes_by_its_instant() -> None:
    doctor = delivery().says(K.LABOUR_START, at("2024-08-01T08:00+02:00"))
    doctor.says(K.PLACENTA_BIRTH, at("2024-08-01T14:30+02:00"))
    doctor.act(A.OPNAME, at("2024-08-01T07:00+02:00")).act(A.CTG, at("2024-08-01T09:00+02:00"))
    doctor.act(A.LAB, at("2024-08-01T17:00+02:00"))
    found = phases_of_acts(path(doctor, on="2024-08-02"))
    assert (found["opname"], found["ctg"], found["lab"]) == ("prenataal", "nataal", "postnataal")


def test_an_act_known_by_day_goes_by_what_it_is() -> None:
    doctor = delivery().act(A.ECHO, day("2024-08-01")).act(A.CTG, day("2024-08-01"))
    doctor.act(A.KRAAMZORG, day("2024-08-01")).act(A.BEVALLING).act(A.INTAKE)
    found = phases_of_acts(path(doctor, on="2024-08-02"))
    assert found == {
        "consult": "prenataal",
        "echo": "prenataal",
        "ctg": "nataal",
        "kraamzorg": "postnataal",
        "bevalling": "nataal",
        "intake": "prenataal",
    }


def test_assistance_that_began_before_active_labour_is_natal() -> None:
    doctor = delivery().says(K.LABOUR_START, at("2024-08-01T08:00+02:00"))
    doctor.act(A.BEVALLING, at("2024-08-01T06:00+02:00"), until=at("2024-08-01T15:00+02:00"), by=GROEN)
    assert phases_of_acts(path(doctor, on="2024-08-02"))["bevalling"] == "nataal"


def test_care_after_the_postnatal_phase_is_in_no_phase() -> None:
    assert phases_of_acts(path(delivery().act(A.LAB, day("2024-09-13")), on="2024-10-01"))["lab"] is None


def test_contradicting_outcomes_are_shown() -> None:
    view = path(delivery().says(K.OUTCOME, "ectopic", day("2024-04-02")), on="2024-08-02")
    assert view.outcome is Outcome.BIRTH
    assert "outcome" in {c.about for c in view.conflicts}
