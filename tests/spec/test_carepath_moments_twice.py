"""Care given twice: what is a possible duplicate, and everything that excuses it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.model.carepath import CareMoment, CarePath
from adapter.model.facts import ActKind as A
from adapter.model.facts import Coded, ReferralKind
from adapter.model.facts import StatementKind as K
from builders_carepath import BLIJE_EI, ECHO, ERASMUS, GROEN, Source, day, hospital, path, practice

DUE = day("2024-08-08")
ZERO = DUE - timedelta(days=280)
BLOOD = Coded("396550006")


def at(weeks: int, days: int = 0) -> str:
    return (ZERO + timedelta(weeks=weeks, days=days)).isoformat()


def midwife() -> Source:
    return practice().dossier(at(9)).says(K.EDD, DUE, day(at(9)), basis="definitive")


def doctor() -> Source:
    return hospital().dossier(at(10))


def moment(view: CarePath, id: str) -> CareMoment:
    return next(m for m in view.moments if m.moment == id)


def twice(kind: A, first: str, second: str, **more: object) -> tuple[Source, Source]:
    return midwife().act(kind, day(first), **more), doctor().act(kind, day(second), **more)  # type: ignore[arg-type]


def test_the_moment_holds_the_evidence_of_what_came_after_the_first() -> None:
    one, two = twice(A.TERMIJNECHO, at(11), at(12))
    view = path(one, two, on=at(14))
    assert [d.about for d in view.duplicates] == ["termijnecho"]
    assert moment(view, "termijnecho").duplicates == (two.acts[0].evidence,)
    values = view.duplicates[0].values
    assert [(v.value, v.basis) for v in values] == [(day(at(11)), "'t Groen"), (day(at(12)), "Erasmus MC")]
    assert view.duplicates[0].text.endswith("zonder verwijzing of overdracht.")


@pytest.mark.parametrize(("kind"), [A.INTAKE, A.TERMIJNECHO, A.NIPT, A.SEO_1, A.SEO_2], ids=str)
def test_once_is_enough_for(kind: A) -> None:
    view = path(*twice(kind, at(11), at(12)), on=at(25))
    assert [d.about for d in view.duplicates] == [kind.value]


@pytest.mark.parametrize("kind", [A.ECHO, A.GUO, A.CONSULT, A.CTG, A.COUNSELING, A.VERSIE])
def test_growth_scans_and_contacts_may_be_repeated(kind: A) -> None:
    assert path(*twice(kind, at(11), at(12)), on=at(25)).duplicates == ()


def test_by_one_organisation_or_on_one_day_it_is_no_duplicate() -> None:
    alone = midwife().act(A.TERMIJNECHO, day(at(11))).act(A.TERMIJNECHO, day(at(12)))
    assert path(alone, on=at(14)).duplicates == ()
    assert path(*twice(A.TERMIJNECHO, at(11), at(11)), on=at(14)).duplicates == ()


@pytest.mark.parametrize("state", ["planned", "declined", "unknown"])
def test_what_was_not_done_is_no_duplicate(state: str) -> None:
    two = doctor().act(A.TERMIJNECHO, day(at(12)), state=state)
    assert path(midwife().act(A.TERMIJNECHO, day(at(11))), two, on=at(14)).duplicates == ()


def test_a_test_that_was_not_completed_may_be_done_again_but_an_intake_may_not() -> None:
    unfinished = doctor().act(A.NIPT, day(at(12)), state="in_progress")
    assert path(midwife().act(A.NIPT, day(at(11))), unfinished, on=at(14)).duplicates == ()
    begun = doctor().act(A.INTAKE, day(at(12)), state="in_progress")
    assert [d.about for d in path(midwife().act(A.INTAKE, day(at(11))), begun, on=at(14)).duplicates] == ["intake"]


@pytest.mark.parametrize("kind", list(ReferralKind))
@pytest.mark.parametrize("back", [False, True])
def test_a_referral_between_the_two_excuses_it_also_for_a_second_opinion(kind: ReferralKind, back: bool) -> None:
    one, two = twice(A.TERMIJNECHO, at(11), at(12))
    pair = (ERASMUS, GROEN) if back else (GROEN, ERASMUS)
    assert path(one.refers(*pair, day(at(11, 3)), kind), two, on=at(14)).duplicates == ()


def test_a_referral_that_the_act_itself_names_excuses_it() -> None:
    two = doctor().act(A.TERMIJNECHO, day(at(12)), referrer=GROEN)
    assert path(midwife().act(A.TERMIJNECHO, day(at(11))), two, on=at(14)).duplicates == ()


def test_a_referral_to_somebody_else_excuses_nothing() -> None:
    one, two = twice(A.TERMIJNECHO, at(11), at(12))
    assert path(one.refers(GROEN, ECHO, day(at(11)), ReferralKind.CONSULT), two, on=at(14)).duplicates != ()


def test_a_transfer_of_which_only_the_receiver_is_known_excuses_it() -> None:
    one, two = twice(A.INTAKE, at(10), at(12))
    moved = two.refers(None, ERASMUS, day(at(12)), ReferralKind.OVERDRACHT)
    assert path(one, moved, on=at(14)).duplicates == ()
    early = doctor().act(A.INTAKE, day(at(12))).refers(None, ERASMUS, day(at(9)), ReferralKind.OVERDRACHT)
    assert path(midwife().act(A.INTAKE, day(at(10))), early, on=at(14)).duplicates != ()


@pytest.mark.parametrize("kind", [K.MOVED, K.PRACTICE_SWITCH])
def test_who_moved_or_changed_practice_has_a_second_intake(kind: K) -> None:
    one, two = twice(A.INTAKE, at(10), at(14))
    assert path(one.says(kind, True, day(at(13))), two, on=at(20)).duplicates == ()


def test_a_dossier_that_was_closed_explains_the_next_intake() -> None:
    closed = practice().dossier(at(9), at(13)).says(K.EDD, DUE, day(at(9)), basis="definitive")
    closed.act(A.INTAKE, day(at(10)))
    assert path(closed, hospital().dossier(at(14)).act(A.INTAKE, day(at(14))), on=at(20)).duplicates == ()


def test_scans_and_tests_of_twins_may_be_repeated_and_their_intake_may_not() -> None:
    for kind, found in ((A.TERMIJNECHO, []), (A.NIPT, []), (A.INTAKE, ["intake"])):
        one, two = twice(kind, at(11), at(12))
        view = path(one.says(K.FETUSES, 2, day(at(11))), two, on=at(14))
        assert [d.about for d in view.duplicates] == found


def test_the_same_blood_test_twice_in_its_window_and_not_outside_it() -> None:
    assert [d.about for d in path(*twice(A.LAB, at(10), at(11), code=BLOOD), on=at(30)).duplicates] == ["psie"]
    assert path(*twice(A.LAB, at(10), at(27), code=BLOOD), on=at(30)).duplicates == ()  # week 27 may repeat it


def test_two_blood_tests_of_which_nobody_says_what_they_were_are_no_duplicate() -> None:
    assert path(*twice(A.LAB, at(10), at(11)), on=at(30)).duplicates == ()
    other = doctor().act(A.LAB, day(at(11)), code=Coded("15220000"))
    assert path(midwife().act(A.LAB, day(at(10)), code=BLOOD), other, on=at(30)).duplicates == ()


def test_the_kraamzorgs_intake_is_not_a_second_one_of_the_midwife() -> None:
    view = path(midwife().act(A.INTAKE, day(at(10))), doctor().act(A.INTAKE, day(at(31)), by=BLIJE_EI), on=at(36))
    assert view.duplicates == ()
    assert moment(view, "kraamzorg_intake").state == "done"
