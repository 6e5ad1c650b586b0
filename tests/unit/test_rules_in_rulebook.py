"""From a decision to the rule in the rulebook: every rule that a reason can name stands there on some day."""

from __future__ import annotations

from datetime import date

import pytest

from adapter.service.rulebook import compose, rules_in
from doors.sample import MAPPINGS, book, catalogue

TODAY = date(2026, 6, 1)


def every_rule() -> list[str]:
    tables = [t for family in book().tables.values() for t in family] + list(catalogue().tables.values())
    return sorted(
        {name for t in tables for name in (t.id, *(r.id for r in t.rows), *(f"{t.id}/{i.name}" for i in t.inputs))}
    )


@pytest.fixture(scope="module")
def told() -> dict[date, frozenset[str]]:
    return {}


def test_every_rule_stands_in_the_rulebook_of_the_day_that_is_found_for_it(told):
    for rule in every_rule():
        found = compose(book(), TODAY, MAPPINGS, catalogue(), rule=rule) if not _in(told, rule) else None
        if found is not None:
            told[found.on] = rules_in(found)
        assert _in(told, rule), rule
    assert len(told) > 1  # also those that are no longer in force


def _in(told: dict[date, frozenset[str]], rule: str) -> bool:
    return any(rule in rules for rules in told.values())


@pytest.mark.parametrize(
    ("rule", "wanted", "on"),
    [
        ("experiment-bundelbreker", TODAY, date(2022, 12, 31)),
        ("experiment-bundelbreker", date(2021, 6, 1), date(2021, 6, 1)),
        ("selection-experiment/zorg_buiten", TODAY, date(2022, 12, 31)),
        ("selection-regular", date(2021, 6, 1), date(2023, 1, 1)),
        ("regulier-igo", TODAY, TODAY),
        ("een-regel-van-een-persoon", TODAY, TODAY),
    ],
)
def test_it_is_the_day_asked_about_or_the_nearest(rule: str, wanted: date, on: date):
    found = compose(book(), wanted, MAPPINGS, catalogue(), rule=rule)
    assert found.on == on
    assert (rule in rules_in(found)) is (rule != "een-regel-van-een-persoon")
