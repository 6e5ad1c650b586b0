"""Overrides with a second person's approval, claims made, asking again: over the JSON API. Purpose: payment."""

from __future__ import annotations

from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from adapter.access import Purpose
from adapter.api.authentication import context
from adapter.api.errors import problem
from adapter.api.pregnancies import PROBLEMS, Day, Id
from adapter.model import wire
from adapter.model.decision import ClaimMade, Override
from adapter.model.sources import SourceReport
from adapter.service.asking import NoBsnError
from adapter.service.payment.overrides import FourEyesError, OverrideError
from adapter.service.payment.persons import Persons
from adapter.service.port import Application

ONE = "/api/v1/pregnancies/{pregnancy}"


class Proposal(BaseModel):
    """A person's decision on a phase. It counts once a second person has approved it."""

    phase: Literal["prenataal", "nataal", "postnataal"]
    status: Literal["igo", "niet_igo"]
    reason: str = Field(max_length=1000)
    expires_on: Day


class Settlement(BaseModel):
    """What comes of a proposal. Who proposed it cannot approve it."""

    verdict: Literal["approved", "rejected", "withdrawn"]
    remark: str = Field("", max_length=1000)


class Made(BaseModel):
    """That the integral claim of a phase was made."""

    phase: Literal["prenataal", "nataal", "postnataal"]
    made_on: Day | None = None
    reference: str | None = Field(None, max_length=40, description="of the invoice line; never a BSN")


class OverrideList(BaseModel):
    """Overrides, oldest first."""

    overrides: list[Override]


class Answers(BaseModel):
    """How each source answered."""

    sources: list[SourceReport]


OverrideId = Annotated[str, Path(description="id of the override")]
_PROBLEMS = {**PROBLEMS, 409: {**PROBLEMS[404], "description": "it cannot be: the detail says why, in Dutch"}}


def _json(value: object, status: int = 200) -> Response:
    return Response(wire.to_json(value), status, media_type="application/json")


def router(application: Application) -> APIRouter:
    """The routes, bound to the application."""
    api = APIRouter(responses=_PROBLEMS, tags=["overrides"])

    @api.get("/api/v1/overrides", response_model=OverrideList, summary="Overrides that wait for a second person")
    async def waiting(request: Request) -> Response:
        found = await run_in_threadpool(application.payment.overrides.open, context(request, Purpose.HPAYMT))
        return Response(orjson.dumps({"overrides": [wire.to_data(o) for o in found]}), media_type="application/json")

    @api.get(f"{ONE}/overrides", response_model=Persons, summary="Overrides and registered claims of one pregnancy")
    async def overrides(request: Request, pregnancy: Id) -> Response:
        ctx = context(request, Purpose.HPAYMT)
        return _json(await run_in_threadpool(application.payment.overrides.of, ctx, pregnancy))

    @api.post(f"{ONE}/overrides", response_model=Override, status_code=201, summary="Propose an override")
    async def propose(request: Request, pregnancy: Id, given: Proposal) -> Response:
        ctx = context(request, Purpose.HPAYMT)
        try:
            made = await run_in_threadpool(
                lambda: application.payment.overrides.propose(
                    ctx,
                    pregnancy,
                    phase=given.phase,
                    status=given.status,
                    reason=given.reason,
                    expires_on=given.expires_on,
                )
            )
        except OverrideError as error:
            return problem(409, str(error))
        return _json(made, 201)

    @api.post("/api/v1/overrides/{override}", response_model=Override, summary="Approve, reject or withdraw")
    async def settle(request: Request, override: OverrideId, given: Settlement) -> Response:
        ctx = context(request, Purpose.HPAYMT)
        try:
            said = await run_in_threadpool(
                lambda: application.payment.overrides.settle(ctx, override, given.verdict, given.remark)
            )
        except FourEyesError as error:
            return problem(403, str(error))
        except OverrideError as error:
            return problem(409, str(error))
        return _json(said)

    @api.post(f"{ONE}/claims", response_model=ClaimMade, status_code=201, summary="Register that a claim was made")
    async def claimed(request: Request, pregnancy: Id, given: Made) -> Response:
        ctx = context(request, Purpose.HPAYMT)
        try:
            made = await run_in_threadpool(
                lambda: application.payment.overrides.claimed(
                    ctx, pregnancy, phase=given.phase, made_on=given.made_on, reference=given.reference
                )
            )
        except OverrideError as error:
            return problem(409, str(error))
        return _json(made, 201)

    @api.post(f"{ONE}/ask-again", response_model=Answers, summary="Pull this woman's sources again")
    async def again(request: Request, pregnancy: Id) -> Response:
        try:
            reports = await application.payment.asking.ask(context(request, Purpose.HPAYMT), pregnancy)
        except NoBsnError as error:
            return problem(409, str(error))
        return Response(orjson.dumps({"sources": [wire.to_data(r) for r in reports]}), media_type="application/json")

    return api
