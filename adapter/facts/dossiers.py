"""Dossiers and pregnancies: which EpisodeOfCares are the record of a pregnancy, and which Conditions the pregnancy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapter.facts.organisations import Organisations
from adapter.facts.record import Item, Record
from adapter.model.facts import Dossier
from adapter.model.moments import UNBOUNDED

PREGNANCY_TYPES = ("Condition", "Observation")
"""STU3: zib-Pregnancy is a Condition; R4 (zib2020): an Observation with `hasMember`."""


def read_dossiers(record: Record, organisations: Organisations) -> tuple[Dossier, ...]:
    """The dossiers of this woman; fills `record.dossiers`, `record.other_episodes` and `record.pregnancies`."""
    maternal: list[Item] = []
    for item in record.of_type("EpisodeOfCare"):
        types = record.dialect.codes_of(item.json.get("type"))
        if record.dialect.dossier_types.isdisjoint(types) or _of_other(record, item):
            record.other_episodes.add(item.reference)
        elif record.counts(item):
            maternal.append(item)
            record.dossiers.add(item.reference)
        else:
            record.other_episodes.add(item.reference)
    read = (record.guarded(item, lambda episode: _dossier(record, organisations, episode)) for item in maternal)
    return tuple(_with_pregnancies(record, [dossier for dossier in read if dossier is not None]))


def _of_other(record: Record, item: Item) -> bool:
    """Whether the episode is expressly about someone else (the child)."""
    subject = record.normal(record.dialect.text(item.json, "subject")[0])
    return subject is not None and subject != record.key.woman and record.find(subject) is not None


def _dossier(record: Record, organisations: Organisations, item: Item) -> Dossier:
    managing = organisations.managing(item.reference)
    organisation = managing or record.source.organisation
    dialect = record.dialect
    conditions = [record.normal(c) for c in dialect.part(item.json, "conditions")]
    groups = [group for value in dialect.part(item.json, "group") if (group := _identifier(value)) is not None]
    return Dossier(
        reference=item.reference,
        woman=record.key.woman,
        evidence=record.evidence(item, "", organisation.agb or organisation.ura or organisation.id),
        organisation=organisation,
        organisation_stated=managing is not None,
        span=record.span(item) or UNBOUNDED,
        status=_text(item.json.get("status")),
        conditions=tuple(c for c in conditions if c is not None),
        periods=_periods(record, item),
        group_identifier=groups[0] if groups else None,
        identifiers=_identifiers(item.json.get("identifier")),
    )


def _with_pregnancies(record: Record, dossiers: list[Dossier]) -> list[Dossier]:
    """Bind each pregnancy to its dossier; one that no dossier knows stands in as a dossier itself."""
    named = {condition: d.reference for d in dossiers for condition in d.conditions}
    loose: list[Item] = []
    for item in record.of_type(*PREGNANCY_TYPES):
        if record.dialect.pregnancy_codes.isdisjoint(record.dialect.codes_of(item.json.get("code"))):
            continue
        if not record.counts(item):
            continue
        dossier = named.get(item.reference) or _context_dossier(record, item)
        record.pregnancies[item.reference] = dossier
        if dossier is None:
            loose.append(item)
    if len(loose) == 1 and len(dossiers) == 1 and not dossiers[0].conditions and not _bound(record, dossiers[0]):
        # One dossier without a pregnancy and one pregnancy without a dossier, in one woman's record: each other's.
        record.pregnancies[loose[0].reference] = dossiers[0].reference
        loose = []
    result = [replace(d, conditions=_conditions(record, d)) for d in dossiers]
    for item in loose:
        record.pregnancies[item.reference] = item.reference
        result.append(_stand_in(record, item))
    return result


def _bound(record: Record, dossier: Dossier) -> bool:
    return dossier.reference in record.pregnancies.values()


def _context_dossier(record: Record, item: Item) -> str | None:
    for part in ("context", "dossier"):
        for reference in record.dialect.part(item.json, part):
            target = record.normal(reference)
            if target in record.dossiers:
                return target
            encounter = record.find(target)
            if encounter is not None and encounter.type == "Encounter":
                found = _context_dossier(record, encounter)
                if found is not None:
                    return found
    return None


def _conditions(record: Record, dossier: Dossier) -> tuple[str, ...]:
    bound = (condition for condition, of in record.pregnancies.items() if of == dossier.reference)
    return tuple(dict.fromkeys((*dossier.conditions, *bound)))


def _stand_in(record: Record, item: Item) -> Dossier:
    organisation = record.source.organisation
    status = next((s for s in record.dialect.part(item.json, "clinical") if isinstance(s, str)), None)
    return Dossier(
        reference=item.reference,
        woman=record.key.woman,
        evidence=record.evidence(item, "", organisation.agb or organisation.ura or organisation.id),
        organisation=organisation,
        organisation_stated=False,
        span=record.span(item) or UNBOUNDED,
        status=status,
        conditions=(item.reference,),
        identifiers=_identifiers(item.json.get("identifier")),
    )


def _periods(record: Record, item: Item) -> tuple[int, ...]:
    codes = record.dialect.codes_of(item.json.get("type"))
    found = {
        int(c) for system, c in codes if system in record.dialect.period_systems and c in "12345678" and len(c) == 1
    }
    return tuple(sorted(found))


def _identifiers(values: Any) -> tuple[tuple[str | None, str], ...]:
    found = map(_identifier, values) if isinstance(values, list) else ()
    return tuple(identifier for identifier in found if identifier is not None)


def _identifier(value: Any) -> tuple[str | None, str] | None:
    if not isinstance(value, dict) or not isinstance(value.get("value"), str):
        return None
    return _text(value.get("system")), value["value"].strip()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
