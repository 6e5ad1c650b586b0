"""What is inside and outside the integral prestatie: one case for each row, in each year whose text was read."""

from __future__ import annotations

from datetime import date

import pytest

from adapter.rules import evaluate
from tests.support.claims_world import book

# row, kind of care, discipline, line, phase, what the rules say
ROWS = [
    ("preconceptiezorg", "preconceptie", "verloskunde", "eerste_lijn", "prenataal", "buiten"),
    ("anticonceptiezorg", "anticonceptie", "verloskunde", "eerste_lijn", "postnataal", "buiten"),
    ("high-care", "high_care", "gynaecologie", "derde_lijn", "prenataal", "buiten"),
    ("guo", "guo", "gynaecologie", "derde_lijn", "prenataal", "buiten"),
    ("nipt", "nipt", "laboratorium", "onbekend", "prenataal", "buiten"),
    ("niet-genoemd", "neonatologie", "kindergeneeskunde", "tweede_lijn", "postnataal", "buiten"),
    ("kraamzorg", "kraamzorg", "kraamzorg", "eerste_lijn", "postnataal", "binnen"),
    ("diagnostiek", "termijnecho", "echoscopie", "eerste_lijn", "prenataal", "binnen"),
    ("echo", "echo", "echoscopie", "tweede_lijn", "prenataal", "binnen"),
    ("derde-lijn", "echo", "echoscopie", "derde_lijn", "prenataal", "high_care_mogelijk"),
    ("derde-lijn", "consult", "gynaecologie", "derde_lijn", "prenataal", "high_care_mogelijk"),
    ("verloskundig", "consult", "verloskunde", "eerste_lijn", "prenataal", "binnen"),
    ("verloskundig", "opname", "verpleegkunde", "tweede_lijn", "prenataal", "binnen"),
    ("verloskundig", "sectio", "onbekend", "tweede_lijn", "nataal", "binnen"),
    ("huisarts-verloskundig", "bevalling", "huisarts", "eerste_lijn", "nataal", "binnen"),
    ("huisarts-ander", "consult", "huisarts", "eerste_lijn", "prenataal", "onbekend"),
    ("kinderarts-antenataal", "consult", "kindergeneeskunde", "tweede_lijn", "prenataal", "binnen"),
    ("kinderarts-na-geboorte", "consult", "kindergeneeskunde", "tweede_lijn", "postnataal", "buiten"),
    ("kinderarts-onbekend", "consult", "kindergeneeskunde", "tweede_lijn", "onbekend", "onbekend"),
    ("andere-discipline", "consult", "overig", "tweede_lijn", "prenataal", "onbekend"),
    ("onbekende-soort", "overig", "verloskunde", "eerste_lijn", "prenataal", "onbekend"),
]


@pytest.mark.parametrize("year", [2022, 2023])
@pytest.mark.parametrize(("row", "kind", "discipline", "line", "phase", "says"), ROWS)
def test_scope(year: int, row: str, kind: str, discipline: str, line: str, phase: str, says: str) -> None:
    day = date(year, 5, 1)
    inputs = {"soort": kind, "discipline": discipline, "lijn": line, "fase": phase}
    outcome = evaluate(book().table("scope", day), inputs, day)
    assert (outcome.row.id, outcome.value) == (f"scope-{year}-{row}", says)


def test_every_row_has_its_case() -> None:
    for year in (2022, 2023):
        rows = {row.id for row in book().table("scope", date(year, 5, 1)).rows}
        assert rows == {f"scope-{year}-{case[0]}" for case in ROWS}


@pytest.mark.parametrize(("year", "cites"), [(2022, "BR/REG-22100"), (2023, "NR/REG-2312")])
def test_a_text_is_verified_only_for_the_year_it_was_read_for(year: int, cites: str) -> None:
    inputs = {"soort": "guo", "discipline": "gynaecologie", "lijn": "tweede_lijn", "fase": "prenataal"}

    def row(on: date) -> tuple[str, str]:
        found = evaluate(book().table("scope", on), inputs, on).row
        return found.citation, found.standing

    assert row(date(year, 6, 1)) == (cites, "verified")
    assert row(date(2021 if year == 2022 else 2024, 6, 1)) == (cites, "provisional")


def test_contraception_was_not_named_in_2022_and_is_excepted_in_2023() -> None:
    inputs = {"soort": "anticonceptie", "discipline": "verloskunde", "lijn": "eerste_lijn", "fase": "postnataal"}
    standing = {
        y: evaluate(book().table("scope", d), inputs, d).row.standing for y in (2022, 2023) for d in [date(y, 6, 1)]
    }
    assert standing == {2022: "provisional", 2023: "verified"}
