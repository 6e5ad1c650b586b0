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
    assert dutch.term(GestationalAge(44, 0, "lmp")) == "44+0"
    assert dutch.term(GestationalAge(44, 1, "lmp")) == "–", "a dossier that nobody closed"
    assert dutch.age_in_years(date(2000, 2, 29), date(2024, 2, 28)) == 23
    assert dutch.age_in_years(date(2000, 2, 29), date(2024, 2, 29)) == 24


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("begeleiden van bevalling (verrichting)", "begeleiden van bevalling"),
        ("Deltaziekenhuis (fictief)", "Deltaziekenhuis (fictief)"),
        ("monochoriaal_diamniotisch is aangehouden", "monochoriaal diamniotisch is aangehouden"),
        ("05-10-2024 is aangehouden; ook 40-13-2024", "5 okt 2024 is aangehouden; ook 40-13-2024"),
    ],
)
def test_names_and_sentences_without_tags_underscores_or_another_notation_of_days(sent, shown):
    assert dutch.plain(sent) == shown


def test_facts_have_their_unit_and_both_name_and_number_of_the_insurer():
    assert dutch.fact("kraamzorg_hours", 49.0, None) == "49 uur"
    assert dutch.fact("kraamzorg_hours", None, None) == "onbekend"
    assert dutch.fact("insurer", "1000", "Verzekeraar Eén") == "Verzekeraar Eén (1000)"
    assert dutch.fact("fetuses", 2, "tweelingzwangerschap (aandoening)") == "2"
    assert dutch.fact("place_of_birth", "thuis", "thuisbevalling (bevinding)") == "thuisbevalling"


def test_an_outcome_and_a_hash_are_never_shown_raw():
    assert dutch.said("outcome", "stillbirth") == "doodgeboorte"
    assert dutch.is_fingerprint("b40a1091aff5a3ee")
    assert not dutch.is_fingerprint("igo")
    assert not dutch.is_fingerprint(None)
