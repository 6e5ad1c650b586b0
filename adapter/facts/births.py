"""The births: one statement per child, from the birth procedure or the child's own Patient resource.

A child is known by its Patient, or by a birth procedure about a Patient that the source never sent. Where both give a
time, the more precise one of the same day stands; different days both stand, and the care path shows the conflict.
"""

from __future__ import annotations

from datetime import date

from adapter.facts.binding import Binder
from adapter.facts.record import Item, Record
from adapter.model.evidence import Evidence
from adapter.model.facts import Name, Person, Statement, StatementKind
from adapter.model.moments import day_of, is_instant


def children_of(record: Record, children: list[Person], births: list[Statement]) -> list[Person]:
    """The children sent, and those that a birth procedure is about though their Patient was not sent."""
    known = {child.reference for child in children}
    result = list(children)
    for item in _birth_procedures(record):
        subject = record.normal(record.dialect.text(item.json, "subject")[0])
        if subject is None or subject == record.key.woman or subject in known:
            continue
        known.add(subject)
        display = item.json["subject"].get("display")
        own = next((s for s in births if s.about == subject), None)
        evidence = Evidence(record.source.id, item.reference, item.version.version, "subject", None)
        name = Name(text=display if isinstance(display, str) else None)
        result.append(Person(record.source.id, subject, evidence, name, birth_date=_moment(own)))
    return result


def _moment(statement: Statement | None) -> date | None:
    return statement.value if statement is not None and isinstance(statement.value, date) else None


def read_births(record: Record, binder: Binder, children: list[Person], births: list[Statement]) -> list[Statement]:
    """The statements of birth: those of the procedures, and of each child what its Patient adds."""
    result = list(births)
    for child in children:
        if child.birth_date is None or child.evidence.path == "subject":
            continue
        procedures = [s for s in result if s.about == child.reference]
        same_day = [s for s in procedures if isinstance(s.value, date) and day_of(s.value) == day_of(child.birth_date)]
        if any(is_instant(s.value) for s in same_day if isinstance(s.value, date)):
            continue
        if same_day and not is_instant(child.birth_date):
            continue
        result = [s for s in result if s not in same_day]
        result.append(_from_patient(record, binder, child, child.birth_date, procedures))
    return result


def _from_patient(record: Record, binder: Binder, child: Person, born: date, procedures: list[Statement]) -> Statement:
    bound = procedures[0] if procedures else None
    item = _birth_procedure_of(record, child.reference)
    hangs = binder.bind(item) if item is not None and bound is None else None
    return Statement(
        kind=StatementKind.BIRTH,
        value=born,
        evidence=Evidence(
            child.evidence.source, child.reference, child.evidence.version, "birthDate", child.evidence.organisation
        ),
        at=born,
        basis="patient",
        about=child.reference,
        dossier=bound.dossier if bound else hangs.dossier if hangs else None,
        pregnancy=bound.pregnancy if bound else hangs.pregnancy if hangs else None,
    )


def _birth_procedures(record: Record) -> list[Item]:
    rules = record.dialect.codes.get("Procedure", {})
    found = []
    for item in record.of_type("Procedure"):
        kinds = {rule.kind for code in record.dialect.codes_of(item.json.get("code")) for rule in rules.get(code, ())}
        if StatementKind.BIRTH in kinds and record.counts(item):
            found.append(item)
    return found


def _birth_procedure_of(record: Record, child: str) -> Item | None:
    for item in _birth_procedures(record):
        if record.normal(record.dialect.text(item.json, "subject")[0]) == child:
            return item
    return None
