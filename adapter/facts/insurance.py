"""Who insures her: Coverage (zib-Payer) to a UZOVI code with its validity."""

from __future__ import annotations

from typing import Any

from adapter.facts.persons import identifier_values
from adapter.facts.record import Item, Record
from adapter.model.facts import Coded, Statement, StatementKind, Value
from adapter.model.identifiers import InvalidIdentifierError, System, Uzovi


def read_insurance(record: Record, item: Item) -> list[Statement]:
    """One statement per insurer that the Coverage names; a payor that is a person gives none."""
    subject = record.normal(record.dialect.text(item.json, "subject")[0])
    if not record.counts(item) or subject not in (None, record.key.woman):
        return []
    found = []
    dialect = record.dialect
    if not dialect.uninsured_codes.isdisjoint(c for p in dialect.part(item.json, "code") for c in dialect.codes_of(p)):
        return [_statement(record, item, False, None)]
    for reference in record.dialect.part(item.json, "payor"):
        value, name = _insurer(record, reference)
        if value is not None:
            found.append(_statement(record, item, value, name))
    return found


def _statement(record: Record, item: Item, value: Value, display: str | None) -> Statement:
    kind = StatementKind.INSURED if value is False else StatementKind.INSURER
    span = record.span(item)
    source = record.source.organisation
    evidence = record.evidence(item, "type" if value is False else "payor", source.agb or source.ura or source.id)
    return Statement(kind, value, evidence, at=span.start if span is not None else None, valid=span, display=display)


def _insurer(record: Record, reference: Any) -> tuple[Value | None, str | None]:
    """The UZOVI code; an insurer whose identifier is not expressly a UZOVI code is kept as sent, not read as one."""
    if not isinstance(reference, dict):
        return None, None
    payor = record.find(reference.get("reference"))
    if payor is not None and payor.type != "Organization":
        return None, None
    name = payor.json.get("name") if payor is not None else reference.get("display")
    identifiers = payor.json.get("identifier") if payor is not None else [reference.get("identifier")]
    for system, value in identifier_values(identifiers):
        if system is System.UZOVI:
            try:
                return Uzovi(value).value, name
            except InvalidIdentifierError:
                record.note(payor, "the UZOVI code of the insurer has not four digits") if payor is not None else None
    for system, value in identifier_values(identifiers):
        if system is None:
            return Coded(value, None, name), name
    return None, name
