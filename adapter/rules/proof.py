"""The proof of a table: complete over its inputs, one row for each combination, on every day of its validity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice, pairwise, product
from math import prod

from adapter.rules.faults import Fault, Faults
from adapter.rules.table import Row, Segment, Table, Validity, day_after, day_before

LARGEST = 200_000
"""More combinations than this cannot be proved by counting them; such a table is refused."""


def prove(table: Table, faults: Faults) -> tuple[Segment, ...]:
    """The segments of a table. Every hole and every overlap is a fault, with the combination in which it shows."""
    size = prod(len(i.values) for i in table.inputs)
    if size > LARGEST:
        what = f"{size} combinations of inputs; at most {LARGEST} can be proved"
        faults.add(table.line, table.id, what, table.file)
        return ()
    return tuple(_segment(table, valid, faults) for valid in _stretches(table))


def _stretches(table: Table) -> Iterator[Validity]:
    """Cut the validity of the table wherever a row begins or ends."""
    cuts = {row.valid.start for row in table.rows if row.valid.start}
    cuts |= {day_after(row.valid.end) for row in table.rows if row.valid.end and row.valid.end < date.max}
    start = table.valid.start
    for cut in sorted(cuts):
        if (start is None or cut > start) and (table.valid.end is None or cut <= table.valid.end):
            yield Validity(start, day_before(cut))
            start = cut
    yield Validity(start, table.valid.end)


def _segment(table: Table, valid: Validity, faults: Faults) -> Segment:
    day = valid.start or valid.end or date(2000, 1, 1)
    hits: dict[tuple[str, ...], Row] = {}
    clashes: set[tuple[str, str]] = set()
    for row in table.rows_on(day):
        for key in _combinations(table, row):
            other = hits.setdefault(key, row)
            if other is not row and (other.id, row.id) not in clashes:
                clashes.add((other.id, row.id))
                what = f"overlaps row {other.id!r} ({_agree(row, other)}) for {_spell(table, key)}, {valid}"
                faults.add(row.line, f"{table.id}/{row.id}", what, row.file)
    everything = product(*(i.values for i in table.inputs))
    holes = list(islice((key for key in everything if key not in hits), 4))
    for key in holes[:3]:
        faults.add(table.line, table.id, f"has no row for {_spell(table, key)}, {valid}", table.file)
    if len(holes) > 3:
        faults.add(table.line, table.id, f"has more combinations without a row, {valid}", table.file)
    return Segment(valid, tuple(i.name for i in table.inputs), hits)


def _combinations(table: Table, row: Row) -> Iterable[tuple[str, ...]]:
    return product(*(sorted(row.when[i.name]) if i.name in row.when else i.values for i in table.inputs))


def _agree(row: Row, other: Row) -> str:
    return "same outcome" if row.outcome == other.outcome else f"{row.outcome} against {other.outcome}"


def _spell(table: Table, key: tuple[str, ...]) -> str:
    return ", ".join(f"{i.name}={value}" for i, value in zip(table.inputs, key, strict=True)) or "no inputs"


def prove_succession(tables: Sequence[Table]) -> list[Fault]:
    """Tables that answer the same question must follow each other day by day, from always to further notice."""
    faults: list[Fault] = []
    ordered = sorted(tables, key=lambda t: t.valid.start or date.min)
    first, last = ordered[0], ordered[-1]
    if first.valid.start is not None:
        faults.append(_gap(first, f"nothing decides {first.decides!r} before {first.valid.start}"))
    for before, after in pairwise(ordered):
        start = after.valid.start
        if before.valid.end is None or start is None or start <= before.valid.end:
            faults.append(
                _gap(after, f"is valid {after.valid}, while {before.id!r} is valid {before.valid}: an overlap")
            )
        elif start != day_after(before.valid.end):
            faults.append(_gap(after, f"nothing decides {after.decides!r} between {before.valid.end} and {start}"))
    if last.valid.end is not None:
        faults.append(_gap(last, f"nothing decides {last.decides!r} after {last.valid.end}"))
    return faults


def _gap(table: Table, what: str) -> Fault:
    return Fault(table.file, table.line, table.id, what)
