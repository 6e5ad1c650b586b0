"""Days without anyone responsible are data; perinatal periods come in runs."""

from __future__ import annotations

from adapter.model.carepath import CarePath
from adapter.model.facts import ActKind as A
from adapter.model.facts import StatementKind as K
from builders_carepath import ERASMUS, GROEN, at, day, hospital, kraamzorg, path, practice


def holes(view: CarePath) -> list[tuple[object, object, list[str | None]]]:
    return [(h.from_, h.to, [o.name for o in h.acting]) for h in view.responsibility_holes]


def timeline(view: CarePath) -> list[tuple[str | None, object, object]]:
    return [(r.organisation.name, r.from_, r.to) for r in view.responsibility]


def test_a_hole_between_two_dossiers_names_who_gave_care_in_it() -> None:
    midwife = practice().dossier("2024-01-06", "2024-01-17").act(A.CONSULT, day("2024-01-20"))
    view = path(midwife, hospital().dossier("2024-01-25"), on="2024-03-01")
    assert holes(view) == [(day("2024-01-18"), day("2024-01-24"), ["'t Groen"])]
    assert [e.source for e in view.responsibility_holes[0].evidence] == [midwife.id]
    assert len(view.responsibility) == 2  # and stays a hole


def test_an_open_hole_runs_until_the_day_asked_about() -> None:
    view = path(practice().dossier("2024-01-06", "2024-01-17"), on="2024-03-01")
    assert holes(view) == [(day("2024-01-18"), day("2024-03-01"), [])]


def test_care_before_the_first_dossier_is_a_hole() -> None:
    doctor = hospital().dossier("2024-02-01").act(A.INTAKE, day("2024-01-10"))
    assert holes(path(doctor, on="2024-03-01")) == [(day("2024-01-10"), day("2024-01-31"), ["Erasmus MC"])]


def test_where_nobody_can_be_responsible_all_of_it_is_a_hole() -> None:
    kraam = kraamzorg().dossier("2024-02-13").act(A.PRENATAAL_HUISBEZOEK_KRAAMZORG, day("2024-02-13"))
    assert holes(path(kraam, on="2024-03-01")) == [(day("2024-02-13"), day("2024-03-01"), [])]


def test_a_timeline_without_holes_has_none() -> None:
    midwife = practice().dossier("2024-01-06", "2024-01-17").act(A.INTAKE, day("2024-01-06"))
    assert holes(path(midwife, hospital().dossier("2024-01-18"), on="2024-03-01")) == []


def test_periods_that_come_back_are_two_runs() -> None:
    """Perinatal kernset scenario 4: the midwife again after the birth, from the second day."""
    midwife = practice().dossier("2024-01-06", "2024-09-10", periods=(1, 2, 7, 8))
    midwife.says(K.LABOUR_START, at("2024-08-01T08:00+02:00")).says(K.BIRTH, at("2024-08-01T14:00+02:00"))
    midwife.says(K.PLACENTA_BIRTH, at("2024-08-01T14:20+02:00"))
    doctor = hospital().dossier("2024-01-06", "2024-09-10", periods=(3, 4, 5, 6))
    view = path(midwife, doctor, on="2024-10-01")
    assert timeline(view) == [
        ("'t Groen", day("2024-01-06"), at("2024-08-01T06:00+00:00")),
        ("Erasmus MC", at("2024-08-01T06:00+00:00"), at("2024-08-02T12:00+00:00")),
        ("'t Groen", at("2024-08-02T12:00+00:00"), day("2024-09-10")),
    ]
    assert [c for c in view.conflicts if c.about == "responsibility"] == []


def test_the_afterbirth_may_be_anothers() -> None:
    midwife = practice().dossier("2024-01-06", "2024-09-10", periods=(1, 2, 3, 4))
    midwife.says(K.LABOUR_START, at("2024-08-01T08:00+02:00")).says(K.BIRTH, at("2024-08-01T14:00+02:00"))
    doctor = hospital().dossier("2024-01-06", "2024-09-10", periods=(5, 6, 7, 8))
    assert timeline(path(midwife, doctor, on="2024-10-01")) == [
        ("'t Groen", day("2024-01-06"), at("2024-08-01T12:00+00:00")),
        ("Erasmus MC", at("2024-08-01T12:00+00:00"), day("2024-09-10")),
    ]


def test_a_dossier_for_the_birth_has_not_begun_before_it() -> None:
    midwife = practice().dossier("2024-01-06", periods=(1, 2, 7, 8))
    doctor = hospital().dossier("2024-01-06", periods=(3, 4, 5, 6))
    view = path(midwife, doctor, on="2024-03-01")
    assert timeline(view) == [("'t Groen", day("2024-01-06"), None)]
    assert {r.organisation for r in view.responsibility} == {GROEN} != {ERASMUS}
