"""What belongs to this pregnancy, and whose child a child is."""

from __future__ import annotations

from dataclasses import replace

from adapter.model.carepath import CarePath
from adapter.model.facts import ActKind as A
from adapter.model.facts import Name
from adapter.model.facts import StatementKind as K
from adapter.model.identifiers import Bsn
from builders_carepath import Source, at, day, hospital, kraamzorg, path, practice

EARLIER = frozenset({("vp-groen", "EpisodeOfCare/0")})
DUE = day("2024-08-08")


def second_pregnancy() -> Source:
    midwife = practice().dossier("2022-02-01", "2022-12-31", reference="EpisodeOfCare/0", conditions=("Condition/0",))
    midwife.dossier("2024-01-06", conditions=("Condition/1",))
    return midwife.says(K.EDD, DUE, day("2024-01-06"), basis="definitive")


def kinds(view: CarePath) -> list[str]:
    return [a.kind for a in view.acts]


def test_the_dossier_decides() -> None:
    midwife = second_pregnancy().act(A.INTAKE, day("2024-01-06"))
    midwife.act(A.CONSULT, day("2024-01-20"), dossier="EpisodeOfCare/0")
    assert kinds(path(midwife, on="2024-02-01", others=EARLIER)) == ["intake"]


def test_else_the_pregnancy_it_names() -> None:
    midwife = second_pregnancy().act(A.INTAKE, day("2024-01-06"), dossier=None, pregnancy="Condition/1")
    midwife.act(A.CONSULT, day("2024-01-20"), dossier=None, pregnancy="Condition/0")
    assert kinds(path(midwife, on="2024-02-01", others=EARLIER)) == ["intake"]


def test_else_the_time_when_she_has_other_pregnancies() -> None:
    midwife = second_pregnancy().act(A.INTAKE, day("2024-01-06"), dossier=None)
    midwife.act(A.CONSULT, day("2022-06-01"), dossier=None)
    assert kinds(path(midwife, on="2024-02-01", others=EARLIER)) == ["intake"]


def test_what_has_no_time_either_is_left_out_and_said() -> None:
    midwife = second_pregnancy().act(A.LAB, dossier=None)
    view = path(midwife, on="2024-02-01", others=EARLIER)
    assert kinds(view) == []
    assert "pregnancy" in {c.about for c in view.conflicts}


def test_an_only_pregnancy_takes_what_points_to_nothing() -> None:
    midwife = practice().dossier("2024-01-06").act(A.LAB, dossier=None).act(A.CONSULT, day("2024-01-20"), dossier=None)
    assert kinds(path(midwife, on="2024-02-01")) == ["consult", "lab"]


def test_a_source_without_a_dossier_is_placed_by_time() -> None:
    laboratory = kraamzorg().act(A.LAB, day("2024-01-10"), dossier=None).act(A.ECHO, day("2022-04-01"), dossier=None)
    assert kinds(path(second_pregnancy(), laboratory, on="2024-02-01", others=EARLIER)) == ["lab"]


def test_the_insurance_is_the_womans() -> None:
    midwife = second_pregnancy().says(K.INSURER, "1000", dossier=None)
    assert path(midwife, on="2024-02-01", others=EARLIER).facts["insurer"].value == "1000"


def test_a_finished_dossier_is_open_before_it_was_closed() -> None:
    midwife = practice().dossier("2024-01-06", "2024-02-01")
    assert path(midwife, on="2024-01-31").responsibility[0].to is None
    assert path(midwife, on="2024-02-01").responsibility[0].to == day("2024-02-01")


def test_an_admission_that_goes_on_is_in_progress() -> None:
    doctor = hospital().dossier("2024-01-06").act(A.OPNAME, day("2024-03-01"), until=day("2024-03-05"))
    assert [a.state for a in path(doctor, on="2024-03-03").acts] == ["in_progress"]


def born(source: Source, reference: str, when: str = "2024-08-01", **more: object) -> Source:
    return source.child(reference, day(when), **more)


def names(view: CarePath) -> list[str]:
    return [c.id for c in view.children]


def test_an_elder_child_is_not_of_this_pregnancy() -> None:
    midwife = practice().dossier("2024-01-06").says(K.EDD, DUE, day("2024-01-06"))
    born(midwife, "Patient/elder", "2022-12-20")
    view = path(born(midwife, "Patient/new"), on="2024-09-01")
    assert names(view) == ["vp-groen:Patient/new"]
    assert view.ended_on == day("2024-08-01")


def test_one_child_in_two_sources_is_one_child() -> None:
    midwife = born(practice().dossier("2024-01-06"), "Patient/a", gender="female")
    doctor = born(hospital().dossier("2024-03-01"), "Patient/x", name=Name("Simone"))
    (child,) = path(midwife, doctor, on="2024-09-01").children
    assert (child.gender, child.name, len(child.evidence)) == ("female", "Simone", 2)


def test_children_of_other_sex_or_day_stay_apart() -> None:
    midwife = born(practice().dossier("2024-01-06"), "Patient/a", gender="female")
    doctor = born(hospital().dossier("2024-03-01"), "Patient/x", gender="male")
    kraam = born(kraamzorg().dossier("2024-03-01"), "Patient/k", "2024-08-02")
    assert len(path(midwife, doctor, kraam, on="2024-09-01").children) == 3


def test_twins_are_matched_by_order_of_birth_or_sex_else_not() -> None:
    midwife, doctor = practice().dossier("2024-01-06"), hospital().dossier("2024-03-01")
    born(midwife, "Patient/a", birth_order=1), born(midwife, "Patient/b", birth_order=2)
    born(doctor, "Patient/x", birth_order=2), born(doctor, "Patient/y", birth_order=1)
    assert len(path(midwife, doctor, on="2024-09-01").children) == 2
    unsure = kraamzorg().dossier("2024-03-01")
    born(unsure, "Patient/k"), born(unsure, "Patient/l")
    assert len(path(midwife, unsure, on="2024-09-01").children) == 4


def test_a_childs_own_bsn_says_who_it_is() -> None:
    number = Bsn("999900717")
    midwife = born(practice().dossier("2024-01-06"), "Patient/a", bsn=number)
    doctor = born(hospital().dossier("2024-03-01"), "Patient/x", "2024-08-02", bsn=number)
    assert len(path(midwife, doctor, on="2024-09-01").children) == 1


def test_a_child_the_source_never_sent_is_listed_by_what_is_said_of_it() -> None:
    doctor = hospital().dossier("2024-03-01").says(K.BIRTH, at("2024-08-01T14:00+02:00"), about="Patient/x")
    assert names(path(doctor, on="2024-09-01")) == ["zh-erasmus:Patient/x"]


def test_a_child_that_died_later_is_not_alive_from_that_day() -> None:
    doctor = born(hospital().dossier("2024-03-01"), "Patient/x", deceased=day("2024-08-10"))
    assert [c.alive for c in path(doctor, on="2024-08-09").children] == [True]
    assert [c.alive for c in path(doctor, on="2024-08-10").children] == [False]


def test_what_could_not_be_read_is_listed() -> None:
    from adapter.carepath import PathSettings, build
    from builders_carepath import KNOWN_AT, given, zorgpad

    one = given(practice().dossier("2024-01-06"))
    one = replace(one, facts=(replace(one.facts[0], set_aside=("Observation/bad",)),))
    view = build(one, zorgpad(), PathSettings(), day("2024-02-01"), KNOWN_AT)
    assert [(e.source, e.reference) for e in view.set_aside] == [("vp-groen", "Observation/bad")]
