"""How each question is answered, and what each word in the tables means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adapter.rules import Question, Table, Variables
from adapter.service.rulebook.document import Part, grid

CATALOGUE = "catalogus"


def question_of(table: Table, name: str, variables: Variables) -> Question | None:
    """The question of that name: of what the table decides, else of the catalogue."""
    found = variables.questions.get((table.decides, name))
    return found or variables.questions.get((CATALOGUE, name))


def answered(tables: Sequence[Table], variables: Variables) -> Part:
    """How each question of these tables is answered."""

    def rows() -> Iterator[tuple[str, str, str]]:
        for table in tables:
            for asked in table.inputs:
                question = question_of(table, asked.name, variables)
                if question is not None and question.text:
                    yield table.id, asked.name, question.text

    text = "Het zwijgen van een bron is nooit een antwoord."
    return Part("Hoe een vraag wordt beantwoord", (text,), tables=(grid(("tabel", "gegeven", "antwoord"), rows()),))


def words(tables: Sequence[Table], meanings: Mapping[str, Mapping[str, str]]) -> Part:
    """What each value and each outcome means that the tables use and no answer explains."""

    def rows() -> Iterator[tuple[str, str, str]]:
        used = {asked.name: None for table in tables for asked in table.inputs}
        for name in used:
            values = {value: None for table in tables for asked in table.inputs if asked.name == name
                      for value in asked.values}  # fmt: skip
            yield from ((name, value, meanings[name][value]) for value in values if value in meanings.get(name, {}))
        outcomes = {outcome: None for table in tables for outcome in table.outcomes}
        told = meanings.get("uitkomst", {})
        yield from (("uitkomst", outcome, told[outcome]) for outcome in outcomes if outcome in told)

    return Part("Woorden in de tabellen", tables=(grid(("gegeven", "woord", "betekenis"), rows()),))
