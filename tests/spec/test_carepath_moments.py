"""The moments of the zorgpad: done, to come, a gap, declined, or not to be said. And care given twice."""

from __future__ import annotations

import pytest

from adapter.model.carepath import CarePath
from adapter.model.facts import ActKind as A
from adapter.model.facts import Coded, ReferralKind
from adapter.model.facts import StatementKind as K
from adapter.model.sources import SourceState
from builders_carepath import ECHO, ERASMUS, GROEN, HULP, Source, at, day, hospital, kraamzorg, path, practice, zorgpad

DUE = day("2024-08-08")  # day 0 is 2023-11-02: 10+0 is 2024-01-11, 12+6 is 2024-01-31


def pregnant() -> Source:
    return practice().dossier("2024-01-06").says(K.EDD, DUE, day("2024-01-06"), basis="definitive")


def state(view: CarePath, moment: str) -> str:
    return next(m.state for m in view.moments if m.moment == moment)


def test_the_window_follows_the_due_date() -> None:
    window = next(m.window for m in path(pregnant(), on="2024-01-10").moments if m.moment == "termijnecho")
    assert (window.from_, window.to) == (day("2024-01-11"), day("2024-01-31"))
    moved = pregnant().says(K.EDD, day("2024-08-01"), day("2024-01-09"), basis="definitive")
    window = next(m.window for m in path(moved, on="2024-01-10").moments if m.moment == "termijnecho")
    assert window.from_ == day("2024-01-04")


def test_a_scan_is_to_come_until_its_window_closes_and_then_a_gap() -> None:
    assert state(path(pregnant(), on="2024-01-31"), "termijnecho") == "upcoming"
    view = path(pregnant(), on="2024-02-01")
    assert state(view, "termijnecho") == "gap"
    assert "termijnecho" in {g.moment for g in view.gaps}


def test_it_is_done_whoever_did_it_and_recognised_by_its_code_too() -> None:
    assert (
        state(path(pregnant().act(A.TERMIJNECHO, day("2024-01-16"), by=ECHO), on="2024-02-01"), "termijnecho") == "done"
    )
    coded = pregnant().act(A.ECHO, day("2024-01-16"), code=Coded("133601000146101"))
    assert state(path(coded, on="2024-02-01"), "termijnecho") == "done"


def test_a_planned_scan_is_not_done() -> None:
    assert (
        state(path(pregnant().act(A.TERMIJNECHO, day("2024-01-16"), state="planned"), on="2024-02-01"), "termijnecho")
        == "gap"
    )


def test_a_refusal_closes_the_gap() -> None:
    declined = pregnant().act(A.SEO_2, day("2024-03-07"), state="declined")
    assert state(path(declined, on="2024-06-01"), "seo_2") == "declined"


@pytest.mark.parametrize("silence", [SourceState.FAILED, SourceState.REFUSED, SourceState.NOT_ASKED])
def test_a_silent_source_makes_it_unknown_never_a_gap(silence: SourceState) -> None:
    view = path(pregnant(), hospital().dossier(), on="2024-02-01", states={"zh-erasmus": silence})
    assert state(view, "termijnecho") == "unknown"
    assert view.gaps == ()


def test_a_silent_echo_centre_says_nothing_about_the_intake() -> None:
    view = path(pregnant(), on="2024-02-01", not_asked=(ECHO,))
    assert (state(view, "intake"), state(view, "termijnecho")) == ("gap", "unknown")


def test_a_first_consult_in_time_is_the_intake() -> None:
    assert state(path(pregnant().act(A.CONSULT, day("2024-01-06")), on="2024-02-01"), "intake") == "done"
    assert state(path(pregnant().act(A.CONSULT, day("2024-02-01")), on="2024-02-01"), "intake") == "gap"


def test_a_woman_who_came_into_care_later_has_no_gap_before() -> None:
    late = practice().dossier("2024-03-01").says(K.EDD, DUE, day("2024-03-01"))
    assert state(path(late, on="2024-04-01"), "termijnecho") == "unknown"


def test_after_the_end_of_the_pregnancy_later_moments_do_not_apply() -> None:
    lost = pregnant().says(K.OUTCOME, "miscarriage", day("2024-01-20")).says(K.END_OF_PREGNANCY, day("2024-01-20"))
    view = path(lost, on="2024-06-01")
    assert state(view, "seo_2") == "not_applicable"
    assert state(view, "kraamzorg") == "not_applicable"


def test_without_a_due_date_nothing_is_a_gap() -> None:
    assert path(practice().dossier("2024-01-06"), on="2024-07-01").gaps == ()


def test_habits_indications_and_care_elsewhere_are_never_gaps() -> None:
    needs = {m.id: m.need for m in zorgpad().moments}
    gaps = {g.moment for g in path(pregnant(), on="2024-08-20").gaps}
    assert gaps
    assert {needs[g] for g in gaps} <= {"expected", "choice"}


def test_kraamzorg_declined_is_no_gap() -> None:
    midwife = pregnant().says(K.KRAAMZORG_DECLINED, True, day("2024-05-01")).says(K.BIRTH, day("2024-08-01"))
    assert state(path(midwife, on="2024-09-20"), "kraamzorg") == "declined"


def test_provisional_windows_say_so() -> None:
    moments = {m.moment: m for m in path(pregnant(), on="2024-02-01").moments}
    assert (moments["psie"].standing, moments["seo_2"].standing) == ("verified", "provisional")
    assert all(m.source for m in moments.values())


def doubles(view: CarePath) -> list[str]:
    return [d.about for d in view.duplicates]


def test_two_intakes_without_a_referral_are_a_possible_duplicate() -> None:
    midwife = pregnant().act(A.INTAKE, day("2024-01-06"))
    doctor = hospital().dossier("2024-01-18").act(A.INTAKE, day("2024-01-18"))
    view = path(midwife, doctor, on="2024-02-01")
    assert doubles(view) == ["intake"]
    assert "06-01-2024" in view.duplicates[0].text


@pytest.mark.parametrize("kind", [ReferralKind.OVERDRACHT, ReferralKind.CONSULT])
def test_with_a_referral_they_are_not(kind: ReferralKind) -> None:
    midwife = pregnant().act(A.INTAKE, day("2024-01-06")).refers(GROEN, ERASMUS, day("2024-01-17"), kind)
    doctor = hospital().dossier("2024-01-18").act(A.INTAKE, day("2024-01-18"))
    assert doubles(path(midwife, doctor, on="2024-02-01")) == []


def test_one_scan_in_two_systems_is_one_scan() -> None:
    midwife = pregnant().act(A.TERMIJNECHO, day("2024-01-16"))
    doctor = hospital().dossier("2024-01-18").act(A.TERMIJNECHO, at("2024-01-16T10:00+01:00"))
    assert doubles(path(midwife, doctor, on="2024-02-01")) == []


def test_scans_of_twins_may_be_repeated_but_an_intake_may_not() -> None:
    midwife = pregnant().says(K.FETUSES, 2, day("2024-01-06")).act(A.TERMIJNECHO, day("2024-01-16"))
    doctor = hospital().dossier("2024-01-18").act(A.TERMIJNECHO, day("2024-01-19"))
    assert doubles(path(midwife, doctor, on="2024-02-01")) == []


def test_the_kraamzorgs_own_intake_is_another() -> None:
    kraam = kraamzorg().dossier("2024-06-01").act(A.INTAKE, day("2024-06-10"))
    assert doubles(path(pregnant().act(A.INTAKE, day("2024-01-06")), kraam, on="2024-07-01")) == []


def test_a_huisarts_who_refers_is_involved_only() -> None:
    view = path(pregnant().act(A.CONSULT, day("2024-01-02"), by=HULP), on="2024-02-01")
    assert [i.organisation.name for i in view.involved] == ["Huisarts Hulp", "'t Groen"]
    assert [r.organisation.name for r in view.responsibility] == ["'t Groen"]


def test_what_prepares_for_a_birth_is_no_gap_after_a_loss() -> None:
    """A miscarriage at 17+0: that nobody requested kraamzorg in time is not said; that no scan was done, is."""
    lost = pregnant().says(K.OUTCOME, "miscarriage", day("2024-02-29"))
    view = path(lost, kraamzorg(), on="2024-03-20")
    assert view.outcome == "miscarriage"
    assert state(view, "kraamzorg_aangevraagd") == "not_applicable"
    assert state(view, "termijnecho") == "gap"
    assert state(path(pregnant(), kraamzorg(), on="2024-03-20"), "kraamzorg_aangevraagd") == "gap"
