"""Which dossiers of one woman are about the same pregnancy."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.linking import DossierDates, dates_of, group_dossiers
from adapter.model.evidence import Evidence, Organisation
from adapter.model.facts import Dossier, Person, SourceFacts, Statement, StatementKind
from adapter.model.moments import Span

DUE = date(2024, 8, 8)
NONE = DossierDates(("vp", "EpisodeOfCare/1"), None, None, None, None, None, None, frozenset(), ())


def dossier(source: str, due: date | None = DUE, reference: str = "EpisodeOfCare/1", **given: object) -> DossierDates:
    return replace(NONE, key=(source, reference), due=due, **given)  # type: ignore[arg-type]


def groups(*dossiers: DossierDates) -> list[set[str]]:
    return [{source for source, _ in g.dossiers} for g in group_dossiers(dossiers)]


def test_due_dates_within_21_days_are_one_pregnancy() -> None:
    assert groups(dossier("vp"), dossier("zh", DUE - timedelta(days=21))) == [{"vp", "zh"}]


def test_due_dates_further_apart_are_two() -> None:
    assert groups(dossier("vp"), dossier("zh", DUE - timedelta(days=22))) == [{"zh"}, {"vp"}]


def test_a_reference_between_the_dossiers_decides_whatever_the_dates() -> None:
    shared = frozenset({"Condition/66aa440b-2064-11ec-5265-020000000000"})
    far = dossier("zh", DUE + timedelta(days=60), references=shared)
    assert groups(dossier("vp", references=shared), far) == [{"vp", "zh"}]


def test_a_new_pregnancy_soon_after_a_miscarriage_stays_apart() -> None:
    lost = dossier("vp", date(2024, 5, 1), ended=date(2023, 10, 1), reference="EpisodeOfCare/lost")
    new = dossier("vp", date(2024, 8, 20), reference="EpisodeOfCare/new")
    close = dossier("zh", date(2024, 8, 18))
    found = group_dossiers([lost, new, close])
    assert [g.dossiers for g in found] == [
        (("vp", "EpisodeOfCare/lost"),),
        (("vp", "EpisodeOfCare/new"), ("zh", "EpisodeOfCare/1")),
    ]


def test_a_dossier_without_due_date_joins_the_pregnancy_whose_birth_it_tells() -> None:
    kraamzorg = dossier("kz", None, ended=date(2024, 8, 10), first=date(2024, 7, 1), last=date(2024, 8, 18))
    earlier = dossier("vp", date(2022, 12, 20), ended=date(2022, 12, 20), reference="EpisodeOfCare/0")
    assert groups(earlier, dossier("vp"), kraamzorg) == [{"vp"}, {"vp", "kz"}]


def test_two_births_on_other_days_are_two_pregnancies() -> None:
    assert len(groups(dossier("vp", ended=DUE), dossier("zh", ended=DUE - timedelta(days=10)))) == 2


def test_the_same_end_holds_against_a_mistyped_due_date() -> None:
    (one,) = group_dossiers([dossier("vp", ended=DUE), dossier("zh", DUE + timedelta(days=31), ended=DUE)])
    assert {e.what for e in one.why[("zh", "EpisodeOfCare/1")]} == {
        "de zwangerschap eindigde volgens beide op dezelfde dag",
        "uitgerekende data 31 dagen uit elkaar",
    }


@pytest.mark.parametrize("days", [-31, 31])
def test_a_due_date_that_the_others_hold_for_mistaken_keeps_nobody_out(days: int) -> None:
    mistyped = dossier("kz", DUE + timedelta(days=days), ended=DUE)
    assert groups(dossier("vp"), dossier("zh", ended=DUE), mistyped) == [{"vp", "zh", "kz"}]


@pytest.mark.parametrize("weeks", [5, 8, 12, 16])
def test_a_pregnancy_within_weeks_of_a_miscarriage_stays_apart_from_it(weeks: int) -> None:
    """The lost one at so many weeks, a new conception two weeks later: their due dates can be near each other."""
    lmp = date(2024, 1, 1)
    ended = lmp + timedelta(weeks=weeks)
    lost = dossier("vp", lmp + timedelta(days=280), "EpisodeOfCare/lost", ended=ended, first=lmp, last=ended)
    due = ended + timedelta(days=280)  # last menstruation when the lost one ended, conception two weeks later
    new = dossier("vp", due, "EpisodeOfCare/new", first=ended + timedelta(weeks=6))
    hospital = dossier("zh", due + timedelta(days=3), first=ended + timedelta(weeks=9))
    found = [g.dossiers for g in group_dossiers([new, hospital, lost])]
    assert found == [(("vp", "EpisodeOfCare/lost"),), (("vp", "EpisodeOfCare/new"), ("zh", "EpisodeOfCare/1"))]


def test_whether_an_epd_calls_a_dossier_finished_is_no_evidence() -> None:
    here = Evidence("vp", "X/1", "1", "value")
    woman, practice = Person("vp", "Patient/1", here), Organisation("agb:08001234", "08001234")
    made = [
        dates_of(SourceFacts("vp", woman, dossiers=(Dossier("E/1", "Patient/1", here, practice, True, status=status),)))
        for status in ("active", "finished")
    ]
    assert made[0] == made[1]


@pytest.mark.parametrize(("one", "other", "near"), [("690", "691", True), ("690", "690", True), ("690", "692", False)])
def test_group_identifiers_are_a_hint_within_one_step(one: str, other: str, near: bool) -> None:
    (together,) = group_dossiers([dossier("vp", group=one), dossier("zh", group=other)])
    assert any("groepsnummer" in e.what for e in together.why[("zh", "EpisodeOfCare/1")]) is near


def test_a_dossier_that_says_nothing_of_time_stands_alone() -> None:
    assert len(groups(dossier("vp"), dossier("kz", None))) == 2


def test_the_group_identifier_only_adds_to_dates_that_agree() -> None:
    alone = group_dossiers([dossier("vp", group="690"), dossier("zh", DUE + timedelta(days=100), group="690")])
    assert len(alone) == 2
    (together,) = group_dossiers([dossier("vp", group="690"), dossier("zh", group="691")])
    assert any("groepsnummer" in e.what for e in together.why[("zh", "EpisodeOfCare/1")])


@settings(deadline=None)
@given(st.permutations(range(6)))
def test_the_order_in_which_dossiers_come_makes_no_difference(order: list[int]) -> None:
    given_dossiers = [
        dossier("a", DUE),
        dossier("b", DUE + timedelta(days=9)),
        dossier("c", DUE - timedelta(days=400), ended=DUE - timedelta(days=402)),
        dossier(
            "d", None, ended=DUE - timedelta(days=402), first=DUE - timedelta(days=420), last=DUE - timedelta(days=400)
        ),
        dossier("e", None),
        dossier("f", DUE + timedelta(days=300)),
    ]
    expected = [g.dossiers for g in group_dossiers(given_dossiers)]
    assert [g.dossiers for g in group_dossiers(given_dossiers[i] for i in order)] == expected


@pytest.mark.parametrize("day", [date.min, date.max, datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("kind", [StatementKind.EDD, StatementKind.LMP, StatementKind.BIRTH])
def test_a_placeholder_says_nothing_of_time(kind: StatementKind, day: date) -> None:
    here = Evidence("vp", "X/1", "1", "value")
    woman = Person("vp", "Patient/1", here)
    practice = Organisation("agb:08001234", "08001234")
    open_ended = Dossier("EpisodeOfCare/1", "Patient/1", here, practice, True, Span(date(2024, 1, 6), day))
    said = (Statement(kind, day, here), Statement(StatementKind.GESTATIONAL_AGE, 70, here, at=day))
    (dates,) = dates_of(SourceFacts("vp", woman, dossiers=(open_ended,), statements=said))
    assert (dates.due, dates.ended, dates.first) == (None, None, date(2024, 1, 6))
    assert len(group_dossiers([dates, dossier("zh")])) == 1  # by its first day, within that pregnancy
