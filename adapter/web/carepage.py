"""The care path page: all of one pregnancy, where every value came from, and news of it while it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from adapter.access import Purpose
from adapter.model.carepath import CareAct, CarePath, CareProblem, Screening
from adapter.model.evidence import Evidence
from adapter.model.facts import ActKind
from adapter.model.moments import day_of
from adapter.model.sources import SourceState
from adapter.service import dutch
from adapter.service.asked import Asked
from adapter.service.origin import Original, key_of
from adapter.service.port import Application
from adapter.web.asking import context, read_question
from adapter.web.charts import Series, charts, units
from adapter.web.choice import chosen
from adapter.web.differences import sorted_out
from adapter.web.essentials import doubled, essentials
from adapter.web.live import Live, Reader
from adapter.web.original import readable
from adapter.web.steps import start_of, steps, weeks
from adapter.web.templating import page, query
from adapter.web.timeline import draw
from adapter.web.waterfall import waterfall

_KRAAMZORG = frozenset({ActKind.KRAAMZORG, ActKind.PRENATAAL_HUISBEZOEK_KRAAMZORG, ActKind.PARTUSASSISTENTIE})
_BIRTH = frozenset({ActKind.BEVALLING, ActKind.SECTIO, ActKind.GEBOORTE})
_AT_ONCE = 12
"""Pieces of evidence that one address names; a value that has more shows the first."""


class CarePages:
    """The care path page and what belongs to it."""

    def __init__(self, application: Application, live: Live | None = None) -> None:
        self._application = application
        self.live = live or Live(application.changes)

    async def care_path(self, request: Request) -> Response:
        """The shared care path of one pregnancy."""
        asked = read_question(request)
        stand = await self.live.stand()  # before the path: news that comes in between is told at once
        return await run_in_threadpool(self._care_path, request, asked, stand)

    def _care_path(self, request: Request, asked: Asked, stand: str) -> Response:
        ctx = context(request, Purpose.TREAT)
        pregnancy = request.path_params["pregnancy"]
        path = self._application.care_path(ctx, pregnancy, as_of=asked.as_of, known_at=asked.known_at)
        opened = self._application.emergencies.of(ctx, path.woman.id)
        values = {"asked": asked, "emergency": self._application.emergencies.offered(ctx), "nood": opened}
        return page(request, "zorgpad.html", {**values, **picture(path, request.query_params, asked, stand)})

    async def origin(self, request: Request) -> Response:
        """The resources behind a value, as their sources sent them."""
        asked = read_question(request)
        keys = str(request.path_params["keys"]).split(".")[:_AT_ONCE]
        pregnancy = request.path_params["pregnancy"]
        ctx = context(request, Purpose.TREAT)
        found = await run_in_threadpool(
            lambda: self._application.origins.originals(
                ctx, pregnancy, keys, as_of=asked.as_of, known_at=asked.known_at
            )
        )
        values = {"asked": asked, "pregnancy": pregnancy, "originals": _together(found)}
        return page(request, "herkomst.html", values, 200 if found else 404)

    async def events(self, request: Request) -> Response:
        """News of this pregnancy as server-sent events, until the reader leaves."""
        ctx = context(request, Purpose.TREAT)
        pregnancy = request.path_params["pregnancy"]
        changes = self._application.changes
        await run_in_threadpool(changes.watch, ctx, pregnancy)
        seen = request.query_params.get("stand", "")[:100]
        last = request.headers.get("last-event-id", "")[:100]
        headers = {"X-Accel-Buffering": "no"}
        stream = self.live.events(pregnancy, seen, last, Reader(request, changes, pregnancy))
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


def picture(path: CarePath, given: Mapping[str, str], asked: Asked, stand: str = "") -> dict[str, Any]:
    """Everything that the template of the page shows."""
    part, seen = chosen(path, given)
    loud, settled = sorted_out(path)
    start = start_of(path)
    drawings, other = charts(part.measurements, None if start is None else day_of(_due(path)), path.children)
    base = f"/zwangerschap/{quote(path.pregnancy, safe='')}"
    address = addresses(base, asked)
    names = _names(path)
    return {
        "carepath": path,
        "part": part,
        "seen": seen,
        "head": essentials(path),
        "timeline": draw(part, today=asked.as_of is None and asked.known_at is None),
        "steps": steps(path, names),
        "charts": drawings,
        "other_measurements": other,
        "units": units,
        "screenings": _by_name(part.screenings),
        "problems": _alike(part.problems),
        "birth_acts": _acts(path, _BIRTH),
        "kraamzorg_acts": _series(_acts(path, _KRAAMZORG)),
        "loud": loud,
        "settled": settled,
        "doubled": doubled(path),
        "waterfalls": [(note, waterfall(note)) for note in path.links],
        "weeks": lambda day: weeks(day, start) if day else "",
        "base": base,
        "stand": stand,
        "origin": address,
        "w": linked(address),
        "dots": dotted(address),
        "silent": [s for s in path.sources if s.state is not SourceState.ANSWERED],
        "who": names,
    }


def _series(acts: Iterable[CareAct]) -> list[list[CareAct]]:
    """Acts of one name, state and organisation together."""
    found: dict[tuple[str, str, str], list[CareAct]] = {}
    for act in acts:
        found.setdefault((act.name, act.state, act.organisation.id), []).append(act)
    return list(found.values())


def _alike(problems: Iterable[CareProblem]) -> list[list[CareProblem]]:
    """Every disorder, allergy and alert once, with each source that has it; allergies and alerts first."""
    found: dict[tuple[str, str, str | None], list[CareProblem]] = {}
    for one in sorted(problems, key=lambda p: p.kind not in ("allergy", "alert")):
        found.setdefault((one.kind, dutch.plain(one.name), one.status), []).append(one)
    return list(found.values())


def _by_name(screenings: Iterable[Screening]) -> list[tuple[str, list[Screening]]]:
    """Every screening once, with each time that it was offered, declined or done."""
    found: dict[str, list[Screening]] = {}
    for one in screenings:
        found.setdefault(one.name, []).append(one)
    return list(found.items())


def _due(path: CarePath) -> Any:
    return path.facts["edd"].value


def _acts(path: CarePath, kinds: frozenset[ActKind]) -> tuple[CareAct, ...]:
    return tuple(act for act in path.acts if act.kind in kinds)


def addresses(base: str, asked: Asked) -> Callable[[Iterable[Evidence]], str]:
    """What gives the address of the origin of a value; for the day and instant that the page is about."""
    asked_for = query(asked)
    known: dict[int, str] = {}  # by identity, which is there as long as the page is made: hashing them costs more

    def address(evidence: Iterable[Evidence]) -> str:
        keys = [known.get(id(one)) or known.setdefault(id(one), key_of(one)) for one in evidence]
        return f"{base}/herkomst/{'.'.join(dict.fromkeys(keys[:_AT_ONCE]))}{asked_for}"

    return address


def linked(address: Callable[[Iterable[Evidence]], str]) -> Callable[..., Markup]:
    """What makes a value a link to its origin; without evidence it stays text."""

    def value(text: object, evidence: Sequence[Evidence], about: str = "") -> Markup:
        if not evidence:
            return escape(text)
        of = f" van {escape(about)}" if about else ""
        hidden = f'<span class="verborgen">, herkomst{of}</span>'
        return Markup(f'<a class="w" href="{escape(address(evidence))}">{escape(text)}{hidden}</a>')  # noqa: S704

    return value


def dotted(address: Callable[[Iterable[Evidence]], str]) -> Callable[[Series], Markup]:
    """What draws the values of a line, each a link to its origin; there are hundreds, and a template calls slowly."""

    def dots(series: Series) -> Markup:
        drawn = (
            f'<a href="{escape(address((p.of.evidence,)))}" tabindex="-1"><circle cx="{p.x}" cy="{p.y}" r="3.6"/>'
            f"<title>{escape(p.text)}</title></a>"
            for p in series.points
        )
        return Markup("".join(drawn))  # noqa: S704 - every part was escaped

    return dots


def _names(path: CarePath) -> Callable[[Iterable[Evidence]], str]:
    """What gives the names of the sources of a value, short."""
    names = {s.source: s.organisation.name or s.source for s in path.sources if s.source}

    def said(evidence: Iterable[Evidence]) -> str:
        found = list(dict.fromkeys(names.get(e.source, e.source) for e in evidence))
        return "".join(found[:1]) + (f" +{len(found) - 1}" if len(found) > 1 else "")

    return said


def _together(found: Iterable[Original]) -> list[dict[str, Any]]:
    """One entry for each version of a resource, with every place in it that was asked about."""
    same: dict[tuple[str, str, str], list[Original]] = {}
    for one in found:
        e = one.evidence
        same.setdefault((e.source, e.reference, e.version), []).append(one)
    return [
        {
            "one": some[0],
            "paths": [o.evidence.path for o in some if o.evidence.path],
            "lines": readable(some[0].stored, [o.evidence.path for o in some]) if some[0].stored else (),
        }
        for some in same.values()
    ]
