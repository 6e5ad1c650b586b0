"""The page on which a woman's consents stand: what she said, on what ground who may see what, and recording it.

What is posted comes from forms on this page: the gate refuses a post from another origin (`adapter.api.gate`).
"""

from __future__ import annotations

from datetime import date
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from adapter.access import Context, Purpose
from adapter.model.evidence import OrganisationKind
from adapter.service.asked import BadQuestionError, read_day
from adapter.service.consents.consent import (
    ConsentDraft,
    ConsentPage,
    ConsentParty,
    NotWithdrawableError,
    UnknownConsentError,
)
from adapter.service.port import Application
from adapter.web.asking import context
from adapter.web.templating import page

DONE = {
    "vastgelegd": "Vastgelegd. Dit geldt vanaf nu.",
    "ingetrokken": "Ingetrokken. Vanaf nu telt dit niet meer; dat het is gezegd, blijft bewaard.",
}
GROUND = {"own": "eigen dossier", "referral": "verwijzing", "explicit": "toestemming", "none": "geen grond"}
STATE = {"active": "geldt", "ended": "verlopen", "withdrawn": "ingetrokken"}
KINDS = {
    "uitslagen": ("uitslagen en metingen", ("Observation", "DiagnosticReport")),
    "aandoeningen": ("aandoeningen, allergieën en alerts", ("Condition", "AllergyIntolerance", "Flag")),
    "contacten": ("contacten en verrichtingen", ("Encounter", "Procedure")),
}
"""What can be chosen apart, in words, and the FHIR types it stands for."""
_BASE = ("Patient", "EpisodeOfCare")  # without who she is and her dossier nothing of it can be placed
_FAULTS = {
    "holder": "Bron",
    "reader": "Lezer",
    "kinds": "Gegevens: kies ten minste één soort, of alles.",
    "end": "Tot en met: deze dag ligt voor de eerste dag, of is niet te lezen.",
}
_CHOOSABLE = (
    OrganisationKind.VERLOSKUNDIGENPRAKTIJK,
    OrganisationKind.ZIEKENHUIS,
    OrganisationKind.KRAAMZORG,
    OrganisationKind.HUISARTS,
    OrganisationKind.ECHOCENTRUM,
    OrganisationKind.LABORATORIUM,
)


class Toestemmingen:
    """The page over one application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def routes(self) -> list[Route]:
        """Every address of this page."""
        here = "/zwangerschap/{pregnancy}/toestemmingen"
        return [
            Route(here, self.consents, methods=["GET", "POST"]),
            Route(here + "/{consent}/intrekken", self.withdraw, methods=["POST"]),
        ]

    async def consents(self, request: Request) -> Response:
        """What she said; posted: something new."""
        ctx, pregnancy = context(request, Purpose.TREAT), request.path_params["pregnancy"]
        if request.method == "GET":
            return await self._page(request, ctx)
        form = await request.form()
        try:
            await run_in_threadpool(lambda: self._application.consents.record(ctx, pregnancy, _draft(form)))
        except BadQuestionError as error:
            label = _FAULTS.get(error.parameter, "")
            text = label if label.endswith(".") else f"{label}: {error.advice}" if label else str(error)
            return await self._page(request, ctx, text, form, 400)
        return _back(pregnancy, "vastgelegd")

    async def withdraw(self, request: Request) -> Response:
        """Withdraw one of them."""
        ctx, pregnancy = context(request, Purpose.TREAT), request.path_params["pregnancy"]
        reason = str((await request.form()).get("reden", "")).strip()[:1000]
        id = request.path_params["consent"]
        try:
            await run_in_threadpool(lambda: self._application.consents.withdraw(ctx, pregnancy, id, reason))
        except NotWithdrawableError as error:
            return await self._page(request, ctx, f"Niet ingetrokken: {error}.", None, 409)
        except UnknownConsentError:
            return await self._page(request, ctx, "Deze toestemming is hier niet bekend.", None, 404)
        return _back(pregnancy, "ingetrokken")

    async def _page(
        self, request: Request, ctx: Context, fault: str = "", form: FormData | None = None, status: int = 200
    ) -> Response:
        pregnancy = request.path_params["pregnancy"]
        found: ConsentPage = await run_in_threadpool(self._application.consents.of, ctx, pregnancy)
        values = {
            "found": found,
            "base": f"/zwangerschap/{quote(pregnancy, safe='')}",
            "fault": fault,
            "form": form or {},
            "chosen": set(form.getlist("soorten")) if form else set(),
            "done": DONE.get(request.query_params.get("gedaan", "")),
            "ground_words": GROUND,
            "state_words": STATE,
            "kinds": KINDS,
            "choosable": [kind.value for kind in _CHOOSABLE],
            "kinds_in_words": _in_words,
        }
        return page(request, "toestemmingen.html", values, status)


def _draft(form: FormData) -> ConsentDraft:
    permit = form.get("keuze")
    if permit not in ("ja", "nee"):
        raise BadQuestionError("keuze", "kies of zij het goed vindt of niet")
    kinds: tuple[str, ...] | None = None
    if form.get("gegevens") == "deel":
        chosen = [KINDS[name][1] for name in map(str, form.getlist("soorten")) if name in KINDS]
        kinds = tuple(kind for some in chosen for kind in some)
        kinds = (*_BASE, *kinds) if kinds and permit == "ja" else kinds
    return ConsentDraft(
        permit == "ja",
        _party(str(form.get("bron", ""))),
        _party(str(form.get("lezer", ""))),
        kinds,
        None,
        _last_day(str(form.get("tot", ""))),
        form.get("zwangerschap") == "deze",
    )


def _party(chosen: str) -> ConsentParty:
    if chosen.startswith("soort:"):
        known = {kind.value: kind for kind in _CHOOSABLE}
        return ConsentParty(kind=known.get(chosen.removeprefix("soort:")))
    return ConsentParty(chosen[:40]) if chosen else ConsentParty()


def _last_day(text: str) -> date | None:
    return read_day(text, "end")


def _in_words(kinds: tuple[str, ...]) -> str:
    """FHIR types as the groups that they were chosen by, the rest by their own names."""
    left = [kind for kind in kinds if kind not in _BASE]
    said = []
    for words, types in KINDS.values():
        if set(types) <= set(left):
            said.append(words)
            left = [kind for kind in left if kind not in types]
    return "; ".join([*said, *left]) or "alleen wie zij is en haar dossier"


def _back(pregnancy: str, done: str) -> Response:
    return RedirectResponse(
        f"/zwangerschap/{quote(pregnancy, safe='')}/toestemmingen?{urlencode({'gedaan': done})}", 303
    )
