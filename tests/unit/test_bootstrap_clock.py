"""The clock of a simulated region stands at one day, whatever the hour and the season."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from adapter.bootstrap.clock import days_ago
from adapter.model.moments import AMSTERDAM, day_of

SUMMER = date(2024, 7, 29)


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2027, 3, 28), date(2027, 7, 1), date(2028, 2, 29)])
@pytest.mark.parametrize("hour", [0, 12, 23])
def test_it_is_as_late_as_it_is_now_on_the_day_itself(day: date, hour: int) -> None:
    moment = datetime(day.year, day.month, day.day, hour, 30, tzinfo=AMSTERDAM)
    shown = days_ago((day - SUMMER).days, lambda: moment.astimezone(UTC))()
    assert (shown.tzinfo, day_of(shown), shown.astimezone(AMSTERDAM).hour) == (UTC, SUMMER, hour)


def test_without_days_it_is_now() -> None:
    moment = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # the hour that comes twice
    assert days_ago(0, lambda: moment)() == moment
    assert abs(days_ago(0)() - datetime.now(UTC)) < timedelta(minutes=1)
