"""How complete the picture of a pregnancy is: which sources answered, and which facts are there or absent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from adapter.carepath.moments import Situation
from adapter.carepath.zorgpad import Expectation
from adapter.model.carepath import Completeness, Fact
from adapter.model.facts import Outcome
from adapter.model.sources import SourceState

State = Literal["present", "absent", "unknown"]


def completeness_of(expectations: Iterable[Expectation], now: Situation, multiple: bool) -> Completeness:
    """The figure of one pregnancy on the day asked about.

    `share`: the sources that answered and the expected facts that are present, over all sources that should answer
    (also those that were never asked) and all facts that should be known by then. What does not apply yet (a place of
    birth before the birth) does not count. A fact is absent only when every source answered and none gives it.
    """
    answered = sum(s.state is SourceState.ANSWERED for s in now.sources)
    asked = len(now.sources)
    wanted = [e for e in expectations if _applies(e, now, multiple)]
    present = sum(any(_known(now.facts, key) for key in e.facts) for e in wanted)
    total = asked + len(wanted)
    silent: State = "absent" if answered == asked else "unknown"
    return Completeness(
        share=round((answered + present) / total, 3) if total else 0.0,
        sources_answered=answered,
        sources_asked=asked,
        facts={key: "present" if _known(now.facts, key) else silent for key in now.facts},
    )


def _known(facts: Mapping[str, Fact], key: str) -> bool:
    fact = facts.get(key)
    return fact is not None and fact.value is not None


def _applies(expectation: Expectation, now: Situation, multiple: bool) -> bool:
    if expectation.multiple and not multiple:
        return False
    if expectation.born:
        return now.ending.outcome in (Outcome.BIRTH, Outcome.STILLBIRTH)
    last = min(now.as_of, now.ending.on) if now.ending.on is not None else now.as_of
    days = now.dating.days(last)
    return expectation.since == 0 or (days is not None and days >= expectation.since)
