"""Rule files laid over the rules that come with the product: those of an IGO, of an insurer, of a year to come.

An overlay has whole `tables` (one with a known id takes its place, another is added), `sources` to cite, and under
`overlay` changes to single tables: `rows` that take the place of the row with their id or are added, rows to `drop`,
`inputs` to change or add, and any of title, version, from, to, standing and outcomes. What comes out is proved as a
whole, as if it had been written in one file; a fault names the file in which its row stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adapter.rules.reading import Reader
from adapter.rules.yamlfile import Fields, Items, Node, Text

OVERLAY = frozenset({"tables", "sources", "overlay"})
_HEADER = ("title", "version", "from", "to", "standing", "outcomes")
_CHANGE = {"table", "drop", "rows", "inputs", *_HEADER}

Tables = dict[str, Fields]
"""Tables as written, by id."""


def table_nodes(reader: Reader) -> list[Fields]:
    """The tables of one file as written."""
    return [entry.fields for entry in reader.entries("tables")]


def lay_over(base: Tables, reader: Reader) -> Tables:
    """The tables with one overlay over them. What is wrong with the overlay itself is noted with its reader."""
    found = dict(base)
    for node in table_nodes(reader):
        found[_text(node, "id")] = node
    for change in reader.entries("overlay"):
        name = change.text("table")
        entry = change.named(name or "?")
        entry.only(_CHANGE)
        if name not in found:
            entry.fault(f"changes table {name!r}, which there is not; there are {', '.join(sorted(found))}")
            continue
        if change.optional("version") is None:
            entry.fault("'version' is missing: a table that was changed is another version")
        found[name] = _changed(found[name], entry)
    return found


def _changed(table: Fields, change: Reader) -> Fields:
    values = dict(table.values)
    for key in _HEADER:
        if (node := change.fields.get(key)) is not None:
            values[key] = node
    values["rows"] = _rows(table, change)
    inputs = table.get("inputs")
    more = change.mapping("inputs")
    if more:
        known = inputs.values if isinstance(inputs, Fields) else {}
        values["inputs"] = Fields({**known, **more}, table.line, table.file)
    return replace(table, values=values)


def _rows(table: Fields, change: Reader) -> Items:
    there = table.get("rows")
    rows: dict[str, Node] = {}
    for node in there.values if isinstance(there, Items) else ():
        rows[_text(node, "id")] = node
    for name in change.texts("drop"):
        if rows.pop(name, None) is None:
            change.fault(f"drops row {name!r}, which there is not", change.fields.get("drop"))
    for entry in change.entries("rows"):
        rows[_text(entry.fields, "id")] = entry.fields
    return Items(tuple(rows.values()), table.line, table.file)


def _text(node: Node, key: str) -> str:
    found = node.get(key) if isinstance(node, Fields) else None
    return found.value or "?" if isinstance(found, Text) else "?"


def id_of(node: Fields) -> str:
    """The id as written; `?` where there is none."""
    return _text(node, "id")


def by_id(nodes: Iterable[Fields]) -> Tables:
    """Tables by id; of two with one id the first, whose double is told elsewhere."""
    found: Tables = {}
    for node in nodes:
        found.setdefault(_text(node, "id"), node)
    return found
