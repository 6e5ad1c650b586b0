"""The pages around decisions: the worklist, the casemix, and what a person does on the page of a decision."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from adapter.access import Context, Purpose
from adapter.model.moments import iso
from adapter.service.asked import BadQuestionError, read_day
from adapter.service.asking import NoBsnError
from adapter.service.payment.casemix import BYS, By
from adapter.service.payment.overrides import OverrideError
from adapter.service.payment.sheets import csv_bytes, xlsx_bytes
from adapter.service.payment.worklist import MARKS, PHASES, SORTS, STAGES, STATUSES, Choice
from adapter.service.payment.worklist_sheet import HEADS, rows
from adapter.service.port import Application
from adapter.service.rulebook import markdown, rules_in
from adapter.web.asking import context
from adapter.web.templating import page

SIZE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MARK_NAMES = {
    "ontbreekt": "er ontbreekt iets",
    "risico": "kan breken",
    "klaar": "klaar om te declareren",
    "besluit_persoon": "besluit van een persoon",
    "voorstel": "wacht op tweede persoon",
}
SORT_NAMES = {
    "aandacht": "wat aandacht vraagt",
    "dagen": "dagen sinds einde fase",
    "besluit": "besluit",
    "fase": "fase",
    "verzekeraar": "verzekeraar",
    "risico": "risico",
}
BY_NAMES = {
    "prestatie": "prestatie",
    "insurer": "verzekeraar",
    "period": "kwartaal",
    "member": "lid",
    "phase": "fase",
}
STATES = {
    "proposed": "wacht op een tweede persoon",
    "in_force": "van kracht",
    "expired": "verlopen",
    "rejected": "afgewezen",
    "withdrawn": "ingetrokken",
}


def _kept(choice: Choice) -> dict[str, str]:
    """The choice as it stands in an address."""
    found = {
        "status": choice.status,
        "stadium": choice.stage,
        "fase": choice.phase,
        "verzekeraar": choice.insurer,
        "lid": choice.member,
        "toon": choice.mark,
        "volgorde": choice.sort if choice.sort != "aandacht" else "",
        "aflopend": "ja" if choice.descending else "",
    }
    return {name: value for name, value in found.items() if value}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 else 1


class PaymentPages:
    """Purpose payment, all of them."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def worklist(self, request: Request) -> Response:
        """The worklist, or all that was chosen as a file (`als=csv`, `als=xlsx`)."""
        query, ctx = request.query_params, context(request, Purpose.HPAYMT)
        choice, work = Choice.read(query), self._application.payment.worklist
        as_file = query.get("als", "")
        if as_file in {"csv", "xlsx"}:
            items = await run_in_threadpool(work.everything, ctx, choice)
            body = csv_bytes(HEADS, rows(items)) if as_file == "csv" else xlsx_bytes("werklijst", HEADS, rows(items))
            headers = {
                "content-disposition": f'attachment; filename="werklijst.{as_file}"',
                "cache-control": "no-store",
            }
            return Response(body, media_type="text/csv; charset=utf-8" if as_file == "csv" else XLSX, headers=headers)
        at = max(1, _number(query.get("pagina", "1")))
        found = await run_in_threadpool(work.page, ctx, choice, (at - 1) * SIZE, SIZE)
        kept = _kept(choice)

        def address(**changes: str) -> str:
            said = {name: value for name, value in {**kept, **changes}.items() if value}
            return f"/werklijst?{urlencode(said)}" if said else "/werklijst"

        values = {
            "work": found,
            "choice": choice,
            "address": address,
            "at": at,
            "pages": max(1, -(-found.total // SIZE)),
            "filters": {"status": STATUSES, "stadium": STAGES, "fase": PHASES, "toon": MARKS},
            "sorts": SORTS,
            "mark_names": MARK_NAMES,
            "sort_names": SORT_NAMES,
        }
        return page(request, "werklijst.html", values)

    async def casemix(self, request: Request) -> Response:
        """The figures by one dimension."""
        query, ctx = request.query_params, context(request, Purpose.HPAYMT)
        asked = query.get("per", "prestatie")
        by: By = next((b for b in BYS if b == asked), "prestatie")
        since, until = read_day(query.get("van"), "van"), read_day(query.get("tot"), "tot")
        found = await run_in_threadpool(self._application.payment.casemix.figures, ctx, by, since, until)
        period = {name: iso(day) for name, day in (("van", since), ("tot", until)) if day}
        values = {"mix": found, "bys": BYS, "by_names": BY_NAMES, "period": f"&{urlencode(period)}" if period else ""}
        return page(request, "casemix.html", values)

    async def rulebook(self, request: Request) -> Response:
        """The rules in force on a day, and what differs from those of another; as a page or as a document."""
        query, ctx = request.query_params, context(request, Purpose.HPAYMT)
        on, against = read_day(query.get("op"), "op"), read_day(query.get("tegen"), "tegen")
        rule = query.get("regel", "")[:200] or None
        book = await run_in_threadpool(self._application.rulebook, ctx, on, against, rule)
        if query.get("als") == "md":
            headers = {"content-disposition": f'attachment; filename="regelboek-{book.on.isoformat()}.md"'}
            return Response(markdown(book), media_type="text/markdown; charset=utf-8", headers=headers)
        return page(
            request, "regelboek.html", {"book": book, "against": against, "rule": rule, "rules": rules_in(book)}
        )

    async def act(self, request: Request) -> Response:
        """What a person does about a decision: propose, settle, register a claim, ask again. Then back to its page."""
        pregnancy = request.path_params["pregnancy"]
        form = {name: str(value).strip() for name, value in (await request.form()).items()}
        ctx = context(request, Purpose.HPAYMT)
        try:
            said = await self._done(ctx, pregnancy, form)
        except (OverrideError, NoBsnError) as error:
            said = str(error)
            title = "Dat kan niet"
            return page(request, "fout.html", {"title": title, "text": said, "back": _decision(pregnancy)}, 409)
        return RedirectResponse(f"{_decision(pregnancy)}?{urlencode({'gedaan': said})}#personen", 303)

    async def _done(self, ctx: Context, pregnancy: str, form: dict[str, str]) -> str:
        overrides = self._application.payment.overrides
        what = form.get("wat", "")
        if what == "vraag":
            await self._application.payment.asking.ask(ctx, pregnancy)
            return "gevraagd"
        if what == "stel-voor":
            expires = read_day(form.get("tot"), "tot")
            if expires is None:
                raise OverrideError("Geef de laatste dag waarop het besluit geldt.")
            await run_in_threadpool(
                lambda: overrides.propose(
                    ctx,
                    pregnancy,
                    phase=form.get("fase", ""),
                    status=form.get("uitkomst", ""),
                    reason=form.get("reden", ""),
                    expires_on=expires,
                )
            )
            return "voorgesteld"
        if what == "gedeclareerd":
            await run_in_threadpool(
                lambda: overrides.claimed(
                    ctx,
                    pregnancy,
                    phase=form.get("fase", ""),
                    made_on=read_day(form.get("op"), "op"),
                    reference=form.get("kenmerk"),
                )
            )
            return "geregistreerd"
        verdicts = {"keur-goed": "approved", "wijs-af": "rejected", "trek-in": "withdrawn"}
        if what not in verdicts:
            raise BadQuestionError("wat", "this page does not do that")
        settled = verdicts[what]
        await run_in_threadpool(
            lambda: overrides.settle(ctx, form.get("voorstel", ""), settled, form.get("opmerking", ""))  # type: ignore[arg-type]
        )
        return {"approved": "goedgekeurd", "rejected": "afgewezen", "withdrawn": "ingetrokken"}[settled]


DONE = {
    "gevraagd": "De bronnen zijn opnieuw gevraagd; hieronder staat wat er nu uit volgt.",
    "voorgesteld": "Het voorstel is vastgelegd. Het geldt zodra een tweede persoon het goedkeurt.",
    "geregistreerd": "De declaratie is geregistreerd.",
    "goedgekeurd": "Het besluit van een persoon is van kracht.",
    "afgewezen": "Het voorstel is afgewezen.",
    "ingetrokken": "Het besluit van een persoon is ingetrokken.",
}


def _decision(pregnancy: str) -> str:
    return f"/zwangerschap/{pregnancy}/besluit"
