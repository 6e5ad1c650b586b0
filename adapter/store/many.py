"""Insert many rows at what the driver asks for it: for each value, SQLAlchemy takes longer than the database."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert

from adapter.store import plain


def insert_many(connection: Connection, table: Table, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows that hold these columns, in this order, as the driver takes them: texts, numbers, bytes, None."""
    statement, placed = _compiled(connection.dialect, table, names)
    given = [tuple(row) for row in rows] if placed else [dict(zip(names, row, strict=True)) for row in rows]
    if given:
        plain.run(connection, statement, given, many=True)


@cache
def _compiled(dialect: Dialect, table: Table, names: tuple[str, ...]) -> tuple[str, bool]:
    """The statement, and whether it takes its values by place."""
    compiled = insert(table).compile(dialect=dialect, column_keys=list(names))
    placed: Any = getattr(compiled, "positiontup", None)
    if placed is not None and tuple(placed) != names:
        raise AssertionError(f"{table.name}: the columns are wanted in the order of the table")
    return str(compiled), placed is not None
