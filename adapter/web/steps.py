"""The moments of the zorgpad as lines: when expected, in weeks and dates; when done, by whom; and why it stands so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from adapter.model.carepath import CareAct, CareMoment, CarePath, Measurement, Screening
from adapter.model.evidence import Evidence
from adapter.model.moments import day_of
from adapter.service import dutch

_TERM = timedelta(days=280)
ORDER = ("gap", "unknown", "declined", "done", "upcoming", "not_applicable")


@dataclass(frozen=True, slots=True)
class Step:
    """One moment. `weeks` and `days` say when it is expected; `done` when and by whom it was done."""

    moment: CareMoment
    state: str
    weeks: str
    days: str
    done: str
    timing: str
    again: str


@dataclass(frozen=True, slots=True)
class Steps:
    """Those that count for her, in order, those that do not apply, and how many there are of each state."""

    steps: tuple[Step, ...]
    others: tuple[CareMoment, ...]
    counts: tuple[tuple[str, str, int], ...]


def steps(path: CarePath) -> Steps:
    """The zorgpad of this pregnancy."""
    when = _when(path)
    start = start_of(path)
    made = tuple(_step(m, start, when) for m in path.moments if m.state != "not_applicable")
    states = [m.state for m in path.moments]
    counts = tuple((s, dutch.MOMENT_STATE[s], states.count(s)) for s in ORDER if s in states)
    return Steps(made, tuple(m for m in path.moments if m.state == "not_applicable"), counts)


_When = dict[tuple[str, str], tuple[date | None, str]]


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


def _step(moment: CareMoment, start: date | None, when: _When) -> Step:
    return Step(
        moment=moment,
        state=dutch.MOMENT_STATE[moment.state],
        weeks=_span([weeks(d, start) if d else "" for d in (moment.window.from_, moment.window.to)]),
        days=_span([dutch.short_day(d) if d else "" for d in (moment.window.from_, moment.window.to)]),
        done=_brief(list(dict.fromkeys(_told(moment.acts, start, when)))),
        timing=dutch.TIMING[moment.timing] if moment.timing else "",
        again=_brief(list(dict.fromkeys(_told(moment.duplicates, start, when)))),
    )


def _span(ends: list[str]) -> str:
    first, last = ends
    if first and last:
        return f"{first} – {last}"
    return f"vanaf {first}" if first else f"tot {last}" if last else ""


def _brief(times: list[str]) -> str:
    """All of a few; of many how many, and the last."""
    return "; ".join(times) if len(times) < 4 else f"{len(times)} keer, laatst {times[-1]}"


def _told(evidence: tuple[Evidence, ...], start: date | None, when: _When) -> Iterator[str]:
    known = [when[key] for one in evidence if (key := (one.source, one.reference)) in when]
    for day, who in sorted(known, key=lambda told: told[0] or date.min):
        if day is not None:
            at = weeks(day, start)
            yield f"{dutch.day(day)}{f' ({at})' if at else ''}, {who}"
