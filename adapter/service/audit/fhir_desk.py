"""AuditEvent at the FHIR endpoint, for the log keeper."""

from __future__ import annotations

from dataclasses import dataclass

from adapter import fhir
from adapter.access import Context
from adapter.model.sources import FhirVersion
from adapter.service.audit.fhir_events import audit_event
from adapter.service.audit.fhir_search import read_question
from adapter.service.audit.logbook import Logbook
from adapter.service.endpoint.endpoint import FhirEndpoint

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of AuditEvents, the parameters that were used, and the number to go on behind.

    `total`: how many there are, where that alone was asked.
    """

    events: tuple[fhir.JsonObject, ...]
    used: Pairs
    next: int | None = None
    total: int | None = None


class FhirLog:
    """Every method asks the policy (`DeniedError`) and leaves an audit event."""

    def __init__(self, logbook: Logbook) -> None:
        self._logbook = logbook

    def search(self, ctx: Context, endpoint: FhirEndpoint, pairs: Pairs) -> Found:
        """A page. Raises `FhirFault` for parameters that cannot be read."""

        def woman_of(text: str) -> str | None:
            kind, _, id = text.rpartition("/")
            row = (
                endpoint.names.find("Patient", id, None, endpoint.names.refresh()) if kind in ("", "Patient") else None
            )
            return self._logbook.woman_of(row.record) if row is not None and row.record is not None else None

        question, used = read_question(pairs, woman_of)
        if question.limit == 0:
            return Found((), used, total=self._logbook.count(ctx, question))
        page = self._logbook.page(ctx, question)
        events = tuple(audit_event(line, endpoint.version) for line in page.lines)
        return Found(events, used, page.next)

    def read(self, ctx: Context, version: FhirVersion, id: str) -> fhir.JsonObject | None:
        """One, by its id."""
        number = int(id) if id.isascii() and id.isdigit() and len(id) < 16 else 0
        line = self._logbook.read(ctx, number)
        return None if line is None else audit_event(line, version)
