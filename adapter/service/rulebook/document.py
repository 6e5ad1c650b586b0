"""The rulebook as plain parts and tables: what the page, the API and the Markdown document are all written from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of text; every row has a cell for every head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part under its heading: text, numbered steps, points, and tables, in this order. `level`: 2 or 3.

    `table`: the id of the table of rules that it tells, where it is one.
    """

    title: str
    text: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    tables: tuple[Grid, ...] = ()
    level: int = 2
    table: str | None = None


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules in force on a day (`on`), for an IGO where one is configured. Versions are hashes of the files."""

    on: date
    igo: str | None
    rules: str
    catalogue: str
    register: str | None
    text: tuple[str, ...]
    parts: tuple[Part, ...]

    def part(self, title: str) -> Part:
        """The part of that title. Raises `StopIteration` where there is none."""
        return next(part for part in self.parts if part.title == title)


def grid(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Grid:
    """A table from any rows."""
    return Grid(tuple(head), tuple(tuple(row) for row in rows))


def rules_in(book: Rulebook) -> frozenset[str]:
    """What a reason can name and this document tells: tables, what each asks (`<table>/<name>`), and rows."""
    found: set[str] = set()
    for part in book.parts:
        if part.table is not None:
            asked = {row[0] for table in part.tables if table.head[0] == "gegeven" for row in table.rows}
            rows = {row[0] for table in part.tables if table.head[0] == "regel" for row in table.rows}
            found |= {part.table, *rows, *(f"{part.table}/{name}" for name in asked)}
    return frozenset(found)


def markdown(book: Rulebook) -> str:
    """The document, in Markdown."""
    lines = [f"# Regelboek op {book.on.isoformat()}", ""]
    for text in book.text:
        lines += [text, ""]
    for part in book.parts:
        lines += [f"{'#' * part.level} {part.title}", "", *_part(part)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _part(part: Part) -> Iterator[str]:
    for text in part.text:
        yield from (text, "")
    if part.steps:
        yield from (f"{number}. {step}" for number, step in enumerate(part.steps, start=1))
        yield ""
    if part.points:
        yield from (f"- {point}" for point in part.points)
        yield ""
    for table in part.tables:
        yield _row(table.head)
        yield "|" + "---|" * len(table.head)
        yield from (_row(row) for row in table.rows)
        yield ""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
