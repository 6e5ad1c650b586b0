"""How days, terms and amounts are written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from adapter.model.carepath import GestationalAge
from adapter.service import dutch


def test_days_and_instants():
    assert dutch.day(date(2024, 7, 29)) == "29 jul 2024"
    assert dutch.day(None) == "–"
    # Half past eleven at night in UTC is the next day in Amsterdam.
    assert dutch.instant(datetime(2024, 7, 29, 23, 30, tzinfo=UTC)) == "30 jul 2024 01:30"
    assert dutch.instant(date(2024, 3, 1)) == "1 mrt 2024"


@pytest.mark.parametrize(
    ("cents", "text"),
    [(None, "–"), (0, "€ 0,00"), (123400, "€ 1.234,00"), (-5, "-€ 0,05"), (123456789, "€ 1.234.567,89")],
)
def test_amounts(cents, text):
    assert dutch.euros(cents) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "onbekend"), (True, "ja"), (False, "nee"), (49.0, "49"), (49.5, "49,5"), ("thuis", "thuis")],
)
def test_values(value, text):
    assert dutch.value(value) == text


def test_terms_and_ages():
    assert dutch.term(GestationalAge(24, 3, "lmp")) == "24+3"
    assert dutch.age_in_years(date(2000, 2, 29), date(2024, 2, 28)) == 23
    assert dutch.age_in_years(date(2000, 2, 29), date(2024, 2, 29)) == 24
