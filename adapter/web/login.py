"""The pages to come in and to leave: log in, log out, and the addresses at which an EPD opens a page."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from adapter.access import Context, Identified, Purpose, log
from adapter.access.people import Begun, Entered, LoginError, LoginFault, People, ShelfError
from adapter.model.sources import RecordKey
from adapter.service.port import Application, UnknownPregnancyError
from adapter.web import menu
from adapter.web.templating import page

_AGAIN = "Probeer het opnieuw. Lukt het weer niet, vraag dan de beheerder."
_FAULTS: Mapping[LoginFault, tuple[str, str]] = {
    LoginFault.NO_ATTEMPT: (
        "Deze aanmelding is verlopen",
        "De aanmelding is in een ander venster begonnen, al gebruikt of ouder dan tien minuten. Begin opnieuw.",
    ),
    LoginFault.STATE: ("Deze aanmelding klopt niet", "Het antwoord hoort niet bij uw aanmelding. Begin opnieuw."),
    LoginFault.ISSUER: ("Deze aanmelding klopt niet", "Het antwoord komt niet van uw organisatie. " + _AGAIN),
    LoginFault.REFUSED: ("Niet ingelogd", "Uw organisatie heeft de aanmelding niet bevestigd. " + _AGAIN),
    LoginFault.PROVIDER: (
        "Inloggen kan nu niet",
        "De inlogdienst van uw organisatie antwoordt niet, of niet goed. Probeer het over enkele minuten opnieuw.",
    ),
    LoginFault.TOKEN: ("Deze aanmelding klopt niet", "Het bewijs van uw organisatie is niet geldig. " + _AGAIN),
    LoginFault.ASSURANCE: (
        "Log in met een sterker middel",
        "Voor deze gegevens is een zwaarder inlogmiddel nodig, of een aanmelding van kortere tijd geleden.",
    ),
    LoginFault.NO_ROLE: (
        "Geen toegang",
        "U bent herkend, maar uw organisatie heeft u geen rol gegeven die hier toegang geeft. "
        "Vraag uw beheerder om een rol; tot dan kunt u hier niets inzien.",
    ),
    LoginFault.ORGANISATION: (
        "Geen toegang",
        "Uw organisatie is niet te herkennen: het nummer (URA of AGB) in uw aanmelding klopt niet. "
        "Vraag uw beheerder dit te herstellen.",
    ),
    LoginFault.UNKNOWN_EPD: ("Onbekend EPD", "Dit EPD is hier niet aangesloten. Vraag de beheerder."),
    LoginFault.LINK: (
        "Deze link is niet geldig",
        "De link uit het EPD is verlopen of klopt niet. Open de pagina opnieuw vanuit het EPD.",
    ),
    LoginFault.LINK_USED: (
        "Deze link is al gebruikt",
        "Een link uit het EPD werkt één keer. Open de pagina opnieuw vanuit het EPD.",
    ),
    LoginFault.NO_PATIENT: (
        "Geen dossier geopend",
        "Het EPD gaf niet door om welke vrouw het gaat. Open eerst haar dossier in het EPD.",
    ),
}
_AWAY = (
    "Inloggen kan nu niet",
    "Aanmeldingen kunnen op dit moment niet worden bijgehouden. Probeer het over een minuut opnieuw.",
)
_UNREACHABLE = frozenset({LoginFault.PROVIDER})
_AHEAD = frozenset({"sec-purpose", "purpose", "x-purpose", "x-moz"})
"""Headers of a browser that fetches before anybody clicked (Fetch standard, and what browsers sent before it)."""
_FORBIDDEN = frozenset({LoginFault.NO_ROLE, LoginFault.ORGANISATION, LoginFault.ASSURANCE, LoginFault.UNKNOWN_EPD})


class LoginPages:
    """The pages over one application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def routes(self) -> list[Route]:
        """Every address of these pages."""
        return [
            Route("/inloggen", self.choose),
            Route("/inloggen/start", self.start),
            Route("/inloggen/terug", self.back),
            Route("/uitloggen", self.leave, methods=["POST"]),
            Route("/uitloggen/provider", self.sent_away, methods=["POST"]),
            Route("/uitgelogd", self.left),
            Route("/launch", self.launch),
            Route("/launch/terug/{epd}", self.launched),
            Route("/launch/link", self.link),
            Route("/launch/jwks.json", self.keys),
        ]

    async def choose(self, request: Request) -> Response:
        """The page with the button; who is in already goes on."""
        found = menu.who(request)
        if found is not None and found.woman is None:
            return RedirectResponse(menu.home(found), 303)
        own = self._people().own
        onward = request.query_params.get("naar", "")
        start = f"/inloggen/start?naar={quote(onward, safe='')}" if onward else "/inloggen/start"
        return page(request, "inloggen.html", {"provider": own.name if own else None, "start": start})

    async def start(self, request: Request) -> Response:
        """To the provider."""
        try:
            begun = await self._people().begin(request.query_params.get("naar"))
        except (LoginError, ShelfError) as error:
            return self._refused(request, error)
        return _gone(begun)

    async def back(self, request: Request) -> Response:
        """From the provider."""
        try:
            entered = await self._people().complete(dict(request.query_params), request.cookies)
        except (LoginError, ShelfError) as error:
            return self._refused(request, error)
        person = entered.person
        onward = entered.back
        if onward == "/":
            onward = menu.home(Identified(person.actor, person.purposes))
        return _in(onward, entered)

    async def leave(self, request: Request) -> Response:
        """Out; and to the provider by a link of its own, since a form may not lead there (`form-action`)."""
        try:
            begun = await self._people().leave(request.cookies)
        except ShelfError as error:
            return self._refused(request, error)
        request.state.identified = None
        own = self._people().own
        elsewhere = begun.address if not begun.address.endswith("/uitgelogd") else None
        response = page(request, "uitgelogd.html", {"elsewhere": elsewhere, "provider": own.name if own else None})
        return _with_cookies(response, begun.cookies)

    async def left(self, request: Request) -> Response:
        """The last page."""
        own = self._people().own
        return page(request, "uitgelogd.html", {"elsewhere": None, "provider": own.name if own else None})

    async def sent_away(self, request: Request) -> Response:
        """The provider ends sessions (OpenID Connect Back-Channel Logout 1.0, 2.5)."""
        token = str((await request.form()).get("logout_token", ""))
        headers = {"Cache-Control": "no-store"}
        try:
            await self._people().sent_away(token)
        except ShelfError as error:
            self._log(request, error)
            return JSONResponse({"error": "temporarily_unavailable"}, 503, {**headers, "Retry-After": "5"})
        except LoginError as error:
            self._log(request, error)
            return JSONResponse({"error": "invalid_request"}, 400, headers)
        return Response(status_code=200, headers=headers)

    async def launch(self, request: Request) -> Response:
        """An EPD begins (SMART App Launch 2.2)."""
        asked = request.query_params
        try:
            return _gone(await self._people().launch(asked.get("iss", ""), asked.get("launch", "")))
        except (LoginError, ShelfError) as error:
            return self._refused(request, error)

    async def launched(self, request: Request) -> Response:
        """From the EPD."""
        try:
            entered = await self._people().launched(
                request.path_params["epd"], dict(request.query_params), request.cookies
            )
        except (LoginError, ShelfError) as error:
            return self._refused(request, error)
        return await self._hers(request, entered)

    async def link(self, request: Request) -> Response:
        """A link that an EPD's system signed. What only looks at it (a mail scanner, a browser that fetches ahead) must
        not use it up, nor come in by it.
        """
        if request.method == "HEAD" or _AHEAD & set(request.headers):
            return Response(status_code=204)
        try:
            entered = await self._people().link(request.query_params.get("token", ""), request.cookies)
        except (LoginError, ShelfError) as error:
            return self._refused(request, error)
        return await self._hers(request, entered)

    async def keys(self, request: Request) -> Response:
        """Our public keys, for who checks the assertions with which we prove ourselves (RFC 7523)."""
        return JSONResponse(self._people().public)

    async def _hers(self, request: Request, entered: Entered) -> Response:
        """On to the care path of the woman whose dossier is open in the EPD."""
        woman = entered.person.woman
        hers = await run_in_threadpool(pregnancies_of, self._application, woman) if woman is not None else []
        chosen = entered.pregnancy if entered.pregnancy in hers else None
        if chosen is None:
            person = entered.person
            ctx = menu.context(request, Identified(person.actor, person.purposes, woman=woman), Purpose.TREAT)
            chosen = await run_in_threadpool(_going_on, self._application, ctx, hers)
        if chosen is None:
            title, text = "Nog geen zorgpad", "Van deze vrouw is hier nog geen zwangerschap bekend."
            response = page(request, "inlogfout.html", {"title": title, "text": text, "again": False}, 404)
            return _with_cookies(response, entered.cookies)
        return _in(f"/zwangerschap/{quote(chosen, safe='')}", entered)

    def _people(self) -> People:
        people = self._application.entrance.people
        if people is None:
            raise HTTPException(404)
        return people

    def _refused(self, request: Request, error: LoginError | ShelfError) -> Response:
        self._log(request, error)
        if isinstance(error, ShelfError):
            return away(request)
        title, text = _FAULTS[error.fault]
        status = 403 if error.fault in _FORBIDDEN else 503 if error.fault in _UNREACHABLE else 400
        people = self._application.entrance.people
        again = request.url.path.startswith("/inloggen") and people is not None and people.own is not None
        return page(request, "inlogfout.html", {"title": title, "text": text, "again": again}, status)

    @staticmethod
    def _log(request: Request, error: LoginError | ShelfError) -> None:
        request_id = getattr(request.state, "request_id", "")
        if isinstance(error, ShelfError):
            log.LOGIN_REFUSED.log(request_id=request_id, reason="away", what=str(error))
        else:
            log.LOGIN_REFUSED.log(request_id=request_id, reason=error.fault.value, what=error.detail)


def away(request: Request) -> Response:
    """The page that is shown while it cannot be said who is logged in."""
    response = page(request, "inlogfout.html", {"title": _AWAY[0], "text": _AWAY[1], "again": False}, 503)
    response.headers["Retry-After"] = "5"
    return response


def _going_on(application: Application, ctx: Context, hers: list[str]) -> str | None:
    """Of these pregnancies the one that goes on, else the last; None where none may be seen."""
    if len(hers) < 2:
        return hers[0] if hers else None
    seen = []
    for pregnancy in hers:
        with suppress(UnknownPregnancyError):
            seen.append(application.care_path(ctx, pregnancy))
    seen.sort(key=lambda path: (path.state == "ongoing", path.ended_on or date.max))
    return seen[-1].pregnancy if seen else None


def pregnancies_of(application: Application, woman: RecordKey) -> list[str]:
    """Our ids of this woman's pregnancies, over the sources."""
    search = application.fhir.store.search
    found = [p for record in application.fhir.linked(woman) for p in search.pregnancies_of(record)]
    return list(dict.fromkeys(found))


def _gone(begun: Begun) -> Response:
    return _with_cookies(RedirectResponse(begun.address, 303), begun.cookies)


def _in(address: str, entered: Entered) -> Response:
    return _with_cookies(RedirectResponse(address, 303), entered.cookies)


def _with_cookies(response: Response, cookies: tuple[str, ...]) -> Response:
    for cookie in cookies:
        response.headers.append("Set-Cookie", cookie)
    return response
