"""Statements as plain text, run at what the driver asks for it: SQLAlchemy takes ten times longer than the database.

Written once for both databases. A value stands as `:name`; a list of texts as `<names>`, a list of records (source,
woman) as `<<records>>`: `IN <names>`, `FROM <<records>> r CROSS JOIN …` (in this order SQLite looks each one up);
numbers as `<#ids>`: `FROM <#ids> r CROSS JOIN …` (r.id).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

_MARK = re.compile(r"<<(\w+)>>|<(\w+)>|<#(\w+)>|(?<!:):(\w+)")
_SQLITE = (
    "(SELECT json_extract(value, '$[0]') AS source, json_extract(value, '$[1]') AS woman FROM json_each(?))",
    "(SELECT value FROM json_each(?))",
    "(SELECT value AS id FROM json_each(?))",
    "?",
)
_POSTGRESQL = (
    "(SELECT * FROM unnest(%s::text[], %s::text[]) AS given (source, woman))",
    "(SELECT * FROM unnest(%s::text[]))",
    "(SELECT * FROM unnest(%s::bigint[]) AS given (id))",
    "%s",
)


def rows(connection: Connection, statement: str, **given: object) -> list[Any]:
    """Run a statement and give its rows."""
    is_sqlite = connection.dialect.name == "sqlite"
    words, names = _compiled(statement, is_sqlite)
    values: list[object] = []
    for kind, name in names:
        value: Any = given[name]
        if kind == 3:
            values.append(value)
        elif kind > 0:
            values.append(_json(sorted(value)) if is_sqlite else sorted(value))
        else:
            records = [(r.source, r.woman) for r in value]
            values += [_json(records)] if is_sqlite else [[r[n] for r in records] for n in range(2)]
    return run(connection, words, values)


def run(connection: Connection, words: str, values: Sequence[object], *, many: bool = False) -> list[Any]:
    """Run words of the driver's own; `many`: once for each of the values. Raises as SQLAlchemy does."""
    cursor = connection.connection.cursor()
    try:
        if many:
            cursor.executemany(words, cast(Any, values))
        else:
            cursor.execute(words, values)
        return [] if many or cursor.description is None else list(cursor.fetchall())
    except connection.dialect.loaded_dbapi.Error as error:
        kind = connection.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(words, None, error, kind, hide_parameters=True, dialect=connection.dialect) from error
    finally:
        cursor.close()


def _json(values: list[Any]) -> str:
    try:
        return orjson.dumps(values).decode()
    except TypeError:  # half a surrogate pair, which JSON can hold
        return json.dumps(values)


@cache
def _compiled(statement: str, is_sqlite: bool) -> tuple[str, tuple[tuple[int, str], ...]]:
    """The words for one database, and which values they want, in order, each with its kind."""
    said = _SQLITE if is_sqlite else _POSTGRESQL
    names: list[tuple[int, str]] = []

    def place(mark: re.Match[str]) -> str:
        kind = next(n for n in range(4) if mark[n + 1])
        names.append((kind, mark[kind + 1]))
        return said[kind]

    return _MARK.sub(place, statement), tuple(names)
