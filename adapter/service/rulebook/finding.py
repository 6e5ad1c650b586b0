"""On which day a rule is in force, so that a decision can lead to the rule it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from adapter.rules import Table, Validity


def day_in_force(tables: Iterable[Table], rule: str, wanted: date) -> date:
    """The wanted day where the rule holds on it, else the nearest on which it does; the wanted day for an unknown one.

    `rule` as a reason names it: a row, a table, or `<table>/<what it asks>`.
    """
    days = (_nearest(valid, wanted) for table in tables for valid in _periods(table, rule))
    return min(days, key=lambda day: abs(day - wanted), default=wanted)


def _periods(table: Table, rule: str) -> Iterator[Validity]:
    if rule == table.id or any(rule == f"{table.id}/{asked.name}" for asked in table.inputs):
        yield table.valid
    for row in table.rows:
        if row.id == rule:
            starts = [day for day in (table.valid.start, row.valid.start) if day is not None]
            ends = [day for day in (table.valid.end, row.valid.end) if day is not None]
            yield Validity(max(starts, default=None), min(ends, default=None))


def _nearest(valid: Validity, wanted: date) -> date:
    if valid.start is not None and wanted < valid.start:
        return valid.start
    return valid.end if valid.end is not None and valid.end < wanted else wanted
