"""How complete the picture of a pregnancy is: which sources answered, and which facts are there or absent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from adapter.carepath.expected import Expectation
from adapter.carepath.moments import Situation
from adapter.model.carepath import CarePath, Completeness, Fact
from adapter.model.facts import Outcome
from adapter.model.sources import SourceState

State = Literal["present", "absent", "unknown"]
_BORN = (Outcome.BIRTH, Outcome.STILLBIRTH)


def completeness_of(expectations: Iterable[Expectation], now: Situation, multiple: bool) -> Completeness:
    """The figure of one pregnancy on the day asked about.

    `share`: the sources that answered and the expected facts that are present, over all sources that should answer
    (also those that were never asked) and all facts that should be known by then. What does not apply yet (a place of
    birth before the birth) does not count. A fact is absent only when every source answered and none gives it.
    """
    answered = sum(s.state is SourceState.ANSWERED for s in now.sources)
    asked = len(now.sources)
    last = min(now.as_of, now.ending.on) if now.ending.on is not None else now.as_of
    days, born = now.dating.days(last), now.ending.outcome in _BORN
    wanted = [e for e in expectations if _applies(e, days, born, multiple)]
    present = sum(any(_known(now.facts, key) for key in e.facts) for e in wanted)
    total = asked + len(wanted)
    silent: State = "absent" if answered == asked else "unknown"
    return Completeness(
        share=round((answered + present) / total, 3) if total else 0.0,
        sources_answered=answered,
        sources_asked=asked,
        facts={key: "present" if _known(now.facts, key) else silent for key in now.facts},
        expected=len(wanted),
        expected_present=present,
    )


def expected_facts(expectations: Iterable[Expectation], path: CarePath) -> tuple[tuple[str, State], ...]:
    """The facts that should be known by then, and whether they are; of alternatives the first is named."""
    if path.completeness is None:
        return ()
    age, fetuses = path.gestational_age, path.facts["fetuses"].value
    days = None if age is None else age.weeks * 7 + age.days
    multiple = isinstance(fetuses, int | float) and fetuses > 1
    states = path.completeness.facts
    found: list[tuple[str, State]] = []
    for one in expectations:
        if _applies(one, days, path.outcome in _BORN, multiple):
            known = any(states.get(key) == "present" for key in one.facts)
            found.append((one.facts[0], "present" if known else states.get(one.facts[0], "unknown")))
    return tuple(found)


def _known(facts: Mapping[str, Fact], key: str) -> bool:
    fact = facts.get(key)
    return fact is not None and fact.value is not None


def _applies(expectation: Expectation, days: int | None, born: bool, multiple: bool) -> bool:
    if expectation.multiple and not multiple:
        return False
    if expectation.born:
        return born
    return expectation.since == 0 or (days is not None and days >= expectation.since)
