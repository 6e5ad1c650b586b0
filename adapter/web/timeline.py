"""The care path as swimlanes: one lane per organisation, weeks of pregnancy from left to right. Geometry only.

Every mark also stands in the list under the drawing; the drawing adds no fact.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from datetime import date, timedelta

from adapter.model.carepath import CareAct, CarePath
from adapter.model.evidence import Evidence, OrganisationKind
from adapter.model.facts import ActKind
from adapter.model.moments import day_of
from adapter.service import dutch

WIDTH, LEFT, RIGHT = 1140, 236, 24
_LETTER = 6.5  # width of a letter of a month
HEAD, ROW, LANE = 112, 19, 44
_AROUND = 22  # of the marks of a lane: above them its name, where the page is too narrow for names beside the lanes
TERM = timedelta(days=280)
"""From the (calculated) last menstrual period to the due date."""

GROUPS: dict[str, tuple[str, frozenset[ActKind]]] = {
    "echo": ("echo", frozenset({ActKind.TERMIJNECHO, ActKind.SEO_1, ActKind.SEO_2, ActKind.ECHO, ActKind.GUO})),
    "onderzoek": ("onderzoek", frozenset({ActKind.NIPT, ActKind.LAB, ActKind.CTG})),
    "bevalling": (
        "bevalling",
        frozenset(
            {ActKind.BEVALLING, ActKind.SECTIO, ActKind.GEBOORTE, ActKind.PARTUSASSISTENTIE, ActKind.VERSIE},
        ),
    ),
    "opname": ("opname", frozenset({ActKind.OPNAME, ActKind.HIGH_CARE, ActKind.NEONATOLOGIE})),
    "kraamzorg": ("kraamzorg", frozenset({ActKind.KRAAMZORG, ActKind.PRENATAAL_HUISBEZOEK_KRAAMZORG})),
    "contact": ("contact", frozenset()),  # everything else
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One act: its group (which shape), where it stands, and what it says."""

    group: str
    state: str
    x: float
    y: float
    text: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time: a phase, or who is responsible."""

    x: float
    width: float
    label: str
    text: str
    tone: int | str


@dataclass(frozen=True, slots=True)
class Line:
    """A vertical line at one day, with its label on one of two rows."""

    kind: str
    x: float
    label: str
    row: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One organisation."""

    lines: tuple[tuple[float, str, str], ...]  # of the label: y, style, text
    full_name: str
    y: float
    height: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The drawing, in SVG units."""

    height: float
    bottom: float  # of the last lane
    lanes: tuple[Lane, ...]
    weeks: tuple[tuple[float, str], ...]
    months: tuple[tuple[float, str], ...]
    phases: tuple[Bar, ...]
    responsible: tuple[Bar, ...]
    lines: tuple[Line, ...]
    groups: tuple[tuple[str, str], ...]
    width: int = WIDTH
    left: int = LEFT
    right: int = RIGHT
    head: int = HEAD


@dataclass(frozen=True, slots=True)
class _Scale:
    first: date
    last: date

    def x(self, day: date) -> float:
        inside = min(max(day, self.first), self.last)
        share = (inside - self.first).days / max(1, (self.last - self.first).days)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def group_of(kind: str) -> str:
    """The group of acts that share a shape."""
    return next((name for name, (_, kinds) in GROUPS.items() if kind in kinds), "contact")


def draw(path: CarePath, *, today: bool = False) -> Timeline | None:
    """Lay the care path out; None when nothing in it has a day. `today`: the day of the path is that of the reader."""
    scale = _scale(path)
    if scale is None:
        return None
    lanes = _lanes(path, scale)
    bottom = lanes[-1].y + lanes[-1].height if lanes else float(HEAD)
    lines = _lines(path, scale, "vandaag" if today else "peildatum")
    used = {mark.group for lane in lanes for mark in lane.marks}
    return Timeline(
        height=bottom + 22 + 15 * max((line.row for line in lines), default=0),
        bottom=bottom,
        lanes=lanes,
        weeks=_weeks(path, scale),
        months=_months(scale),
        phases=_phases(path, scale),
        responsible=_responsible(path, scale),
        lines=lines,
        groups=tuple((name, label) for name, (label, _) in GROUPS.items() if name in used),
    )


def _due(path: CarePath) -> date | None:
    value = path.facts["edd"].value if "edd" in path.facts else None
    return day_of(value) if isinstance(value, date) else None


def _scale(path: CarePath) -> _Scale | None:
    days = [act.day for act in path.acts if act.day]
    days += [day_of(r.from_) for r in path.responsibility if r.from_]
    due = _due(path)
    if not days and due is None:
        return None
    if path.state == "ongoing":
        days.append(path.as_of)
        if due:
            days += [due - TERM + timedelta(weeks=6), due + timedelta(weeks=1)]
    elif path.ended_on:
        days.append(path.ended_on)
    if not days and due:
        days = [due]
    return _Scale(min(days) - timedelta(days=6), max(days) + timedelta(days=10))


def _weeks(path: CarePath, scale: _Scale) -> tuple[tuple[float, str], ...]:
    due = _due(path)
    if due is None:
        return ()
    start = due - TERM
    per_week = (WIDTH - LEFT - RIGHT) / max(1.0, (scale.last - scale.first).days / 7)
    step = next((s for s in (1, 2, 4) if per_week * s >= 26), 4)
    end = min(scale.last, path.ended_on) if path.ended_on else scale.last
    weeks = range(0, 44, step)
    return tuple(
        (scale.x(day), str(week)) for week in weeks if scale.first <= (day := start + timedelta(weeks=week)) <= end
    )


def _months(scale: _Scale) -> tuple[tuple[float, str], ...]:
    """The first of each month, as far as the names fit beside each other; the year at the first and at each turn."""
    found: list[tuple[float, str]] = []
    year, free = 0, 0.0
    day = scale.first.replace(day=1)
    while day <= scale.last:
        x = scale.x(day)
        if day >= scale.first and x >= free:
            month = dutch.short_day(day).split()[1]
            text = month if day.year == year else f"{month} {day.year}"
            found.append((x, text))
            year, free = day.year, x + _LETTER * (len(text) + 2)
        day = (day + timedelta(days=32)).replace(day=1)
    return tuple(found)


def _phases(path: CarePath, scale: _Scale) -> tuple[Bar, ...]:
    bars = []
    for phase in path.phases:
        if phase.start.value is None or phase.state in {"not_started", "not_applicable"}:
            continue
        first = scale.x(day_of(phase.start.value))
        last = scale.x(day_of(phase.end.value) if phase.end.value else path.as_of)
        width = max(3.0, last - first)
        text = f"{phase.phase}, vanaf {dutch.day(phase.start.value)}"
        text += f" tot {dutch.day(phase.end.value)}" if phase.end.value else ", loopt"
        bars.append(Bar(first, width, phase.phase if width > 70 else "", text, phase.phase))
    return tuple(bars)


def _responsible(path: CarePath, scale: _Scale) -> tuple[Bar, ...]:
    tones: dict[str, int] = {}
    bars = []
    for span in path.responsibility:
        first = scale.x(day_of(span.from_)) if span.from_ else float(LEFT)
        last = scale.x(day_of(span.to) if span.to else max(path.as_of, scale.first))
        tone = tones.setdefault(span.organisation.id, len(tones) % 4)
        full = dutch.name(span.organisation.name, span.organisation.id)
        width = max(4.0, last - first)
        text = f"{full}: verantwoordelijk van {dutch.day(span.from_)} tot {dutch.day(span.to) if span.to else 'nu'}"
        bars.append(Bar(first, width, _short(full, int((width - 10) / 7.3)), text, tone))
    return tuple(bars)


def _short(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[: most - 1].rstrip() + "…" if most > 4 else ""


def _lanes(path: CarePath, scale: _Scale) -> tuple[Lane, ...]:
    order = {r.organisation.id: r.organisation for r in path.responsibility}
    order.update({i.organisation.id: i.organisation for i in path.involved if i.organisation.id not in order})
    order.update({a.organisation.id: a.organisation for a in path.acts if a.organisation.id not in order})
    lanes, y = [], float(HEAD)
    for id_, organisation in order.items():
        acts = sorted((a for a in path.acts if a.organisation.id == id_ and a.day), key=lambda a: a.day or date.min)
        marks, rows = _pack(acts, scale, y)
        height = max(LANE, rows * ROW + _AROUND)
        full = dutch.name(organisation.name, organisation.id)
        kind = "" if organisation.kind is OrganisationKind.ONBEKEND else organisation.kind.value
        lanes.append(Lane(_label(full, kind, y + height / 2), full, y, float(height), marks))
        y += height
    return tuple(lanes)


def _label(name: str, kind: str, middle: float) -> tuple[tuple[float, str, str], ...]:
    """At most two lines: the name and the kind, or a long name alone."""
    first, *rest = textwrap.wrap(name, 31) or [name]
    second = _short(" ".join(rest), 31)
    if second:
        return ((middle - 3, "baannaam", first), (middle + 12, "baannaam", second))
    if kind:
        return ((middle - 2, "baannaam", first), (middle + 13, "baansoort", kind))
    return ((middle + 4, "baannaam", first),)


def _pack(acts: list[CareAct], scale: _Scale, top: float) -> tuple[tuple[Mark, ...], int]:
    """Give each act the first row in which it does not cover another."""
    rows: list[float] = []
    placed: list[tuple[CareAct, float, int]] = []
    for act in acts:
        x = scale.x(act.day or scale.first)
        row = next((n for n, end in enumerate(rows) if x >= end), len(rows))
        if row == len(rows):
            rows.append(0)
        rows[row] = x + 16
        placed.append((act, x, row))
    count = max(1, len(rows))
    offset = (max(LANE, count * ROW + _AROUND) - count * ROW) / 2 + ROW / 2
    marks = tuple(
        Mark(group_of(act.kind), act.state, x, top + offset + row * ROW, said(act), act.evidence)
        for act, x, row in placed
    )
    return marks, count


def said(act: CareAct) -> str:
    """What a mark says when pointed at."""
    state = {"planned": " (gepland)", "declined": " (afgezien)"}.get(act.state, "")
    return f"{dutch.plain(act.name)}, {dutch.day(act.day)}{state}"


def _lines(path: CarePath, scale: _Scale, name: str) -> tuple[Line, ...]:
    wanted = [("peildatum", path.as_of, f"{name} {dutch.short_day(path.as_of)}")]
    if path.ended_on:
        wanted.append(("einde", path.ended_on, f"{dutch.outcome(path.outcome)} {dutch.short_day(path.ended_on)}"))
    elif due := _due(path):
        wanted.append(("uitgerekend", due, f"uitgerekend {dutch.short_day(due)}"))
    lines: list[Line] = []
    for kind, day, label in wanted:
        if scale.first <= day <= scale.last:
            x = scale.x(day)
            anchor = "end" if x > WIDTH - 130 else "start"
            near = any(_meet(_span(x, label, anchor), _span(o.x, o.label, o.anchor)) for o in lines)
            lines.append(Line(kind, x, label, int(near), anchor))
    return tuple(lines)


def _span(x: float, label: str, anchor: str) -> tuple[float, float]:
    wide = 7.0 * len(label) + 12
    return (x - wide, x) if anchor == "end" else (x, x + wide)


def _meet(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
