"""Evaluate, explain, and turn: what a table says and what would change it; and the rule book as a document."""

from __future__ import annotations

from datetime import date

import pytest

from adapter import rules
from tests.support.claims_world import book

ON = date(2022, 5, 1)
IGO = {
    "bevalling": "nvt",
    "verzekerd": "ja",
    "contract": "ja",
    "minimum": "niet_gesteld",
    "lid": "ja",
    "zorg_buiten": "nee",
    "derde_lijn": "nee",
}


def experiment() -> rules.Table:
    return book().table("selectie", ON)


def test_the_row_and_every_condition_tested() -> None:
    said = rules.evaluate(experiment(), {**IGO, "zorg_buiten": "onbekend"}, ON)
    assert (said.value, said.row.id) == ("onbepaald", "experiment-zorg-buiten-onbekend")
    assert {t.input.name: t.verdict for t in said.trace} == {
        "bevalling": "met",
        "verzekerd": "met",
        "contract": "met",
        "minimum": "met",
        "lid": "met",
        "zorg_buiten": "unknown",
        "derde_lijn": "met",
    }
    zorg_buiten, derde_lijn = said.tested("zorg_buiten"), said.tested("derde_lijn")
    assert zorg_buiten is not None and zorg_buiten.decisive
    assert derde_lijn is not None and not derde_lijn.decisive
    assert said.tested("weer") is None


def test_near_misses_failed_on_one_condition() -> None:
    said = rules.evaluate(experiment(), {**IGO, "zorg_buiten": "ja"}, ON)
    assert "experiment-igo" in {miss.row.id for miss in said.near_misses}
    assert all(miss.value not in miss.wanted for miss in said.near_misses)


def test_an_answer_is_worked_out_once() -> None:
    assert rules.evaluate(experiment(), IGO, ON) is rules.evaluate(experiment(), dict(IGO), ON)


@pytest.mark.parametrize("inputs", [{**IGO, "lid": "misschien"}, {k: v for k, v in IGO.items() if k != "lid"}])
def test_an_unknown_or_missing_value_is_refused(inputs: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="selection-experiment: lid is"):
        rules.evaluate(experiment(), inputs, ON)


def test_a_day_outside_the_validity_is_refused() -> None:
    with pytest.raises(ValueError, match="valid 2017-01-01 t/m 2022-12-31, not on 2023-01-01"):
        rules.evaluate(experiment(), IGO, date(2023, 1, 1))


def test_a_question_that_no_table_decides() -> None:
    with pytest.raises(LookupError, match="no rule table decides 'weer'"):
        book().table("weer", ON)


def test_the_smallest_turn() -> None:
    def turns(**changes: str) -> list[set[tuple[str, str]]]:
        found = rules.counterfactuals(experiment(), {**IGO, **changes}, ON, "igo")
        return [{(turn.input.name, turn.after) for turn in group} for group in found]

    assert turns() == []
    assert turns(zorg_buiten="ja") == [{("zorg_buiten", "nee")}]
    assert turns(zorg_buiten="ja", contract="nee") == [{("contract", "ja"), ("zorg_buiten", "nee")}]
    assert turns(zorg_buiten="ja", contract="nee", lid="nee") == [
        {("contract", "ja"), ("lid", "ja"), ("zorg_buiten", "nee")}
    ]
    assert rules.counterfactuals(experiment(), IGO, ON, "iets anders") == ()


def test_a_turn_speaks_as_the_table_words_it() -> None:
    ((turn,),) = rules.counterfactuals(experiment(), {**IGO, "contract": "nee"}, ON, "igo")
    assert turn.text == "de IGO op {contractdag} een contract had met {verzekeraar}"
    assert rules.Turn(turn.input, "nee", "onbekend").text == f"{turn.input.question} onbekend"


def test_what_does_not_apply_cannot_be_turned() -> None:
    on = date(2024, 5, 1)
    regular = book().table("selectie", on)
    inputs = {**IGO, "verantwoordelijk": "nee", "kraamzorg_lid": "nvt"}
    found = rules.counterfactuals(regular, inputs, on, "igo")
    assert [[turn.input.name for turn in group] for group in found] == [["verantwoordelijk"]]


def test_only_unknown_answers_that_can_decide_are_pivotal() -> None:
    def pivotal(**changes: str) -> set[str]:
        return {i.name for i in rules.pivotal(experiment(), {**IGO, **changes}, ON)}

    assert pivotal() == set()
    assert pivotal(zorg_buiten="onbekend") == {"zorg_buiten"}
    assert pivotal(contract="onbekend", zorg_buiten="onbekend") == {"contract", "zorg_buiten"}
    assert pivotal(contract="onbekend", zorg_buiten="ja") == set()
    assert pivotal(derde_lijn="ja") == {"derde_lijn"}


def test_onbepaald_exactly_where_a_missing_answer_could_turn_it() -> None:
    """The tables as a whole: undecided if and only if the answers that are unknown can still decide.

    Two exceptions, stated: whether she is insured is taken as read unless she is known not to be; and where nobody
    knows whether there was a birth, the days that contract and insurer are asked for are not known either.
    """
    from itertools import product

    for table in book().tables["selectie"]:
        on = table.valid.end or date(2024, 5, 1)
        for key in product(*(i.values for i in table.inputs)):
            inputs = dict(zip((i.name for i in table.inputs), key, strict=True))
            if inputs.get("verzekerd") == "onbekend":
                continue
            undecided = rules.evaluate(table, inputs, on).value == "onbepaald"
            if inputs.get("bevalling") == "onbekend":
                assert undecided, inputs
                continue
            assert undecided == bool(rules.pivotal(table, inputs, on)), inputs


@pytest.mark.parametrize("on", [date(2010, 1, 1), date(2022, 5, 1), date(2024, 5, 1)])
def test_a_table_is_told_in_rows_of_text_those_of_the_day_alone(on: date) -> None:
    for decides in book().tables:
        table = book().table(decides, on)
        told = list(rules.rule_rows(table, on))
        assert [row[0] for row in told] == [row.id for row in table.rows if row.valid.holds(on)]
        assert all(len(row) == len(rules.RULES) and row[-1] in rules.STANDING.values() for row in told)
        assert [row[0] for row in rules.question_rows(table)] == [asked.name for asked in table.inputs]
        assert all(len(row) == len(rules.SOURCES) for row in rules.source_rows([table], on))


def test_a_rule_that_says_the_same_is_the_same_whatever_its_name() -> None:
    then, now = date(2022, 5, 1), date(2023, 5, 1)
    before, after = book().table("scope", then), book().table("scope", now)
    assert not list(rules.change_rows(after, now, after, now))
    told = {row[1]: row[0] for row in rules.change_rows(before, then, after, now)}
    assert told["scope-2023-kraamzorg"] == "bron was: BR/REG-22100; geverifieerd"
    assert told["scope-2023-anticonceptiezorg"].startswith("was: buiten. Anticonceptiezorg wordt niet genoemd")


def test_citations_and_standing() -> None:
    source = rules.Source("x", "Titel", "Artikel 1", None, True)
    assert rules.cite((source, source)) == "Artikel 1; Artikel 1"
    assert (rules.lowest("verified", "provisional"), rules.lowest("verified")) == ("provisional", "verified")
    assert experiment().input("lid").name == "lid"
