"""The IGO worklist over the JSON API, and as a table to take along (CSV, XLSX). Purpose: payment."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from adapter.access import Purpose
from adapter.api.authentication import context
from adapter.api.pregnancies import PROBLEMS
from adapter.model import wire
from adapter.service.payment.sheets import csv_bytes, xlsx_bytes
from adapter.service.payment.worklist import Choice, WorkItem
from adapter.service.payment.worklist_sheet import HEADS, rows
from adapter.service.port import Application

PATH = "/api/v1/worklist"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
MOST = 500
_PROBLEMS = {status: problem for status, problem in PROBLEMS.items() if status != 404}


class WorkList(BaseModel):
    """A page of the worklist; `counts` are over all that was chosen, `all` over everything there is."""

    items: list[WorkItem]
    total: int
    all: int
    waiting: int
    counts: dict[str, dict[str, int]]
    next: str | None


Text = Annotated[str, Query(max_length=20)]


def router(application: Application) -> APIRouter:
    """The route, bound to the application."""
    api = APIRouter(responses=_PROBLEMS, tags=["worklist"])

    @api.get(
        PATH,
        response_model=WorkList,
        summary="All pregnancies with status, stage, phase, insurer, what is missing and what may break",
        responses={200: {"content": {"text/csv": {}, XLSX: {}}}},
    )
    async def worklist(
        request: Request,
        status: Text = "",
        stadium: Text = "",
        fase: Text = "",
        verzekeraar: Text = "",
        lid: Text = "",
        toon: Text = "",
        volgorde: Text = "",
        aflopend: Text = "",
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
        format: Literal["json", "csv", "xlsx"] = "json",
    ) -> Response:
        asked = {
            "status": status,
            "stadium": stadium,
            "fase": fase,
            "verzekeraar": verzekeraar,
            "lid": lid,
            "toon": toon,
            "volgorde": volgorde,
            "aflopend": aflopend,
        }
        choice, ctx = Choice.read(asked), context(request, Purpose.HPAYMT)
        if format != "json":
            return await run_in_threadpool(
                lambda: taken_along(application.payment.worklist.everything(ctx, choice), format)
            )
        page = await run_in_threadpool(lambda: application.payment.worklist.page(ctx, choice, offset, limit))
        following = None
        if offset + limit < page.total:
            kept = {**{k: v for k, v in asked.items() if v}, "limit": limit, "offset": offset + limit}
            following = f"{PATH}?{urlencode(kept)}"
        return Response(orjson.dumps({**wire.to_data(page), "next": following}), media_type="application/json")

    return api


def taken_along(items: tuple[WorkItem, ...], format: str) -> Response:
    """The table as a file."""
    body = xlsx_bytes("werklijst", HEADS, rows(items)) if format == "xlsx" else csv_bytes(HEADS, rows(items))
    headers = {"content-disposition": f'attachment; filename="werklijst.{format}"', "cache-control": "no-store"}
    return Response(body, media_type=XLSX if format == "xlsx" else CSV, headers=headers)
