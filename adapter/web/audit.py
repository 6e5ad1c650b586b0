"""The log keeper's page (`/logboek`), and the page on which a woman reads who looked at her data (`/inzage`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapter.access import DeniedError, EventType, Outcome, Purpose
from adapter.model.moments import AMSTERDAM
from adapter.service.asked import BadQuestionError
from adapter.service.audit import words
from adapter.service.audit.inzage import NotHerselfError
from adapter.service.audit.lines import LogQuestion
from adapter.service.audit.sheet import HEADS, rows
from adapter.service.payment.sheets import csv_bytes
from adapter.service.port import Application
from adapter.web.asking import context
from adapter.web.templating import page

_WOMAN = re.compile(r"[A-Za-z0-9-]{1,64}")
_FIELDS = ("van", "tot", "gebruiker", "vrouw", "soort", "uitkomst", "nood")
_TINY = timedelta(microseconds=1)
_WORDS = {
    "types": words.TYPE,
    "actions": words.ACTION,
    "outcomes": words.OUTCOME,
    "purposes": words.SHORT_PURPOSE,
    "role_names": words.ROLE,
    "identity": words.shown_identity,
}


class AuditPages:
    """The pages over one application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [Route("/logboek", self.logbook), Route("/inzage", self.inzage)]

    async def logbook(self, request: Request) -> Response:
        """Lines of the log, noodtoegang on top, and whether the log is whole; with `als=csv` the lines as a table."""
        choice = {name: request.query_params.get(name, "").strip()[:200] for name in _FIELDS}
        asked = question(choice, request.query_params.get("voor", ""))
        ctx, logbook = context(request, Purpose.HOPERAT), self._application.audit.logbook
        if request.query_params.get("als") == "csv":
            found = await run_in_threadpool(logbook.export, ctx, asked)
            body = await run_in_threadpool(lambda: csv_bytes(HEADS, rows(found)))
            headers = {"content-disposition": 'attachment; filename="logboek.csv"'}
            return Response(body, media_type="text/csv; charset=utf-8", headers=headers)
        lines = await run_in_threadpool(logbook.page, ctx, asked)
        emergencies = await run_in_threadpool(logbook.emergencies, ctx)
        anew = request.query_params.get("controle") == "nu"
        chain = await run_in_threadpool(lambda: logbook.chain(ctx, anew=anew))
        given = {name: value for name, value in choice.items() if value}

        def address(**more: str) -> str:
            return _address("/logboek", {**given, **more})

        values = {
            "page_of": lines,
            "emergencies": emergencies,
            "chain": chain,
            "choice": choice,
            "address": address,
            "kinds": list(EventType),
            "results": list(Outcome),
            **_WORDS,
        }
        return page(request, "logboek.html", values)

    async def inzage(self, request: Request) -> Response:
        """Who looked: for the woman herself, or for a log keeper who names her (`vrouw`), to hand over."""
        woman = request.query_params.get("vrouw", "")
        before = _number(request.query_params.get("voor", ""))
        desk = self._application.audit.inzage
        if woman and not _WOMAN.fullmatch(woman):
            raise HTTPException(404)
        try:
            if woman:
                ctx = context(request, Purpose.HOPERAT)
                found = await run_in_threadpool(desk.of, ctx, woman, before)
            else:
                found = await run_in_threadpool(desk.own, context(request, Purpose.TREAT), before)
        except (NotHerselfError, DeniedError):
            if woman:
                raise
            found = None
        more = {"voor": str(found.next)} if found is not None and found.next else {}
        next_page = _address("/inzage", {**({"vrouw": woman} if woman else {}), **more}) if more else None
        values = {"overview": found, "next_page": next_page, "for_another": bool(woman), **_WORDS}
        return page(request, "inzage.html", values, 200 if found is not None else 403)


def question(choice: Mapping[str, str], before: str) -> LogQuestion:
    """The fields of the form as a question. Raises `BadQuestionError` for a day that is none."""
    kinds = tuple(kind for kind in EventType if kind.value == choice["soort"])
    outcomes = tuple(outcome for outcome in Outcome if outcome.value == choice["uitkomst"])
    until = _midnight("tot", choice["tot"], 1)
    return LogQuestion(
        woman=choice["vrouw"] or None,
        since=_midnight("van", choice["van"]),
        until=None if until is None else until - _TINY,
        user=choice["gebruiker"] or None,
        kinds=kinds,
        outcomes=outcomes,
        emergency=choice["nood"] == "ja",
        before=_number(before),
    )


def _midnight(field: str, text: str, later: int = 0) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=later)
    except (ValueError, OverflowError):
        raise BadQuestionError(field, "give a day: 2026-01-31") from None
    return datetime.combine(day, time(), AMSTERDAM)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _address(path: str, given: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(given)}" if given else path
