"""The planner's page: expected births per week, caseload, completeness. Figures of the region, no woman."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from adapter.access import Purpose
from adapter.model.moments import iso
from adapter.service import dutch
from adapter.service.asked import Asked
from adapter.service.planning.plan import DOUBTS, PLACES, NotCountedError, Plan, PlanWeek
from adapter.service.port import Application
from adapter.web.asking import context, read_question
from adapter.web.templating import page

NEAR = 4
"""Weeks that are added up at the top of the page."""
WIDTH, LEFT, RIGHT, TOP, ABOVE, BELOW, GAP, FOOT = 1200, 46, 8, 22, 210, 70, 26, 18

PLACE_NAMES = {
    "thuis": "thuis",
    "geboortecentrum": "geboortecentrum",
    "ziekenhuis": "ziekenhuis",
    "anders": "andere plaats",
    "onbekend": "plaats onbekend",
}
DOUBT_NAMES = {
    "no_due_date": "geen uitgerekende datum",
    "not_confirmed": "uitgerekende datum niet door een echo bevestigd",
    "disputed": "bronnen noemen verschillende uitgerekende datums",
    "overdue": "uitgerekende datum is verstreken",
    "place_unknown": "voorgenomen plaats niet bekend",
    "fetuses_unknown": "aantal kinderen niet bekend (telt niet als onzeker)",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a bar."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One week: its parts by place above the axis, what is uncertain below it, and what it says in words."""

    x: float
    width: float
    blocks: tuple[Block, ...]
    doubt: float
    text: str
    births: int
    label: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The bars, with the lines and words around them."""

    width: int
    height: int
    left: int
    right: int
    axis: float
    under: float
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, str], ...]
    low: tuple[float, str]
    months: tuple[tuple[float, str], ...]


def draw(weeks: Sequence[PlanWeek]) -> Drawing:
    """Bars of births by place, and under the axis on the same scale those of which week or place are uncertain."""
    step = (WIDTH - LEFT - RIGHT) / max(1, len(weeks))
    most = max((w.births for w in weeks), default=0)
    tick = _tick(most)
    top = max(tick, -(-most // tick) * tick)
    scale = ABOVE / top
    axis = TOP + ABOVE
    under = axis + GAP
    deepest = max((w.uncertain for w in weeks), default=0)
    below = min(BELOW, deepest * scale) if deepest else 0.0
    squeeze = min(scale, BELOW / deepest) if deepest else scale
    bars = tuple(_bar(w, LEFT + at * step, step, axis, scale=scale, squeeze=squeeze) for at, w in enumerate(weeks))
    return Drawing(
        width=WIDTH,
        height=round(under + max(below, 24) + FOOT),
        left=LEFT,
        right=WIDTH - RIGHT,
        axis=axis,
        under=under,
        bars=bars,
        ticks=tuple((round(axis - n * scale, 1), str(n)) for n in range(0, top + 1, tick)),
        low=(round(under + deepest * squeeze, 1), str(deepest)),
        months=tuple(_months(weeks, step)),
    )


def _bar(week: PlanWeek, x: float, step: float, axis: float, *, scale: float, squeeze: float) -> Bar:
    blocks = []
    y = axis
    for place in PLACES:
        height = week.places.get(place, 0) * scale
        if height:
            y -= height
            blocks.append(Block(place, round(y, 1), round(height, 1)))
    told = ", ".join(f"{n} {PLACE_NAMES[place]}" for place in PLACES if (n := week.places.get(place, 0)))
    text = f"week {int(week.week[-2:])} ({dutch.day(week.from_)}): {week.births} verwacht"
    text += f" ({told}), {week.uncertain} onzeker" if week.births else ""
    return Bar(
        x=round(x + step * 0.12, 1),
        width=round(step * 0.76, 1),
        blocks=tuple(blocks),
        doubt=round(week.uncertain * squeeze, 1),
        text=text,
        births=week.births,
        label=str(int(week.week[-2:])),
    )


def _tick(most: int) -> int:
    """A round distance between lines, some four to a chart."""
    for size in (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000):
        if most <= size * 5:
            return size
    return 5000


def _months(weeks: Iterable[PlanWeek], step: float) -> Iterable[tuple[float, str]]:
    """The name of each month at its first week; a first week that is the last of its month goes without."""
    given = list(weeks)
    before: date | None = None
    for at, week in enumerate(given):
        alone = before is None and at + 1 < len(given) and given[at + 1].from_.month != week.from_.month
        if (before is None or week.from_.month != before.month) and not alone:
            yield round(LEFT + at * step, 1), f"{dutch.short_day(week.from_).split()[1]} {week.from_.year}"
        before = week.from_


class PlanningPages:
    """The planner's page over one application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def plan(self, request: Request) -> Response:
        """The plan of a day."""
        asked = read_question(request)
        ctx = context(request, Purpose.HOPERAT)
        try:
            found = await run_in_threadpool(
                lambda: self._application.planning.plan(ctx, as_of=asked.as_of, known_at=asked.known_at)
            )
        except NotCountedError:
            text = "De zwangerschappen van de regio worden voor het eerst geteld. Deze pagina ververst zichzelf."
            counting = page(request, "fout.html", {"title": "Planning: er wordt geteld", "text": text}, 503)
            counting.headers["retry-after"] = counting.headers["refresh"] = "3"
            return counting
        return page(request, "planning.html", {"asked": asked, **values(found, asked)})


def values(found: Plan, asked: Asked) -> dict[str, Any]:
    """What the template shows."""
    moments = {"as_of": asked.as_of, "known_at": asked.known_at}
    query = {"format": "csv", **{name: iso(moment) for name, moment in moments.items() if moment is not None}}
    return {
        "plan": found,
        "drawing": draw(found.weeks),
        "places": [(p, PLACE_NAMES[p]) for p in PLACES],
        "places_shown": [p for p in PLACES if any(w.places.get(p) for w in found.weeks)],
        "doubts": [(DOUBT_NAMES[d], found.doubts[d]) for d in DOUBTS if found.doubts[d]],
        "soon": sum(w.births for w in found.weeks[:NEAR]),
        "near": NEAR,
        "busiest": max((c.pregnant + c.postnatal for c in found.caseload), default=0),
        "table": f"/api/v1/planning?{urlencode(query)}",
    }
