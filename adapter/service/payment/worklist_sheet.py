"""The worklist as a table to take along, with Dutch heads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from adapter.service import dutch
from adapter.service.payment.sheets import Cell
from adapter.service.payment.worklist import WorkItem

HEADS = (
    "zwangerschap",
    "stand op",
    "besluit",
    "stadium",
    "grond",
    "fase",
    "stand van de fase",
    "verzekeraar (UZOVI)",
    "dagen sinds einde fase",
    "prenataal",
    "nataal",
    "postnataal",
    "ontbreekt",
    "risico",
    "zorg buiten de IGO",
    "leden",
    "besluit van een persoon",
)
_OVERRIDE = {"in_force": "van kracht", "proposed": "wacht op tweede persoon"}


def rows(items: Iterable[WorkItem]) -> Iterator[tuple[Cell, ...]]:
    """One row for each pregnancy."""
    for item in items:
        phases = {p.phase: p for p in item.phases}
        yield (
            item.pregnancy,
            item.as_of,
            dutch.STATUS[item.status],
            item.stage,
            dutch.STANDING[item.standing],
            item.phase,
            dutch.PHASE_STATE[item.phase_state] if item.phase_state else None,
            item.insurer,
            item.days,
            *(
                phases[name].prestatie or dutch.STATUS.get(phases[name].status or "", "")
                for name in ("prenataal", "nataal", "postnataal")
            ),
            "; ".join(item.missing),
            "; ".join(item.risk),
            "; ".join(item.outside),
            "; ".join(item.members),
            _OVERRIDE.get(item.override or "", ""),
        )
