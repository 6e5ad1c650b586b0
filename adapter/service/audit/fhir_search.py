"""Search parameters of AuditEvent, as far as the log keeper is served with them.

http://hl7.org/fhir/R4/auditevent.html#search and http://hl7.org/fhir/STU3/auditevent.html#search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

from adapter.access import Action, EventType, Outcome
from adapter.service.audit.lines import MOST, LogQuestion
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.pairs import place_of, shown
from adapter.service.endpoint.values import BadValueError, wanted_date

PARAMETERS = {
    "_id": "token",
    "_lastUpdated": "date",
    "action": "token",
    "agent": "reference",
    "date": "date",
    "outcome": "token",
    "patient": "reference",
    "subtype": "token",
}
"""What can be searched by; `agent:identifier` and, in STU3, `user` take the id of who asked. `_lastUpdated` says what
`date` says: a line never changes.
"""
SORTED = ("-date", "-_lastUpdated")
"""How the lines always stand: newest first."""

_TINY = timedelta(microseconds=1)
_MOST_IDS = 200
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
    """The question, and the parameters that were used; a `limit` of 0: how many there are, and none of them.
    `woman_of`: our id of the woman that a reference means.

    Raises `FhirFault`: for another parameter, and for a value that cannot be read; values are not repeated.
    """
    question = LogQuestion()
    used: list[tuple[str, str]] = []
    for name, text in pairs:
        if not text or name in ("_format", "_pretty", "_total"):
            continue
        try:
            question = _with(question, name, text, woman_of)
        except (ValueError, OverflowError, BadValueError):
            raise bad(f"{name} cannot be read; see metadata", place_of(name), "value") from None
        used.append((name, text))
    return question, used


def _with(asked: LogQuestion, name: str, text: str, woman_of: Callable[[str], str | None]) -> LogQuestion:
    """The question narrowed by one parameter more."""
    if name == "patient":
        return replace(asked, woman=woman_of(text) or text)
    if name == "_id":
        return _of_ids(asked, text)
    if name in ("date", "_lastUpdated"):
        return _of_date(asked, text)
    if name in ("agent", "agent:identifier", "user"):
        return replace(asked, user=text.rpartition("|")[2])
    if name == "action":
        return replace(asked, actions=tuple(Action(code) for code in _codes(text)))
    if name == "outcome":
        return replace(asked, outcomes=tuple(Outcome(code) for code in _codes(text)))
    if name == "subtype":
        kinds, actions = _SUBTYPES[_one_of(_SUBTYPES, _codes(text)[0])]
        return replace(asked, kinds=kinds, actions=tuple(Action(letter) for letter in actions))
    if name == "_page":
        return replace(asked, before=_number(text))
    return _of_result(asked, name, text)


def _of_result(asked: LogQuestion, name: str, text: str) -> LogQuestion:
    if name == "_count":
        return replace(asked, limit=min(_number(text), MOST if asked.limit else 0))
    if name == "_summary":
        return replace(asked, limit=0) if _one_of(("count", "false"), text) == "count" else asked
    if name == "_sort":
        _one_of(SORTED, text)
        return asked
    taken = ", ".join((*sorted(PARAMETERS), "_count", "_summary=count"))
    raise FhirFault(
        400, "not-supported", f"{shown(name)} is no search parameter of AuditEvent here: {taken}", place_of(name)
    )


def _of_ids(asked: LogQuestion, text: str) -> LogQuestion:
    """The numbers of lines; an id that is none is of no line."""
    given = text.split(",")
    if len(given) > _MOST_IDS:
        raise ValueError("too many")
    numbers = {int(id) for id in given if id.isascii() and id.isdigit() and len(id) < 16}
    return replace(asked, numbers=frozenset(numbers if asked.numbers is None else asked.numbers & numbers))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise ValueError("a whole number")
    return int(text)


def _one_of(known: Iterable[str], text: str) -> str:
    if text not in known:
        raise ValueError("none of those that are served here")
    return text


def _codes(text: str) -> list[str]:
    return [part.rpartition("|")[2] for part in text.split(",")]


def _of_date(asked: LogQuestion, text: str) -> LogQuestion:
    """All that is asked holds: the latest beginning, the earliest end."""
    wanted = wanted_date(text)
    if wanted.span is None:  # pragma: no cover - `wanted_date` fills it
        return asked
    low, high = wanted.span
    if wanted.prefix in ("ne", "ap"):
        raise ValueError("these prefixes say nothing here")
    since, until = asked.since, asked.until
    if wanted.prefix in ("eq", "ge", "sa", "gt"):
        begin = low if wanted.prefix in ("eq", "ge") else high
        since = begin if since is None else max(since, begin)
    if wanted.prefix in ("eq", "le", "lt", "eb"):
        end = (high if wanted.prefix in ("eq", "le") else low) - _TINY
        until = end if until is None else min(until, end)
    return replace(asked, since=since, until=until)
