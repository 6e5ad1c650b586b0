"""Which value of a fact is shown, and what is shown beside it."""

from __future__ import annotations

import pytest

from adapter.model.carepath import FACT_KEYS
from adapter.model.facts import Coded
from adapter.model.facts import StatementKind as K
from adapter.model.moments import Span
from builders_carepath import KNOWN_AT, at, day, hospital, path, practice, zorgpad

LMP, FIRST_DUE, DEFINITIVE = day("2023-10-25"), day("2024-08-08"), day("2024-07-31")


def abouts(view) -> set[str]:
    return {c.about for c in view.conflicts}


def test_every_fact_is_there_also_when_nothing_is_known() -> None:
    view = path(practice().dossier("2024-01-06"), on="2024-02-01")
    assert tuple(view.facts) == FACT_KEYS
    assert all(fact.value is None for fact in view.facts.values())
    assert view.known_at == KNOWN_AT


def test_the_definitive_due_date_goes_before_a_newer_estimate_which_stays_visible() -> None:
    midwife = practice().dossier("2024-01-06").says(K.EDD, FIRST_DUE, day("2024-03-01"), basis="lmp")
    midwife.says(K.EDD, DEFINITIVE, day("2024-01-16"), basis="definitive")
    edd = path(midwife, on="2024-03-10").facts["edd"]
    assert (edd.value, edd.basis) == (DEFINITIVE, "definitive")
    assert [(c.value, c.basis) for c in edd.conflicts] == [(FIRST_DUE, "lmp")]


def test_within_one_kind_the_newest_due_date_is_taken() -> None:
    midwife = practice().dossier("2024-01-06").says(K.EDD, FIRST_DUE, day("2024-01-06"), basis="ultrasound")
    midwife.says(K.EDD, DEFINITIVE, day("2024-01-20"), basis="ultrasound")
    assert path(midwife, on="2024-03-10").facts["edd"].value == DEFINITIVE


def test_sources_that_agree_share_their_evidence() -> None:
    midwife = practice().dossier("2024-01-06").says(K.LMP, LMP, day("2024-01-06"))
    doctor = hospital().dossier("2024-01-18").says(K.LMP, LMP, day("2024-01-18"))
    lmp = path(midwife, doctor, on="2024-03-10").facts["lmp"]
    assert {e.source for e in lmp.evidence} == {"vp-groen", "zh-erasmus"}
    assert lmp.conflicts == ()


def test_chorionicity_that_differs_between_sources_is_shown_side_by_side() -> None:
    """Nictiz women 3A and 3B: dichorionic at the midwife, monochorionic in the hospital."""
    midwife = practice().dossier("2024-01-06", "2024-01-17")
    midwife.says(K.CHORIONICITY, "dichoriaal_diamniotisch", day("2024-01-06"))
    doctor = hospital().dossier("2024-01-18").says(K.CHORIONICITY, "monochoriaal_diamniotisch", day("2024-01-18"))
    view = path(midwife, doctor, on="2024-03-10")
    assert view.facts["chorionicity"].value == "monochoriaal_diamniotisch"
    (shown,) = [c for c in view.conflicts if c.about == "chorionicity"]
    assert {v.value for v in shown.values} == {"dichoriaal_diamniotisch", "monochoriaal_diamniotisch"}
    assert "chorioniciteit" in shown.text


def test_a_general_word_agrees_with_a_narrower_one() -> None:
    midwife = practice().dossier("2024-01-06").says(K.CHORIONICITY, "monochoriaal", day("2024-02-01"))
    midwife.says(K.CHORIONICITY, "monochoriaal_diamniotisch", day("2024-01-06"))
    fact = path(midwife, on="2024-03-10").facts["chorionicity"]
    assert (fact.value, fact.conflicts, len(fact.evidence)) == ("monochoriaal_diamniotisch", (), 2)


def test_a_second_child_once_seen_is_not_forgotten() -> None:
    midwife = practice().dossier("2024-01-06").says(K.FETUSES, 2, day("2024-01-16"))
    midwife.says(K.FETUSES, 1, day("2024-02-16"))
    fact = path(midwife, on="2024-03-10").facts["fetuses"]
    assert (fact.value, [c.value for c in fact.conflicts]) == (2, [1])


def test_children_may_be_born_in_different_ways_and_a_sectio_goes_first() -> None:
    doctor = hospital().dossier("2024-01-18")
    doctor.says(K.DELIVERY_TYPE, "spontaan", about="Patient/a").says(K.DELIVERY_TYPE, "sectio", about="Patient/b")
    doctor.says(K.BIRTH, day("2024-07-19"), about="Patient/a").says(K.BIRTH, day("2024-07-19"), about="Patient/b")
    view = path(doctor, on="2024-08-01")
    assert view.facts["delivery_type"].value == "sectio"
    assert view.facts["delivery_type"].conflicts == ()
    assert "delivery_type" not in abouts(view)


def test_one_child_cannot_be_born_in_two_ways() -> None:
    doctor = hospital().dossier("2024-01-18").says(K.BIRTH, day("2024-07-19"), about="Patient/a")
    doctor.says(K.DELIVERY_TYPE, "spontaan", about="Patient/a").says(K.DELIVERY_TYPE, "vacuum", about="Patient/a")
    assert "delivery_type" in abouts(path(doctor, on="2024-08-01"))


def test_the_care_level_may_change_without_a_contradiction() -> None:
    midwife = practice().dossier("2024-01-06").says(K.CARE_LEVEL, "eerste_lijn", day("2024-01-06"))
    midwife.says(K.CARE_LEVEL, "tweede_lijn", day("2024-05-20"))
    view = path(midwife, on="2024-06-01")
    assert view.facts["care_level"].value == "tweede_lijn"
    assert [c.value for c in view.facts["care_level"].conflicts] == ["eerste_lijn"]
    assert "care_level" not in abouts(view)


def test_two_care_levels_on_one_day_contradict_each_other() -> None:
    midwife = practice().dossier("2024-01-06").says(K.CARE_LEVEL, "eerste_lijn", day("2024-05-20"))
    doctor = hospital().dossier("2024-01-06").says(K.CARE_LEVEL, "tweede_lijn", day("2024-05-20"))
    assert "care_level" in abouts(path(midwife, doctor, on="2024-06-01"))


def test_a_day_and_an_instant_on_it_agree_and_the_instant_is_shown() -> None:
    born = day("2024-04-09")
    midwife = practice().dossier("2024-01-06").says(K.LABOUR_START, born, born).says(K.BIRTH, born)
    doctor = hospital().dossier("2024-04-09").says(K.LABOUR_START, at("2024-04-09T08:00+02:00"))
    labour = path(midwife, doctor, on="2024-05-01").facts["labour_start"]
    assert (labour.value, labour.conflicts) == (at("2024-04-09T06:00+00:00"), ())


def test_the_last_placenta_counts_and_two_placentas_are_no_contradiction() -> None:
    doctor = hospital().dossier("2024-01-18").says(K.BIRTH, at("2024-07-19T11:38+02:00"), about="Patient/a")
    doctor.says(K.PLACENTA_BIRTH, at("2024-07-19T11:45+02:00")).says(K.PLACENTA_BIRTH, at("2024-07-19T12:05+02:00"))
    placenta = path(doctor, on="2024-08-01").facts["placenta_birth"]
    assert (placenta.value, placenta.conflicts) == (at("2024-07-19T12:05+02:00"), ())


def test_the_insurer_is_the_one_that_insures_her_on_the_day() -> None:
    midwife = practice().dossier("2023-12-01")
    midwife.says(K.INSURER, "1000", valid=Span(day("2023-01-01"), day("2023-12-31")), dossier=None)
    midwife.says(K.INSURER, "2000", valid=Span(day("2024-01-01"), day("2024-12-31")), dossier=None)
    assert path(midwife, on="2023-12-31").facts["insurer"].value == "1000"
    assert path(midwife, on="2024-01-01").facts["insurer"].value == "2000"
    assert path(midwife, on="2025-01-01").facts["insurer"].value is None


def test_an_unknown_code_is_shown_by_its_display() -> None:
    midwife = practice().dossier("2024-01-06")
    midwife.says(K.PLACE_OF_BIRTH, Coded("999", "http://snomed.info/sct", "in de taxi"), day("2024-04-09"))
    assert path(midwife, on="2024-05-01").facts["place_of_birth"].value == "in de taxi"


@pytest.mark.parametrize(("days", "shown"), [(259, False), (258, True), (301, False), (302, True)])
def test_a_due_date_that_does_not_follow_from_the_last_menstruation_is_shown(days: int, shown: bool) -> None:
    due = LMP.fromordinal(LMP.toordinal() + days)
    midwife = practice().dossier("2024-01-06").says(K.LMP, LMP, day("2024-01-06")).says(K.EDD, due, day("2024-01-06"))
    found = [c for c in path(midwife, on="2024-02-01").conflicts if c.about == "edd"]
    assert bool(found) is shown


def test_a_stated_age_that_does_not_fit_the_due_date_is_shown() -> None:
    """Nictiz izv-casus2 states 71 and 275 days on the same day."""
    doctor = hospital().dossier("2024-01-04").says(K.EDD, FIRST_DUE, day("2024-01-04"))
    doctor.says(K.GESTATIONAL_AGE, 64, day("2024-01-04")).says(K.GESTATIONAL_AGE, 275, day("2024-01-04"))
    (shown,) = [c for c in path(doctor, on="2024-02-01").conflicts if c.about == "gestational_age"]
    assert [v.value for v in shown.values] == [275]


def test_every_precedence_says_why() -> None:
    assert all(rule.reason for rule in zorgpad().precedence.values())


def test_an_impossible_date_does_not_count_and_is_named() -> None:
    midwife = practice().dossier("2024-01-06").says(K.EDD, day("0001-01-01"), day("2024-01-06"))
    view = path(midwife, on="2024-02-01")
    assert view.facts["edd"].value is None
    assert "date" in abouts(view)


def test_different_birth_dates_of_the_woman_are_shown() -> None:
    from dataclasses import replace

    midwife, doctor = practice().dossier("2024-01-06"), hospital().dossier("2024-01-18")
    midwife.woman = replace(midwife.woman, birth_date=day("1985-10-20"))
    doctor.woman = replace(doctor.woman, birth_date=day("1985-12-20"))
    assert "woman" in abouts(path(midwife, doctor, on="2024-02-01"))


def test_an_insurer_without_a_uzovi_code_is_unknown_and_what_it_is_called_stays_to_be_read() -> None:
    said = Coded("1235", None, "NN")
    view = path(practice().dossier("2024-01-06").says(K.INSURER, said), on="2024-02-01")
    insurer = view.facts["insurer"]
    assert (insurer.value, insurer.display, len(insurer.evidence)) == (None, "NN", 1)
    (conflict,) = [c for c in view.conflicts if c.about == "insurer"]
    assert "NN" in conflict.text and "zonder UZOVI-code" in conflict.text


def test_a_uzovi_code_goes_before_an_insurer_without_one() -> None:
    midwife = practice().dossier("2024-01-06").says(K.INSURER, Coded("1235", None, "NN")).says(K.INSURER, "1000")
    view = path(midwife, on="2024-02-01")
    assert view.facts["insurer"].value == "1000"
    assert not [c for c in view.conflicts if c.about == "insurer"]
