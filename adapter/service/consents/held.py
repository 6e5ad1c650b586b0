"""The Consent resources that sources hold in a woman's records, read into what she said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from adapter import fhir
from adapter.access.consent import ConsentRecord, Party
from adapter.access.consent.actors import party_of
from adapter.access.consent.reading import PREGNANCY_SYSTEM, Read, Told, read_consent
from adapter.access.consent.terms import Terms
from adapter.fhir import FhirError, JsonObject
from adapter.model.sources import FhirVersion, Media, RecordKey
from adapter.service.consents.parties import holder_of, party_named
from adapter.service.rooms import Rooms
from adapter.store.search import Row


@dataclass(frozen=True, slots=True)
class Said:
    """One Consent as it stands, wherever it was told.

    `id`: `source:id` of a source's, ours otherwise. `origin`: the source, `lokaal`, or `landelijk`. `records`: its
    rules, those that do not count left out. `problems`: what could not be read or does not count, and why (Dutch).
    """

    id: str
    origin: str
    at: datetime
    by: str
    state: str  # active, withdrawn
    records: tuple[ConsentRecord, ...]
    problems: tuple[str, ...] = ()
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    resource: JsonObject = field(default_factory=dict)
    anchors: tuple[RecordKey, ...] = ()  # the records it hangs on


class AtSource:
    """Resolves what a Consent at one source refers to, within one woman's record."""

    def __init__(self, rooms: Rooms, record: RecordKey, terms: Terms) -> None:
        self._rooms = rooms
        self._record = record
        self._terms = terms

    def organisation(self, reference: str) -> Party | None:
        """The organisation that the source has under this reference."""
        relative = fhir.relative(reference)
        if relative is None or not relative.startswith("Organization/"):
            return None
        found = self._rooms.store.directory(self._record.source, [relative])
        if not found or found[0].received.problem is not None:
            return None
        received = found[0].received
        resource = _readable(received.body, received.media, received.fhir_version)
        return None if resource is None else joined(self._rooms, party_of(resource, self._terms))

    def pregnancy(self, reference: JsonObject) -> str | None:
        """The pregnancy of a dossier, by reference or by one of its identifiers (the group identifier among them)."""
        relative = fhir.relative(reference["reference"]) if isinstance(reference.get("reference"), str) else None
        search = self._rooms.store.search
        if relative is not None:
            return search.pregnancy_of(self._record.source, relative)
        given = reference.get("identifier")
        if not isinstance(given, dict) or not isinstance(given.get("value"), str):
            return None
        if given.get("system") == PREGNANCY_SYSTEM:
            return str(given["value"])
        for row in search.in_record(self._record, "EpisodeOfCare", search.last_position()):
            dossier = _readable(row.body(), Media(row.media), FhirVersion(row.version))
            if dossier is not None and (given.get("system"), given["value"]) in _identifiers(dossier):
                return search.pregnancy_of(row.source, row.reference)
        return None


class Ours:
    """Resolves what a Consent of ours, or of the national service, refers to: identifiers only."""

    def organisation(self, reference: str) -> Party | None:
        """None: they are named by identifier."""
        return None

    def pregnancy(self, reference: JsonObject) -> str | None:
        """Our id of a pregnancy."""
        given = reference.get("identifier")
        ours = isinstance(given, dict) and given.get("system") == PREGNANCY_SYSTEM
        return str(given.get("value")) if ours and isinstance(given, dict) else None


def at_sources(rooms: Rooms, terms: Terms, woman: str, records: Sequence[RecordKey]) -> list[Said]:
    """Every Consent on sharing that the sources hold of her."""
    search = rooms.store.search
    upto = search.last_position()
    rows = [(r, row) for r in records if r.source in rooms.sources for row in search.in_record(r, "Consent", upto)]
    said = (_at_source(rooms, terms, woman, record, row) for record, row in rows)
    return [one for one in said if one is not None]


def _at_source(rooms: Rooms, terms: Terms, woman: str, record: RecordKey, row: Row) -> Said | None:
    version, id = FhirVersion(row.version), f"{row.source}:{row.id}"
    resource = None if row.problem else _readable(row.body(), Media(row.media), version)
    if resource is None:
        problem = "deze toestemming is geen geldige FHIR en telt niet; laat de bron haar herstellen"
        return Said(id, row.source, row.received_at, row.source, "active", (), (problem,), anchors=(record,))
    if _patient(resource) != record.woman:
        return None  # of her child, or of nobody
    told = Told(id, woman, row.source, row.received_at)
    read = read_consent(resource, version, told, terms, AtSource(rooms, record, terms))
    if read.state == "none":
        return None
    return replace(_said(rooms, terms, told, read, holder_of(rooms, row.source), resource), anchors=(record,))


def _said(rooms: Rooms, terms: Terms, told: Told, read: Read, recorder: Party, resource: JsonObject) -> Said:
    problems = list(read.problems)
    kept = []
    for record in (widened(rooms, r) for r in read.records):
        counted = counting(record, recorder, terms)
        if counted is None:
            problems.append("een toestemming telt alleen van de organisatie die de gegevens heeft; deze telt niet")
        else:
            kept.append(counted)
    withdrawn_at = told.at if read.state == "withdrawn" else None
    given_at = read.records[0].given_at if read.records else None
    return Said(
        told.id,
        told.source,
        given_at or told.at,
        told.source,
        read.state,
        tuple(kept),
        tuple(problems),
        withdrawn_at,
        told.source if withdrawn_at else None,
        resource,
    )


def counting(record: ConsentRecord, recorder: Party, terms: Terms) -> ConsentRecord | None:
    """The rule as far as who recorded it may record it: an objection always, a permission of the data it holds itself
    (or reads, where the terms let any party record). None: it does not count.
    """
    if not record.permit:
        return record
    if record.holder is not None and record.holder & recorder.identities:
        # Of its own data alone: a resource may give the codes of two organisations to one.
        return replace(record, holder=recorder.identities)
    if terms.permit_by == "party" and record.reader is not None and record.reader & recorder.identities:
        return record
    if record.holder is not None or not recorder.identities:
        return None
    if record.holder_kinds is not None and recorder.kind not in record.holder_kinds:
        return None
    return replace(record, holder=recorder.identities, holder_kinds=None)


def widened(rooms: Rooms, record: ConsentRecord) -> ConsentRecord:
    """The rule with its organisations under every identity by which they are known."""

    def all_of(identities: frozenset[str] | None) -> frozenset[str] | None:
        if identities is None:
            return None
        return identities.union(*(party_named(rooms, identity).identities for identity in identities))

    return replace(record, holder=all_of(record.holder), reader=all_of(record.reader))


def joined(rooms: Rooms, found: Party) -> Party:
    """A party under every identity by which it is known."""
    more = [party_named(rooms, identity) for identity in found.identities]
    return Party(found.identities.union(*(p.identities for p in more)), found.kind)


def _readable(body: bytes, media: Media, version: FhirVersion) -> JsonObject | None:
    try:
        return fhir.read(body, media, version)
    except FhirError:
        return None


def _patient(resource: JsonObject) -> str | None:
    given = resource.get("patient")
    reference = given.get("reference") if isinstance(given, dict) else None
    return fhir.relative(reference) if isinstance(reference, str) else None


def _identifiers(dossier: JsonObject) -> set[tuple[Any, str]]:
    found: list[Any] = list(dossier.get("identifier") or ())
    for extension in dossier.get("extension") or ():
        if isinstance(extension, dict):
            found.append(extension.get("valueIdentifier"))
    return {(i.get("system"), i["value"]) for i in found if isinstance(i, dict) and isinstance(i.get("value"), str)}
