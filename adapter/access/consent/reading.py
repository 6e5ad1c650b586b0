"""From a FHIR Consent (R4 or STU3) to what the woman said.

What cannot be read counts narrowly for a permission and widely for an objection: a permission of which anything is not
understood permits nothing, an objection holds for everything that its unreadable part could have meant. A Consent that
is not about sharing data (a treatment directive: bc-TreatmentDirective, SNOMED 129125009) says nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import product
from typing import Any

from adapter.access.consent.actors import Resolver, who
from adapter.access.consent.blocks import Block, Json, blocks_of, codings, listed
from adapter.access.consent.precedence import ConsentRecord
from adapter.access.consent.terms import Terms
from adapter.model.moments import instant_of
from adapter.model.sources import FhirVersion

_ACT_REASONS = frozenset(
    {
        "http://terminology.hl7.org/CodeSystem/v3-ActReason",
        "http://hl7.org/fhir/v3/ActReason",
        "urn:oid:2.16.840.1.113883.5.8",
    }
)
_RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"
_NATIONAL_DATA = "http://fhir.nl/otv/CodeSystem/gegevenscategorie"
PREGNANCY_SYSTEM = "urn:uuid:0d0d7c7e-3a53-4f0e-8a0e-6f2a3c5f7b11"
"""System of our ids of pregnancies in `provision.data.reference.identifier`; made once, it means nothing else."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a Consent says. `state`: active, withdrawn, or none (a draft, a mistake, or about something else).

    `problems`: what could not be read, and what follows from that (Dutch).
    """

    state: str
    records: tuple[ConsentRecord, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """Where and when a Consent was told: its id here, whose it is, its source, the instant we learned of it."""

    id: str
    woman: str
    source: str
    at: datetime


@dataclass(slots=True)
class _Criteria:
    """The criteria of one rule, as far as they could be read."""

    unread: list[str] = field(default_factory=list)
    elsewhere: bool = False  # for another purpose than care: it says nothing here
    kinds: frozenset[str] | None = None
    start: date | None = None
    end: date | None = None
    pregnancies: list[str | None] = field(default_factory=lambda: [None])


def read_consent(consent: Json, version: FhirVersion, told: Told, terms: Terms, resolver: Resolver) -> Read:
    """Read one Consent. Never raises on what was sent."""
    status = consent.get("status")
    if status not in ("active", "inactive"):
        return Read("none")
    if not _about_sharing(consent, version, terms):
        return Read("none")
    problems: list[str] = []
    records: list[ConsentRecord] = []
    given_at = min(_instant(consent.get("dateTime")) or told.at, told.at)
    blocks = list(blocks_of(consent, version))
    if not blocks:
        problems.append("er staat niet bij of delen mag of niet; deze toestemming telt niet")
    for block in blocks:
        records += _records(consent, block, told, terms, resolver, problems)
    withdrawn = told.at if status == "inactive" else None
    kept = [
        replace(r, id=f"{told.id}#{number}" if number else told.id, given_at=given_at, withdrawn_at=withdrawn)
        for number, r in enumerate(records)
    ]
    return Read("active" if status == "active" else "withdrawn", tuple(kept), tuple(problems))


def _about_sharing(consent: Json, version: FhirVersion, terms: Terms) -> bool:
    if version is FhirVersion.R4 and "patient-privacy" not in [code for _, code in codings(consent.get("scope"))]:
        return False
    categories = codings(consent.get("category"))
    return any(terms.is_about_sharing(system, code) for system, code in categories)


def _records(
    consent: Json, block: Block, told: Told, terms: Terms, resolver: Resolver, problems: list[str]
) -> Iterator[ConsentRecord]:
    criteria = _criteria(consent, block, terms, resolver)
    holders, readers = who(consent, block, terms, resolver, criteria.unread)
    if criteria.elsewhere:
        return
    if criteria.unread:
        follows = "deze toestemming telt niet" if block.permit else "dit bezwaar geldt daarom ruim"
        problems.append(f"{block.path}: niet te lezen: {', '.join(dict.fromkeys(criteria.unread))}; {follows}")
        if block.permit:
            return
    for (holder, holder_kinds), (reader, reader_kinds), pregnancy in product(holders, readers, criteria.pregnancies):
        yield ConsentRecord(
            told.id,
            told.woman,
            holder,
            holder_kinds,
            reader,
            reader_kinds,
            block.permit,
            criteria.kinds,
            criteria.start,
            criteria.end,
            pregnancy,
            told.source,
        )


def _criteria(consent: Json, block: Block, terms: Terms, resolver: Resolver) -> _Criteria:
    found, given = _Criteria(), block.given
    for name in ("securityLabel", "dataPeriod", "code"):
        if given.get(name):
            found.unread.append(name)
    if given.get("modifierExtension") or consent.get("modifierExtension") or consent.get("implicitRules"):
        found.unread.append("modifierExtension")
    _purpose(found, given, terms)
    actions = {code for _, code in codings(given.get("action"))}
    if actions and not actions & terms.actions:
        found.unread.append("action")
    _kinds(found, consent, given, terms)
    _period(found, given.get("period"))
    if given.get("data"):
        references = [one.get("reference") for one in listed(given["data"]) if isinstance(one, dict)]
        known = [resolver.pregnancy(r) if isinstance(r, dict) else None for r in references]
        if None in known or not known:
            found.unread.append("data")
        else:
            found.pregnancies = list(dict.fromkeys(known))
    return found


def _purpose(found: _Criteria, given: Json, terms: Terms) -> None:
    purposes = codings(given.get("purpose"))
    if not purposes or any(system in _ACT_REASONS and code in terms.purposes for system, code in purposes):
        return
    if all(system in _ACT_REASONS for system, _ in purposes):
        found.elsewhere = True
    else:
        found.unread.append("purpose")


def _kinds(found: _Criteria, consent: Json, given: Json, terms: Terms) -> None:
    classes = codings(given.get("class"))
    if classes and all(system == _RESOURCE_TYPES for system, _ in classes):
        found.kinds = frozenset(code for _, code in classes)
    elif classes:
        found.unread.append("class")
    for system, code in codings(consent.get("category")):
        if system == _NATIONAL_DATA:
            if code not in terms.data:
                found.unread.append(f"gegevenscategorie {code}")
            elif (kinds := terms.data[code]) is not None:
                found.kinds = kinds if found.kinds is None else found.kinds & kinds


def _period(found: _Criteria, period: Any) -> None:
    if not isinstance(period, dict):
        return
    days: list[date | None] = []
    for name in ("start", "end"):
        text = period.get(name)
        day = _day(text)
        if text is not None and day is None:
            found.unread.append(f"period.{name}")
        days.append(day)
    found.start, found.end = days


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) and len(text) >= 10 else None
    except ValueError:
        return None


def _instant(text: Any) -> datetime | None:
    """An instant with a zone; of a day only, its first moment in the Netherlands."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) and len(text) >= 10 else None
    except ValueError:
        return None
    if found is None:
        return None
    return instant_of(found) if found.tzinfo else instant_of(found.date())
