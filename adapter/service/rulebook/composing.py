"""The rulebook: the rules in force on a day as a document with which somebody can decide who does not know the code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from adapter.claims import Catalogue
from adapter.model.carepath import PHASES
from adapter.model.register import RuleParameters
from adapter.rules import RuleBook, Table, Variables, cells, cite, load_variables, source_lines, table_lines
from adapter.service.examples import PLAIN_CARE, WHO, Example, load_examples


def _text(mappings: Path) -> dict[str, Any]:
    """The words around the tables: steps, definitions, parameters. Empty parts where a folder has none of its own."""
    path = mappings / "rules" / "regelboek" / "tekst.yaml"
    found: dict[str, Any] = {"stappen": [], "begrippen": [], "parameters": {}, "inleiding": "", "gewoon": ""}
    return found | (yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {})


_MONTHS = "januari februari maart april mei juni juli augustus september oktober november december".split()  # noqa: SIM905


def compose(
    book: RuleBook, on: date, mappings: Path, catalogue: Catalogue, parameters: RuleParameters | None = None
) -> str:
    """The document, in Dutch (Markdown). `parameters`: of the IGO, the defaults where none is configured."""
    listed = (mappings / "rules" / "variables.yaml").is_file()
    variables = load_variables(mappings) if listed else Variables("", "provisional", (), {})
    tables = [book.table(decides, on) for decides in ("selectie", "scope", "stadium", "vroegsignaal")
              if decides in book.tables]  # fmt: skip
    choices = list(catalogue.tables.values())
    words = _text(mappings)
    lines = [
        f"# Regelboek op {on.isoformat()}",
        "",
        words["inleiding"],
        "",
        f"Versie van de regels: `{book.version}`; van de catalogus: `{catalogue.version}`.",
    ]
    lines += ["", "## Hoe een besluit tot stand komt", ""]
    lines += [f"{number}. {step}" for number, step in enumerate(words["stappen"], start=1)]
    lines += ["", "## Begrippen", "", "| begrip | betekenis | bron |", "|---|---|---|"]
    cited = {w["begrip"]: [book.sources[name] for name in w["cites"]] for w in words["begrippen"]}
    lines += [cells(w["begrip"], w["betekenis"], cite(tuple(cited[w["begrip"]]))) for w in words["begrippen"]]
    lines += _parameters(parameters or RuleParameters(), words["parameters"])
    lines += _answers(tables, variables)
    for table in tables:
        lines += table_lines(table, on)
    lines += [
        "",
        "## Welke prestatie",
        "",
        "Per fase, alleen bij igo. Codes ontbreken tot de officiële lijst is geladen.",
    ]
    for table in choices:
        lines += table_lines(table, on, level=3)
    lines += _provisional([*tables, *choices], on)
    lines += _examples(load_examples(mappings), book, on, words["gewoon"])
    lines += ["", *source_lines([*tables, *choices], on, [s for found in cited.values() for s in found])]
    return "\n".join(lines) + "\n"


def _parameters(given: RuleParameters, meanings: dict[str, str]) -> Iterator[str]:
    yield from ("", "## Parameters van de IGO", "")
    yield "Wat de tekst openlaat is een parameter in `[igo.rules]`; elke standaardwaarde is een eigen lezing."
    yield from ("", "| parameter | hier | betekenis |", "|---|---|---|")
    for parameter in fields(RuleParameters):
        yield cells(parameter.name, str(getattr(given, parameter.name)).lower(), meanings.get(parameter.name, ""))


def _answers(tables: Sequence[Table], variables: Variables) -> Iterator[str]:
    yield from ("", "## Hoe een vraag wordt beantwoord", "")
    yield "Het zwijgen van een bron is nooit een antwoord. Wat hier niet staat, volgt uit het gegeven zelf."
    yield from ("", "| tabel | gegeven | antwoord |", "|---|---|---|")
    for table in tables:
        for asked in table.inputs:
            question = variables.questions.get((table.decides, asked.name))
            if question is not None and question.text:
                yield cells(table.id, asked.name, question.text)


def _provisional(tables: Iterable[Table], on: date) -> Iterator[str]:
    yield from ("", "## Wat voorlopig is", "")
    yield "Deze regels rusten (mede) op een eigen lezing; zij wachten op de officiële tekst of een afspraak."
    yield from ("", "| tabel | regels |", "|---|---|")
    for table in tables:
        rows = [row.id for row in table.rows_on(on) if row.standing == "provisional"]
        if rows:
            yield cells(table.id, ", ".join(rows))


def _examples(examples: Sequence[Example], book: RuleBook, on: date, plain: str) -> Iterator[str]:
    yield from ("", "## Voorbeelden", "")
    yield "Elk voorbeeld is een test: de adapter geeft precies deze uitkomst. De organisaties van de voorbeelden:"
    yield from ("", "| organisatie | AGB | lid van de IGO als |", "|---|---|---|")
    for who in WHO.values():
        yield cells(who.name, who.agb or "onbekend", who.discipline or "geen lid")
    yield ""
    yield plain
    yield from ("", *_care(PLAIN_CARE))
    now = book.table("selectie", on)
    for example in examples:
        day = next((d for p in example.projection.phases if (d := p.start) is not None), example.projection.as_of)
        if book.table("selectie", date(day.year, 1, 2)) is now:
            yield from _example(example)


def _example(example: Example) -> Iterator[str]:
    told = example.told
    yield from ("", f"### {example.title}", "", f"`{example.id}`. Jaar {told['jaar']}. Anders dan gewoon:", "")
    rest = {
        k: _day(v) if k == "peildag" else v
        for k, v in told.items()
        if k not in ("jaar", "zorg", "extra_zorg", "verantwoordelijk")
    }
    said = [f"- {name.replace('_', ' ')}: {_spelled(value)}" for name, value in rest.items()]
    if "verantwoordelijk" in told:
        spans = [
            f"{WHO[r['wie']].name} van {_day(r.get('van'))} tot {_day(r.get('tot'))}" for r in told["verantwoordelijk"]
        ]
        said.append(f"- verantwoordelijk: {'; '.join(spans) or 'niemand bekend'}")
    if "zorg" in told:
        said.append(f"- alle zorg: {'zie hieronder' if told['zorg'] else 'geen bekend'}")
    if "extra_zorg" in told:
        said.append("- naast de gewone zorg: zie hieronder")
    yield from said or ["- niets"]
    if rows := [*told.get("zorg", ()), *told.get("extra_zorg", ())]:
        yield from ("", *_care(rows))
    yield from ("", "| fase | status | stadium | regel |", "|---|---|---|---|")
    for phase in PHASES:
        if phase in example.expected:
            wanted = example.expected[phase]
            yield cells(phase, wanted.status, wanted.stage, wanted.rule)


def _care(rows: Iterable[dict[str, str]]) -> Iterator[str]:
    yield from ("| dag | wie | zorg | lijn |", "|---|---|---|---|")
    for row in rows:
        kind = row["soort"].replace("_", " ")
        yield cells(_day(row.get("dag")), WHO[row["wie"]].name, kind, row.get("lijn", "").replace("_", " "))


def _day(text: object) -> str:
    """`06-01` as people write it: 1 juni."""
    if text is None:
        return "onbekend"
    month, day = str(text)[-5:].split("-")
    return f"{int(day)} {_MONTHS[int(month) - 1]}"


def _spelled(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{WHO[k].name if k in WHO else k} {_spelled(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(WHO[v].name if v in WHO else str(v) for v in value) or "geen"
    return WHO[value].name if isinstance(value, str) and value in WHO else str(value).lower()
