"""Who calls, and what that lets them see. Until access is configured everybody is the demonstration identity.

On this machine alone, a bearer token may say as whom to look: `demo.source.<id>` is the EPD of a registered source (it
may send data), `demo.woman.<source>.<Patient id>` the woman herself (the MedMij reading role). They are no secrets and
prove nothing; they go when access is configured.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request

from adapter.access import Actor, ActorKind, Context, Purpose, Role
from adapter.api.authentication import context as context_for
from adapter.api.authentication import identified
from adapter.model.sources import RecordKey
from adapter.service.endpoint.fault import FhirFault
from adapter.service.endpoint.scope import Caller
from adapter.service.endpoint.service import FhirService

_SOURCE = "demo.source."
_WOMAN = "demo.woman."


def identify(request: Request, service: FhirService, purpose: Purpose = Purpose.TREAT) -> Caller:
    """The caller of this request. Raises `FhirFault` (401) for a token that says nothing here."""
    found, context = identified(request), context_for(request, purpose)
    if not found.actor.demonstration:
        return service.caller(context, found.source, found.woman)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip().startswith("demo."):
        return Caller(context)
    return _demonstration(context, token.strip(), service)


def _demonstration(context: Context, token: str, service: FhirService) -> Caller:
    if token.startswith(_SOURCE):
        source = token.removeprefix(_SOURCE)
        if source in service.sources:
            return Caller(replace(context, actor=_as_source(source)), source=source)
    elif token.startswith(_WOMAN):
        rest = token.removeprefix(_WOMAN)
        held = next((s for s in service.sources if rest.startswith(f"{s}.")), None)
        if held is not None:
            woman = RecordKey(held, f"Patient/{rest[len(held) + 1 :]}")
            records = frozenset(service.linked(woman))
            return Caller(context, woman=woman, records=records, reached=lambda: records)
    raise FhirFault(401, "login", "this token is not known here", "http.Authorization")


def _as_source(source: str) -> Actor:
    roles = (Role.ZORGVERLENER, Role.BRON)
    return Actor(f"bron:{source}", source, organisation=source, roles=roles, demonstration=True, kind=ActorKind.SYSTEM)
