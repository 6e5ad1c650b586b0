"""Rulebook, casemix, trials of other rules, the test month and decision runs over the JSON API. Purpose: payment."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from adapter.access import Context, Purpose
from adapter.api.authentication import context
from adapter.api.errors import problem
from adapter.api.pregnancies import PROBLEMS, Day
from adapter.api.worklist import CSV
from adapter.model import wire
from adapter.service.asked import BadQuestionError, read_day
from adapter.service.payment.casemix import By, Casemix
from adapter.service.payment.casemix_sheet import HEADS, rows
from adapter.service.payment.redecide import RunReport
from adapter.service.payment.sheets import csv_bytes
from adapter.service.payment.testmonth import MonthReport
from adapter.service.payment.whatif import Draft, Population, TrialReport
from adapter.service.port import Application, ConfigurationError
from adapter.service.rulebook import Rulebook, markdown

_PROBLEMS = {status: problem for status, problem in PROBLEMS.items() if status != 404}
_NAME = r"^[a-z0-9][a-z0-9_-]{0,60}\.yaml$"


class TrialOrder(BaseModel):
    """A draft as text: rule files by name (laid over the rules in force, unless `sources.yaml` is among them: then they
    are the whole set), a register like `igo.toml`, catalogue files; and over whom. Nothing of it is kept."""

    rules: dict[Annotated[str, Field(pattern=_NAME)], str] = Field(default_factory=dict, max_length=40)
    catalogues: dict[Annotated[str, Field(pattern=_NAME)], str] = Field(default_factory=dict, max_length=10)
    register_: str | None = Field(None, alias="register")
    insurer: str | None = Field(None, pattern=r"^([0-9]{4}|onbekend)$")
    since: Day | None = None
    until: Day | None = None
    pregnancies: list[str] = Field(default_factory=list, max_length=10_000)


class RunList(BaseModel):
    """Decision runs, latest first."""

    runs: list[RunReport]


DayAsked = Annotated[str | None, Query(description="a calendar date, 2024-07-29")]


def router(application: Application) -> APIRouter:
    """The routes, bound to the application."""
    api = APIRouter(responses=_PROBLEMS, tags=["casemix"])

    @api.get(
        "/api/v1/casemix",
        response_model=Casemix,
        summary="Care per prestatie, by members and outside; small cells are not shown",
        responses={200: {"content": {"text/csv": {}}}},
    )
    async def casemix(
        request: Request,
        by: By = "prestatie",
        since: DayAsked = None,
        until: DayAsked = None,
        format: Literal["json", "csv"] = "json",
    ) -> Response:
        first, last = read_day(since, "since"), read_day(until, "until")
        ctx = context(request, Purpose.HPAYMT)
        found = await run_in_threadpool(lambda: application.payment.casemix.figures(ctx, by, first, last))
        if format == "csv":
            headers = {"content-disposition": f'attachment; filename="casemix-{by}.csv"'}
            return Response(csv_bytes(HEADS, rows(found)), media_type=CSV, headers=headers)
        return Response(wire.to_json(found), media_type="application/json")

    @api.post("/api/v1/what-if", response_model=TrialReport, summary="Other rules over what is stored; keeps nothing")
    async def what_if(request: Request, order: TrialOrder) -> Response:
        ctx = context(request, Purpose.HPAYMT)
        try:
            report = await run_in_threadpool(lambda: _trial(application, ctx, order))
        except ConfigurationError as error:
            return problem(400, "; ".join(p.what for p in error.problems[:20]))
        return Response(wire.to_json(report), media_type="application/json")

    @api.get("/api/v1/test-month", response_model=MonthReport, summary="What a month would bring; nothing is sent")
    async def month(request: Request, month: Annotated[str, Query(pattern=r"^20[0-9]{2}-[01][0-9]$")]) -> Response:
        ctx = context(request, Purpose.HPAYMT)
        year, number = (int(part) for part in month.split("-"))
        if not 1 <= number <= 12:
            raise BadQuestionError("month", "give a month such as 2024-07")
        report = await run_in_threadpool(lambda: application.payment.month.report(ctx, year, number))
        return Response(wire.to_json(report), media_type="application/json")

    @api.get(
        "/api/v1/rulebook",
        response_model=Rulebook,
        summary="The rules in force on a day as parts and tables; against: what differs from those of another day",
        responses={200: {"content": {"text/markdown": {}}}},
    )
    async def rulebook(
        request: Request, on: DayAsked = None, against: DayAsked = None, format: Literal["json", "md"] = "json"
    ) -> Response:
        day, other = read_day(on, "on"), read_day(against, "against")
        found = await run_in_threadpool(application.rulebook, context(request, Purpose.HPAYMT), day, other)
        if format == "md":
            return Response(markdown(found), media_type="text/markdown; charset=utf-8")
        return Response(wire.to_json(found), media_type="application/json")

    @api.get("/api/v1/decision-runs", response_model=RunList, summary="Runs that decided everything again")
    async def runs(request: Request) -> Response:
        found = await run_in_threadpool(application.payment.runs.runs, context(request, Purpose.HPAYMT))
        return Response(orjson.dumps({"runs": [wire.to_data(r) for r in found]}), media_type="application/json")

    return api


def _trial(application: Application, ctx: Context, order: TrialOrder) -> TrialReport:
    """The texts stand in a folder for as long as the trial lasts."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        draft = Draft(
            rules=_written(folder / "rules", order.rules),
            register=_text(folder / "igo.toml", order.register_),
            catalogues=_written(folder / "catalogues", order.catalogues),
        )
        chosen = frozenset(order.pregnancies)
        population = Population(order.insurer, order.since, order.until, chosen)
        return application.payment.trials.trial(ctx, draft, population)


def _written(folder: Path, files: dict[str, str]) -> Path | None:
    if not files:
        return None
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def _text(path: Path, text: str | None) -> Path | None:
    if text is None:
        return None
    path.write_text(text, "utf-8")
    return path
