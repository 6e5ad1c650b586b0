"""Writes the rulebook of a day: steps, definitions, parameters, register, tables, prestaties, examples, sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from adapter.claims import Catalogue
from adapter.model.register import Igo, RuleParameters
from adapter.rules import (
    QUESTIONS,
    RULES,
    SOURCES,
    RuleBook,
    Table,
    Variables,
    cite,
    load_variables,
    question_rows,
    rule_rows,
    source_rows,
)
from adapter.service.rulebook.document import Part, Rulebook, grid
from adapter.service.rulebook.exampled import examples
from adapter.service.rulebook.finding import day_in_force
from adapter.service.rulebook.prestaties import choices, prestaties
from adapter.service.rulebook.registered import registered
from adapter.service.rulebook.times import changes, times, variants
from adapter.service.rulebook.words import answered, words

DECIDES = ("selectie", "lidmaatschap", "scope", "stadium", "vroegsignaal")
"""The questions of the rules, in the order in which the document tells them."""


def compose(
    book: RuleBook,
    on: date,
    mappings: Path,
    catalogue: Catalogue,
    igo: Igo | None = None,
    against: date | None = None,
    rule: str | None = None,
) -> Rulebook:
    """The document of that day, in Dutch. `igo`: whose parameters and register it tells, the defaults where none is
    configured. `against`: another day; what differs from the rules of that day is then named. `rule`: one that is
    looked for; where it is not in force on that day, it is the nearest day on which it is.
    """
    if rule is not None:
        known = [*(table for family in book.tables.values() for table in family), *choices(catalogue)]
        on = day_in_force(known, rule, on)
    variables, text = _variables(mappings), _text(mappings)
    tables = [book.table(decides, on) for decides in DECIDES if decides in book.tables]
    chosen = choices(catalogue)
    every = [*tables, *chosen]
    parts = [
        Part("Hoe een besluit tot stand komt", steps=tuple(text["stappen"])),
        _definitions(book, text["begrippen"]),
        times(book, on),
        *(changes(book, catalogue, on, against) if against is not None else ()),
        _parameters(igo.rules if igo else RuleParameters(), text["parameters"]),
        *(registered(igo) if igo else ()),
        answered(every, variables),
        words(every, text["woorden"]),
        *variants(book, on),
        *(_table(table, on) for table in tables),
        *prestaties(catalogue, on),
        *(_table(table, on, level=3) for table in chosen),
        _provisional(every, on),
        *examples(mappings, book, on, text["gewoon"]),
    ]
    cited = [book.sources[name] for entry in text["begrippen"] for name in entry["cites"]]
    cited += [source for integral in catalogue.integral.values() for source in integral.cites]
    cited += [source for mono in catalogue.mono.values() for source in mono.cites]
    parts.append(Part("Bronnen", tables=(grid(SOURCES, source_rows(every, on, cited)),)))
    versions = f"Versie van de regels: `{book.version}`; van de catalogus: `{catalogue.version}`."
    return Rulebook(
        on=on,
        igo=igo.name if igo else None,
        rules=book.version,
        catalogue=catalogue.version,
        register=igo.version if igo else None,
        text=tuple(line for line in (text["inleiding"], versions) if line),
        parts=tuple(parts),
    )


def _text(mappings: Path) -> dict[str, Any]:
    """The words around the tables: steps, definitions, parameters. Empty parts where a folder has none of its own."""
    path = mappings / "rules" / "regelboek" / "tekst.yaml"
    found: dict[str, Any] = {
        "stappen": [],
        "begrippen": [],
        "woorden": {},
        "parameters": {},
        "inleiding": "",
        "gewoon": "",
    }
    return found | (yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {})


def _variables(mappings: Path) -> Variables:
    listed = (mappings / "rules" / "variables.yaml").is_file()
    return load_variables(mappings) if listed else Variables("", "provisional", (), {})


def _definitions(book: RuleBook, entries: Sequence[dict[str, Any]]) -> Part:
    rows = [(e["begrip"], e["betekenis"], cite(tuple(book.sources[name] for name in e["cites"]))) for e in entries]
    return Part("Begrippen", tables=(grid(("begrip", "betekenis", "bron"), rows),))


def _parameters(given: RuleParameters, meanings: dict[str, str]) -> Part:
    rows = [(p.name, str(getattr(given, p.name)).lower(), meanings.get(p.name, "")) for p in fields(RuleParameters)]
    text = "Wat de tekst openlaat is een parameter in `[igo.rules]`; elke standaardwaarde is een eigen lezing."
    return Part("Parameters van de IGO", (text,), tables=(grid(("parameter", "hier", "betekenis"), rows),))


def _table(table: Table, on: date, level: int = 2) -> Part:
    about = f"Tabel `{table.id}`, versie {table.version}, geldig {table.valid}. Bestand: `{table.file}`."
    asked = [grid(QUESTIONS, question_rows(table))] if table.inputs else []
    return Part(table.title, (about,), tables=(*asked, grid(RULES, rule_rows(table, on))), level=level, table=table.id)


def _provisional(tables: Iterable[Table], on: date) -> Part:
    def rows() -> Iterator[tuple[str, str]]:
        for table in tables:
            own = [row.id for row in table.rows_on(on) if row.standing == "provisional"]
            if own:
                yield table.id, ", ".join(own)

    text = "Deze regels rusten (mede) op een eigen lezing; zij wachten op de officiële tekst of een afspraak."
    return Part("Wat voorlopig is", (text,), tables=(grid(("tabel", "regels"), rows()),))
