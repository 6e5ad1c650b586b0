"""What was measured, screened and noted, in time, over all organisations."""

from __future__ import annotations

from datetime import date
from typing import Literal

from adapter.carepath.asof import Chosen
from adapter.carepath.children import child_ids
from adapter.carepath.dating import Dating
from adapter.carepath.merge import by_evidence
from adapter.carepath.times import seconds
from adapter.model.carepath import CareProblem, Measurement, Screening
from adapter.model.facts import Measured, Noted
from adapter.model.moments import Moment, day_of

PROBLEMS = frozenset({"disorder", "complication", "allergy", "alert"})
_STATES: dict[str | None, Literal["offered", "declined", "done"]] = {"offered": "offered", "declined": "declined"}

_Order = tuple[date, float, tuple[str, str, str, str]]


def measurements_of(chosen: Chosen, dating: Dating) -> tuple[Measurement, ...]:
    """All measured values, oldest first, each with the gestational age of its day; undated ones last."""
    children = child_ids(chosen)
    return tuple(_measurement(m, dating, children) for m in sorted(chosen.measured, key=_order))


def problems_of(chosen: Chosen) -> tuple[CareProblem, ...]:
    """Disorders, complications, allergies and alerts, oldest first; undated ones last."""
    return tuple(_problem(n) for n in sorted(chosen.noted, key=_order) if n.kind in PROBLEMS)


def screenings_of(chosen: Chosen) -> tuple[Screening, ...]:
    """Screenings and tests, oldest first; undated ones last."""
    return tuple(_screening(n) for n in sorted(chosen.noted, key=_order) if n.kind not in PROBLEMS)


def _order(item: Measured | Noted) -> _Order:
    at = item.at
    return (date.max if at is None else day_of(at), 0.0 if at is None else seconds(at), by_evidence(item.evidence))


def _measurement(m: Measured, dating: Dating, children: dict[tuple[str, str], str]) -> Measurement:
    day = _day(m.at)
    days = None if day is None else dating.days(day)
    return Measurement(
        kind=m.kind,
        name=m.name,
        value=m.value,
        unit=m.unit,
        original=m.original,
        day=day,
        gestational_age=days if days is not None and days >= 0 else None,
        organisation=m.organisation,
        evidence=m.evidence,
        about=None if m.about is None else children.get((m.evidence.source, m.about), m.about),
    )


def _problem(n: Noted) -> CareProblem:
    code = None if n.code is None or n.code.system is None else n.code.code
    return CareProblem(n.kind, n.name, code, n.state, _day(n.at), n.organisation, n.evidence)


def _screening(n: Noted) -> Screening:
    return Screening(n.kind, n.name, _STATES.get(n.state, "done"), n.result, _day(n.at), n.organisation, n.evidence)


def _day(at: Moment | None) -> date | None:
    return None if at is None else day_of(at)
