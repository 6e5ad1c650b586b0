"""Notifications of the national consent service: Consents in a transaction Bundle, for a woman by BSN.

Shape: Consent-Mitz-Notify (profile http://vzvz.nl/fhir/StructureDefinition/Consent-Mitz-Notify|3.8.0), as the example
in github.com/nuts-foundation/nuts-knooppunt shows it: `status` inactive withdraws. A consulting category or kind of
data that `mappings/consent.yaml` does not map permits nothing, and forbids widely.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from adapter import fhir
from adapter.access import Action, ActorKind, Context, Denial, DeniedError, Entity, EventType, Resource
from adapter.access.consent.reading import Told, read_consent
from adapter.fhir import JsonObject
from adapter.model.identifiers import Bsn, InvalidIdentifierError, System, system_of
from adapter.model.sources import FhirVersion
from adapter.service.asked import BadQuestionError
from adapter.service.consents.grounds import NATIONAL, WITHOUT_HOLDER, Grounds, names_holder
from adapter.service.consents.held import Ours
from adapter.service.guard import Guard
from adapter.service.rooms import Rooms
from adapter.store import ConsentRow

_MOST = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a notification: how many were kept, how many withdrawn, and what could not be used."""

    given: int
    withdrawn: int
    problems: tuple[str, ...]


class Notifications:
    """Takes them in from one registered system."""

    def __init__(self, rooms: Rooms, grounds: Grounds, client: str | None) -> None:
        """`client`: the registered system that speaks for the national service; None: nobody does."""
        self._rooms = rooms
        self._grounds = grounds
        self._client = client
        self._guard = Guard(rooms)

    def take(self, ctx: Context, bundle: JsonObject) -> Taken:
        """Keep what a Bundle tells. Raises `DeniedError`, `BadQuestionError` where it is no Bundle of Consents."""
        grant = self._guard.allowed(ctx, Action.CREATE, Resource.CONSENT)
        by_service = ctx.actor.kind is ActorKind.SYSTEM and ctx.actor.id == self._client  # not a person of that name
        if self._client is None or not by_service:
            error = DeniedError(Denial.NOT_GRANTED, ctx, Action.CREATE, Resource.CONSENT)
            self._guard.refused(ctx, error)
            raise error
        entries = bundle.get("entry")
        if bundle.get("resourceType") != "Bundle" or not isinstance(entries, list) or len(entries) > _MOST:
            raise BadQuestionError("Bundle", f"send a Bundle with at most {_MOST} Consents")
        found = [e.get("resource") if isinstance(e, dict) else None for e in entries]
        given = withdrawn = 0
        problems: list[str] = []
        for number, consent in enumerate(found):
            where = f"Bundle.entry[{number}]"
            bsn = _bsn(consent, found) if isinstance(consent, dict) else None
            if not isinstance(consent, dict) or consent.get("resourceType") != "Consent":
                continue
            if bsn is None:
                problems.append(f"{where}: Consent.patient names no valid BSN; it is not kept")
                continue
            withdraws = self._one(ctx, consent, bsn, where, problems)
            withdrawn += withdraws is True
            given += withdraws is False
        query = f"given={given}&withdrawn={withdrawn}&refused={len(problems)}"
        entities = [Entity("consent", NATIONAL)]
        self._guard.record(ctx, EventType.RECEIVE, Action.CREATE, grant, entities, query=query)
        return Taken(given, withdrawn, tuple(problems))

    def _one(self, ctx: Context, consent: JsonObject, bsn: Bsn, where: str, problems: list[str]) -> bool | None:
        """Keep one; whether it withdraws, None where it could not be used."""
        status = consent.get("status")
        if status not in ("active", "inactive"):
            problems.append(f"{where}: Consent.status is neither active nor inactive; it is not kept")
            return None
        kept, now = _nameless(consent), self._rooms.clock()
        id = self._rooms.store.consents.name(bsn, _scope(kept))
        if status == "active":
            read = read_consent(kept, FhirVersion.R4, Told(id, "", NATIONAL, now), self._grounds.terms, Ours())
            problems += (f"{where}: {problem}" for problem in read.problems)
            if any(record.permit and not names_holder(record) for record in read.records):
                problems.append(f"{where}: {WITHOUT_HOLDER}")
        event = "given" if status == "active" else "withdrawn"
        row = ConsentRow(id, event, NATIONAL, now, ctx.actor.id, fhir.to_json(kept), bsn=bsn)  # type: ignore[arg-type]
        self._rooms.store.consents.add(row)  # from here on no process takes an answer of before it
        if self._grounds.national is not None:
            self._grounds.national.forget(bsn)
        return bool(status == "inactive")


def _bsn(consent: JsonObject, around: list[Any]) -> Bsn | None:
    """The woman's BSN: in the reference itself, or in a Patient that is contained or in the Bundle."""
    patient = consent.get("patient")
    if not isinstance(patient, dict):
        return None
    text = patient.get("reference")
    inside = [r for r in (*(consent.get("contained") or ()), *around) if isinstance(r, dict)]
    named = [r for r in inside if r.get("resourceType") == "Patient" and isinstance(text, str)]
    mine = [r for r in named if r.get("id") and text in (f"#{r['id']}", f"Patient/{r['id']}")]
    for one in [patient.get("identifier"), *(i for r in mine for i in r.get("identifier") or ())]:
        if isinstance(one, dict) and system_of(str(one.get("system"))) is System.BSN:
            try:
                return Bsn(str(one.get("value")))
            except InvalidIdentifierError:
                return None
    return None


def _nameless(consent: JsonObject) -> JsonObject:
    """The Consent without who it is about: that stands in the row, as an HMAC."""
    kept = {name: value for name, value in consent.items() if name not in ("patient", "text", "performer", "id")}
    inside = [r for r in consent.get("contained") or () if isinstance(r, dict) and r.get("resourceType") != "Patient"]
    kept.pop("contained", None)
    return kept | {"contained": inside} if inside else kept


def _scope(consent: JsonObject) -> str:
    """What makes two Consents of one woman the same choice: all but whether and when it was made."""
    if consent.get("identifier"):
        return hashlib.sha256(fhir.to_json({"identifier": consent["identifier"]})).hexdigest()
    provision = {k: v for k, v in (consent.get("provision") or {}).items() if k not in ("type", "period")}
    left_out = ("status", "dateTime", "meta", "provision", "policyRule", "policy")
    same = {name: value for name, value in consent.items() if name not in left_out} | {"provision": provision}
    return hashlib.sha256(fhir.to_json(dict(sorted(same.items())))).hexdigest()
