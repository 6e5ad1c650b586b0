"""The outcome of a trial as a table: one row for each phase that changes."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.service.payment.sheets import Cell
from adapter.service.payment.whatif import TrialReport

HEADS = (
    "zwangerschap",
    "fase",
    "verzekeraar (UZOVI)",
    "was",
    "wordt",
    "prestatie was",
    "prestatie wordt",
    "bedrag was (cent)",
    "bedrag wordt (cent)",
    "waarom",
    "leden",
)


def rows(report: TrialReport) -> Iterator[tuple[Cell, ...]]:
    """In the order of the report."""
    for shift in report.changed:
        for p in shift.phases:
            yield (
                shift.pregnancy,
                p.phase,
                p.insurer,
                p.before.status,
                p.after.status,
                p.before.prestatie,
                p.after.prestatie,
                p.before.amount,
                p.after.amount,
                p.why,
                "; ".join(shift.members),
            )
