"""The JSON API over pregnancies. Shapes are those of `adapter.model`, written by `adapter.model.wire`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool

from adapter.access import Purpose
from adapter.api.authentication import context
from adapter.model import wire
from adapter.model.carepath import CarePath
from adapter.model.decision import Decision
from adapter.model.identifiers import Bsn, InvalidIdentifierError
from adapter.service.asked import BadQuestionError, read_asked, read_day
from adapter.service.port import Application
from adapter.service.summary import PregnancySummary

PREFIX = "/api/v1/pregnancies"
MOST = 200
"""Largest page of the list."""


class PregnancyList(BaseModel):
    """A page of the list; `next` is the address of the following page, null on the last."""

    pregnancies: list[PregnancySummary]
    total: int
    next: str | None


class DecisionList(BaseModel):
    """Every decision made for one pregnancy, newest first."""

    decisions: list[Decision]


class Found(BaseModel):
    """A pregnancy found by BSN, and where to read it."""

    pregnancy: str
    care_path: str
    decision: str


class FoundList(BaseModel):
    """The answer to a search."""

    pregnancies: list[Found]


class Search(BaseModel):
    """A search. The BSN stands in the body, never in an address."""

    bsn: str = Field(description="burgerservicenummer: nine digits that pass the 11-proef")


class ProblemDocument(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


AsOf = Annotated[str | None, Query(description="the day asked about, such as 2024-07-29; default today")]
KnownAt = Annotated[str | None, Query(description="what was known at this instant, 2024-07-29T12:00:00Z; default now")]


def _written(given: object) -> date | None:
    if not isinstance(given, str):
        raise ValueError("a day is a text")
    return read_day(given)


Day = Annotated[date, BeforeValidator(_written)]
"""A calendar date in a body. Left to itself pydantic reads a bare number as seconds since 1970."""
Id = Annotated[str, Path(description="id of the pregnancy, as in the list")]
_PROBLEM: dict[str, Any] = {"model": ProblemDocument, "content": {"application/problem+json": {}}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {**_PROBLEM, "description": "a parameter cannot be read"},
    403: {**_PROBLEM, "description": "not allowed for this identity and purpose"},
    404: {**_PROBLEM, "description": "no such pregnancy"},
    422: {**_PROBLEM, "description": "not used: what cannot be read is 400"},
}


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def router(application: Application) -> APIRouter:
    """The routes, bound to the application."""
    wire.prepare(CarePath, Decision)
    api = APIRouter(prefix=PREFIX, responses=PROBLEMS, tags=["pregnancies"])

    @api.get("", response_model=PregnancyList, summary="List pregnancies")
    async def pregnancies(
        request: Request,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    ) -> Response:
        asked = read_asked(as_of, known_at)
        page = await run_in_threadpool(
            lambda: application.pregnancies(
                context(request, Purpose.TREAT),
                as_of=asked.as_of,
                known_at=asked.known_at,
                offset=offset,
                limit=limit,
            )
        )
        following = None
        if offset + limit < page.total:
            asked_for = {"limit": limit, "offset": offset + limit, "as_of": as_of, "known_at": known_at}
            following = f"{PREFIX}?{urlencode({k: v for k, v in asked_for.items() if v})}"
        items = [wire.to_data(item) for item in page.items]
        return _json(orjson.dumps({"pregnancies": items, "total": page.total, "next": following}))

    @api.post("/_search", response_model=FoundList, summary="Find a woman's pregnancies by BSN")
    async def search(request: Request, given: Search) -> Response:
        try:
            bsn = Bsn(given.bsn)
        except InvalidIdentifierError as error:
            raise BadQuestionError("bsn", str(error)) from None
        ids = await run_in_threadpool(application.find, context(request, Purpose.TREAT), bsn)
        found = [
            {"pregnancy": id_, "care_path": f"{PREFIX}/{id_}/care-path", "decision": f"{PREFIX}/{id_}/decision"}
            for id_ in ids
        ]
        return _json(orjson.dumps({"pregnancies": found}))

    @api.get("/{pregnancy}/care-path", response_model=CarePath, summary="The shared care path of one pregnancy")
    async def care_path(request: Request, pregnancy: Id, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
        asked = read_asked(as_of, known_at)
        path = await run_in_threadpool(
            lambda: application.care_path_json(
                context(request, Purpose.TREAT), pregnancy, as_of=asked.as_of, known_at=asked.known_at
            )
        )
        return _json(path)

    @api.get("/{pregnancy}/decision", response_model=Decision, summary="IGO or niet-IGO per phase, and why")
    async def decision(request: Request, pregnancy: Id, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
        asked = read_asked(as_of, known_at)
        made = await run_in_threadpool(
            lambda: application.decision(
                context(request, Purpose.HPAYMT), pregnancy, as_of=asked.as_of, known_at=asked.known_at
            )
        )
        return _json(wire.to_json(made))

    @api.get("/{pregnancy}/decisions", response_model=DecisionList, summary="Every decision made, newest first")
    async def decisions(request: Request, pregnancy: Id) -> Response:
        made = await run_in_threadpool(application.decisions, context(request, Purpose.HPAYMT), pregnancy)
        return _json(b'{"decisions":[' + b",".join(wire.to_json(one) for one in made) + b"]}")

    return api
