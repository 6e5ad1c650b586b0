"""Disorders, allergies, alerts and screenings: what a source notes about her, a fetus or a child."""

from __future__ import annotations

from typing import Any

from adapter.facts.binding import Binder
from adapter.facts.dialect import Code, NoteRule
from adapter.facts.organisations import Organisations
from adapter.facts.quantities import amount
from adapter.facts.record import Item, Record
from adapter.model.facts import Coded, Noted

SCREENED = frozenset({"Observation", "Procedure", "DiagnosticReport"})


def read_noted(record: Record, organisations: Organisations, binder: Binder, item: Item) -> list[Noted]:
    """The note of a resource: at most one; none when no rule knows it or it may not count."""
    rule = _screening(record, item) if item.type in SCREENED else _note(record, item)
    if rule is None or not record.counts(item):
        return []
    screening = item.type in SCREENED
    state = _screened(record, item) if screening else _clinical(record, item)
    if screening and state is None:
        return []
    bound = binder.bind(item)
    whose = organisations.whose(item, bound.encounter, bound.dossier)
    coded = _coded(record, item.json.get("code")) or _detail(record, item)
    return [
        Noted(
            kind=rule.kind,
            name=rule.label or (coded.display or coded.code if coded is not None else "zonder naam"),
            organisation=whose.organisation,
            evidence=record.evidence(item, "code", whose.code),
            code=coded,
            at=record.moment(item, "at"),
            state=state,
            result=_result(record, item) if screening else None,
            about=bound.about,
            dossier=bound.dossier,
            pregnancy=bound.pregnancy,
        )
    ]


def _detail(record: Record, item: Item) -> Coded | None:
    """The code of the resource that the note is about, where it has none of its own."""
    targets = map(record.find, record.dialect.part(item.json, "detail"))
    return next((c for t in targets if t is not None and (c := _coded(record, t.json.get("code"))) is not None), None)


def _screening(record: Record, item: Item) -> NoteRule | None:
    known = record.dialect.screenings
    if known.keys().isdisjoint(record.codes(item)):
        return None
    return next((known[code] for code in record.codes(item) if code in known), None)


def _note(record: Record, item: Item) -> NoteRule | None:
    rules = record.dialect.notes.get(item.type)
    if not rules or item.reference in record.pregnancies:
        return None
    categories = set(record.dialect.codes_of(item.json.get("category")))
    return next((r for r in rules if not r.categories or not r.categories.isdisjoint(categories)), None)


def _screened(record: Record, item: Item) -> str | None:
    """done, declined or offered; None: it says nothing yet."""
    if record.dialect.part(item.json, "not_done") == [True] or item.json.get("valueBoolean") is False:
        return "declined"
    status, _ = record.dialect.text(item.json, "status")
    word = record.dialect.states.get(item.type, {}).get(status or "", "done")
    return {"declined": "declined", "planned": "offered", "in_progress": "offered"}.get(word or "", "done")


def _clinical(record: Record, item: Item) -> str | None:
    return next((s for s in record.dialect.part(item.json, "clinical") if isinstance(s, str)), None)


def _result(record: Record, item: Item) -> str | None:
    """As the source words it: the value, a report's conclusion or diagnosis, a procedure's outcome."""
    read = amount(item.json, None, record.dialect) if item.type == "Observation" else None
    if read is not None:
        return None if "valueBoolean" in item.json else read.original
    conclusion = item.json.get("conclusion")
    if isinstance(conclusion, str):
        return conclusion
    for key in ("codedDiagnosis", "conclusionCode", "outcome"):
        concepts = item.json.get(key)
        for concept in concepts if isinstance(concepts, list) else [concepts]:
            coded = _coded(record, concept)
            if coded is not None:
                return coded.display or coded.code
    return None


def _coded(record: Record, concept: Any) -> Coded | None:
    """The first coding that says something; else the text."""
    if not isinstance(concept, dict):
        return None
    text = concept.get("text") if isinstance(concept.get("text"), str) else None
    for coding in concept.get("coding") or ():
        code: Code | None = record.dialect.code_of(coding)
        if code is not None and code[0] not in record.dialect.null_systems:
            return Coded(code[1], coding.get("system"), coding.get("display") or text)
    return Coded(text, None, text) if text else None
