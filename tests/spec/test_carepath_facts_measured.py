"""What was measured, screened and noted on the care path: in time, of this pregnancy, as it stood on the day."""

from __future__ import annotations

from adapter.carepath import PathSettings
from adapter.model.carepath import CarePath
from adapter.model.evidence import Organisation
from adapter.model.facts import Coded
from adapter.model.facts import StatementKind as K
from builders_carepath import ERASMUS, GROEN, at, day, hospital, path, practice


def shown(view: CarePath) -> list[tuple[str, float | None, object, int | None]]:
    return [(m.kind, m.value, m.day, m.gestational_age) for m in view.measurements]


def test_measurements_stand_in_time_with_the_gestational_age_of_their_day() -> None:
    midwife = practice().dossier("2024-01-06").says(K.EDD, day("2024-08-08"), basis="definitive")
    midwife.measures("hb", 7.2, day("2024-05-01"), "mmol/L").measures("weight", 70, at("2024-01-10T10:00+01:00"), "kg")
    doctor = hospital().dossier("2024-03-01").measures("hb", 6.9, day("2024-04-01"), "mmol/L")
    doctor.measures("height", 170, None, "cm")
    assert shown(path(midwife, doctor, on="2024-06-01")) == [
        ("weight", 70, day("2024-01-10"), 69),
        ("hb", 6.9, day("2024-04-01"), 151),
        ("hb", 7.2, day("2024-05-01"), 181),
        ("height", 170, None, None),
    ]


def test_on_an_earlier_day_what_was_measured_later_is_not_there() -> None:
    midwife = practice().dossier("2024-01-06").measures("hb", 7.2, day("2024-05-01"), "mmol/L")
    midwife.notes("disorder", "pre-eclampsie", day("2024-05-02")).notes("hiv", "Hiv", day("2024-02-01"))
    view = path(midwife, on="2024-04-30")
    assert (view.measurements, view.problems) == ((), ())
    assert [s.kind for s in view.screenings] == ["hiv"]


def test_before_the_pregnancy_there_is_no_gestational_age() -> None:
    midwife = practice().dossier("2024-01-06").says(K.EDD, day("2024-08-08")).measures("hb", 8, day("2023-06-01"))
    assert shown(path(midwife, on="2024-03-01")) == [("hb", 8, day("2023-06-01"), None)]


def test_of_two_pregnancies_each_has_its_own_and_an_allergy_is_in_both() -> None:
    midwife = practice().dossier("2024-01-06").dossier("2022-01-06", "2022-10-01", reference="EpisodeOfCare/2")
    midwife.measures("hb", 7.2, day("2024-05-01")).measures("hb", 6.1, day("2022-05-01"), dossier="EpisodeOfCare/2")
    midwife.notes("disorder", "fluxus", day("2022-08-01"), dossier="EpisodeOfCare/2")
    midwife.notes("allergy", "Penicilline", day("2010-01-01"), dossier="EpisodeOfCare/2")
    midwife.says(K.RHESUS, "negatief", day("2022-02-01"), dossier="EpisodeOfCare/2")
    view = path(midwife, on="2024-06-01", others=frozenset({("vp-groen", "EpisodeOfCare/2")}))
    assert [m.value for m in view.measurements] == [7.2]
    assert [p.name for p in view.problems] == ["Penicilline"]
    assert view.facts["rhesus"].value == "negatief"


def test_a_value_of_a_child_knows_which_child_over_the_sources() -> None:
    midwife = practice().dossier("2024-01-06").child("Patient/kind", day("2024-08-01"), gender="female")
    midwife.measures("birth_weight", 3400, day("2024-08-01"), "g", about="Patient/kind")
    doctor = hospital().dossier("2024-01-06").child("Patient/77", day("2024-08-01"), gender="female")
    doctor.measures("apgar_5", 9, day("2024-08-01"), "1", about="Patient/77")
    doctor.measures("efw", 3000, day("2024-07-01"), "g", about="BodyStructure/a")
    view = path(midwife, doctor, on="2024-08-10")
    (child,) = view.children
    assert {m.kind: m.about for m in view.measurements} == {
        "efw": "BodyStructure/a",
        "birth_weight": child.id,
        "apgar_5": child.id,
    }


def test_problems_and_screenings_keep_their_words() -> None:
    midwife = practice().dossier("2024-01-06")
    midwife.notes("disorder", "pre-eclampsie", day("2024-05-02"), state="active", code=Coded("398254007", "sct"))
    midwife.notes("complication", "fluxus", None, code=Coded("fluxus", None, "fluxus"))
    midwife.notes("nipt", "NIPT", day("2024-02-01"), state="declined").notes("seo_1", "13-wekenecho", state="offered")
    midwife.notes("seo_2", "20-wekenecho", day("2024-03-01"), state="done", result="Geen bijzonderheden")
    view = path(midwife, on="2024-06-01")
    assert [(p.kind, p.code, p.status, p.since) for p in view.problems] == [
        ("disorder", "398254007", "active", day("2024-05-02")),
        ("complication", None, None, None),
    ]
    assert [(s.kind, s.state, s.result) for s in view.screenings] == [
        ("nipt", "declined", None),
        ("seo_2", "done", "Geen bijzonderheden"),
        ("seo_1", "offered", None),
    ]


def test_blood_groups_that_differ_are_a_contradiction_with_both_values() -> None:
    midwife = practice().dossier("2024-01-06").says(K.BLOOD_GROUP, "A", day("2024-01-10"))
    doctor = hospital().dossier("2024-03-01").says(K.BLOOD_GROUP, "O", day("2024-03-02"))
    view = path(midwife, doctor, on="2024-06-01")
    fact = view.facts["blood_group"]
    assert (fact.value, [c.value for c in fact.conflicts]) == ("O", ["A"])
    (conflict,) = [c for c in view.conflicts if c.about == "blood_group"]
    assert "de bloedgroep" in conflict.text


def test_antibodies_that_appear_later_are_no_contradiction() -> None:
    midwife = practice().dossier("2024-01-06").says(K.IRREGULAR_ANTIBODIES, "afwezig", day("2024-01-10"))
    midwife.says(K.IRREGULAR_ANTIBODIES, "anti-D", day("2024-05-02"))
    view = path(midwife, on="2024-06-01")
    assert view.facts["irregular_antibodies"].value == "anti-D"
    assert [c for c in view.conflicts if c.about == "irregular_antibodies"] == []


def test_a_due_date_from_ivf_goes_before_an_ultrasound_and_after_the_definitive_one() -> None:
    midwife = practice().dossier("2024-01-06").says(K.EDD, day("2024-08-08"), day("2024-02-01"), basis="ultrasound")
    midwife.says(K.EDD, day("2024-08-05"), day("2024-01-06"), basis="conception")
    assert path(midwife, on="2024-06-01").facts["edd"].value == day("2024-08-05")
    midwife.says(K.EDD, day("2024-08-06"), day("2024-01-07"), basis="definitive")
    assert path(midwife, on="2024-06-01").facts["edd"].value == day("2024-08-06")


def test_who_measured_is_known_by_the_register_too() -> None:
    by_ura = Organisation("ura:00001234", None, "00001234", None)
    midwife = practice().dossier("2024-01-06").measures("hb", 7.2, day("2024-02-01"), by=by_ura)

    def join(organisation: Organisation) -> Organisation:
        return GROEN if organisation.id == by_ura.id else organisation

    (m,) = path(midwife, on="2024-06-01", settings=PathSettings(join=join)).measurements
    assert m.organisation == GROEN != ERASMUS
