"""A rule book in which one row says something else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapter.rules import Row, RuleBook, Table


def otherwise(book: RuleBook, table: Table, row: Row, **changes: Any) -> RuleBook:
    """The rule book with one row otherwise."""
    changed = replace(row, **changes)
    segments = tuple(
        replace(s, hits={key: changed if hit is row else hit for key, hit in s.hits.items()}, memo={})
        for s in table.segments
    )
    rows = tuple(changed if r is row else r for r in table.rows)
    other = replace(table, rows=rows, segments=segments)
    tables = {d: tuple(other if t is table else t for t in known) for d, known in book.tables.items()}
    return replace(book, tables=tables, version="anders")
