"""The FHIR endpoints for EPDs: `/fhir/stu3` and `/fhir/r4`."""

from __future__ import annotations

from adapter.api.fhir.door import routes

__all__ = ["routes"]
