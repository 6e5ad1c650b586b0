"""The rulebook as a document: everything that somebody needs to decide with it, for the day asked about."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from adapter import rules
from adapter.model.identifiers import Agb, Ura
from adapter.model.register import Practitioner, RuleParameters
from adapter.rules import Table
from adapter.service.examples import load_examples
from adapter.service.rulebook import Rulebook, compose, markdown
from adapter.service.rulebook.words import question_of
from tests.support.claims_world import MAPPINGS, an_igo, book, catalogue
from tests.support.region_world import igo as registered_igo

DAYS = (date(2016, 6, 1), date(2021, 6, 1), date(2022, 6, 1), date(2024, 7, 29), date(2026, 6, 1))


@cache
def written(on: date, against: date | None = None, **parameters: str) -> Rulebook:
    igo = an_igo(**parameters) if parameters else None
    return compose(book(), on, MAPPINGS, catalogue(), igo, against)


@cache
def text(on: date, against: date | None = None, **parameters: str) -> str:
    return markdown(written(on, against, **parameters))


def tables_on(on: date) -> list[Table]:
    return [*(book().table(decides, on) for decides in book().tables), *catalogue().tables.values()]


@pytest.mark.parametrize("on", [date(2022, 6, 1), date(2024, 7, 29)])
def test_everything_that_decides_on_that_day_is_in_it(on: date) -> None:
    said = text(on)
    for decides in book().tables:
        for row in book().table(decides, on).rows_on(on):
            assert f"| {row.id} |" in said and row.text.replace("|", "\\|") in said
    for table in catalogue().tables.values():
        assert f"### {table.title}" in said
    for source in book().sources.values():
        if source.citation in said.split("## Bronnen")[0]:
            assert f"| {source.citation} |" in said.split("## Bronnen")[1]
    assert said.startswith(f"# Regelboek op {on.isoformat()}")
    assert "## Hoe een besluit tot stand komt\n\n1. " in said and "| bundelbreker |" in said


def test_every_question_of_the_selection_says_how_it_is_answered() -> None:
    questions = rules.load_variables(MAPPINGS).questions
    for on in (date(2022, 6, 1), date(2024, 7, 29)):
        said = text(on)
        for decides in ("selectie", "stadium"):
            table = book().table(decides, on)
            for asked in table.inputs:
                told = questions[decides, asked.name].text
                assert told and f"| {table.id} | {asked.name} | {told}" in said


def test_the_examples_are_those_of_the_regime() -> None:
    then, now = text(date(2022, 6, 1)), text(date(2024, 7, 29))
    assert "`experiment-breuk`" in then and "`experiment-breuk`" not in now
    assert "`regulier-overgenomen`" in now and "`regulier-overgenomen`" not in then
    assert "van 2 januari tot 1 mei; Ziekenhuis Elders van 1 mei tot 13 juli" in now
    every = then + now + text(date(2016, 1, 1))
    shown = [e.id for e in load_examples(MAPPINGS) if f"`{e.id}`" in every]
    assert shown == [e.id for e in load_examples(MAPPINGS)]


def test_the_parameters_are_those_of_the_igo() -> None:
    said = text(date(2024, 7, 29), member_care="any")
    assert "| member_care | any |" in said
    for parameter in fields(RuleParameters):
        (line,) = [line for line in said.splitlines() if line.startswith(f"| {parameter.name} |")]
        assert len(line.split("|")[3].strip()) > 10


def test_what_is_provisional_is_listed() -> None:
    said = text(date(2024, 7, 29)).split("## Wat voorlopig is")[1].split("## Voorbeelden")[0]
    assert "regulier-igo," in said and "vroeg-overdracht" in said and "scope-2023-high-care" in said


def test_a_folder_without_words_of_its_own_still_gives_its_tables(tmp_path: Path) -> None:
    said = markdown(compose(book(), date(2024, 7, 29), tmp_path, catalogue()))
    assert "| regulier-igo |" in said


@pytest.mark.parametrize("on", DAYS)
def test_every_word_of_a_condition_or_an_outcome_is_explained(on: date) -> None:
    """By the answer to its question, or in the list of words; a prestatie by its name."""
    variables = rules.load_variables(MAPPINGS)
    words = {(name, word) for name, word, _ in written(on).part("Woorden in de tabellen").tables[0].rows}
    known = {*catalogue().integral, *catalogue().mono}
    for table in tables_on(on):
        for asked in table.inputs:
            question = question_of(table, asked.name, variables)
            assert question is not None and question.text, (table.id, asked.name)
            for value in asked.values:
                told = re.search(rf"\b{re.escape(value)}\b", question.text) or (asked.name, value) in words
                assert told, (table.id, asked.name, value)
        for outcome in table.outcomes:
            assert ("uitkomst", outcome) in words or outcome in known, (table.id, outcome)


def test_every_variable_that_a_question_of_the_registered_kind_may_get_is_explained() -> None:
    """Also of questions that only a table of an IGO, or of a year to come, asks."""
    for (decides, name), question in rules.load_variables(MAPPINGS).questions.items():
        if question.values:
            assert question.text, (decides, name)


JARGON = (
    "bundel", "casemix", "high care", "derdelijnszorg", "UZOVI", "peildag", "contractdag", "signaal", "zwijg",
    "praktijkwissel", "discipline", "prestatie", "verantwoordelijk", "stadium", "afbreking", "16 weken", "onbepaald",
)  # fmt: skip


def test_the_words_of_the_trade_are_among_the_definitions() -> None:
    for on in DAYS[1:]:
        (table,) = written(on).part("Begrippen").tables
        defined = " ".join(row[0] for row in table.rows).lower()
        said = text(on).lower()
        for word in JARGON:
            assert word.lower() in said
            assert word.lower() in defined, word


def test_every_value_that_a_parameter_can_have_is_explained() -> None:
    meanings = {row[0]: row[2] for row in written(DAYS[-1]).part("Parameters van de IGO").tables[0].rows}
    for name, hint in get_type_hints(RuleParameters).items():
        values = get_args(hint) if get_origin(hint) is Literal else ("true", "false") if hint is bool else ()
        for value in values:
            assert value in meanings[name], (name, value)


def test_the_register_is_told_without_its_tariffs() -> None:
    igo = registered_igo()
    said = compose(book(), DAYS[-1], MAPPINGS, catalogue(), igo)
    (members,) = said.part("Het register van de IGO").tables
    assert [row[0] for row in members.rows] == [m.name for m in igo.members]
    (contracts,) = said.part("Contracten").tables
    assert len(contracts.rows) == len(igo.contracts)
    tariffs = {str(cents) for c in igo.contracts for cents in c.tariff.values()}
    assert tariffs and not any(cents in cell for cents in tariffs for row in contracts.rows for cell in row)


def test_which_rules_hold_when_is_told_whatever_the_day() -> None:
    for on in DAYS:
        rows = written(on).part("Welke regels wanneer gelden").tables[0].rows
        assert {row[1] for row in rows} == {t.title for tables in book().tables.values() for t in tables}
        assert {row[1] for row in rows if row[3] == "ja"} == {book().table(d, on).title for d in book().tables}


def test_what_differs_from_another_year_is_named() -> None:
    said = text(date(2026, 6, 1), against=date(2021, 6, 1))
    differs = said.split("## Verschillen met 2021-06-01")[1].split("\n## ")[0]
    assert "| vervallen | experiment-bundelbreker |" in differs
    assert "| nieuw | regulier-igo-met-zorg-buiten |" in differs
    assert "was: buiten. De NIPT wordt niet genoemd" in differs
    assert "| bron was: BR/REG-22100" in differs  # says the same, on another ground
    assert "| was: begeleiding-tot-16-weken." in differs and "| nieuw | verantwoordelijk |" in differs
    assert "fase-loopt" not in differs and "vroeg-" not in differs  # those did not change
    assert "## Verschillen" not in text(date(2026, 6, 1))


def test_the_same_rules_differ_in_nothing() -> None:
    said = written(date(2026, 6, 1), against=date(2025, 1, 1))
    assert said.part("Verschillen met 2025-01-01").text == ("Er is geen verschil.",)


def test_the_document_is_plain_tables() -> None:
    """What page and API write it from: every row has a cell for every head."""
    for part in written(DAYS[-1], against=DAYS[0]).parts:
        assert part.title and part.level in (2, 3)
        for table in part.tables:
            assert all(len(row) == len(table.head) for row in table.rows), part.title


def test_the_practitioners_of_the_register_are_told_where_it_names_any() -> None:
    people = [
        Practitioner("Anna", Agb("08900001"), date(2020, 1, 1), None, Agb("08001234")),
        Practitioner("Bea", Agb("08900002"), date(2020, 1, 1), date(2021, 1, 1), None, Ura("00012345")),
        Practitioner("Cor", Agb("08900003"), date(2020, 1, 1)),
    ]
    said = compose(book(), DAYS[-1], MAPPINGS, catalogue(), replace(an_igo(), practitioners=tuple(people)))
    (grid,) = said.part("Zorgverleners die lid zijn").tables
    assert [row[2] for row in grid.rows] == ["AGB 08001234", "URA 00012345", "elke"]
    assert grid.rows[1][3:] == ("2020-01-01", "2021-01-01")
    assert "Zorgverleners die lid zijn" not in [p.title for p in written(DAYS[-1]).parts]


OVERLAY = """
overlay:
  - table: selection-regular
    version: "1000.1"
    rows:
      - id: regulier-geen-contract
        when: {bevalling: [bekend, nvt], verzekerd: [ja, onbekend], contract: nee}
        outcome: onbepaald
        text: Deze verzekeraar besluit per geval.
        cites: [eigen-lezing]
        standing: provisional
"""


def test_what_is_otherwise_for_one_insurer_is_told(tmp_path: Path) -> None:
    path = tmp_path / "verzekeraar.yaml"
    path.write_text(OVERLAY, "utf-8")
    varied = rules.load(MAPPINGS, (), {"1000": [path], "2000": []})
    said = markdown(compose(varied, date(2024, 7, 29), MAPPINGS, catalogue()))
    own = said.split("## Afwijkend voor verzekeraar 1000")[1].split("\n## ")[0]
    assert "Deze verzekeraar besluit per geval." in own and "was: niet_igo." in own and "regulier-igo |" not in own
    assert "## Afwijkend voor verzekeraar 2000\n\nEr is geen verschil.\n" in said
    assert "Afwijkend voor verzekeraar 1" not in text(date(2024, 7, 29))
