"""Proposals for links, and the decisions of persons on them, over the JSON API.

Posting is guarded like every other request (`adapter.api.gate`): a page of another origin cannot post here.
"""

from __future__ import annotations

from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, FastAPI, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from adapter.access import Purpose
from adapter.api.authentication import context
from adapter.api.errors import problem
from adapter.api.pregnancies import MOST, PROBLEMS, ProblemDocument
from adapter.model import wire
from adapter.service.links.proposal import (
    Found,
    LinkDecision,
    LinkDecisionPage,
    OvertakenError,
    Pointed,
    ProposalDetail,
    ProposalPage,
    UnknownProposalError,
    UnknownRecordError,
)
from adapter.service.port import Application

PROPOSALS, DECISIONS = "/api/v1/proposals", "/api/v1/link-decisions"
RECORDS = "/api/v1/records/_search"


class ChangedDocument(ProblemDocument):
    """Why a decision does not fit what stands by now; `changed` says what, with the decision that did it, if one."""

    changed: list[dict[str, str | None]]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Decide(_Body):
    """A decision on a proposal. `seen` is what came with it."""

    verdict: Literal["same", "apart", "later"]
    reason: str = Field(description="why, in your own words; no BSN")
    seen: str


class Reason(_Body):
    """Why a decision is taken back."""

    reason: str = Field(description="why, in your own words; no BSN")


class RecordOrDossier(_Body):
    """A record (`Patient/…`) or a dossier (`EpisodeOfCare/…`) at a source."""

    source: str
    reference: str

    def pointed(self) -> Pointed:
        """As the desk takes it."""
        return Pointed(self.source, self.reference)


class Judge(_Body):
    """A decision without a proposal: `same` and `apart` are of two, `split` is of one and all that it stands with."""

    kind: Literal["woman", "pregnancy"]
    verdict: Literal["same", "apart", "split"]
    record: RecordOrDossier
    other: RecordOrDossier | None = None
    reason: str = Field(description="why, in your own words; no BSN")


class SeekRecords(_Body):
    """Whom you look for: a BSN, or a day of birth with a family name or given name."""

    bsn: str = ""
    birth_date: str = Field("", description="a calendar date such as 1991-03-14; day and month may have changed places")
    name: str = Field("", description="family name, given name, or both")


Id = Annotated[str, Path(description="id of the proposal, as in the list")]
DecisionId = Annotated[str, Path(description="id of the decision, as in the list or in a link of a care path")]
Limit = Annotated[int, Query(ge=1, le=MOST)]
Offset = Annotated[int, Query(ge=0, le=2**31)]
_RESPONSES = PROBLEMS | {
    404: {**PROBLEMS[404], "description": "no such proposal, decision, record or dossier"},
    409: {**PROBLEMS[404], "model": ChangedDocument, "description": "something changed meanwhile; it says what"},
}


def router(application: Application) -> APIRouter:
    """The routes, bound to the application."""
    api = APIRouter(responses=_RESPONSES, tags=["links"])

    @api.get(PROPOSALS, response_model=ProposalPage, summary="What is for a person to decide")
    async def queue(
        request: Request,
        kind: Literal["woman", "pregnancy"] | None = None,
        state: Literal["open", "later"] | None = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Response:
        ctx = context(request, Purpose.TREAT)
        return _json(
            await run_in_threadpool(
                lambda: application.proposals.queue(ctx, kind=kind, state=state, offset=offset, limit=limit)
            )
        )

    @api.get(PROPOSALS + "/{id}", response_model=ProposalDetail, summary="One proposal, both sides and the evidence")
    async def one(request: Request, id: Id) -> Response:
        return _json(await run_in_threadpool(application.proposals.proposal, context(request, Purpose.TREAT), id))

    @api.post(PROPOSALS + "/{id}/decision", response_model=LinkDecision, status_code=201, summary="Decide on it")
    async def decide(request: Request, id: Id, given: Decide) -> Response:
        ctx = context(request, Purpose.TREAT)
        made = await run_in_threadpool(application.proposals.decide, ctx, id, given.verdict, given.reason, given.seen)
        return _json(made, 201)

    @api.get(DECISIONS, response_model=LinkDecisionPage, summary="What persons decided, newest first")
    async def decisions(request: Request, limit: Limit = 50, offset: Offset = 0) -> Response:
        ctx = context(request, Purpose.TREAT)
        return _json(await run_in_threadpool(lambda: application.proposals.decisions(ctx, offset=offset, limit=limit)))

    @api.post(
        DECISIONS, response_model=LinkDecision, status_code=201, summary="Link two, keep two apart, split one off"
    )
    async def judge(request: Request, given: Judge) -> Response:
        ctx = context(request, Purpose.TREAT)
        other = given.other.pointed() if given.other else None
        made = await run_in_threadpool(
            application.proposals.judge, ctx, given.kind, given.verdict, given.record.pointed(), other, given.reason
        )
        return _json(made, 201)

    @api.post(RECORDS, response_model=Found, summary="Records to link by hand, by BSN or by day of birth and name")
    async def seek(request: Request, given: SeekRecords) -> Response:
        ctx = context(request, Purpose.TREAT)
        return _json(await run_in_threadpool(application.proposals.seek, ctx, given.bsn, given.birth_date, given.name))

    @api.post(DECISIONS + "/{id}/undo", response_model=LinkDecision, status_code=201, summary="Take a decision back")
    async def undo(request: Request, id: DecisionId, given: Reason) -> Response:
        return _json(
            await run_in_threadpool(application.proposals.undo, context(request, Purpose.TREAT), id, given.reason), 201
        )

    return api


def install(app: FastAPI) -> None:
    """Register what the errors of the desk become."""
    app.add_exception_handler(OvertakenError, _overtaken)
    app.add_exception_handler(UnknownProposalError, _unknown)
    app.add_exception_handler(UnknownRecordError, _unknown)


def _json(found: object, status: int = 200) -> Response:
    return Response(wire.to_json(found), status, media_type="application/json")


async def _overtaken(request: Request, error: Exception) -> Response:
    assert isinstance(error, OvertakenError)  # noqa: S101 (registered for this type)
    body = {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "this does not fit what stands by now; nothing was changed: look again, and decide on what you see",
        "changed": [wire.to_data(change) for change in error.changes],
    }
    return Response(orjson.dumps(body), 409, media_type="application/problem+json")


async def _unknown(request: Request, error: Exception) -> Response:
    if isinstance(error, UnknownRecordError):
        return problem(404, "no such record or dossier is held; see the links of a care path for what there is")
    return problem(404, "nothing is known by this id (any more): data that came in may have settled it")
