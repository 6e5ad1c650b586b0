"""The casemix as a table to take along, with Dutch heads and what it was made by."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.service.payment.casemix import Casemix, Cell
from adapter.service.payment.sheets import Cell as SheetCell

HEADS = (
    "groep",
    "fasen",
    "zorg door leden",
    "zorg buiten de IGO",
    "fasen met zorg buiten",
    "gebroken bundels (experiment)",
    "kosten zorg buiten (euro)",
    "integraal te declareren (euro)",
    "stand op",
    "definities",
    "minimum",
)
HIDDEN = "<min"


def rows(found: Casemix) -> Iterator[tuple[SheetCell, ...]]:
    """One row for each group, the total last."""
    for cell in (*found.cells, found.total):
        yield (*_row(cell), found.as_of, f"versie {found.version}, {found.standing}", found.minimum_cell)


def _row(cell: Cell) -> tuple[SheetCell, ...]:
    counts = (cell.phases, cell.by_members, cell.outside, cell.with_outside, cell.broken)
    money = (cell.outside_cost, cell.claimed)
    return (cell.name, *(HIDDEN if c is None else c for c in counts), *("" if m is None else m // 100 for m in money))
