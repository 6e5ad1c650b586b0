"""The births: one statement per child, from the birth procedure or the child's own Patient resource.

A child is known by its Patient, or by a birth procedure about a Patient that the source never sent. Where both give a
time, the more precise one of the same day stands; different days both stand, and the care path shows the conflict.
A child with neither takes the time of an observation about its birth (place, type of delivery): basis `derived`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from adapter.facts.binding import Binder
from adapter.facts.record import Item, Record
from adapter.model.evidence import Evidence
from adapter.model.facts import Name, Person, Statement, StatementKind
from adapter.model.moments import Moment, day_of, is_instant

ABOUT_BIRTH = (StatementKind.PLACE_OF_BIRTH, StatementKind.DELIVERY_TYPE)


def with_births(
    record: Record, binder: Binder, children: list[Person], statements: list[Statement]
) -> tuple[list[Person], list[Statement]]:
    """The children known by any way, and the statements with what the births add."""
    births = [s for s in statements if s.kind is StatementKind.BIRTH]
    others = [s for s in statements if s.kind is not StatementKind.BIRTH]
    procedures = _birth_procedures(record)
    everyone = _children(record, children, procedures)
    for child in everyone:
        own = [s for s in births if s.about == child.reference]
        if child.birth_date is not None:
            births = _merged(births, own, _from_patient(binder, child, child.birth_date, procedures))
        elif not own:
            births += _derived(child, others)
    known = {s.about: s.value for s in reversed(births)}
    everyone = [_dated(child, known.get(child.reference)) for child in everyone]
    return everyone, [*others, *births]


def _children(record: Record, children: list[Person], procedures: dict[str, Item]) -> list[Person]:
    """The children sent, and those that a birth procedure is about though their Patient was not sent."""
    sent = {child.reference for child in children}
    result = list(children)
    for subject, item in procedures.items():
        if subject not in sent:
            told = item.json.get("subject")
            display = told.get("display") if isinstance(told, dict) else None
            evidence = Evidence(record.source.id, item.reference, item.version.version, "subject", None)
            name = Name(text=display if isinstance(display, str) else None)
            result.append(Person(record.source.id, subject, evidence, name))
    return result


def _dated(child: Person, value: object) -> Person:
    """A child whose Patient was not sent is as old as its birth says."""
    return replace(child, birth_date=value) if child.birth_date is None and isinstance(value, date) else child


def _merged(births: list[Statement], own: list[Statement], patient: Statement) -> list[Statement]:
    same_day = [s for s in own if _day(s) == _day(patient)]
    if not same_day:
        return [*births, patient]
    if any(is_instant(s.value) for s in same_day if isinstance(s.value, date)) or not _is_instant(patient):
        return births
    return [*(s for s in births if s not in same_day), patient]


def _from_patient(binder: Binder, child: Person, born: Moment, procedures: dict[str, Item]) -> Statement:
    item = procedures.get(child.reference)
    bound = binder.bind(item) if item is not None else None
    evidence = replace(child.evidence, path="birthDate")
    return Statement(
        kind=StatementKind.BIRTH,
        value=born,
        evidence=evidence,
        at=born,
        basis="patient",
        about=child.reference,
        dossier=bound.dossier if bound is not None else None,
        pregnancy=bound.pregnancy if bound is not None else None,
    )


def _derived(child: Person, statements: list[Statement]) -> list[Statement]:
    times = [s for s in statements if s.kind in ABOUT_BIRTH and s.about == child.reference and s.at is not None]
    if not times:
        return []
    chosen = next((s for s in times if s.at is not None and is_instant(s.at)), times[0])
    evidence = replace(chosen.evidence, path="effective")
    at = chosen.at
    if at is None:
        return []
    return [replace(chosen, kind=StatementKind.BIRTH, value=at, evidence=evidence, basis="derived", display=None)]


def _birth_procedures(record: Record) -> dict[str, Item]:
    """The birth procedure of each child."""
    rules = record.dialect.codes.get("Procedure", {})
    found: dict[str, Item] = {}
    for item in record.of_type("Procedure"):
        codes = record.dialect.codes_of(item.json.get("code"))
        if any(rule.kind is StatementKind.BIRTH for code in codes for rule in rules.get(code, ())):
            subject = record.normal(record.dialect.text(item.json, "subject")[0])
            if subject is not None and subject != record.key.woman and record.counts(item):
                found.setdefault(subject, item)
    return found


def _day(statement: Statement) -> date | None:
    return day_of(statement.value) if isinstance(statement.value, date) else None


def _is_instant(statement: Statement) -> bool:
    return isinstance(statement.value, date) and is_instant(statement.value)
