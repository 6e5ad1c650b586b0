"""The rule book as a document: Markdown in Dutch, for who has to agree with the rules or check them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from adapter.model.decision import Standing
from adapter.rules.book import RuleBook
from adapter.rules.table import Row, Source, Table

_STANDING: dict[Standing, str] = {"verified": "geverifieerd", "provisional": "eigen lezing"}


def rulebook(book: RuleBook, on: date) -> str:
    """The rules in force on that day: tables, rows, sources and their standing."""
    tables = [book.table(decides, on) for decides in sorted(book.tables)]
    lines = [
        f"# Regelboek op {on.isoformat()}",
        "",
        "De regels die op deze dag gelden. Elke tabel begint met de vragen die worden gesteld; daaronder staat per "
        "regel bij welke antwoorden hij geldt (*als*) en wat er dan volgt (*dan*). Precies één regel geldt; een vraag "
        "die bij een regel niet wordt genoemd, doet er dan niet toe. In een besluit staat de naam van de regel bij "
        "elke reden.",
        "",
        "*Geverifieerd*: de bron zelf is gelezen en zegt dit. *Eigen lezing*: de officiële tekst was niet beschikbaar "
        "of laat het open.",
        "",
        f"Versie van de regels: `{book.version}`.",
    ]
    for table in tables:
        lines += table_lines(table, on)
    lines += ["", *source_lines(tables, on)]
    return "\n".join(lines) + "\n"


def source_lines(tables: list[Table], on: date, more: Iterable[Source] = ()) -> Iterator[str]:
    """The sources that these tables cite on that day, and others beside them, as Markdown."""
    yield from ("## Bronnen", "", "| bron | titel | gelezen |", "|---|---|---|")
    cited = {s.id: s for s in (*_cited(tables, on), *more)}
    yield from (_source(cited[name]) for name in sorted(cited))


def table_lines(table: Table, on: date, level: int = 2) -> Iterator[str]:
    """One table as Markdown: its inputs, and its rows valid on that day. `level`: of its heading."""
    yield from ("", f"{'#' * level} {table.title}", "")
    yield f"Tabel `{table.id}`, versie {table.version}, geldig {table.valid}. Bestand: `{table.file}`."
    if table.inputs:
        yield from ("", "| gegeven | vraag | waarden | bron | status |", "|---|---|---|---|---|")
    for asked in table.inputs:
        values = ", ".join(asked.values)
        yield cells(asked.name, asked.question, values, asked.citation, _STANDING[asked.standing])
    yield from ("", "| regel | als | dan | toelichting | bron | status |", "|---|---|---|---|---|---|")
    for row in table.rows_on(on):
        yield cells(row.id, _when(table, row), row.outcome, row.text, row.citation, _STANDING[row.standing])


def _when(table: Table, row: Row) -> str:
    parts = [
        f"{i.name} = {' of '.join(v for v in i.values if v in row.when[i.name])}"
        for i in table.inputs
        if i.name in row.when
    ]
    return "; ".join(parts) or "altijd"


def _cited(tables: list[Table], on: date) -> list[Source]:
    cited = {s.id: s for t in tables for row in t.rows_on(on) for s in row.cites}
    cited |= {s.id: s for t in tables for i in t.inputs for s in i.cites}
    return [cited[key] for key in sorted(cited)]


def _source(source: Source) -> str:
    title = f"[{source.title}]({source.url})" if source.url else source.title
    return cells(source.citation, title, "ja" if source.read else "nee")


def cells(*cells: str) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
