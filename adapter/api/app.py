"""Puts the JSON API, the FHIR endpoints and the operations routes into one ASGI application."""

from __future__ import annotations

from threading import Thread

import anyio
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from adapter.api import (
    audit,
    casemix,
    consents,
    emergency,
    errors,
    oauth,
    operations,
    overrides,
    planning,
    pregnancies,
    proposals,
    worklist,
)
from adapter.api.authentication import Authentication
from adapter.api.csrf import HeaderToken
from adapter.api.fhir import door
from adapter.api.fhir.lane import Lane
from adapter.api.headers import Headers
from adapter.api.limits import Deadline, FailureLimit, RateLimit
from adapter.service.port import Application


def create_app(application: Application) -> FastAPI:
    """The application's HTTP doors, without the pages. No interactive docs: those load scripts from elsewhere."""
    _prepare()
    app = _Doors(
        title="Geboortezorg-adapter",
        version="1",
        summary="One shared care path per pregnancy, and the IGO decision that follows from it",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.include_router(pregnancies.router(application))
    app.include_router(planning.router(application))
    for room in (worklist, overrides, casemix, audit):
        app.include_router(room.router(application))
    app.include_router(proposals.router(application))
    app.include_router(consents.router(application))
    app.include_router(emergency.router(application))
    app.router.routes.extend(operations.routes(application))
    app.router.routes.extend(door.routes())
    errors.install(app)
    proposals.install(app)
    consents.install(app)
    app.router.routes.extend(oauth.routes(application.entrance))
    app.add_middleware(door.Shortcut, doors={**oauth.below_fhir(application.entrance), **door.doors(application)})
    app.add_middleware(HeaderToken, entrance=application.entrance)
    app.add_middleware(RateLimit, bounds=application.bounds)
    app.add_middleware(Authentication, entrance=application.entrance, emergencies=application.emergencies)
    issuer = application.entrance.issuer
    app.add_middleware(FailureLimit, bounds=application.bounds)
    app.add_middleware(Deadline, bounds=application.bounds)
    app.add_middleware(Headers, frame_ancestors=application.frame_ancestors, issuer=issuer, bounds=application.bounds)
    if application.entrance.configured:
        app.lane = Lane(super(_Doors, app).__call__, application)
    return app


class _Doors(FastAPI):
    """All doors behind one; a read by id has a lane of its own past the others."""

    lane: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await (self.lane or super().__call__)(scope, receive, send)


def _prepare() -> None:
    """Load what the first answer that works in a thread would else wait for."""
    loading = Thread(target=anyio.run, args=[anyio.sleep, 0])  # of its own: here a loop may be running already
    loading.start()
    loading.join()
