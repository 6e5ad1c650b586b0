"""How often she is seen: every 4 weeks from 16, every 3 from 24, every 2 from 30, weekly from 36; a week's slack."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from adapter.carepath.expected import Rhythm, Step
from adapter.carepath.rhythm import kept
from adapter.model.carepath import CareMoment
from adapter.model.facts import ActKind as A
from adapter.model.facts import StatementKind as K
from builders_carepath import ECHO, ERASMUS, day, path, practice, zorgpad

ZERO = date(2024, 1, 1)
RHYTHM = next(m.rhythm for m in zorgpad().moments if m.rhythm is not None)
GOOD = (12, 16, 20, 24, 27, 30, 32, 34, 36, 37, 38, 39)


def weeks(*given: float) -> list[date]:
    return [ZERO + timedelta(days=round(7 * w)) for w in given]


def seen(
    on: float, checks: Iterable[float], since: float = 8, ended: float | None = None, **more: object
) -> CareMoment:
    start, today = weeks(since, on)
    source = practice().dossier(start.isoformat()).act(A.CONSULT, start)
    source.says(K.EDD, ZERO + timedelta(days=280), start, basis="definitive")
    for check in weeks(*checks):
        source.act(A.CONSULT, check)
    if ended is not None:
        source.says(K.BIRTH, weeks(ended)[0])
    view = path(source, on=today.isoformat(), **more)  # type: ignore[arg-type]
    return next(m for m in view.moments if m.moment == "controles")


def test_the_rhythm_is_that_of_the_national_file() -> None:
    assert [(s.first // 7, s.every) for s in RHYTHM.steps] == [(16, 28), (24, 21), (30, 14), (36, 7)]
    assert [RHYTHM.every(7 * w) for w in (10, 16, 23, 24, 29, 30, 35, 36, 42)] == [28, 28, 28, 21, 21, 14, 14, 7, 7]


def test_before_sixteen_weeks_it_is_to_come() -> None:
    assert seen(15, [12]).state == "upcoming"


def test_kept_so_far_the_next_is_to_come_and_the_window_says_when() -> None:
    found = seen(25, [12, 16, 20, 24])
    assert (found.state, found.why) == ("upcoming", None)
    assert (found.window.from_, found.window.to) == tuple(weeks(27, 28))
    assert len(found.acts) == 3  # those from 16 weeks


def test_a_week_late_is_no_gap_and_a_day_more_is() -> None:
    assert seen(28, [16, 20, 24]).state == "upcoming"
    late = seen(28 + 1 / 7, [16, 20, 24])
    assert late.state == "gap"
    assert "29 dagen (verwacht hoogstens 21)" in str(late.why)


def test_a_hole_that_is_past_is_said_and_is_no_gap_any_more() -> None:
    found = seen(31, [16, 26, 29, 30.5])
    assert found.state == "upcoming"
    assert "70 dagen (verwacht hoogstens 28)" in str(found.why)


def test_after_the_birth_it_was_kept_or_kept_too_late() -> None:
    assert [seen(45, GOOD, ended=40).state, seen(45, GOOD, ended=40).timing] == ["done", None]
    found = seen(45, [w for w in GOOD if w != 37], ended=40)
    assert (found.state, found.timing) == ("done", None)  # a week later is within the slack
    found = seen(45, [w for w in GOOD if w != 34] + [35.5], ended=40)
    assert (found.state, found.timing) == ("done", "late")


def test_contacts_that_were_left_out_altogether_are_a_gap_when_it_is_over() -> None:
    found = seen(45, [w for w in GOOD if w not in (32, 34)], ended=40)
    assert (found.state, found.timing) == ("gap", None)
    assert "42 dagen (verwacht hoogstens 14)" in str(found.why)
    assert len(found.acts) == 9


def test_seen_by_nobody_after_sixteen_weeks_is_a_gap() -> None:
    assert seen(45, [], ended=40).state == "gap"


def test_a_pregnancy_that_ended_before_sixteen_weeks_has_no_rhythm() -> None:
    assert seen(20, [12], ended=14).state == "not_applicable"


def test_a_silent_hospital_may_have_seen_her() -> None:
    found = seen(45, [16], ended=40, not_asked=(ERASMUS,))
    assert (found.state, found.why) == ("unknown", "Erasmus MC is niet gevraagd.")
    assert seen(45, [16], ended=40, not_asked=(ECHO,)).state == "gap"


def test_who_comes_into_care_late_is_counted_from_then() -> None:
    assert seen(33, [30, 32], since=29).why is None


@pytest.mark.parametrize("until", range(16 * 7, 42 * 7, 5))
def test_a_contact_on_each_day_that_it_is_due_keeps_it_on_any_day(until: int) -> None:
    days, last = [], 14 * 7
    while last <= until:
        days.append(ZERO + timedelta(days=last))
        last += RHYTHM.every(last)
    found = kept(RHYTHM, days, since=days[0], until=ZERO + timedelta(days=until), zero=ZERO)
    assert (found.missed, found.overdue) == ((), False)


def test_contacts_before_the_rhythm_count_from_its_start() -> None:
    short = Rhythm((Step(70, 140, 14),), 0)
    found = kept(short, weeks(5), since=weeks(5)[0], until=weeks(11)[0], zero=ZERO)
    assert found.due == weeks(12)[0]
    assert found.missed == ()
    assert day("2024-01-01") == ZERO
