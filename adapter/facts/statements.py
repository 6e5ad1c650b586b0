"""What observations, conditions, procedures and clinical impressions say, by the dialect's rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from adapter.facts.binding import Binder, Bound
from adapter.facts.dialect import StatementRule
from adapter.facts.organisations import Organisations
from adapter.facts.record import Item, Record, moment_of
from adapter.facts.values import UnreadableError, read_value
from adapter.model.facts import Statement, Value


def read_statements(
    record: Record, organisations: Organisations, binder: Binder, item: Item, rules: Iterable[StatementRule]
) -> list[Statement]:
    """The statements of one resource by its rules, none when it may not count."""
    if not record.counts(item) or record.dialect.part(item.json, "not_done") == [True]:
        return []
    bound = binder.bind(item)
    whose = organisations.whose(item, bound.encounter, bound.dossier).code
    found = (_statement(record, item, rule, bound, whose) for rule in rules)
    return [statement for statement in found if statement is not None]


def rules_for(record: Record, item: Item) -> Collection[StatementRule]:
    """Rules by any coding of the resource's code; else by the system of the value's code."""
    dialect = record.dialect
    by_code = dialect.codes.get(item.type)
    if by_code is None:
        return ()
    codes = record.codes(item)
    if not by_code.keys().isdisjoint(codes):
        return {rule.name: rule for code in codes for rule in by_code.get(code, ())}.values()
    by_system = dialect.value_systems.get(item.type)
    if not by_system:
        return ()
    found = [code for concept in dialect.part(item.json, "value") for code in dialect.codes_of(concept)]
    return {rule.name: rule for system, _ in found for rule in by_system.get(system, ())}.values()


def _statement(record: Record, item: Item, rule: StatementRule, bound: Bound, whose: str) -> Statement | None:
    if rule.when is not None and rule.when.first(item.json) is not True:
        return None
    subject = record.normal(record.dialect.text(item.json, "subject")[0])
    is_woman = subject is None or subject == record.key.woman
    if rule.subject != "any" and (rule.subject == "woman") != is_woman:
        return None
    if rule.focus is not None and not _has_focus(record, item, rule.focus):
        return None
    found = _value(record, item, rule)
    if found is None:
        return None
    value, path, display = found
    at = next((m for p in rule.at if (m := moment_of(p.first(item.json))) is not None), None)
    return Statement(
        kind=rule.kind,
        value=value,
        evidence=record.evidence(item, path, whose),
        at=at if at is not None else record.moment(item, "at"),
        basis=_basis(record, item, rule),
        about=bound.about,
        dossier=bound.dossier,
        pregnancy=bound.pregnancy,
        display=display,
    )


def _has_focus(record: Record, item: Item, kind: str) -> bool:
    targets = (record.normal(reference) for reference in record.dialect.part(item.json, "focus"))
    return any(target is not None and target.startswith(f"{kind}/") for target in targets)


def _value(record: Record, item: Item, rule: StatementRule) -> tuple[Value, str, str | None] | None:
    for path in rule.values:
        for raw in path.all(item.json):
            try:
                value, display = read_value(raw, rule, record.dialect)
            except UnreadableError as error:
                record.note(item, f"{rule.kind}: {path.label} {error}", "correct it in the EPD")
                continue
            if value is not None:
                return value, path.label, display
    return (rule.fixed, "code", None) if rule.fixed is not None else None


def _basis(record: Record, item: Item, rule: StatementRule) -> str | None:
    if rule.basis_words is not None:
        for path in rule.basis_from:
            for concept in path.all(item.json):
                for code in record.dialect.codes_of(concept):
                    if code in rule.basis_words.words:
                        return rule.basis_words.words[code]
    return rule.basis
