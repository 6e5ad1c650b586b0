"""One value of an Observation or component as a number in a declared unit, with what was sent beside it.

Units are UCUM (https://ucum.org); the tables of what goes over into what, and by which factor, are data of the dialect.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from adapter.facts.dialect import Dialect, MeasureRule

_NUMBER = re.compile(r"\s*([<>]=?)?\s*(-?\d+(?:[.,]\d+)?)\s*(.*?)\s*", re.DOTALL)
_NUMBERS = re.compile(r"\d+(?:[.,]\d+)?")
_DIGITS = 4  # significant after conversion: finer than anything measured here

BOOLEAN_STU3 = "http://nictiz.nl/fhir/StructureDefinition/observation-component-valueBooleanSTU3"


class Amount(NamedTuple):
    """`value` in `unit`, None when it is no number or cannot be brought to the unit; `original` as sent."""

    value: float | None
    unit: str | None
    original: str | None
    path: str


def amount(element: dict[str, Any], rule: MeasureRule | None, dialect: Dialect) -> Amount | None:
    """The value of an Observation or component; None when it has none."""
    quantity = element.get("valueQuantity")
    if type(quantity) is dict:
        return _quantity(quantity, rule)
    for key, value in element.items():
        if value is not None and key.startswith("value"):
            return _other(key, value, rule, dialect)
    for extension in element.get("extension") or ():
        if type(extension) is dict and extension.get("url") == BOOLEAN_STU3:
            return Amount(None, None, "ja" if extension.get("valueBoolean") else "nee", "extension")
    return _remark(element)


def _remark(element: dict[str, Any]) -> Amount | None:
    """What the source says in words in place of a value: Observation.comment (STU3), note (R4)."""
    if "component" in element:
        return None
    comment = element.get("comment")
    if isinstance(comment, str) and comment.strip():
        return Amount(None, None, comment, "comment")
    notes = element.get("note")
    texts = (
        [n["text"] for n in notes if isinstance(n, dict) and isinstance(n.get("text"), str)]
        if isinstance(notes, list)
        else []
    )
    return Amount(None, None, " ".join(texts), "note") if texts else None


def several(element: dict[str, Any], rule: MeasureRule) -> list[tuple[MeasureRule, Amount]]:
    """The values of one text with several numbers, by `rule.split`; none when the text has another number of them."""
    for key in ("valueString", "valueQuantity", "valueCodeableConcept"):
        value = element.get(key)
        text = value if isinstance(value, str) else value.get("text") if isinstance(value, dict) else None
        numbers = _NUMBERS.findall(text) if isinstance(text, str) else []
        if len(numbers) == len(rule.split):
            named = zip(rule.split, numbers, strict=True)
            return [(r, Amount(_converted(float(n.replace(",", ".")), (), r), r.unit, text, key)) for r, n in named]
    return []


def _quantity(quantity: dict[str, Any], rule: MeasureRule | None) -> Amount | None:
    value = quantity.get("value")
    number = value if type(value) in (int, float) else None
    code, unit = quantity.get("code"), quantity.get("unit")
    shown = unit if isinstance(unit, str) else code if isinstance(code, str) else ""
    comparator = quantity.get("comparator") or ""
    original = f"{comparator}{value} {shown}".strip() if value is not None else None
    if number is None:
        return Amount(None, None, original, "valueQuantity") if original else None
    if comparator:  # below or above a number is not that number
        return Amount(None, None if rule is None else rule.unit, original, "valueQuantity")
    if rule is None or rule.unit is None:
        return Amount(float(number), code or unit, original, "valueQuantity")
    return Amount(_converted(number, (code, unit), rule), rule.unit, original, "valueQuantity")


def _converted(number: float, names: tuple[Any, ...], rule: MeasureRule) -> float | None:
    """The number in the rule's unit; None for an unknown unit, or a number without unit that cannot be in it."""
    given = [str(name).strip().lower() for name in names if name]
    for name in given or ("",):
        factor = rule.factors.get(name)
        if factor is not None:
            value = float(number) if factor == 1 else float(f"{number * factor:.{_DIGITS}g}")
            return value if given or rule.covers(value) else None
    return None


def _other(key: str, value: Any, rule: MeasureRule | None, dialect: Dialect) -> Amount | None:
    if type(value) in (int, float):
        number = float(value)
        if rule is None or rule.unit is None:
            return Amount(number, None, str(value), key)
        return Amount(_converted(number, (), rule), rule.unit, str(value), key)
    if isinstance(value, bool):
        return Amount(None, None, "ja" if value else "nee", key)
    if isinstance(value, str):
        return _text(key, value, rule)
    if key == "valueCodeableConcept":
        return Amount(None, None, _display(value, dialect), key)
    return Amount(None, None, _parts(value), key)


def _text(key: str, text: str, rule: MeasureRule | None) -> Amount | None:
    """A text; one that is a number with its unit ("114 mmHg", "7,1 mmol/l") is read as one."""
    if not text.strip():
        return None
    match = _NUMBER.fullmatch(text) if key == "valueString" and rule is not None and rule.unit is not None else None
    if match is None or rule is None or match[1]:
        return Amount(None, None, text, key)
    return Amount(_converted(float(match[2].replace(",", ".")), (match[3],), rule), rule.unit, text, key)


def _display(concept: Any, dialect: Dialect) -> str | None:
    if type(concept) is not dict:
        return None
    codings = [c for c in concept.get("coding") or () if type(c) is dict]
    for coding in codings:
        if isinstance(coding.get("display"), str):
            return str(coding["display"])
    text = concept.get("text")
    if isinstance(text, str):
        return text
    return next((str(c["code"]) for c in codings if isinstance(c.get("code"), str)), None)


def _parts(value: Any) -> str | None:
    """A Period, Range or Ratio as text."""
    if type(value) is not dict:
        return None
    parts = (value.get(k) for k in ("start", "end", "low", "high", "numerator", "denominator"))
    texts = [f"{p.get('value')} {p.get('unit') or ''}".strip() if type(p) is dict else str(p) for p in parts if p]
    return " – ".join(texts) or None
