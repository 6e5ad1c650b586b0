"""The audit log as the doors reach it."""

from __future__ import annotations

from adapter.service.audit.fhir_desk import FhirLog
from adapter.service.audit.inzage import Inzage
from adapter.service.audit.logbook import Logbook
from adapter.service.rooms import Rooms


class AuditDesk:
    """`logbook`: for the log keeper. `inzage`: for the woman. `fhir`: AuditEvents at the FHIR endpoint."""

    def __init__(self, rooms: Rooms) -> None:
        self.logbook = Logbook(rooms)
        self.inzage = Inzage(rooms, self.logbook)
        self.fhir = FhirLog(self.logbook)
