"""`GET /metadata`: what each endpoint says of itself, made from the declarations."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from adapter import fhir
from adapter.api.capability import statement
from adapter.api.fhir.answers import packed
from adapter.model.sources import FhirVersion, Media


def answer(request: Request, version: FhirVersion, base: str, media: Media) -> Response:
    """The CapabilityStatement; it can be kept by its ETag."""
    described = statement(version, base)
    body = fhir.to_xml(described, version) if media is Media.XML else fhir.to_json(described)
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return packed(request.headers, body, media, 200, headers)
