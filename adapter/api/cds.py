"""CDS Hooks (https://cds-hooks.hl7.org/2.0): in the EPD's own screen, when a woman's record is opened.

`patient-view` answers with one card for each of her pregnancies that goes on (else for the last one): where it stands,
what was missed, what was done elsewhere, and a link to the care path.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from adapter.access import ActorKind, DeniedError
from adapter.api.errors import problem
from adapter.api.fhir.callers import identify
from adapter.api.fhir.exchange import ID
from adapter.model.carepath import CarePath
from adapter.model.sources import FhirVersion
from adapter.service.endpoint.fault import FhirFault
from adapter.service.endpoint.scope import Caller
from adapter.service.port import Application, UnknownPregnancyError

SERVICE = "geboortezorg-zorgpad"
_SOURCE = "Geboortezorg-adapter"
_USER = re.compile(r"(Practitioner|PractitionerRole|Patient|RelatedPerson)/[A-Za-z0-9.-]{1,64}")
_WHO = (
    "context.userId is who looks, for the log: the type and id of a Practitioner, PractitionerRole, Patient or"
    " RelatedPerson, such as Practitioner/123"
)
_RECENT = timedelta(days=120)
_MOST = 8  # lines of a kind on a card

DESCRIPTION = {
    "hook": "patient-view",
    "id": SERVICE,
    "title": "Gedeeld zorgpad",
    "description": "Stand van de zwangerschap over alle organisaties: wat ontbreekt, en wat elders is gedaan",
}


class Cds:
    """`/cds-services`: what is offered, and the service itself."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["path"].rstrip("/")
        if path == "/cds-services":
            if request.method not in ("GET", "HEAD"):
                return problem(405, "what is offered is read with GET", {"Allow": "GET, HEAD"})
            return _json({"services": [DESCRIPTION]})
        if path != f"/cds-services/{SERVICE}":
            return problem(404, "there is no such service; see /cds-services")
        if request.method != "POST":
            return problem(405, "a hook is posted", {"Allow": "POST"})
        try:
            patient, user = _asked(await request.body())
            caller = _on_behalf_of(user, identify(request, self._application.fhir))
            base = self._application.entrance.issuer or str(request.base_url).rstrip("/")
            cards = await run_in_threadpool(self._cards, caller, patient, base)
        except FhirFault as fault:
            return problem(fault.status, fault.text)
        except DeniedError as error:
            return problem(403, error.told)
        return _json({"cards": cards})

    def _cards(self, caller: Caller, patient: str, base: str) -> list[dict[str, Any]]:
        paths = list(self._paths(caller, patient))
        going = [path for path in paths if path.state == "ongoing"]
        people = self._application.entrance.people
        smart = people is not None and caller.source is not None and people.launches_from(caller.source)
        return [card(path, base, smart=smart) for path in going or paths[-1:]]

    def _paths(self, caller: Caller, patient: str) -> list[CarePath]:
        service = self._application.fhir
        for version in FhirVersion:
            try:
                pregnancies = service.dossiers(version).pregnancies(caller, "Patient", patient)
            except FhirFault:
                continue  # not in this version
            found = []
            for pregnancy in pregnancies:
                try:
                    found.append(self._application.care_path(caller.context, pregnancy))
                except UnknownPregnancyError:
                    continue
            return found
        return []


def _asked(body: bytes) -> tuple[str, str]:
    """The id of the Patient whose record is open, and the user who opened it (`context.userId`). Raises `FhirFault`."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise FhirFault(400, "structure", "the body is a hook request in JSON") from None
    context = asked.get("context") if isinstance(asked, dict) else None
    if not isinstance(context, dict) or asked.get("hook") != "patient-view":
        raise FhirFault(400, "value", "this service is for the hook patient-view, with its context")
    instance, user = asked.get("hookInstance"), context.get("userId")
    if not isinstance(instance, str) or not instance:
        raise FhirFault(400, "required", "hookInstance is a UUID that you make for this call")
    patient = str(context.get("patientId", "")).removeprefix("Patient/")
    if not ID.fullmatch(patient):
        raise FhirFault(400, "value", "context.patientId is the id of a Patient")
    if not isinstance(user, str) or not _USER.fullmatch(user):
        raise FhirFault(400, "required", _WHO)
    return patient, user


def _on_behalf_of(user: str, caller: Caller) -> Caller:
    """The log names who looked: the user, as the EPD that calls names them. What may be seen is what the EPD may."""
    actor = caller.context.actor
    if actor.kind is not ActorKind.SYSTEM or actor.demonstration:
        return caller
    person = replace(actor, id=f"{actor.id}|{user}", name=f"{user} ({actor.name})", kind=ActorKind.PERSON)
    return replace(caller, context=replace(caller.context, actor=person))


def card(path: CarePath, base: str, *, smart: bool = False) -> dict[str, Any]:
    """One pregnancy on a card. `smart`: its EPD is registered to launch us, so the link opens the page without logging
    in again (link type `smart`; `appContext` comes back with the launch and says which pregnancy).
    """
    gaps = [f"- {moment.name}" for moment in path.gaps]
    known = f"{base}/zwangerschap/{path.pregnancy}"
    link = {"label": "Open het zorgpad", "url": known, "type": "absolute"}
    if smart:
        link |= {"url": f"{base}/launch", "type": "smart", "appContext": path.pregnancy}
    return {
        "summary": summary(path)[:139],
        "indicator": "warning" if gaps or path.conflicts else "info",
        "detail": _detail(path, gaps),
        "source": {"label": _SOURCE, "url": base},
        "links": [link],
    }


def summary(path: CarePath) -> str:
    """Where it stands, in one line."""
    if path.state == "ended":
        return "Zwangerschap afgelopen"
    age = path.gestational_age
    term = f" {age.weeks}+{age.days} weken" if age is not None else ""
    responsible = [r.organisation.name for r in path.responsibility if r.to is None and r.organisation.name]
    who = f", verantwoordelijk: {responsible[-1]}" if responsible else ""
    missed = f", {len(path.gaps)} gemist" if path.gaps else ""
    return f"Zwangerschap{term}{who}{missed}"


def _detail(path: CarePath, gaps: list[str]) -> str:
    since = path.as_of - _RECENT
    acts = [a for a in path.acts if a.state == "done" and a.day is not None and a.day >= since]
    done = [f"- {a.day:%d-%m-%Y} {a.name}: {a.organisation.name or a.organisation.id}" for a in reversed(acts)]
    silent = [f"- {s.organisation.name or s.source}" for s in path.sources if s.state != "answered"]
    parts = (("Gemist", gaps), ("Gedaan", done), ("Geen antwoord van", silent))
    return "\n\n".join(f"**{title}**\n" + "\n".join(lines[:_MOST]) for title, lines in parts if lines)


def _json(value: object) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")
