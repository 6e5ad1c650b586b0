"""Lines of the audit log as a table to take along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from adapter.model.moments import iso
from adapter.service.audit.lines import LogLine
from adapter.service.payment.sheets import Cell

HEADS = (
    "regel",
    "tijdstip (UTC)",
    "gebeurtenis",
    "actie",
    "uitkomst",
    "reden",
    "gebruiker",
    "naam",
    "soort",
    "organisatie",
    "naam organisatie",
    "rollen",
    "systeem",
    "doel",
    "noodtoegang",
    "vrouw",
    "wat",
    "vraag",
    "beleid",
    "grond en controles",
    "netwerkadres",
    "verzoek",
    "token",
)


def rows(lines: Iterable[LogLine]) -> Iterator[list[Cell]]:
    """One row for each line."""
    for line in lines:
        event = line.event
        yield [
            line.number,
            iso(event.recorded),
            event.type.value,
            event.action.value,
            event.outcome.value,
            event.reason,
            event.user,
            event.user_name,
            event.kind.value,
            event.organisation,
            line.organisation_name,
            ", ".join(event.roles),
            event.client,
            event.purpose_of_use,
            event.emergency,
            event.patient,
            "; ".join(f"{each.kind} {each.reference}".strip() for each in event.entities),
            event.query,
            event.policy,
            "; ".join(event.checks),
            event.network,
            event.request_id,
            event.token,
        ]
