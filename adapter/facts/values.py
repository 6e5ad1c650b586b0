"""Reading one value in the shape that a statement asks for."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from adapter.facts.dialect import Dialect, StatementRule
from adapter.facts.record import moment_of
from adapter.model.facts import Coded, Value
from adapter.model.moments import day_of

_WEEKS_DAYS = re.compile(r"\s*(\d{1,2})\s*\+\s*([0-6])\s*")


class UnreadableError(ValueError):
    """There is a value, but not one we can use. The message says why, without the value."""


def read_value(raw: Any, rule: StatementRule, dialect: Dialect) -> tuple[Value | None, str | None]:
    """Our value and, for a code, its text as sent. None: there is nothing to state. Raises `UnreadableError`."""
    match rule.shape:
        case "day":
            moment = moment_of(raw) or _day(raw, dialect)
            if moment is None:
                raise UnreadableError("is not a date that exists")
            return day_of(moment), None
        case "moment":
            moment = moment_of(raw) or _day(raw, dialect)
            if moment is None:
                raise UnreadableError("is not a date or an instant with a time zone")
            return moment, None
        case "count":
            return _count(raw), None
        case "days":
            return _days(raw, dialect), None
        case "hours":
            hours = _quantity(raw, dialect.unit_hours)
            return (int(hours) if hours == int(hours) else round(hours, 2)), None
        case "boolean":
            if not isinstance(raw, bool):
                raise UnreadableError("is not true or false")
            return raw, None
        case "presence" if isinstance(raw, bool):
            return ("aanwezig" if raw else "afwezig"), None
        case _:
            return _word(raw, rule, dialect)


def _day(raw: Any, dialect: Dialect) -> date | None:
    """A day in a text, as this vendor writes days."""
    for form in dialect.date_formats if isinstance(raw, str) else ():
        try:
            return datetime.strptime(raw.strip(), form).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    return None


def _count(raw: Any) -> int:
    if isinstance(raw, str) and raw.strip().isdecimal():
        return int(raw)
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or raw != int(raw) or raw < 0:
        raise UnreadableError("is not a whole number")
    return int(raw)


def _days(raw: Any, dialect: Dialect) -> int:
    if isinstance(raw, str):
        match = _WEEKS_DAYS.fullmatch(raw)
        if match is None:
            raise UnreadableError("is not weeks+days")
        return int(match[1]) * 7 + int(match[2])
    return round(_quantity(raw, dialect.unit_days))


def _quantity(raw: Any, units: dict[str, float]) -> float:
    """A Quantity in the unit that the table gives factors for: by its code, else by its unit as written."""
    value = raw.get("value") if isinstance(raw, dict) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnreadableError("is not a quantity with a value")
    code, unit = raw.get("code"), raw.get("unit")
    for name in (code, unit) if code or unit else ("",):
        factor = units.get(str(name).strip().lower()) if name is not None else None
        if factor is not None:
            return float(value) * factor
    raise UnreadableError("has no unit that we know")


def _word(raw: Any, rule: StatementRule, dialect: Dialect) -> tuple[Value | None, str | None]:
    if isinstance(raw, str):
        word = rule.texts.get(raw.strip().casefold())
        return (word, raw) if word is not None else (Coded(raw, None, raw) if rule.keep_unmapped else None, raw)
    codings = [c for c in raw.get("coding") or () if isinstance(c, dict)] if isinstance(raw, dict) else []
    for coding in codings:
        code = dialect.code_of(coding)
        word = rule.words.words.get(code) if rule.words is not None and code is not None else None
        if word is not None:
            text = coding.get("display") or raw.get("text")
            return (int(word) if rule.shape == "number_word" else word), text
    for text in (raw.get("text"), *(c.get("display") for c in codings)) if rule.texts and isinstance(raw, dict) else ():
        if isinstance(text, str) and (word := rule.texts.get(text.strip().casefold())) is not None:
            return word, text
    if not rule.keep_unmapped:
        return None, None
    for coding in codings:
        system = dialect.systems.get(str(coding.get("system")), coding.get("system"))
        if isinstance(coding.get("code"), str) and (system not in dialect.null_systems or coding["code"] == "OTH"):
            display = coding.get("display") or raw.get("text")
            return Coded(coding["code"], coding.get("system"), display), display
    text = raw.get("text") if isinstance(raw, dict) else None
    return (Coded(text, None, text), text) if isinstance(text, str) and not codings else (None, None)
