"""A request that the FHIR endpoint refuses: for whom, why, where in the request, and with which status."""

from __future__ import annotations


class FhirFault(Exception):  # noqa: N818 - it becomes an OperationOutcome, and is not always an error of ours
    """Becomes an OperationOutcome. `code`: http://hl7.org/fhir/issue-type; `expression`: where the fault stands.

    The text says what to do, and repeats no value of the request: it may be a BSN.
    """

    def __init__(self, status: int, code: str, text: str, expression: str | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.expression = expression


def bad(text: str, expression: str | None = None, code: str = "invalid") -> FhirFault:
    """400: the request is not written as it should be."""
    return FhirFault(400, code, text, expression)


def not_found(text: str, expression: str = "http.id") -> FhirFault:
    """404: nothing here that the caller may see."""
    return FhirFault(404, "not-found", text, expression)
