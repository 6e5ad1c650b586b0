"""From everything said about one fact to one value, with all that agrees and all that differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from adapter.carepath.times import seconds
from adapter.carepath.zorgpad import Precedence
from adapter.model.carepath import Conflict, Fact, FactValue
from adapter.model.evidence import Evidence
from adapter.model.facts import Coded, Statement
from adapter.model.moments import day_of, instant_of, is_instant

NO_FACT = Fact()
DAY_FACTS = frozenset({"edd", "lmp"})


@dataclass(frozen=True, slots=True)
class Merged:
    """A fact, and those of its conflicts that contradict it (not: a later value of something that may change)."""

    fact: Fact = NO_FACT
    disputed: tuple[Conflict, ...] = ()
    day: date | None = None  # of the value that was chosen


def value_of(statement: Statement, as_day: bool = False) -> FactValue:
    """The value as the view shows it: an unknown code by its display; a due date is a day."""
    value = statement.value
    if isinstance(value, Coded):
        return value.display or value.code
    if isinstance(value, datetime):
        return day_of(value) if as_day else value.astimezone(UTC)
    return value


def by_evidence(evidence: Evidence) -> tuple[str, str, str, str]:
    """A stable order of evidence."""
    return (evidence.source, evidence.reference, evidence.version, evidence.path)


def unique(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each once, in a stable order."""
    return tuple(sorted(set(evidence), key=by_evidence))


def merge(key: str, statements: Sequence[Statement], rule: Precedence) -> Merged:
    """Choose by the declared precedence; equal values share their evidence, the others are conflicts."""
    if not statements:
        return Merged()
    ordered = sorted(statements, key=lambda s: _sort_key(s, rule))
    groups: dict[FactValue, list[Statement]] = {}
    for statement in ordered:
        groups.setdefault(value_of(statement, key in DAY_FACTS), []).append(statement)
    chosen_value = next(iter(groups))
    chosen = groups.pop(chosen_value)
    for value in [v for v in groups if _less_precise(v, chosen_value, rule)]:
        chosen += groups.pop(value)
    conflicts = []
    disputed = []
    for value, group in groups.items():
        against = [s for s in group if not _excused(s, chosen, rule)]
        if not against:
            continue
        conflict = Conflict(value, unique(s.evidence for s in group), group[0].basis, _last_day(group))
        conflicts.append(conflict)
        if not rule.course or any(_same_day(s, chosen[0]) for s in against):
            disputed.append(conflict)
    fact = Fact(
        value=chosen_value,
        basis=chosen[0].basis,
        evidence=unique(s.evidence for s in chosen),
        conflicts=tuple(conflicts),
        display=chosen[0].display,
    )
    return Merged(fact, tuple(disputed), _last_day(chosen))


def _sort_key(statement: Statement, rule: Precedence) -> tuple[object, ...]:
    return (
        *(_criterion(name, statement, rule) for name in rule.order),
        _time(statement),
        by_evidence(statement.evidence),
    )


def _time(statement: Statement) -> float:
    start = statement.at or (statement.valid.start if statement.valid is not None else None)
    return float("inf") if start is None else -seconds(start)


def _criterion(name: str, statement: Statement, rule: Precedence) -> float:
    value = statement.value
    if name == "basis":
        return _place(statement.basis, rule.basis)
    if name == "rank":
        words = value.display or value.code if isinstance(value, Coded) else value
        return min((i for i, word in enumerate(rule.rank) if word in str(words).lower()), default=len(rule.rank))
    if name == "highest":
        return -float(value) if isinstance(value, int | float) else float("inf")
    if name == "specific":
        return 1 if str(value) in rule.general else 0
    if name == "precise":
        return 0 if isinstance(value, datetime) else 1
    if name in ("first", "last") and isinstance(value, date):
        return _moment_order(value, name == "first")
    return _time(statement) if name == "newest" else 0


def _moment_order(value: date, earliest: bool) -> float:
    """By day, then by instant; a bare day comes after the instants on it, whether the first or the last is sought."""
    sign = 1 if earliest else -1
    within = instant_of(value).timestamp() - instant_of(day_of(value)).timestamp() if is_instant(value) else None
    return sign * day_of(value).toordinal() * 100_000.0 + (99_999.0 if within is None else sign * within)


def _place(word: str | None, words: Sequence[str]) -> int:
    return words.index(word) if word in words else len(words)


def _less_precise(value: FactValue, chosen: FactValue, rule: Precedence) -> bool:
    """A bare day agrees with an instant on that day, a general word with a narrower one."""
    if isinstance(value, str) and value in rule.general:
        return chosen in rule.general[value]
    return isinstance(chosen, datetime) and type(value) is date and value == day_of(chosen)


def _excused(statement: Statement, chosen: Sequence[Statement], rule: Precedence) -> bool:
    """Whether it may differ: its source also gives the chosen value, for another child or as another such event."""
    source = statement.evidence.source
    here = [c for c in chosen if c.evidence.source == source]
    if rule.several:
        return bool(here)
    return rule.per_child and any(c.about != statement.about for c in here)


def _last_day(statements: Iterable[Statement]) -> date | None:
    return max((day_of(s.at) for s in statements if s.at is not None), default=None)


def _same_day(a: Statement, b: Statement) -> bool:
    if a.at is None or b.at is None:
        return a.at is b.at
    return day_of(a.at) == day_of(b.at)


def with_value(statements: Iterable[Statement], value: FactValue) -> Fact:
    """A fact without choice: these statements, this value."""
    return replace(NO_FACT, value=value, evidence=unique(s.evidence for s in statements))
