"""What a woman permits and forbids, over the JSON API: list, record, withdraw; notifications of the national service.

As FHIR: `GET …/consents` with `Accept: application/fhir+json` gives what was recorded here as Consent resources (R4, or
STU3 with `fhirVersion=3.0`). A registered source sends its own Consents to the FHIR endpoint.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from adapter import fhir
from adapter.access import Purpose
from adapter.api.authentication import context
from adapter.api.errors import problem
from adapter.api.pregnancies import PREFIX, PROBLEMS, Day, Id, ProblemDocument
from adapter.fhir import FhirError
from adapter.model import wire
from adapter.model.evidence import OrganisationKind
from adapter.model.sources import FhirVersion, Media
from adapter.service.asked import BadQuestionError
from adapter.service.consents.consent import (
    ConsentDraft,
    ConsentPage,
    ConsentParty,
    ConsentStatement,
    NotWithdrawableError,
    UnknownConsentError,
)
from adapter.service.consents.notifications import Taken
from adapter.service.port import Application

NOTIFICATIONS = "/api/v1/consent-notifications"
_FHIR = Media.JSON.value


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PartyBody(_Body):
    """A holder or reader: one organisation (`agb:…` or `ura:…`), a kind of them, or, with neither, any."""

    organisation: str | None = Field(default=None, description="agb:… or ura:…", pattern=r"^(agb|ura):\d{7,9}$")
    kind: OrganisationKind | None = None

    def party(self) -> ConsentParty:
        """As the desk takes it."""
        if self.organisation is not None and self.kind is not None:
            raise BadQuestionError("kind", "give an organisation or a kind of them, not both")
        return ConsentParty(self.organisation, None, self.kind)


class ConsentBody(_Body):
    """What she said. `kinds`: FHIR resource types, left out for all. `start`, `end`: both days included."""

    permit: bool = Field(description="true: she permits it; false: she objects")
    holder: PartyBody = Field(default_factory=PartyBody, description="whose data it is about")
    reader: PartyBody = Field(default_factory=PartyBody, description="who may, or may not, see them")
    kinds: list[str] | None = None
    start: Day | None = None
    end: Day | None = None
    this_pregnancy: bool = Field(default=True, description="only for this pregnancy")

    def draft(self) -> ConsentDraft:
        """As the desk takes it."""
        kinds = None if self.kinds is None else tuple(self.kinds)
        sides = self.holder.party(), self.reader.party()
        return ConsentDraft(self.permit, *sides, kinds, self.start, self.end, self.this_pregnancy)


class WithdrawBody(_Body):
    """Why, where that is told."""

    reason: str = Field(default="", max_length=1000, description="in your own words; no BSN")


ConsentId = Annotated[str, Path(description="id of the statement, as in the list")]
_RESPONSES = PROBLEMS | {
    404: {**PROBLEMS[404], "description": "no such pregnancy or statement"},
    409: {**PROBLEMS[404], "model": ProblemDocument, "description": "it cannot be withdrawn here; it says where"},
}


def router(application: Application) -> APIRouter:
    """The routes, bound to the application."""
    api = APIRouter(responses=_RESPONSES, tags=["consents"])

    @api.get(
        PREFIX + "/{id}/consents",
        response_model=ConsentPage,
        summary="What she permits and forbids, and the grounds that follow",
    )
    async def consents(
        request: Request, id: Id, fhir_version: Annotated[Literal["3.0", "4.0"], Query(alias="fhirVersion")] = "4.0"
    ) -> Response:
        ctx = context(request, Purpose.TREAT)
        if _FHIR not in request.headers.get("accept", ""):
            return _json(await run_in_threadpool(application.consents.of, ctx, id))
        version = FhirVersion(fhir_version)
        found = await run_in_threadpool(application.consents.resources, ctx, id, version)
        bundle = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in found],
        }
        if not found:
            del bundle["entry"]
        return Response(fhir.to_json(bundle), media_type=f"{_FHIR}; fhirVersion={version.value}")

    @api.post(
        PREFIX + "/{id}/consents", response_model=ConsentStatement, status_code=201, summary="Record what she said"
    )
    async def record(request: Request, id: Id, given: ConsentBody) -> Response:
        ctx = context(request, Purpose.TREAT)
        return _json(await run_in_threadpool(application.consents.record, ctx, id, given.draft()), 201)

    @api.post(
        PREFIX + "/{id}/consents/{consent}/withdraw", response_model=ConsentStatement, summary="Withdraw a statement"
    )
    async def withdraw(request: Request, id: Id, consent: ConsentId, given: WithdrawBody) -> Response:
        ctx = context(request, Purpose.TREAT)
        return _json(await run_in_threadpool(application.consents.withdraw, ctx, id, consent, given.reason))

    @api.post(NOTIFICATIONS, response_model=Taken, summary="A notification of the national consent service")
    async def notify(request: Request) -> Response:
        ctx = context(request, Purpose.TREAT)
        body = await request.body()
        return _json(await run_in_threadpool(lambda: application.consents.notifications.take(ctx, _bundle(body))))

    return api


def install(app: FastAPI) -> None:
    """Register what the errors of the desk become."""
    app.add_exception_handler(UnknownConsentError, _unknown)
    app.add_exception_handler(NotWithdrawableError, _elsewhere)


def _bundle(body: bytes) -> dict[str, Any]:
    try:
        return fhir.read(body, Media.JSON, FhirVersion.R4)
    except FhirError:
        raise BadQuestionError("Bundle", "send a FHIR R4 Bundle as JSON") from None


def _json(found: object, status: int = 200) -> Response:
    return Response(wire.to_json(found), status, media_type="application/json")


async def _unknown(request: Request, error: Exception) -> Response:
    return problem(404, "no such statement is known of this woman")


async def _elsewhere(request: Request, error: Exception) -> Response:
    return problem(409, str(error))
