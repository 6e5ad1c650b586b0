"""Reads a file of signals: CSV with a header, or JSON; the keys are the same. See docs/reference/signals.md.

A faulty row is told (line and key, never a BSN) and left out; the others go on.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from adapter.model.carepath import PHASES
from adapter.model.evidence import Organisation
from adapter.model.facts import ActKind
from adapter.model.identifiers import Agb, Bsn, InvalidIdentifierError, Ura, Uzovi
from adapter.model.signals import ABOUT, REPORTED_BY

KEYS = (
    "reported_by",
    "reporter",
    "reported_on",
    "pregnancy",
    "bsn",
    "about",
    "agb",
    "ura",
    "organisation",
    "kind",
    "day",
    "phase",
    "return_code",
    "claim",
    "withdraws",
)
_CODE = re.compile(r"[0-9A-Za-z]{1,8}")
_REFERENCE = re.compile(r"[0-9A-Za-z._/-]{1,40}")
T = TypeVar("T")


class SignalFileError(ValueError):
    """The file as a whole cannot be read; the message says why."""


class RowError(ValueError):
    """One row cannot be used; the message names the key and what is wrong, never what was written."""


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One row as written, checked by itself; `line` is its line (CSV) or place (JSON, from 1)."""

    line: int
    reported_by: Any
    reporter: str | None
    reported_on: date
    pregnancy: str | None
    bsn: Bsn | None
    about: Any
    organisation: Organisation | None
    kind: ActKind
    day: date | None
    phase: Any
    return_code: str | None
    claim: str | None
    withdraws: str | None


def read_rows(text: str, *, json_file: bool) -> Iterator[SignalRow | tuple[int, str]]:
    """Every row, or its line and what is wrong with it. Raises `SignalFileError`."""
    for line, fields in _json(text) if json_file else _csv(text):
        try:
            yield _row(line, fields)
        except RowError as error:
            yield line, str(error)


def _csv(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    text = text.removeprefix("\ufeff")
    header = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if header.count(";") > header.count(",") else ",")
    names = [name.strip() for name in reader.fieldnames or ()]
    if "reported_by" not in names:
        raise SignalFileError(f"the first line must name the columns: {', '.join(KEYS)}")
    reader.fieldnames = names
    for fields in reader:
        yield reader.line_num, fields


def _json(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise SignalFileError(f"not valid JSON: {error}") from None
    rows = content.get("signals") if isinstance(content, dict) else content
    if not isinstance(rows, list):
        raise SignalFileError('JSON must be a list of signals, or {"signals": […]}')
    for place, fields in enumerate(rows, start=1):
        yield place, fields if isinstance(fields, dict) else {"?": fields}


def _row(line: int, fields: Mapping[str, Any]) -> SignalRow:
    strange = [str(k) for k in fields if k not in KEYS]
    if strange:
        raise RowError(f"there is no key {strange[0]!r}; there are {', '.join(KEYS)}")
    given = {k: str(v).strip() for k, v in fields.items() if v is not None and str(v).strip()}
    by = _among(given, "reported_by", REPORTED_BY)
    about = _among(given, "about", ABOUT, "zorg")
    if ("pregnancy" in given) == ("bsn" in given):
        raise RowError("give the pregnancy (its id here) or the bsn, one of the two")
    row = SignalRow(
        line,
        by,
        _reporter(given, by),
        _day(given, "reported_on", required=True) or date.min,
        given.get("pregnancy"),
        _code(given, "bsn", Bsn),
        about,
        _organisation(given),
        ActKind(_among(given, "kind", tuple(k.value for k in ActKind), "overig")),
        _day(given, "day"),
        _among(given, "phase", PHASES) if "phase" in given else None,
        _matching(given, "return_code", _CODE),
        _matching(given, "claim", _REFERENCE),
        _matching(given, "withdraws", _REFERENCE),
    )
    if about == "zorg" and row.withdraws is None and row.day is None and row.phase is None:
        raise RowError("care needs its day, or else its phase")
    if row.day is not None and row.day > row.reported_on:
        raise RowError("day: care cannot be told before it is given (reported_on)")
    return row


def _reporter(given: Mapping[str, str], by: str) -> str | None:
    if by == "verzekeraar":
        uzovi = _code(given, "reporter", Uzovi)
        if uzovi is None:
            raise RowError("reporter: give the UZOVI code of the insurer")
        return uzovi.value
    if by == "lid":
        agb = _code(given, "reporter", Agb)
        if agb is None:
            raise RowError("reporter: give the AGB code of the member")
        return agb.value
    if "reporter" in given:
        raise RowError("reporter: leave it empty when the woman told it herself")
    return None


def _organisation(given: Mapping[str, str]) -> Organisation | None:
    agb, ura = _code(given, "agb", Agb), _code(given, "ura", Ura)
    name = given.get("organisation")
    if agb is None and ura is None:
        return None if name is None else Organisation(f"signaal:{name}", name=name)
    identity = f"agb:{agb.value}" if agb else f"ura:{ura.value if ura else ''}"
    return Organisation(identity, agb.value if agb else None, ura.value if ura else None, name)


def _code(given: Mapping[str, str], key: str, kind: type[T]) -> T | None:
    if key not in given:
        return None
    try:
        return kind(given[key])  # type: ignore[call-arg]
    except InvalidIdentifierError:
        raise RowError(f"{key}: this is not a valid {kind.__name__} code") from None


def _day(given: Mapping[str, str], key: str, *, required: bool = False) -> date | None:
    if key not in given:
        if required:
            raise RowError(f"{key} is missing")
        return None
    try:
        return date.fromisoformat(given[key])
    except ValueError:
        raise RowError(f"{key}: give a calendar date such as 2024-07-29") from None


def _among(given: Mapping[str, str], key: str, known: tuple[str, ...], default: str | None = None) -> str:
    value = given.get(key, default)
    if value is None:
        raise RowError(f"{key} is missing")
    if value not in known:
        raise RowError(f"{key} must be one of {', '.join(known)}")
    return value


def _matching(given: Mapping[str, str], key: str, pattern: re.Pattern[str]) -> str | None:
    if key in given and not pattern.fullmatch(given[key]):
        raise RowError(f"{key}: letters, digits and -._/ only (no free text: it may hold what belongs in a dossier)")
    return given.get(key)
