"""Reads the moments of the zorgpad from their rows: those of the country, and those of a region."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal, cast, get_args

from adapter.carepath.expected import (
    OBSTETRIC,
    Condition,
    Exemption,
    Group,
    Moment,
    Need,
    Once,
    Rhythm,
    Side,
    Standing,
    Step,
    Way,
    When,
)
from adapter.carepath.nodes import Row
from adapter.model.carepath import FACT_KEYS
from adapter.model.evidence import OrganisationKind
from adapter.model.facts import ActKind, Outcome, StatementKind

_WEEKS_AND_DAYS = re.compile(r"(\d{1,2})\+([0-6])")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_CODE = re.compile(r"[0-9A-Za-z.\-]*\d[0-9A-Za-z.\-]*")
_AFTER = ("birth", "unknown")
_ANY_NUMBER = 999  # weeks are counted in days; no window is longer


def days_of(text: str) -> int:
    """`12+3` (weeks and days) in days. Raises `ValueError`."""
    found = _WEEKS_AND_DAYS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not weeks+days, such as 12+3")
    return int(found[1]) * 7 + int(found[2])


def moment_of(row: Row, changed: str | None = None) -> Moment:
    """One moment. What is wrong is added to the faults of the row; the moment is then not to be used."""
    need = cast(Need, row.word("need", get_args(Need)))
    anchor, first, last = _window(row)
    made = Moment(
        id=row.parsed("id", _id) or "",
        name=row.required("name"),
        anchor=anchor,
        first=first,
        last=last,
        need=need,
        ways=tuple(_way(r) for r in row.rows("detect")),
        declined_by=row.words("declined_by", StatementKind),
        declinable=row.flag("declinable", need == "choice"),
        group=_group(row),
        by=_by(row),
        once=_once(row),
        rhythm=_rhythm(row),
        judged=frozenset(cast(tuple[Side, ...], row.words("judged", get_args(Side)))) or _judged(row),
        since=row.day("since"),
        after=frozenset(map(Outcome, row.words("after", Outcome) or _AFTER)),
        of_child=row.flag("of_child"),
        prepares_birth=row.flag("prepares_birth"),
        party=row.text("party"),
        standing=cast(Standing, row.word("standing", get_args(Standing))),
        source=row.required("source"),
        changed=changed,
    )
    _whole(row, made)
    row.close()
    return made


def _whole(row: Row, made: Moment) -> None:
    """What must go together."""
    if made.need == "elsewhere" and not made.party:
        row.fault("need elsewhere: party is missing (who does it, in words)")
    if made.need in ("expected", "choice", "habit") and not made.ways:
        row.fault(f"need {made.need}: detect is missing; what no source sends has need unseen")
    if made.rhythm is not None and made.anchor != "pregnancy":
        row.fault("rhythm counts days of pregnancy; it has no days_after_birth")


def _judged(row: Row) -> frozenset[Side]:
    return frozenset() if row.has("judged") else frozenset({"late"})


def _window(row: Row) -> tuple[Literal["pregnancy", "birth"], int | None, int | None]:
    window = row.row("window")
    if window is None:
        if not row.has("window"):
            row.fault("window is missing")
        return "pregnancy", None, None
    if window.has("days_after_birth"):
        first, last = _pair(window)
        window.close()
        return "birth", first, last
    first, last = window.parsed("from", days_of), window.parsed("to", days_of)
    window.close()
    if first is not None and last is not None and first > last:
        row.fault("window: from is after to", window.fields)
    if first is None and last is None:
        row.fault("window: give from, to, or days_after_birth", window.fields)
    return "pregnancy", first, last


def _pair(window: Row) -> tuple[int | None, int | None]:
    days = window.texts("days_after_birth")
    if len(days) != 2 or not all(d.isdigit() and int(d) < _ANY_NUMBER for d in days) or int(days[0]) > int(days[1]):
        window.fault("days_after_birth: two numbers are expected, the first day and the last", window.fields)
        return None, None
    return int(days[0]), int(days[1])


def _way(row: Row) -> Way:
    codes = row.texts("codes")
    for code in codes:
        if not _CODE.fullmatch(code):
            row.fault(f"codes: {code!r} is no code")
    made = Way(
        acts=(*row.words("kinds", ActKind), *codes),
        statements=row.words("statements", {*StatementKind, *FACT_KEYS}),
        screenings=_ids(row, "screenings"),
        measurements=_ids(row, "measurements"),
        when=cast(When, row.word("when", get_args(When), "any")),
        sure=row.flag("sure", True),
    )
    if not (made.acts or made.statements or made.screenings or made.measurements):
        row.fault("detect: give kinds, codes, statements, screenings or measurements")
    row.close()
    return made


def _ids(row: Row, key: str) -> tuple[str, ...]:
    words = row.texts(key)
    for word in words:
        if not _ID.fullmatch(word):
            row.fault(f"{key}: {word!r} is not a word such as fetal_heart_rate")
    return words


def _group(row: Row) -> Group | None:
    given = row.row("for")
    if given is None:
        return None
    every, some = given.rows("all"), given.rows("any")
    if bool(every) == bool(some):
        given.fault("for: give conditions under all, or under any")
    made = Group(given.required("who"), tuple(_condition(r) for r in every or some), bool(every))
    given.close()
    return made


def _condition(row: Row) -> Condition:
    fact = None if not row.has("fact") else row.word("fact", FACT_KEYS)
    made = Condition(
        fact=fact,
        one_of=frozenset(map(str.casefold, row.texts("is"))),
        none_of=frozenset(map(str.casefold, row.texts("is_not"))),
        at_least=row.number("at_least"),
        at_most=row.number("at_most"),
        not_recorded=row.text("not_recorded"),
    )
    tests = bool(made.one_of) + (made.at_least is not None) + (made.at_most is not None)
    if (fact is None) == (made.not_recorded is None) or (fact is not None and not tests):
        row.fault("for: a condition is a fact with is, at_least or at_most; or not_recorded")
    row.close()
    return made


def _by(row: Row) -> frozenset[OrganisationKind]:
    words = row.words("by", ("verloskundig", *OrganisationKind)) or ("verloskundig",)
    return frozenset(_kinds(words))


def _kinds(words: Iterable[str]) -> Iterable[OrganisationKind]:
    for word in words:
        yield from OBSTETRIC if word == "verloskundig" else (OrganisationKind(word),)


def _once(row: Row) -> Once | None:
    given = row.row("once")
    if given is None:
        return None
    exempt = cast(tuple[Exemption, ...], given.words("exempt", get_args(Exemption)))
    made = Once(frozenset(exempt), given.flag("in_window"), given.flag("same_code"))
    given.close()
    return made


def _rhythm(row: Row) -> Rhythm | None:
    given = row.row("rhythm")
    if given is None:
        return None
    steps = tuple(s for r in given.rows("steps") if (s := _step(r)) is not None)
    slack = given.number("slack_days") or 0
    if not steps:
        given.fault("rhythm: steps are missing")
    for before, after in pairwise(steps):
        if after.first != before.last + 1:
            given.fault("rhythm: each step begins on the day after the one before it")
    given.close()
    return Rhythm(steps, slack) if steps else None


def _step(row: Row) -> Step | None:
    first, last, every = row.parsed("from", days_of), row.parsed("to", days_of), row.number("every_days")
    row.close()
    if first is None or last is None or every is None or every < 1 or first > last:
        row.fault("rhythm: a step has from, to and every_days")
        return None
    return Step(first, last, every)


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(f"{text!r} is not a word of small letters, digits and _")
    return text
