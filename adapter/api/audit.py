"""The audit log over the JSON API: lines and chain for the log keeper, and for a woman who looked at her data."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from adapter.access import Action, EventType, Outcome, Purpose
from adapter.api.authentication import context
from adapter.api.errors import problem
from adapter.api.pregnancies import PROBLEMS
from adapter.model import wire
from adapter.service.asked import read_instant
from adapter.service.audit.inzage import NotHerselfError, Overview
from adapter.service.audit.lines import MOST, PAGE, Chain, LogPage, LogQuestion
from adapter.service.audit.sheet import HEADS, rows
from adapter.service.payment.sheets import csv_bytes
from adapter.service.port import Application

_CSV = "text/csv; charset=utf-8"
_PROBLEMS = {status: answer for status, answer in PROBLEMS.items() if status != 404}
Instant = Annotated[str | None, Query(description="an instant with a zone: 2026-01-31T12:00:00Z")]
Before = Annotated[int | None, Query(ge=1, le=2**53, description="the `next` of the page before")]


def router(application: Application) -> APIRouter:
    """The routes, bound to the application."""
    api = APIRouter(responses=_PROBLEMS, tags=["audit"])

    @api.get(
        "/api/v1/audit",
        response_model=LogPage,
        summary="Lines of the audit log, newest first: for the log keeper",
        responses={200: {"content": {"text/csv": {}}}},
    )
    async def lines(
        request: Request,
        woman: Annotated[str | None, Query(max_length=64, description="our id of a woman, never a BSN")] = None,
        since: Instant = None,
        until: Instant = None,
        user: Annotated[str | None, Query(max_length=200, description="the id of who asked")] = None,
        type: Annotated[list[EventType] | None, Query()] = None,
        action: Annotated[list[Action] | None, Query()] = None,
        outcome: Annotated[list[Outcome] | None, Query()] = None,
        emergency: Annotated[bool, Query(description="only what was done under noodtoegang")] = False,
        before: Before = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
        format: Annotated[Literal["json", "csv"] | None, Query(description="csv: all of them as a table")] = None,
    ) -> Response:
        first, last = read_instant(since, "since"), read_instant(until, "until")
        given = (tuple(type or ()), tuple(action or ()), tuple(outcome or ()))
        asked = LogQuestion(woman, first, last, user, *given, emergency, before, limit)
        ctx, logbook = context(request, Purpose.HOPERAT), application.audit.logbook
        if format == "csv" or (format is None and "text/csv" in request.headers.get("accept", "")):
            found = await run_in_threadpool(logbook.export, ctx, asked)
            body = await run_in_threadpool(lambda: csv_bytes(HEADS, rows(found)))
            headers = {"content-disposition": 'attachment; filename="logboek.csv"'}
            return Response(body, media_type=_CSV, headers=headers)
        page = await run_in_threadpool(logbook.page, ctx, asked)
        return Response(wire.to_json(page), media_type="application/json")

    @api.get("/api/v1/audit/chain", response_model=Chain, summary="Whether the audit log is whole")
    async def chain(
        request: Request,
        anew: Annotated[bool, Query(description="look now, not at most a quarter of an hour ago")] = False,
    ) -> Response:
        ctx = context(request, Purpose.HOPERAT)
        found = await run_in_threadpool(lambda: application.audit.logbook.chain(ctx, anew=anew))
        return Response(wire.to_json(found), media_type="application/json")

    @api.get("/api/v1/inzage", response_model=Overview, summary="Who looked at the data of a woman, for herself")
    async def inzage(
        request: Request,
        woman: Annotated[
            str | None, Query(max_length=64, description="for the log keeper: our id of her; she gives none")
        ] = None,
        before: Before = None,
    ) -> Response:
        desk = application.audit.inzage
        try:
            if woman is None:
                found = await run_in_threadpool(desk.own, context(request, Purpose.TREAT), before)
            else:
                found = await run_in_threadpool(desk.of, context(request, Purpose.HOPERAT), woman, before)
        except NotHerselfError:
            return problem(403, "this is for the woman herself; a log keeper names her with ?woman=")
        return Response(wire.to_json(found), media_type="application/json")

    return api
