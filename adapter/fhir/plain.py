"""Values of primitive types that are plainly good: a stricter rule than FHIR's, that needs no model to tell.

A value that is not plainly good is not wrong: the models of `fhir.resources` then have the word. A property test holds
that they never refuse what is plainly good.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

_TEXT = re.compile(r"[!-~\xa1-\xff](?:[ -~\xa1-\xff\n]*[!-~\xa1-\xff])?")  # no control character, ends in ink
_CODE = re.compile(r"[!-~]+(?: [!-~]+)*")
_URI = re.compile(r"[!-~]+")
_OID = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_DAY = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_CLOCK = re.compile(
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])"
)
_PART = re.compile(r"(?:19|20)[0-9]{2}(?:-(?:0[1-9]|1[0-2]))?")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")

_Rule = Callable[[Any], object]


@lru_cache(16384)  # days of one region: few, and each is no datum of a person by itself
def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_date(text: str) -> object:
    return _is_day(text) if len(text) == 10 else _PART.fullmatch(text)


def _is_instant(text: str) -> object:
    return _is_day(text[:10]) and _CLOCK.fullmatch(text, 10)


def _is_moment(text: str) -> object:
    return _is_instant(text) if len(text) > 10 else _is_date(text)


def _is_decimal(number: object) -> bool:
    if type(number) is int:
        return -(10**15) < number < 10**15
    return type(number) is Decimal and number.is_finite() and -15 <= number.adjusted() <= 15


def _within(least: int) -> _Rule:
    return lambda number: least <= number <= 2**31 - 1


PLAIN: Mapping[str, _Rule] = {
    "type": lambda _: True,  # the walk knows the type by its name
    "boolean": lambda _: True,
    "string": _TEXT.fullmatch,
    "markdown": _TEXT.fullmatch,
    "xhtml": lambda _: True,  # a text; the models ask no more of it
    "code": _CODE.fullmatch,
    "id": _ID.fullmatch,
    "uri": _URI.fullmatch,
    "canonical": _URI.fullmatch,
    "oid": _OID.fullmatch,
    "date": _is_date,
    "dateTime": _is_moment,
    "instant": _is_instant,
    "time": _TIME.fullmatch,
    "decimal": _is_decimal,
    "integer": _within(-(2**31)),
    "unsignedInt": _within(0),
    "positiveInt": _within(1),
}
"""By the name of a primitive type: whether a value (of the right JSON type) is plainly good. Others never are."""


def never(_: Any) -> bool:
    """The rule for a type that has none."""
    return False
