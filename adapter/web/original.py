"""A stored resource as a reader can read it: as sent, in lines, the place that was clicked marked, every BSN masked."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from adapter.access.redact import MASK, redact
from adapter.model.identifiers import System
from adapter.model.sources import Media, StoredVersion

_BSN_SYSTEMS = frozenset({System.BSN.value.lower(), "urn:oid:2.16.840.1.113883.2.4.6.3"})
_TERMINOLOGIES = ("http://snomed.info/", "http://loinc.org")
_INDEX = re.compile(r"\[\d+\]")
_XML_BSN = re.compile(
    r"(<system\s+value=\"(?:"
    + "|".join(re.escape(s) for s in sorted(_BSN_SYSTEMS))
    + r")\"\s*/>\s*<value\s+value=\")[^\"]*",
    re.IGNORECASE,
)
_TAG_GAP = re.compile(r">\s*<")


class _Number(str):
    """A number with the digits that were sent: 1.50 is not 1.5."""


class _Code(str):
    """A code of a terminology: one in eleven of nine digits passes the 11-proef, and none is a BSN."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text; `marked` where it is (part of) what was asked about."""

    text: str
    marked: bool = False


def readable(stored: StoredVersion, paths: Collection[str]) -> tuple[Line, ...]:
    """The text in lines. What cannot be parsed is given as it came, masked all the same."""
    text = stored.received.body.decode("utf-8", "replace")
    if stored.received.media is Media.XML:
        lines = _XML_BSN.sub(rf"\g<1>{MASK}", _TAG_GAP.sub(">\n<", text)).splitlines()
        return tuple(Line(redact(line)) for line in lines)
    try:
        parsed = json.loads(text, parse_float=_Number, parse_int=_Number)
    except (ValueError, RecursionError):
        return tuple(Line(redact(line)) for line in text.splitlines())
    wanted = {_INDEX.sub("", p) for p in paths if "[" not in p} | {p for p in paths if "[" in p}
    return tuple(_lines(_masked(parsed), "", "", wanted))


def _masked(value: Any) -> Any:
    """Without the value of any identifier of the BSN system, whatever it looks like."""
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if not isinstance(value, dict):
        return value
    system = str(value.get("system", "")).lower()
    found = {k: MASK if system in _BSN_SYSTEMS and k == "value" else _masked(v) for k, v in value.items()}
    if system.startswith(_TERMINOLOGIES) and isinstance(found.get("code"), str):
        found["code"] = _Code(found["code"])
    return found


def _lines(value: Any, path: str, lead: str, wanted: Collection[str], name: str = "", end: str = "") -> Iterator[Line]:
    marked = _is_in(path, wanted)
    before = f"{lead}{json.dumps(name, ensure_ascii=False)}: " if name else lead
    if isinstance(value, dict | list) and value:
        opened, closed = "{}" if isinstance(value, dict) else "[]"
        yield Line(before + opened, marked)
        items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        for at, (key, item) in enumerate(items):
            comma = "," if at + 1 < len(items) else ""
            if isinstance(key, int):
                yield from _lines(item, f"{path}[{key}]", lead + "  ", wanted, "", comma)
            else:
                yield from _lines(item, f"{path}.{key}" if path else key, lead + "  ", wanted, key, comma)
        yield Line(lead + closed + end, marked)
    else:
        text = before + _scalar(value)
        yield Line((text if isinstance(value, _Code) else redact(text)) + end, marked)


def _scalar(value: Any) -> str:
    return str(value) if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)


def _is_in(path: str, wanted: Collection[str]) -> bool:
    """Whether this place is at or below one that is wanted; `a.b` means every `a[n].b`."""
    if not path:
        return False
    plain = _INDEX.sub("", path)
    return any(
        at == w or at.startswith((f"{w}.", f"{w}[")) for w in wanted if w for at in ((path,) if "[" in w else (plain,))
    )
