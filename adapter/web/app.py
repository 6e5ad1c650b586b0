"""Adds the pages to an ASGI application that already has the other doors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from adapter.access import DeniedError, UnavailableError
from adapter.service.asked import BadQuestionError
from adapter.service.port import Application, UnknownPregnancyError
from adapter.web.audit import AuditPages
from adapter.web.carepage import CarePages
from adapter.web.emergency import EmergencyPages
from adapter.web.form_guard import FormToken
from adapter.web.koppelingen import Koppelingen
from adapter.web.login import LoginPages, away
from adapter.web.pages import Pages
from adapter.web.payment import PaymentPages
from adapter.web.planning import PlanningPages
from adapter.web.templating import compile_all, page
from adapter.web.toestemmingen import Toestemmingen

Handler = Callable[[Request, Exception], Awaitable[Response]]

OTHER_DOORS = ("/api", "/fhir", "/health", "/metrics", "/openapi.json")
_NO_PAGES = (*OTHER_DOORS, "/cds-services", "/oauth", "/.well-known", "/static")
_READING = frozenset({"GET", "HEAD"})
_WORDS: Mapping[int, tuple[str, str]] = {
    400: (
        "Niet te lezen",
        "Dit adres is zo niet te gebruiken. Zet nooit een BSN in een adres: zoek ermee op de pagina Zwangerschappen.",
    ),
    403: ("Geen toegang", "Dit verzoek is hier niet toegestaan."),
    413: ("Te groot", "Wat u stuurde is groter dan hier wordt aangenomen."),
    429: ("Te veel verzoeken", "Er is in korte tijd te veel gevraagd. Wacht even en probeer het dan opnieuw."),
    500: ("Er ging hier iets mis", "Dit is niet uw fout. Geef de beheerder dit nummer van uw verzoek:"),
    503: ("Dit kan nu niet", "Het antwoord blijft nu uit. Probeer het over een minuut opnieuw."),
}
"""What is said of an error that no page foresaw, by its status."""
_PERHAPS_KEPT = "Kijk eerst of wat u stuurde al is vastgelegd."


def install(app: FastAPI, application: Application) -> None:
    """Add pages, style sheet, and error pages for addresses that belong to no other door."""
    pages, care, payment = Pages(application), CarePages(application), PaymentPages(application)
    people = application.entrance.people
    app.state.live = care.live
    app.state.error_page = _unforeseen_page
    app.state.organisation_names = people.organisation_names if people is not None else {}
    # innermost: behind authentication, and only around what is no other door
    app.user_middleware.append(Middleware(FormToken, entrance=application.entrance, other_doors=_NO_PAGES))
    compile_all()
    app.router.routes.extend(
        [
            Route("/", pages.pregnancies, methods=["GET", "POST"]),
            Route("/zwangerschap/{pregnancy}", care.care_path),
            Route("/zwangerschap/{pregnancy}/herkomst/{keys}", care.origin),
            Route("/zwangerschap/{pregnancy}/gebeurtenissen", care.events),
            Route("/zwangerschap/{pregnancy}/besluit", pages.decision),
            Route("/zwangerschap/{pregnancy}/besluit/personen", payment.act, methods=["POST"]),
            Route("/werklijst", payment.worklist),
            Route("/werklijst/casemix", payment.casemix),
            Route("/werklijst/regelboek", payment.rulebook),
            Route("/planning", PlanningPages(application).plan),
            *Koppelingen(application).routes(),
            *Toestemmingen(application).routes(),
            Route("/bronnen", pages.sources),
            *AuditPages(application).routes(),
            *EmergencyPages(application).routes(),
            *LoginPages(application).routes(),
            Mount("/static", StaticFiles(packages=[("adapter.web", "static")])),
        ]
    )
    for kind in (HTTPException, BadQuestionError, UnknownPregnancyError, DeniedError):
        before = app.exception_handlers.get(kind)
        app.add_exception_handler(kind, _pages_first(cast("Handler | None", before)))


def _pages_first(other: Handler | None) -> Callable[[Request, Exception], Any]:
    async def handle(request: Request, error: Exception) -> Response:
        if other is not None and request.url.path.startswith(OTHER_DOORS):
            return await other(request, error)
        return _error_page(request, error)

    return handle


def _error_page(request: Request, error: Exception) -> Response:
    title, text, status = "Niet gevonden", "Op dit adres staat niets.", 404
    if isinstance(error, UnknownPregnancyError):
        title, text = "Onbekende zwangerschap", "Deze zwangerschap is hier niet bekend, of was dat op dat moment niet."
    elif isinstance(error, BadQuestionError):
        field = {"as_of": "De peildatum", "known_at": "Het moment bij ‘bekend tot’"}.get(error.parameter, "Een veld")
        title, text, status = "Niet te lezen", f"{field} is niet te lezen. Kies een geldige datum.", 400
    elif isinstance(error, DeniedError):
        title, text, status = "Geen toegang", "Deze identiteit mag dit voor dit doel niet inzien.", 403
    elif isinstance(error, HTTPException) and error.status_code != 404:
        title, text, status = "Dat kan hier niet", "Dit adres doet dat niet.", error.status_code
    return page(request, "fout.html", {"title": title, "text": text}, status)


def _unforeseen_page(request: Request, status: int, cause: Exception | None) -> Response:
    """An error from before the pages, or one that no page has words for."""
    if isinstance(cause, UnavailableError):
        return away(request)
    title, text = _WORDS.get(status, ("Dat kan hier niet", "Op dit verzoek is zo geen antwoord te geven."))
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        text = f"{text} {getattr(request.state, 'request_id', '')}."
    elif status == HTTPStatus.SERVICE_UNAVAILABLE and request.method not in _READING:
        text = f"{text} {_PERHAPS_KEPT}"
    return page(request, "fout.html", {"title": title, "text": text}, status)
