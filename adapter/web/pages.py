"""The handlers of the pages: ask the application, hand the answer to a template."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from adapter.access import Action, Purpose, Resource
from adapter.service.port import Application
from adapter.web import menu
from adapter.web.argument import argument
from adapter.web.asking import context
from adapter.web.asking import read_question as _asked
from adapter.web.listing import STATUSES, Choice, group, listed
from adapter.web.payment import DONE, STATES
from adapter.web.templating import page


class Pages:
    """The pages over one application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def pregnancies(self, request: Request) -> Response:
        """The list. The search text comes by POST: it may be a name or a BSN, and neither belongs in an address."""
        asked = _asked(request)
        sought = ""
        if request.method == "POST":
            sought = str((await request.form()).get("zoek", "")).strip()[:100]
        choice = Choice.read(request.query_params, sought)
        ctx = context(request, Purpose.TREAT)
        found = await run_in_threadpool(listed, self._application, ctx, asked, choice)
        reports = await run_in_threadpool(self._application.reports)
        values = {
            "asked": asked,
            "list": found,
            "choice": choice,
            "statuses": STATUSES,
            "reports": reports,
            "group": group,
            "emergency": self._application.emergencies.offered(ctx),
        }
        return page(request, "lijst.html", values)

    async def decision(self, request: Request) -> Response:
        """The decision, and those before it."""
        asked = _asked(request)
        ctx = context(request, Purpose.HPAYMT)
        pregnancy = request.path_params["pregnancy"]
        made = await run_in_threadpool(
            lambda: self._application.decision(ctx, pregnancy, as_of=asked.as_of, known_at=asked.known_at)
        )
        history = await run_in_threadpool(self._application.decisions, ctx, pregnancy)
        said = await run_in_threadpool(self._application.payment.overrides.of, ctx, pregnancy)
        values = {
            "asked": asked,
            "decision": made,
            "history": history,
            "argument": argument,
            "persons": said,
            "override_states": STATES,
            "done": DONE.get(request.query_params.get("gedaan", "")),
        }
        return page(request, "besluit.html", values)

    async def sources(self, request: Request) -> Response:
        """How each source answered."""
        purpose = next((p for p in Purpose if menu.allows(request, p, Action.READ, Resource.SOURCE)), Purpose.TREAT)
        reports = await run_in_threadpool(self._application.reports, context(request, purpose))
        return page(request, "bronnen.html", {"reports": reports})
