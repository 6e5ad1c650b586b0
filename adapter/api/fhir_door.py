"""The FHIR endpoints, one per version: `/fhir/stu3` and `/fhir/r4`. Plain Starlette routes: these are the hot paths.

Read and metadata are served. Search, history, transaction and writing are answered with an OperationOutcome (501);
an address we do not have at all with 404, a method that an address never has with 405.
"""

from __future__ import annotations

import re
from email.utils import format_datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapter import fhir
from adapter.access import Purpose
from adapter.api.capability import statement
from adapter.api.context import context
from adapter.api.errors import outcome
from adapter.api.negotiation import wanted
from adapter.model.sources import FhirVersion, Media, StoredVersion
from adapter.service.port import Application

_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_FORMATS = "ask for application/fhir+json or application/fhir+xml"
_ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def routes(application: Application) -> list[BaseRoute]:
    """The two endpoints."""
    return [
        *_endpoint(application, FhirVersion.STU3, "/fhir/stu3"),
        *_endpoint(application, FhirVersion.R4, "/fhir/r4"),
        Route("/fhir", _which_version, methods=_ANY),
        Route("/fhir/{rest:path}", _which_version, methods=_ANY),
    ]


def _endpoint(application: Application, version: FhirVersion, at: str) -> list[BaseRoute]:
    async def metadata(request: Request) -> Response:
        media = wanted(request)
        if media is None:
            return outcome(request, 406, _FORMATS)
        described = statement(version, str(request.base_url).rstrip("/") + at)
        body = fhir.to_xml(described, version) if media is Media.XML else fhir.to_json(described)
        return Response(body, media_type=media.value, headers={"Cache-Control": "no-cache"})

    async def read(request: Request) -> Response:
        type_, id_ = request.path_params["type"], request.path_params["id"]
        if id_ in {"_search", "_history"} or id_.startswith("$"):
            return _not_offered(request)
        if request.method not in {"GET", "HEAD"}:
            return outcome(request, 501, "writing is not offered here yet: sources are asked, not written to")
        if not _TYPE.fullmatch(type_) or not _ID.fullmatch(id_):
            return outcome(request, 400, "an address is [type]/[id]; an id has at most 64 letters, digits, '-' and '.'")
        media = wanted(request)
        if media is None:
            return outcome(request, 406, _FORMATS)
        stored = await run_in_threadpool(
            application.resource, context(request, Purpose.TREAT), version, f"{type_}/{id_}"
        )
        if stored is None:
            return outcome(request, 404, f"no {type_} with this id in this FHIR version")
        return _resource(request, stored, media, version)

    async def other(request: Request) -> Response:
        path = request.path_params.get("rest", "").strip("/")
        if path == "metadata":
            return outcome(request, 405, "metadata is read with GET", {"Allow": "GET, HEAD"})
        if not path and request.method == "POST":
            return outcome(request, 501, "transaction and batch are not offered here yet")
        if _TYPE.fullmatch(path.split("/")[0]):
            return _not_offered(request)
        return outcome(request, 404, "there is nothing at this address; see metadata")

    return [
        Route(f"{at}/metadata", metadata),
        Route(f"{at}/{{type}}/{{id}}", read, methods=_ANY),
        Route(at, other, methods=_ANY),
        Route(f"{at}/{{rest:path}}", other, methods=_ANY),
    ]


def _resource(request: Request, stored: StoredVersion, media: Media, version: FhirVersion) -> Response:
    received = stored.received
    tag = f'W/"{stored.version}"'
    headers = {"ETag": tag, "Last-Modified": format_datetime(stored.received_at, usegmt=True)}
    if received.problem:
        return outcome(request, 404, "this resource was set aside as invalid when it was received")
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    body = received.body
    if received.media is not media:
        resource = fhir.read(body, received.media, version)
        body = fhir.to_xml(resource, version) if media is Media.XML else fhir.to_json(resource)
    return Response(body, media_type=media.value, headers=headers)


def _not_offered(request: Request) -> Response:
    if request.method == "GET" and "identifier" in request.query_params:
        return outcome(request, 501, "search is not offered here yet; a BSN is only ever sent with POST [type]/_search")
    return outcome(request, 501, "this interaction is not offered here yet; metadata lists what is")


async def _which_version(request: Request) -> Response:
    return outcome(request, 404, "choose a version: /fhir/stu3 (3.0.2) or /fhir/r4 (4.0.1)")
