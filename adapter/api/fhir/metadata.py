"""`GET /metadata`: what each endpoint says of itself, made from the declarations."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from adapter import fhir
from adapter.api.capability import statement
from adapter.api.fhir.answers import packed
from adapter.model.sources import FhirVersion, Media

_SERVICE = {
    FhirVersion.STU3: "http://hl7.org/fhir/restful-security-service",
    FhirVersion.R4: "http://terminology.hl7.org/CodeSystem/restful-security-service",
}
_OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


def answer(
    request: Request, version: FhirVersion, base: str, media: Media, token_endpoint: str | None = None
) -> Response:
    """The CapabilityStatement; it can be kept by its ETag. `token_endpoint`: where access is configured."""
    described = statement(version, base)
    if token_endpoint is not None:
        described["rest"][0]["security"] = _security(version, token_endpoint)
    body = fhir.to_xml(described, version) if media is Media.XML else fhir.to_json(described)
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return packed(request.headers, body, media, 200, headers)


def _security(version: FhirVersion, token_endpoint: str) -> fhir.JsonObject:
    """How to get in, for clients that look here instead of in the discovery document (SMART App Launch 1.0.0)."""
    uris = {"url": _OAUTH_URIS, "extension": [{"url": "token", "valueUri": token_endpoint}]}
    return {"extension": [uris], "service": [{"coding": [{"system": _SERVICE[version], "code": "SMART-on-FHIR"}]}]}
