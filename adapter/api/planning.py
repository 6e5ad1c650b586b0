"""The plan of the region over the JSON API: expected births per week and place, caseload, completeness; also as CSV."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from adapter.access import Purpose
from adapter.api.authentication import context
from adapter.api.errors import problem
from adapter.api.pregnancies import PROBLEMS, AsOf, KnownAt
from adapter.model import wire
from adapter.service.asked import read_asked
from adapter.service.payment.sheets import csv_bytes
from adapter.service.planning.plan import NotCountedError, Plan
from adapter.service.planning.sheet import HEADS, rows
from adapter.service.port import Application

PATH = "/api/v1/planning"
_CSV = "text/csv; charset=utf-8"
_PROBLEMS = {status: problem for status, problem in PROBLEMS.items() if status != 404}

_COUNTING = {**PROBLEMS[404], "description": "nothing was counted yet since the first start; see Retry-After"}


def router(application: Application) -> APIRouter:
    """The route, bound to the application."""
    api = APIRouter(responses=_PROBLEMS, tags=["planning"])

    @api.get(
        PATH,
        response_model=Plan,
        summary="Expected births per week and intended place, caseload, completeness of the region",
        responses={200: {"content": {"text/csv": {}}}, 503: _COUNTING},
    )
    async def planning(
        request: Request,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        format: Annotated[
            Literal["json", "csv"] | None, Query(description="csv: the weeks as a table; default by Accept, else json")
        ] = None,
    ) -> Response:
        asked = read_asked(as_of, known_at)
        ctx = context(request, Purpose.HOPERAT)
        try:
            found = await run_in_threadpool(
                lambda: application.planning.plan(ctx, as_of=asked.as_of, known_at=asked.known_at)
            )
        except NotCountedError:
            return problem(503, "the region is being counted for the first time; ask again", {"retry-after": "3"})
        accepted = request.headers.get("accept", "")
        if format == "csv" or (format is None and "text/csv" in accepted):
            name = f"planning-{found.as_of.isoformat()}.csv"
            headers = {"content-disposition": f'attachment; filename="{name}"'}
            return Response(csv_bytes(HEADS, rows(found)), media_type=_CSV, headers=headers)
        return Response(wire.to_json(found), media_type="application/json")

    return api
