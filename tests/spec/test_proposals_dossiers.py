"""Which of one woman's dossiers a person is asked about, and that a decision holds above their dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from adapter.linking import DossierDates
from adapter.service.dossiers import doubts, grouped
from adapter.service.links.by_hand import Pairs, Said, body
from adapter.store import Judged, Judgement

DUE = date(2024, 11, 15)
AT = datetime(2024, 5, 1, 8, tzinfo=UTC)


def dossier(
    name: str, due: int | None = 0, *, ended: int | None = None, group: str | None = None, **more: int
) -> DossierDates:
    """`due`, `ended`, `first`, `last` in days from the middle of November; without `first` and `last`: no care yet."""

    def day(offset: int | None) -> date | None:
        return None if offset is None else DUE + timedelta(days=offset)

    return DossierDates(
        key=(name, "EpisodeOfCare/1"),
        due=day(due),
        due_basis="stated" if due is not None else None,
        ended=day(ended),
        first=day(more.get("first")),
        last=day(more.get("last")),
        group=group,
        references=frozenset(),
        evidence=(),
    )


def decided(*pairs: str) -> Pairs:
    made = []
    for at, (a, sign, b) in enumerate(pairs, start=1):
        sides = [Judged(n, "EpisodeOfCare/1", "Patient/1") for n in sorted((a, b))]
        verdict = {"=": "same", "/": "apart", "?": "later"}[sign]
        made.append(Judgement(f"d{at}", "pregnancy", *sides, verdict, body(Said("", "")), AT, "u", position=at))
    return Pairs(made)


def together(dates: list[DossierDates], *pairs: str) -> list[str]:
    return sorted("".join(sorted(name for name, _ in g.dossiers)) for g in grouped(dates, decided(*pairs)))


def proposed(dates: list[DossierDates], *pairs: str) -> list[str]:
    held = decided(*pairs)
    found = doubts(dates, grouped(dates, held), held)
    return sorted({"".join(sorted((key[0], note.source))) for key, notes in found.items() for note in notes})


SPAN = {"first": -200, "last": 0}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({}, {"due": 25, **SPAN}, []),  # nothing but dates that do not agree
        (SPAN, {"due": 25, **SPAN}, ["ab"]),
        (SPAN, {"due": 43, **SPAN}, []),
        ({"group": "7"}, {"due": 30, "group": "7"}, ["ab"]),
        ({"group": "7"}, {"due": 30, "group": "9"}, []),
        ({**SPAN, "ended": -10}, {"due": 25, **SPAN, "ended": 30}, []),  # they ended on other days
        ({**SPAN, "ended": -250}, {"due": 30, **SPAN}, []),  # over before the other could have begun
        (SPAN, {"due": None}, ["ab"]),  # no date at all
        (SPAN, {"due": 400, "first": 200, "last": 390}, []),
        (SPAN, {"due": 10, **SPAN}, []),  # one pregnancy already
    ],
)
def test_two_dossiers(one: dict[str, int], other: dict[str, int], expected: list[str]) -> None:
    dates = [dossier("a", **one), dossier("b", **other)]  # type: ignore[arg-type]
    assert proposed(dates) == proposed(dates[::-1]) == expected


def test_one_without_a_due_date_that_fits_two_pregnancies_is_asked_about() -> None:
    dates = [dossier("a", 0, **SPAN), dossier("b", 60, first=-140, last=60), dossier("c", None, first=-30, last=-20)]
    assert together(dates) in (["ac", "b"], ["a", "bc"])
    assert len(proposed(dates)) == 1
    assert "c" in proposed(dates)[0]
    assert together(dates, "b=c") == ["a", "bc"]
    assert together(dates, "a=c") == ["ac", "b"]
    assert proposed(dates, "b=c", "a/c") == []


def test_what_a_person_said_is_not_asked_again() -> None:
    dates = [dossier("a", **SPAN), dossier("b", 25, **SPAN)]
    assert proposed(dates, "a/b") == []
    assert proposed(dates, "a=b") == []
    assert proposed(dates, "a?b") == ["ab"]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ((), ["ab", "c"]),
        (("a/b",), ["a", "b", "c"]),
        (("a=c",), ["abc"]),
        (("a=c", "b/c"), ["ac", "b"]),
        (("a?b",), ["ab", "c"]),
    ],
)
def test_decisions_hold_above_due_dates(pairs: tuple[str, ...], expected: list[str]) -> None:
    dates = [dossier("a", **SPAN), dossier("b", 3, **SPAN), dossier("c", 30, first=-170, last=30)]
    for order in (dates, dates[::-1]):
        assert together(order, *pairs) == expected


def test_pregnancies_stay_in_the_order_in_which_they_began() -> None:
    dates = [dossier("a", 0, first=-250, last=0), dossier("b", 5, first=-100, last=5)]
    groups = grouped(dates, decided("a/b"))
    assert [g.dossiers[0][0] for g in groups] == ["a", "b"]
    assert [g.first_day for g in groups] == [DUE - timedelta(days=250), DUE - timedelta(days=100)]
