"""Noodtoegang for systems: begun with a reason, and from then on sent along in a header until it is over."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from adapter.access import Purpose
from adapter.api.authentication import context
from adapter.api.errors import problem
from adapter.api.pregnancies import PROBLEMS
from adapter.model.identifiers import Bsn, InvalidIdentifierError
from adapter.service.access.emergency import SHORTEST, EmergencyError, NobodyFoundError
from adapter.service.asked import BadQuestionError
from adapter.service.port import Application

PATH = "/api/v1/emergency"


class Asked(BaseModel):
    """Why, and for whom: her BSN (in the body, never in an address), or a pregnancy that is seen in part."""

    reason: str = Field(description=f"why care cannot wait; at least {SHORTEST} characters, no BSN", max_length=2000)
    bsn: str | None = Field(None, description="burgerservicenummer: nine digits that pass the 11-proef")
    pregnancy: str | None = Field(None, max_length=64, description="id of a pregnancy that is seen in part")


class Begun(BaseModel):
    """What was begun. Send `emergency` in the header `X-Noodtoegang` with each request until `until`."""

    emergency: str
    until: datetime
    pregnancies: list[str]


def router(application: Application) -> APIRouter:
    """The route, bound to the application."""
    api = APIRouter(responses=PROBLEMS, tags=["emergency"])

    @api.post(PATH, response_model=Begun, status_code=201, summary="Begin emergency access for one woman")
    async def begin(request: Request, given: Asked) -> Response | Begun:
        if (given.bsn is None) == (given.pregnancy is None):
            raise BadQuestionError("bsn", "give a BSN or a pregnancy, and not both")
        ctx = context(request, Purpose.TREAT)
        try:
            bsn = None if given.bsn is None else Bsn(given.bsn)
            begun = await run_in_threadpool(
                lambda: application.emergencies.begin(ctx, given.reason, bsn=bsn, pregnancy=given.pregnancy)
            )
        except InvalidIdentifierError as error:
            raise BadQuestionError("bsn", str(error)) from None
        except EmergencyError as error:
            raise BadQuestionError("reason", str(error)) from None
        except NobodyFoundError:
            return problem(404, "no woman is known by this")
        return Begun(emergency=begun.sealed, until=begun.until, pregnancies=list(begun.pregnancies))

    return api
