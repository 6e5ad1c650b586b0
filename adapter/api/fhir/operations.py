"""The operations: `$care-path`, `$igo-selection`, `$everything`."""

from __future__ import annotations

from starlette.responses import Response

from adapter.api.fhir.exchange import Exchange
from adapter.service.fhir_fault import FhirFault


async def ask(exchange: Exchange) -> Response:
    """Answer an operation."""
    raise FhirFault(501, "not-supported", "this operation is not offered yet")
