"""What is told as an OperationOutcome of its own, of a whole request or of one entry of a Bundle."""

from __future__ import annotations

from starlette.exceptions import HTTPException

from adapter.access import DeniedError
from adapter.api.errors import STORE_AWAY
from adapter.service.endpoint.fault import FhirFault
from adapter.store import StoreUnavailableError

_TOO_LONG = "the body of the request is longer than is taken here ([access.limits] fhir_body)"

REFUSALS = (FhirFault, HTTPException, StoreUnavailableError, DeniedError)
"""What becomes an OperationOutcome of its own; anything else is an error of ours."""


def fault_of(error: Exception) -> FhirFault:
    """The fault to tell of, for one of `REFUSALS`."""
    if isinstance(error, FhirFault):
        return error
    if isinstance(error, HTTPException):  # of the server: the body turned out too long
        code = "too-long" if error.status_code == 413 else "processing"
        return FhirFault(error.status_code, code, _TOO_LONG, "http.body")
    if isinstance(error, StoreUnavailableError):
        return FhirFault(503, "transient", STORE_AWAY)
    assert isinstance(error, DeniedError)  # noqa: S101 (the last of `REFUSALS`)
    return FhirFault(403, "forbidden", error.told, "http.Authorization")
