"""Noodtoegang: the page where a care provider asks for it, and where it ends. By POST: a BSN belongs in no address."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from adapter.access import Purpose
from adapter.model.identifiers import Bsn, InvalidIdentifierError
from adapter.service.access.emergency import SHORTEST, EmergencyError, NobodyFoundError
from adapter.service.port import Application
from adapter.web.asking import context
from adapter.web.asking import credentials as credentials_of
from adapter.web.templating import page

HERE = "/noodtoegang"
_NO_BSN = "Vul een geldig BSN in: negen cijfers."
_NOBODY = "Van deze vrouw is hier niets bekend."
_NO_SESSION = "Noodtoegang hoort bij een sessie: log opnieuw in."


class EmergencyPages:
    """The pages over one application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def routes(self) -> list[Route]:
        """Every address of these pages."""
        return [
            Route(HERE, self.ask, methods=["GET", "POST"]),
            Route(f"{HERE}/einde", self.end, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """The form; posted: begin."""
        ctx = context(request, Purpose.TREAT)
        await run_in_threadpool(self._application.emergencies.require, ctx)
        if request.method != "POST":
            return self._form(request, request.query_params.get("zwangerschap", ""), "", "")
        form = await request.form()
        pregnancy, reason = str(form.get("zwangerschap", ""))[:64], str(form.get("reden", ""))[:2000]
        try:
            bsn = None if pregnancy else Bsn(str(form.get("bsn", "")).strip()[:20])
            begun = await run_in_threadpool(
                lambda: self._application.emergencies.begin(ctx, reason, bsn=bsn, pregnancy=pregnancy or None)
            )
        except InvalidIdentifierError:
            return self._form(request, pregnancy, reason, _NO_BSN, 400)
        except EmergencyError as error:
            return self._form(request, pregnancy, reason, str(error), 400)
        except NobodyFoundError:
            return self._form(request, pregnancy, reason, _NOBODY, 404)
        people = self._application.entrance.people
        if people is None or not await people.sessions.give_emergency(credentials_of(request), begun.emergency):
            return self._form(request, pregnancy, reason, _NO_SESSION, 409)
        opened = pregnancy or (begun.pregnancies[0] if len(begun.pregnancies) == 1 else "")
        return RedirectResponse(f"/zwangerschap/{opened}" if opened else "/", 303)

    async def end(self, request: Request) -> Response:
        """No more of it."""
        people = self._application.entrance.people
        if people is not None:
            await people.sessions.give_emergency(credentials_of(request), None)
        return RedirectResponse("/", 303)

    @staticmethod
    def _form(request: Request, pregnancy: str, reason: str, fault: str, status: int = 200) -> Response:
        values = {"pregnancy": pregnancy[:64], "reason": reason, "fault": fault, "shortest": SHORTEST}
        return page(request, "noodtoegang.html", values, status)
