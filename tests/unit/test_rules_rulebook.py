"""The rulebook as a document: everything that somebody needs to decide with it, for the day asked about."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from adapter import rules
from adapter.model.register import RuleParameters
from adapter.service.examples import load_examples
from adapter.service.rulebook import compose
from tests.support.claims_world import MAPPINGS, book, catalogue


def text(on: date, **parameters: str) -> str:
    return compose(book(), on, MAPPINGS, catalogue(), RuleParameters(**parameters) if parameters else None)  # type: ignore[arg-type]


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
    shown = [e.id for e in load_examples(MAPPINGS) if f"`{e.id}`" in then + now + text(date(2016, 1, 1))]
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
    said = compose(book(), date(2024, 7, 29), tmp_path, catalogue())
    assert "| regulier-igo |" in said
