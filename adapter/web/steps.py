"""The moments of the zorgpad as lines: when expected, in weeks and dates; when done, by whom; and why it stands so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from adapter.model.carepath import CareAct, CareMoment, CarePath, Measurement, Screening
from adapter.model.evidence import Evidence
from adapter.model.moments import day_of
from adapter.service import dutch

_TERM = timedelta(days=280)
_MANY = 4
"""So many moments that are unknown for one reason: it is told once, above them."""
ORDER = ("gap", "unknown", "declined", "done", "upcoming", "not_applicable")


@dataclass(frozen=True, slots=True)
class Step:
    """One moment. `weeks` and `days` say when it is expected, `done` when and by whom it was done, `why` it stands so
    (empty where that is told once for many)."""

    moment: CareMoment
    state: str
    weeks: str
    days: str
    done: str
    timing: str
    again: str
    why: str


@dataclass(frozen=True, slots=True)
class Steps:
    """Those that count for her, in order, those that do not apply, and how many there are of each state.

    `shared`: what makes many of them unknown, with how many.
    """

    steps: tuple[Step, ...]
    others: tuple[CareMoment, ...]
    counts: tuple[tuple[str, str, int], ...]
    shared: tuple[tuple[int, str], ...]


_Told = tuple[date | None, str]
Who = Callable[[Iterable[Evidence]], str]


def steps(path: CarePath, who: Who) -> Steps:
    """The zorgpad of this pregnancy. `who`: whose evidence is, in words."""
    when = _when(path)
    start = start_of(path)
    whys = Counter(m.why for m in path.moments if m.state == "unknown" and m.why)
    shared = tuple((count, why) for why, count in whys.items() if why and count >= _MANY)
    once = {why for _, why in shared}
    made = tuple(_step(m, start, when, who, once) for m in path.moments if m.state != "not_applicable")
    states = [m.state for m in path.moments]
    counts = tuple((s, dutch.MOMENT_STATE[s], states.count(s)) for s in ORDER if s in states)
    return Steps(made, tuple(m for m in path.moments if m.state == "not_applicable"), counts, shared)


_When = dict[tuple[str, str], _Told]


def _when(path: CarePath) -> _When:
    """On which day, and whose, each resource is that tells of care, a measurement or a screening."""
    told: list[Measurement | Screening | CareAct] = [*path.measurements, *path.screenings, *path.acts]
    return {
        (one.evidence.source, one.evidence.reference): (one.day, one.organisation.name or one.organisation.id)
        for one in told
    }


def start_of(path: CarePath) -> date | None:
    """The day from which weeks of pregnancy are counted."""
    due = path.facts["edd"].value if "edd" in path.facts else None
    return day_of(due) - _TERM if isinstance(due, date) else None


def weeks(day: date, start: date | None) -> str:
    """`24+3`; empty where the pregnancy cannot be dated, or the day lies outside it."""
    days = (day - start).days if start else -1
    return f"{days // 7}+{days % 7}" if 0 <= days < 310 else ""


def _step(moment: CareMoment, start: date | None, when: _When, who: Who, once: set[str]) -> Step:
    done = _brief(_known(moment.acts, when), start)
    if not done and moment.acts:  # told as a fact, which has no organisation of its own
        done = _brief([(day, who(moment.acts)) for day in moment.days], start) or who(moment.acts)
    why = moment.why or ""
    return Step(
        moment=moment,
        state=dutch.MOMENT_STATE[moment.state],
        weeks=_span([weeks(d, start) if d else "" for d in (moment.window.from_, moment.window.to)]),
        days=_span([dutch.short_day(d) if d else "" for d in (moment.window.from_, moment.window.to)]),
        done=done,
        timing=dutch.TIMING[moment.timing] if moment.timing else "",
        again=_brief(_known(moment.duplicates, when), start),
        why="" if moment.state == "unknown" and why in once else why,
    )


def _span(ends: list[str]) -> str:
    first, last = ends
    if first and last:
        return f"{first} – {last}"
    return f"vanaf {first}" if first else f"tot {last}" if last else ""


def _known(evidence: Iterable[Evidence], when: _When) -> list[_Told]:
    known = [when[key] for one in evidence if (key := (one.source, one.reference)) in when]
    return list(dict.fromkeys(sorted((told for told in known if told[0] is not None), key=lambda t: t[0] or date.min)))


def _brief(told: list[_Told], start: date | None) -> str:
    """All of a few, those of one organisation together; of many how many, and the last."""
    if len(told) > 3:
        return f"{len(told)} keer, laatst {_at(told[-1][0], start)}, {told[-1][1]}"
    return "; ".join(f"{' en '.join(_at(day, start) for day in days)}, {who}" for who, days in _by_whom(told))


def _by_whom(told: list[_Told]) -> list[tuple[str, list[date | None]]]:
    found: dict[str, list[date | None]] = {}
    for day, who in told:
        found.setdefault(who, []).append(day)
    return list(found.items())


def _at(day: date | None, start: date | None) -> str:
    at = weeks(day, start) if day else ""
    return f"{dutch.day(day)}{f' ({at})' if at else ''}"
