"""For whom a moment of the zorgpad is: what her facts say of that, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapter.carepath.disagreements import FACT_NAMES, show
from adapter.carepath.expected import Condition, Group
from adapter.model.carepath import Fact, FactValue


@dataclass(frozen=True, slots=True)
class Belongs:
    """Whether she is of the group (None: cannot be said), and why."""

    holds: bool | None
    why: str | None = None


EVERYONE = Belongs(True)


def belongs(group: Group | None, facts: Mapping[str, Fact]) -> Belongs:
    """Whether the moment is for her."""
    if group is None:
        return EVERYONE
    found = [(_holds(c, facts), c) for c in group.conditions]
    held = [h for h, _ in found]
    decided = not group.every
    if decided in held:
        holds: bool | None = decided
    else:
        holds = None if None in held else not decided
    if holds:
        return EVERYONE
    who = group.who[0].upper() + group.who[1:]
    if holds is None:
        unknown = " en ".join(_name(c) for h, c in found if h is None)
        return Belongs(None, f"{who}; niet bekend: {unknown}.")
    known = ", ".join(f"{_name(c)} is {_shown(c, facts)}" for h, c in found if h is False)
    return Belongs(False, f"{who}; {known}.")


def _holds(condition: Condition, facts: Mapping[str, Fact]) -> bool | None:
    """Whether it holds for any value that a source gives: a contradiction never takes care away."""
    fact = facts.get(condition.fact) if condition.fact else None
    if fact is None or fact.value is None:
        return None
    held = {_holds_for(condition, value) for value in (fact.value, *(c.value for c in fact.conflicts))}
    return True if True in held else None if None in held else False


def _holds_for(condition: Condition, value: FactValue) -> bool | None:
    if condition.one_of:
        word = str(value).casefold()
        if word in condition.one_of:
            return True
        return False if not condition.none_of or word in condition.none_of else None
    return _within(condition, value)


def _within(condition: Condition, value: FactValue) -> bool | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    above = condition.at_least is None or value >= condition.at_least
    return above and (condition.at_most is None or value <= condition.at_most)


def _name(condition: Condition) -> str:
    return condition.not_recorded or FACT_NAMES.get(condition.fact or "", condition.fact or "")


def _shown(condition: Condition, facts: Mapping[str, Fact]) -> str:
    return show(facts.get(condition.fact or "", Fact()).value).replace("_", " ")
