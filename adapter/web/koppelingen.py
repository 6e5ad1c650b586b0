"""The pages where persons decide on links: the queue, one proposal side by side, what was decided, one pregnancy.

What is posted comes from forms on these pages: the gate refuses a post from another origin (`adapter.api.gate`).
References and reasons travel in the body only: either may hold what no address may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from adapter.access import Context, Purpose
from adapter.service.asked import BadQuestionError
from adapter.service.links.proposal import (
    KINDS,
    Changed,
    Found,
    LinkDecision,
    OvertakenError,
    Pointed,
    UnknownProposalError,
    UnknownRecordError,
)
from adapter.service.port import Application
from adapter.web.asking import context
from adapter.web.evidence_sum import draw
from adapter.web.templating import page

SIZE = 25
HERE = "/koppelingen"
DONE = {
    "same": "Vastgelegd: gekoppeld. De zorgpaden zijn bijgewerkt.",
    "apart": "Vastgelegd: apart gehouden. Dit wordt niet opnieuw voorgesteld.",
    "later": "Uitgesteld. Het voorstel staat nu onder ‘Later’.",
    "undone": "Het besluit is ongedaan gemaakt. De gegevens beslissen weer.",
}
_STATES = ("open", "later")
_FAULTS = {
    "reason": "Schrijf in eigen woorden op waarom, in hooguit 1000 tekens en zonder BSN.",
    "verdict": "Kies wat u besluit.",
    "seen": "Het formulier was niet volledig. Bekijk het voorstel opnieuw.",
    "bsn": "Dit is geen geldig BSN: kijk de negen cijfers na.",
    "birth_date": "Vul de geboortedatum in als dag, maand en jaar.",
    "sought": "Vul een BSN in, of een geboortedatum met een naam (achternaam of voornaam).",
    "other": "Kies twee verschillende van dezelfde soort. Dossiers van twee vrouwen: koppel eerst de vrouwen.",
}


class Koppelingen:
    """The pages over one application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def routes(self) -> list[Route]:
        """Every address of these pages."""
        return [
            Route(HERE, self.queue),
            Route(HERE + "/besluiten", self.decisions),
            Route(HERE + "/besluiten/{decision}/ongedaan", self.undo, methods=["POST"]),
            Route(HERE + "/zwangerschap/{pregnancy}", self.bound, methods=["GET", "POST"]),
            Route(HERE + "/{proposal}", self.proposal, methods=["GET", "POST"]),
        ]

    async def queue(self, request: Request) -> Response:
        """What is to be decided."""
        asked = request.query_params
        kind = asked.get("soort") if asked.get("soort") in KINDS else None
        state = "later" if asked.get("stand") == "later" else "open"
        at = _page_number(asked.get("pagina"))
        found = await self._ask(
            lambda: self._application.proposals.queue(
                context(request, Purpose.TREAT), kind=kind, state=state, offset=(at - 1) * SIZE, limit=SIZE
            )
        )
        values = {
            "found": found,
            "kind": kind or "",
            "state": state,
            "at": at,
            "pages": max(1, -(-found.total // SIZE)),
            "done": DONE.get(asked.get("gedaan", "")),
            "address": _address,
        }
        return page(request, "koppelingen.html", values)

    async def proposal(self, request: Request) -> Response:
        """One proposal; posted: the decision on it."""
        id = request.path_params["proposal"]
        ctx = context(request, Purpose.TREAT)
        faults: tuple[str, ...] = ()
        reason, status = "", 200
        if request.method == "POST":
            form = await request.form()
            reason = _field(form, "reden")
            try:
                await self._ask(
                    lambda: self._application.proposals.decide(
                        ctx, id, _field(form, "besluit"), reason, _field(form, "gezien")
                    )
                )
                return _back(f"{HERE}?{urlencode({'gedaan': _field(form, 'besluit')})}")
            except BadQuestionError as error:
                faults, status = (_FAULTS.get(error.parameter, str(error)),), 400
            except OvertakenError as error:
                faults, status = tuple(change.text for change in error.changes), 409
            except UnknownProposalError:
                return _gone(request)
        try:
            detail = await self._ask(lambda: self._application.proposals.proposal(ctx, id))
        except UnknownProposalError:
            return _gone(request)
        except OvertakenError as error:
            return _overtaken(request, error.changes)
        fall = draw(detail.evidence, detail.proposal.thresholds)
        values = {"detail": detail, "p": detail.proposal, "fall": fall, "faults": faults, "reason": reason}
        return page(request, "voorstel.html", {**values, "overtaken": status == 409}, status)

    async def decisions(self, request: Request) -> Response:
        """What persons decided."""
        return await self._decisions(request)

    async def undo(self, request: Request) -> Response:
        """Take a decision back."""
        decision = request.path_params["decision"]
        reason = _field(await request.form(), "reden")
        ctx = context(request, Purpose.TREAT)
        try:
            await self._ask(lambda: self._application.proposals.undo(ctx, decision, reason))
        except BadQuestionError as error:
            return await self._decisions(request, (_FAULTS.get(error.parameter, str(error)),), decision, 400)
        except OvertakenError as error:
            return await self._decisions(request, tuple(c.text for c in error.changes), decision, 409)
        except UnknownProposalError:
            return _gone(request)
        return _back(f"{HERE}/besluiten?{urlencode({'gedaan': 'undone'})}")

    async def _decisions(
        self, request: Request, faults: tuple[str, ...] = (), at_decision: str = "", status: int = 200
    ) -> Response:
        at = _page_number(request.query_params.get("pagina"))
        ctx = context(request, Purpose.TREAT)
        found = await self._ask(lambda: self._application.proposals.decisions(ctx, offset=(at - 1) * SIZE, limit=SIZE))
        values = {
            "found": found,
            "at": at,
            "pages": max(1, -(-found.total // SIZE)),
            "faults": faults,
            "at_decision": at_decision,
            "done": DONE.get(request.query_params.get("gedaan", "")),
        }
        return page(request, "koppelbesluiten.html", values, status)

    async def bound(self, request: Request) -> Response:
        """What hangs together in one pregnancy; posted: split one off, or link another."""
        pregnancy = request.path_params["pregnancy"]
        ctx = context(request, Purpose.TREAT)
        faults: tuple[str, ...] = ()
        status = 200
        form = await request.form() if request.method == "POST" else FormData()
        if request.method == "POST":
            try:
                if _field(form, "besluit") == "zoek":
                    sought = await self._ask(lambda: self._sought(ctx, form))
                    return await self._bound(request, ctx, pregnancy, form, sought=sought)
                made = await self._ask(lambda: self._judged(ctx, form))
                return _back(f"{HERE}/besluiten?{urlencode({'gedaan': made.verdict})}")
            except BadQuestionError as error:
                faults, status = (_FAULTS.get(error.parameter, str(error)),), 400
            except OvertakenError as error:
                faults, status = tuple(change.text for change in error.changes), 409
            except UnknownRecordError:
                faults, status = ("Dit record of dossier is hier niet bekend: kijk de verwijzing na.",), 404
        return await self._bound(request, ctx, pregnancy, form, faults=faults, status=status)

    async def _bound(
        self,
        request: Request,
        ctx: Context,
        pregnancy: str,
        form: FormData,
        *,
        sought: Found | None = None,
        faults: tuple[str, ...] = (),
        status: int = 200,
    ) -> Response:
        found = await self._ask(lambda: self._application.proposals.bound(ctx, pregnancy))
        typed: dict[str, Any] = {name: _field(form, name) for name in ("geboren", "naam")}  # the BSN is not sent back
        values = {"found": found, "faults": faults, "sources": self._application.sources(), "sought": sought}
        typed["zoekt"] = _field(form, "besluit") == "zoek"
        here = {(party.source, party.reference) for party in found.records}
        return page(request, "koppelingen-zwangerschap.html", {**values, "typed": typed, "here": here}, status)

    def _sought(self, ctx: Context, form: FormData) -> Found:
        given = (_field(form, name) for name in ("bsn", "geboren", "naam"))
        return self._application.proposals.seek(ctx, *given)

    def _judged(self, ctx: Any, form: FormData) -> LinkDecision:
        one = Pointed(_field(form, "bron"), _field(form, "verwijzing"))
        other = None
        if _field(form, "besluit") != "split":
            source, _, reference = _field(form, "ander").partition("|")
            other = Pointed(source or _field(form, "andere-bron"), reference or _field(form, "andere-verwijzing"))
        return self._application.proposals.judge(
            ctx, _field(form, "soort"), _field(form, "besluit"), one, other, _field(form, "reden")
        )

    @staticmethod
    async def _ask(question: Callable[[], Any]) -> Any:
        return await run_in_threadpool(question)


def _field(form: FormData, name: str) -> str:
    """What was filled in; too much of it is cut off, and refused further on."""
    return str(form.get(name, "")).strip()[:2000]


def _page_number(text: str | None) -> int:
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 7 else 1


def _address(kind: str, state: str, at: int = 1) -> str:
    """The address of the queue as chosen."""
    given = {"soort": kind, "stand": state if state != "open" else "", "pagina": str(at) if at > 1 else ""}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{HERE}?{query}" if query else HERE


def _back(address: str) -> Response:
    return RedirectResponse(address, 303)


def _gone(request: Request) -> Response:
    text = "Dit staat er niet (meer): nieuwe gegevens hebben het misschien beslist, of het adres klopt niet."
    return page(request, "fout.html", {"title": "Voorstel niet gevonden", "text": text}, 404)


def _overtaken(request: Request, changes: tuple[Changed, ...]) -> Response:
    values = {"title": "Hierover is al besloten", "text": " ".join(change.text for change in changes)}
    return page(request, "fout.html", values, 409)
