"""A table as plain rows of text, in Dutch: its questions, its rules, and what changed between two tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from adapter.model.decision import Standing
from adapter.rules.table import Row, Source, Table

STANDING: dict[Standing, str] = {"verified": "geverifieerd", "provisional": "eigen lezing"}
QUESTIONS = ("gegeven", "vraag", "waarden", "bron", "status")
RULES = ("regel", "als", "dan", "toelichting", "bron", "status")
SOURCES = ("bron", "titel", "vindplaats", "gelezen")
CHANGES = ("verschil", "regel", "als", "dan", "toelichting", "bron", "status")

Cells = tuple[str, ...]


def question_rows(table: Table) -> Iterator[Cells]:
    """What a table asks, under `QUESTIONS`."""
    for asked in table.inputs:
        yield asked.name, asked.question, ", ".join(asked.values), asked.citation, STANDING[asked.standing]


def rule_rows(table: Table, on: date) -> Iterator[Cells]:
    """Its rows valid on that day, under `RULES`."""
    for row in table.rows_on(on):
        yield _told(table, row)


def source_rows(tables: Iterable[Table], on: date, more: Iterable[Source] = ()) -> Iterator[Cells]:
    """The sources that these tables cite on that day, and others beside them, under `SOURCES`."""
    cited = {s.id: s for s in more}
    for table in tables:
        cited |= {s.id: s for row in table.rows_on(on) for s in row.cites}
        cited |= {s.id: s for asked in table.inputs for s in asked.cites}
    for name in sorted(cited):
        source = cited[name]
        yield source.citation, source.title, source.url or "", "ja" if source.read else "nee"


def change_rows(before: Table, then: date, after: Table, now: date) -> Iterator[Cells]:
    """How the rules of `after` on one day differ from those of `before` on another, under `CHANGES`.

    Rules are the same by what they say, not by their name: the same conditions with the same outcome, text, sources
    and standing.
    """
    was = {_conditions(before, row): row for row in before.rows_on(then)}
    new = {_conditions(after, row): row for row in after.rows_on(now)}
    for key, row in new.items():
        old = was.get(key)
        if old is None:
            yield "nieuw", *_told(after, row)
        elif _says(old) != _says(row):
            yield _was(old, row), *_told(after, row)
    for key, row in was.items():
        if key not in new:
            yield "vervallen", *_told(before, row)


def _told(table: Table, row: Row) -> Cells:
    return row.id, _when(table, row), row.outcome, row.text, row.citation, STANDING[row.standing]


def _when(table: Table, row: Row) -> str:
    parts = [
        f"{i.name} = {' of '.join(v for v in i.values if v in row.when[i.name])}"
        for i in table.inputs
        if i.name in row.when
    ]
    return "; ".join(parts) or "altijd"


def _conditions(table: Table, row: Row) -> frozenset[tuple[str, frozenset[str]]]:
    """What the row asks: a question to which any answer will do is not asked."""
    every = {asked.name: frozenset(asked.values) for asked in table.inputs}
    return frozenset((name, values) for name, values in row.when.items() if values != every[name])


def _was(old: Row, row: Row) -> str:
    """What it was; of a rule that only rests on another source, that source alone."""
    standing = STANDING[old.standing]
    grounds = old.citation if old.citation.endswith(standing) else f"{old.citation}; {standing}"
    if (old.outcome, old.text) == (row.outcome, row.text):
        return f"bron was: {grounds}"
    return f"was: {old.outcome}. {old.text} [{grounds}]"


def _says(row: Row) -> tuple[str, str, str, str]:
    return row.outcome, row.text, row.citation, row.standing
