"""The plan as a table to take along: one row for each week, a column for each intended place, Dutch heads."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.service.payment.sheets import Cell
from adapter.service.planning.plan import PLACES, Plan

HEADS = ("week", "van", "tot en met", "bevallingen", "kinderen", "waarvan onzeker", *PLACES)


def rows(plan: Plan) -> Iterator[tuple[Cell, ...]]:
    """One row for each week."""
    for week in plan.weeks:
        places = (week.places.get(place, 0) for place in PLACES)
        yield (week.week, week.from_, week.to, week.births, week.children, week.uncertain, *places)
