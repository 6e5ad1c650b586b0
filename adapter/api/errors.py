"""Every answer that is not a success: an OperationOutcome under /fhir, a page for a browser at the address of one, a
problem (RFC 9457) everywhere else.

No answer repeats what was sent: it may hold a BSN.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from adapter import fhir
from adapter.access import DeniedError
from adapter.api.negotiation import wanted
from adapter.model.sources import FhirVersion, Media
from adapter.service.asked import BadQuestionError
from adapter.service.port import UnknownPregnancyError

_ISSUE_CODES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    410: "deleted",
    413: "too-long",
    415: "not-supported",
    421: "forbidden",
    429: "throttled",
    501: "not-supported",
    503: "transient",
}
"""HTTP status to FHIR issue-type; both versions have these codes."""

STORE_AWAY = "the store does not answer now: try again"
ErrorPage = Callable[[Request, int, Exception | None], Response]
"""How an error is shown as a page. The pages leave theirs as `error_page` in the state of the application."""
_NO_PAGES = (
    "/fhir/",
    "/api/",
    "/cds-services",
    "/metrics",
    "/health",
    "/openapi.json",
    "/oauth/",
    "/.well-known/",
    "/static/",
)
"""Addresses at which programs ask."""


def answer(
    request: Request,
    status: int,
    detail: str,
    headers: dict[str, str] | None = None,
    code: str | None = None,
    where: str | None = None,
    cause: Exception | None = None,
) -> Response:
    """The error answer that fits the address and who asks. In FHIR `code`: the issue-type, where the status says too
    little; `where`: in what of the request it stands. For a page `cause`: what it may have words of its own for.
    """
    if request.scope["path"].startswith("/fhir/"):
        return outcome(request, status, detail, headers, code, where)
    shown = _error_page(request) if status != HTTPStatus.MISDIRECTED_REQUEST else None
    if shown is None:
        return problem(status, detail, headers)
    told = shown(request, status, cause)
    told.headers.update(headers or {})
    return told


def reads_pages(request: Request) -> bool:
    """Whether a browser asks here for something to show."""
    return not request.scope["path"].startswith(_NO_PAGES) and "text/html" in request.headers.get("accept", "")


def _error_page(request: Request) -> ErrorPage | None:
    """How this is shown as a page; None where it is a program that asks, or there are no pages."""
    app = request.scope.get("app")
    return getattr(app.state, "error_page", None) if app is not None and reads_pages(request) else None


def problem(status: int, detail: str, headers: dict[str, str] | None = None, **more: str) -> Response:
    """A problem document (RFC 9457)."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return Response(orjson.dumps(body), status, headers, media_type="application/problem+json")


def outcome(
    request: Request,
    status: int,
    detail: str,
    headers: dict[str, str] | None = None,
    code: str | None = None,
    where: str | None = None,
) -> Response:
    """An OperationOutcome, in the format asked for where we have it, else JSON."""
    usual = _ISSUE_CODES.get(status, "exception" if status >= 500 else "processing")
    issue = fhir.Issue("error", code or usual, detail, (where,) if where else ())
    resource = fhir.operation_outcome([issue])
    version = FhirVersion.STU3 if request.scope["path"].startswith("/fhir/stu3") else FhirVersion.R4
    media = wanted(request) or Media.JSON
    body = fhir.to_xml(resource, version) if media is Media.XML else fhir.to_json(resource)
    return Response(body, status, headers, media_type=media.value)


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(BadQuestionError, _bad_question)
    app.add_exception_handler(UnknownPregnancyError, _unknown)
    app.add_exception_handler(DeniedError, _denied)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (registered for this type)
    texts = {
        400: "the body of the request cannot be read",
        404: "there is nothing at this address",
        405: "this address does not do that",
    }
    detail = texts.get(error.status_code) or HTTPStatus(error.status_code).description or error.detail
    return answer(request, error.status_code, detail, dict(error.headers or {}))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    # Where and what kind of fault; not the value that pydantic would add.
    places = sorted({".".join(str(p) for p in e["loc"] if isinstance(p, str)) for e in error.errors()})
    return problem(400, f"cannot be read: {', '.join(places)}; see /openapi.json")


async def _bad_question(request: Request, error: Exception) -> Response:
    assert isinstance(error, BadQuestionError)  # noqa: S101
    return problem(400, str(error), parameter=error.parameter)


async def _unknown(request: Request, error: Exception) -> Response:
    return problem(404, "no pregnancy is known by this id; see /api/v1/pregnancies")


async def _denied(request: Request, error: Exception) -> Response:
    assert isinstance(error, DeniedError)  # noqa: S101 (registered for this type)
    return answer(request, 403, error.told)
