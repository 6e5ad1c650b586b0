from datetime import UTC, date, datetime

import pytest

from adapter.model.moments import (
    FIRST_INSTANT,
    LAST_INSTANT,
    Span,
    day_of,
    end_instant_of,
    instant_of,
    iso,
    parse_moment,
)


def test_a_day_stays_a_day_and_an_instant_becomes_utc() -> None:
    assert parse_moment("2024-07-29") == date(2024, 7, 29)
    assert parse_moment("2024-07-24T14:38:00+02:00") == datetime(2024, 7, 24, 12, 38, tzinfo=UTC)
    assert iso(parse_moment("2024-07-24T14:38:00+02:00")) == "2024-07-24T12:38:00Z"
    assert iso(date(2024, 7, 29)) == "2024-07-29"


def test_a_partial_date_is_read_as_its_first_day() -> None:
    assert parse_moment("2024") == date(2024, 1, 1)
    assert parse_moment("2024-05") == date(2024, 5, 1)


@pytest.mark.parametrize(
    "text", ["", "2026-02-30", "24-01-01", "2024-1-1", "2024-01-01T10:00:00", "gisteren", "2024-01-01-01"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_moment(text)


def test_a_leap_second_is_read_as_the_second_before_it() -> None:
    assert parse_moment("2016-12-31T23:59:60Z") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert parse_moment("2017-01-01T00:59:60.5+01:00") == datetime(2016, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)
    with pytest.raises(ValueError, match="second"):
        parse_moment("2017-01-01T00:58:60Z")


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_an_instant_outside_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="outside the calendar"):
        parse_moment(text)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_first_and_last_day_of_the_calendar_are_days_like_any_other(day: date) -> None:
    assert FIRST_INSTANT <= instant_of(day) <= end_instant_of(day) <= LAST_INSTANT
    assert end_instant_of(date.max) == LAST_INSTANT


@pytest.mark.parametrize("instant", [FIRST_INSTANT, LAST_INSTANT])
def test_the_first_and_last_instant_have_a_day(instant: datetime) -> None:
    assert day_of(instant) in {date.min, date.max}
    assert instant_of(instant) == instant and parse_moment(iso(instant))


def test_a_day_is_counted_in_amsterdam() -> None:
    late = datetime(2024, 12, 31, 23, 30, tzinfo=UTC)
    assert day_of(late) == date(2025, 1, 1)
    assert instant_of(date(2024, 7, 1)) == datetime(2024, 6, 30, 22, tzinfo=UTC)
    assert end_instant_of(date(2024, 7, 1)) == datetime(2024, 7, 1, 22, tzinfo=UTC)
    assert end_instant_of(late) == late


def test_a_span_covers_both_its_ends_and_an_open_side_has_no_bound() -> None:
    span = Span(date(2024, 1, 6), date(2024, 1, 17))
    assert span.covers(date(2024, 1, 6)) and span.covers(date(2024, 1, 17))
    assert not span.covers(date(2024, 1, 18)) and not span.covers(date(2024, 1, 5))
    assert Span(None, None).covers(date(1900, 1, 1))


def test_spans_overlap_when_they_share_a_day() -> None:
    first, second = Span(date(2024, 1, 6), date(2024, 1, 17)), Span(date(2024, 1, 18), None)
    assert not first.overlaps(second) and not second.overlaps(first)
    assert first.overlaps(Span(date(2024, 1, 17), None))
    assert Span(None, None).overlaps(first)
