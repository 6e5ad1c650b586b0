"""Who coordinates her care: the care manager of a dossier.

EpisodeOfCare.careManager is "ZorgEpisodeVerantwoordelijke" of the Nictiz data set (#8822).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from adapter.facts.organisations import Organisations
from adapter.facts.people import name_of
from adapter.facts.record import Item, Record
from adapter.model.evidence import RESPONSIBLE_KINDS, OrganisationKind
from adapter.model.facts import Dossier, Statement, StatementKind


def read_case_managers(record: Record, organisations: Organisations, dossiers: tuple[Dossier, ...]) -> list[Statement]:
    """The person of each dossier, from the day it began; not of an organisation that cannot be responsible."""
    found: list[Statement] = []
    for dossier in dossiers:
        kind = dossier.organisation.kind
        item = record.find(dossier.reference)
        if item is not None and (kind in RESPONSIBLE_KINDS or kind is OrganisationKind.ONBEKEND):
            read = record.guarded(item, partial(_statements, record, organisations, dossier))
            found += read or []
    return found


def _statements(record: Record, organisations: Organisations, dossier: Dossier, item: Item) -> list[Statement]:
    found = []
    for reference in record.dialect.part(item.json, "care_manager"):
        name = _name(record, reference)
        if name is not None:
            organisation, _ = organisations.of_reference(reference)
            whose = organisation or dossier.organisation
            evidence = record.evidence(item, "careManager", whose.agb or whose.ura or whose.id)
            start = dossier.span.start
            found.append(Statement(StatementKind.CASE_MANAGER, name, evidence, at=start, dossier=dossier.reference))
    return found


def _name(record: Record, reference: Any) -> str | None:
    """The person's name; else what the reference itself calls that person."""
    if not isinstance(reference, dict):
        return None
    item = record.find(reference.get("reference"))
    if item is not None and item.type == "PractitionerRole":
        people = record.dialect.part(item.json, "practitioner")
        item = record.find(people[0]) if people else None
    display = reference.get("display")
    return (_of(item) if item is not None else None) or (display if isinstance(display, str) else None)


def _of(item: Item) -> str | None:
    names = item.json.get("name")
    return name_of(names if isinstance(names, list) else [names]).shown
