"""Dutch names as they are written in one EPD and in the next."""

from __future__ import annotations

from datetime import date

import pytest

from adapter.linking import Outcome, compare
from adapter.linking.blocking import tokens
from adapter.linking.names import family_key, family_names
from adapter.model.evidence import Evidence
from adapter.model.facts import Name, Person

HERE = Evidence("vp", "Patient/1", "1", "")
HOME = {"postal_code": "1621AB", "house_number": "12"}


def person(name: Name, born: date = date(1992, 3, 4), **more: str) -> Person:
    return Person("vp", "Patient/1", HERE, name=name, birth_date=born, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("van der Berg", "Berg"),
        ("VAN DEN BERG", "Vandenberg"),
        ("'t Hart", "Hart"),
        ("in 't Veld", "Veld"),
        ("Van Dijk", "van Dyk"),
        ("Groeneboom-Gräs", "groeneboom gras"),
        ("Yılmaz", "Yilmaz"),
        ("Sørensen", "Sorensen"),
        ("De la Cruz", "Cruz"),
    ],
)
def test_the_same_family_name(one: str, other: str) -> None:
    assert family_key(one) == family_key(other)


def test_a_name_that_is_all_prefix_stays_a_name() -> None:
    assert family_key("Ten") == "ten"
    assert family_key("Vos") != family_key("de Bos")


def test_a_double_name_is_known_by_its_parts_where_the_source_does_not_say_which_is_which() -> None:
    assert {"wit", "vermeer"} <= family_names(Name(family="de Wit-Vermeer"))
    assert {"wit", "vermeer"} <= family_names(Name(family="Vermeer e/v de Wit"))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (Name(given=("Anna",), family="de Wit-Vermeer"), "een deel van de dubbele naam komt overeen"),
        (Name(given=("Anna",), family="de Wit", own="Vermeer", partner="de Wit"), "dezelfde geslachtsnaam"),
        (Name(given=("Anna",), family="Vermear"), "bijna dezelfde geslachtsnaam"),
        (Name(given=("Anna",), family="de Wit"), "een andere geslachtsnaam"),
        (Name(given=("Maria", "Anna"), family="Vermeer"), "een van de voornamen komt overeen"),
        (Name(given=("Anne",), family="Vermeer"), "bijna dezelfde voornaam"),
        (Name(given=("A.",), family="Vermeer"), "dezelfde voorletter"),
        (Name(given=("B.",), family="Vermeer"), "een andere voorletter"),
    ],
)
def test_what_is_seen_in_a_name(name: Name, found: str) -> None:
    compared = compare(person(Name(given=("Anna",), family="Vermeer", own="Vermeer")), person(name))
    assert found in {e.what for e in compared.evidence}


@pytest.mark.parametrize("name", [("Vos", "Bos"), ("Wit", "Wet")])
def test_in_a_short_name_another_letter_is_another_name(name: tuple[str, str]) -> None:
    a, b = (person(Name(given=("Anna",), family=family)) for family in name)
    assert "een andere geslachtsnaam" in {e.what for e in compare(a, b).evidence}


@pytest.mark.parametrize("given", ["Eva", "Anne", "A."])
def test_a_twin_sister_is_never_linked_even_where_her_name_is_nearly_the_same(given: str) -> None:
    """Lisa and Isa, or both `A.`: born on one day, in one house. A person has to say."""
    twin = compare(
        person(Name(given=("Anna",), family="Vermeer"), **HOME),
        person(Name(given=(given,), family="Vermeer"), **HOME),
        agreeing_dates=True,
    )
    assert twin.outcome is Outcome.PROPOSED


@pytest.mark.parametrize(
    ("born", "outcome"),
    [
        (date(1992, 4, 3), Outcome.LINKED),  # day and month changed places
        (date(1993, 3, 4), Outcome.PROPOSED),  # one digit
        (date(1992, 3, 24), Outcome.PROPOSED),
        (date(1987, 11, 30), Outcome.APART),
    ],
)
def test_a_birth_date_that_is_nearly_right(born: date, outcome: Outcome) -> None:
    anna = Name(given=("Anna",), family="Vermeer")
    assert compare(person(anna, **HOME), person(anna, born, **HOME)).outcome is outcome


def test_records_find_each_other_past_each_thing_that_is_often_wrong() -> None:
    anna = person(Name(given=("Anna",), family="Vermeer"), **HOME)
    for other in (
        person(Name(given=("Anna",), family="de Wit")),  # her partner's name, moved
        person(Name(given=("A",), family="de Wit"), **HOME),  # her address
        person(Name(given=("A",), family="Vermeer")),  # her name
        person(Name(given=("Anna",), family="Vermeer"), date(1992, 4, 3)),  # swapped, moved
        person(Name(given=("Anna",), family="de Wit"), date(1972, 3, 4), **HOME),  # mistyped
    ):
        assert tokens(anna) & tokens(other)
