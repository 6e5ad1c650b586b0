"""A person's name as it is shown."""

from __future__ import annotations

import pytest

from adapter.model.facts import Name, called


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (Name("Anna de Vries", ("A.",), "Vries"), "Anna de Vries"),
        (Name(None, ("Anna", "Maria"), "de Vries-Bakker"), "Anna Maria de Vries-Bakker"),
        (Name(None, ("Anna",), None, "Vries", "de"), "Anna de Vries"),
        (Name(None, (), "Vries"), "Vries"),
        (Name(), None),
    ],
)
def test_a_name_without_a_whole_text_is_put_together(name: Name, shown: str | None) -> None:
    assert name.shown == shown


def test_a_whole_text_of_any_source_goes_before_a_name_put_together() -> None:
    apart, whole = Name(None, ("Anna",), "de Vries"), Name("Anna Maria de Vries")
    assert called([apart, whole]) == "Anna Maria de Vries"
    assert called([Name(), apart]) == "Anna de Vries"
    assert called([Name()]) is None
