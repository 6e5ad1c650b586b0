"""Search parameters of AuditEvent, as far as the log keeper is served with them.

http://hl7.org/fhir/R4/auditevent.html#search and http://hl7.org/fhir/STU3/auditevent.html#search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from adapter.access import Action, EventType, Outcome
from adapter.service.audit.lines import MOST, LogQuestion
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.values import BadValueError, wanted_date

PARAMETERS = {
    "action": "token",
    "agent": "reference",
    "date": "date",
    "outcome": "token",
    "patient": "reference",
    "subtype": "token",
}
"""What can be searched by; `agent:identifier` and, in STU3, `user` take the id of who asked."""

_TINY = timedelta(microseconds=1)
_SUBTYPES = {
    "read": ((EventType.READ, EventType.DENIED), ("R",)),
    "search": ((EventType.SEARCH, EventType.DENIED), ("E",)),
    "create": ((), ("C",)),
    "update": ((), ("U",)),
    "delete": ((), ("D",)),
    "operation": ((EventType.LINK, EventType.DECIDE), ()),
}


def read_question(
    pairs: Iterable[tuple[str, str]], woman_of: Callable[[str], str | None]
) -> tuple[LogQuestion, list[tuple[str, str]]]:
    """The question, and the parameters that were used. `woman_of`: our id of the woman that a reference means.

    Raises `FhirFault`: for another parameter, and for a value that cannot be read; values are not repeated.
    """
    draft: dict[str, object] = {}
    used: list[tuple[str, str]] = []
    for name, text in pairs:
        if not text or name in ("_format", "_pretty", "_total"):
            continue
        try:
            _one(draft, name, text, woman_of)
        except (ValueError, OverflowError, BadValueError):
            raise bad(f"{name} cannot be read; see metadata", f"http.{name}", "value") from None
        used.append((name, text))
    return LogQuestion(**draft), used  # type: ignore[arg-type]


def _one(draft: dict[str, object], name: str, text: str, woman_of: Callable[[str], str | None]) -> None:
    if name == "patient":
        draft["woman"] = woman_of(text) or text
    elif name == "date":
        _date(draft, text)
    elif name in ("agent", "agent:identifier", "user"):
        draft["user"] = text.rpartition("|")[2]
    elif name == "action":
        draft["actions"] = tuple(Action(code) for code in _codes(text))
    elif name == "outcome":
        draft["outcomes"] = tuple(Outcome(code) for code in _codes(text))
    elif name == "subtype":
        code = _codes(text)[0]
        if code not in _SUBTYPES:
            raise ValueError("no such subtype here")
        kinds, actions = _SUBTYPES[code]
        draft |= {"kinds": kinds, "actions": tuple(Action(letter) for letter in actions)}
    elif name == "_count":
        draft["limit"] = max(1, min(_number(text), MOST))
    elif name == "_page":
        draft["before"] = _number(text)
    else:
        known = name if name.replace("-", "").replace("_", "").isalpha() and len(name) < 40 else "a parameter"
        text = f"{known} is no search parameter of AuditEvent here: {', '.join(sorted(PARAMETERS))}"
        raise FhirFault(400, "not-supported", text, "http")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise ValueError("a whole number")
    return int(text)


def _codes(text: str) -> list[str]:
    return [part.rpartition("|")[2] for part in text.split(",")]


def _date(draft: dict[str, object], text: str) -> None:
    wanted = wanted_date(text)
    if wanted.span is None:  # pragma: no cover - `wanted_date` fills it
        return
    low, high = wanted.span
    if wanted.prefix in ("eq", "ge", "sa"):
        draft["since"] = high if wanted.prefix == "sa" else low
    elif wanted.prefix == "gt":
        draft["since"] = high
    if wanted.prefix in ("eq", "le", "lt", "eb"):
        draft["until"] = (high if wanted.prefix in ("eq", "le") else low) - _TINY
    if wanted.prefix in ("ne", "ap"):
        raise ValueError("these prefixes say nothing here")
