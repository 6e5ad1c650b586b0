"""Take the values of a search parameter out of a resource, and compare them with what was asked."""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from adapter import fhir
from adapter.fhir import JsonObject
from adapter.service.endpoint.parameters import Kind, Parameter

_INSTANT = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)
_PREFIXES = frozenset({"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"})
_SPLIT = re.compile(r"(?<!\\),")
_BAR = re.compile(r"(?<!\\)\|")
_ESCAPED = re.compile(r"\\([\\,|$])")

Token = tuple[str | None, str]  # system, code
Span = tuple[datetime, datetime]  # from, up to


class BadValueError(ValueError):
    """A value that is not written as its parameter prescribes. The message never repeats it: it may be a BSN."""


def items(value: Any, path: Sequence[str]) -> Sequence[Any]:
    """What stands at a path; lists are walked through."""
    for at, name in enumerate(path):
        if isinstance(value, list):
            return [found for item in value for found in items(item, path[at:])]
        if not isinstance(value, dict):
            return ()
        value = value.get(name)
    if isinstance(value, list):
        return [found for item in value for found in items(item, ())]
    return () if value is None else (value,)


def values(resource: JsonObject, parameter: Parameter) -> Iterator[Any]:
    """Every value of a parameter in a resource."""
    for path in parameter.paths:
        yield from items(resource, path)


def references(resource: JsonObject, parameter: Parameter) -> set[str]:
    """The references (`Type/id`) of a parameter, of the types it may point to."""
    found = set()
    for value in values(resource, parameter):
        text = value.get("reference") if isinstance(value, dict) else None
        relative = fhir.relative(text) if isinstance(text, str) else None
        if relative and relative.partition("/")[0] in parameter.targets:
            found.add(relative)
    return found


def tokens(resource: JsonObject, parameter: Parameter) -> Iterator[Token]:
    """The (system, code) of a token parameter: of codings, identifiers, codes and booleans."""
    for value in values(resource, parameter):
        yield from _tokens(value)


def _tokens(value: Any) -> Iterator[Token]:
    if isinstance(value, bool):
        yield None, "true" if value else "false"
    elif isinstance(value, str):
        yield None, value
    elif isinstance(value, dict):
        if isinstance(codings := value.get("coding"), list):
            for coding in codings:
                yield from _tokens(coding)
        code = value.get("code") if "code" in value else value.get("value")
        if isinstance(code, str):
            system = value.get("system")
            yield (system if isinstance(system, str) else None), code


def spans(resource: JsonObject, parameter: Parameter, *, local: bool = False) -> Iterator[Span]:
    """The stretches of time of a date parameter; an open end reaches for ever. `local`: by the clock on the wall where
    each was written, as it is compared with a date, which has no zone: a birth at night is on the day it was there.
    """
    for value in values(resource, parameter):
        if isinstance(value, str):
            if (span := _span(value, local=local)) is not None:
                yield span
        elif isinstance(value, dict):
            start, end = value.get("start"), value.get("end")
            first = _span(start, local=local) if isinstance(start, str) else None
            last = _span(end, local=local) if isinstance(end, str) else None
            if first or last:
                yield (first[0] if first else _FIRST, last[1] if last else _LAST)


def served_instant(at: datetime) -> Span:
    """The stretch that an instant of ours stands for as it is served: in whole milliseconds."""
    start = at.replace(microsecond=at.microsecond // 1000 * 1000)
    return start, start + _MILLISECOND


_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_NEARLY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)
_TINY = timedelta(microseconds=1)


def _span(text: str, *, local: bool = False) -> Span | None:
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        start = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")),
            tzinfo=UTC if local else _zone(zone),
        )
    except ValueError:
        return None
    try:
        return start, start + _length(start, month, day, hour, second, fraction)
    except OverflowError:  # up to the last day that there is
        return min(start, _LAST - _TINY), _LAST


def _length(
    start: datetime, month: str | None, day: str | None, hour: str | None, second: str | None, fraction: str | None
) -> timedelta:
    """How long it lasts: as long as what was left out of it."""
    if fraction is not None:
        return timedelta(microseconds=10 ** max(0, 6 - len(fraction)))
    if hour is not None:
        return timedelta(seconds=1 if second else 60)
    if day is not None:
        return timedelta(days=1)
    return timedelta(days=monthrange(start.year, start.month)[1] if month else 366 if isleap(start.year) else 365)


def _zone(text: str | None) -> timezone:
    if text is None or text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[4:6])))


@dataclass(frozen=True, slots=True)
class Wanted:
    """One value that is asked for: of a token its system and code, of a reference `Type/id`, of a date its bounds.

    `local`: a date without a time.
    """

    text: str
    system: str | None = None
    any_system: bool = True
    prefix: str = "eq"
    span: Span | None = None
    local: bool = False


def parse(parameter: Parameter, text: str) -> tuple[Wanted, ...]:
    """The values asked for, separated by commas. Raises `BadValueError`."""
    parts = _SPLIT.split(text)
    if not all(parts):
        raise BadValueError("a value is empty")
    if parameter.kind is Kind.TOKEN:
        return tuple(_wanted_token(part) for part in parts)
    if parameter.kind is Kind.DATE:
        return tuple(wanted_date(part) for part in parts)
    return tuple(Wanted(_plain(part)) for part in parts)


def _wanted_token(part: str) -> Wanted:
    halves = _BAR.split(part, maxsplit=1)
    if len(halves) == 1:
        return Wanted(_plain(halves[0]))
    return Wanted(_plain(halves[1]), _plain(halves[0]) or None, any_system=False)


def wanted_date(part: str) -> Wanted:
    """A date with its prefix. Raises `BadValueError`."""
    prefix, rest = (part[:2], part[2:]) if part[:2] in _PREFIXES else ("eq", part)
    span = _span(rest.replace(" ", "+"))  # a plus sign that was not escaped arrives as a space
    if span is None:
        raise BadValueError("a date is written YYYY, YYYY-MM, YYYY-MM-DD or with a time and zone")
    return Wanted(part, prefix=prefix, span=span, local="T" not in rest)


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def token_matches(found: Token, wanted: Wanted) -> bool:
    """`code`: in any system; `|code`: without a system; `system|`: anything of it; `system|code`: exactly that."""
    system, code = found
    if wanted.any_system:
        return code == wanted.text
    return system == wanted.system and (code == wanted.text or not wanted.text)


def date_matches(found: Span, wanted: Wanted) -> bool:
    """By the prefix, as http://hl7.org/fhir/STU3/search.html#prefix defines it for two stretches of time."""
    if wanted.span is None:  # pragma: no cover - `wanted_date` fills it
        return False
    (start, end), (low, high) = found, wanted.span
    inside = low <= start and end <= high
    return {
        "eq": inside,
        "ne": not inside,
        "gt": end > high,
        "ge": end > high or inside,
        "lt": start < low,
        "le": start < low or inside,
        "sa": start >= high,
        "eb": end <= low,
        "ap": start - high < _NEARLY and low - end < _NEARLY,  # not as dates: there are a first and a last
    }[wanted.prefix]
