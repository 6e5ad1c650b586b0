"""Measured values as small line charts over the weeks of pregnancy. Geometry only; the same values stand in a table.

Lines are joined per child only: a value of one fetus says nothing of the other.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from adapter.model.carepath import Child, Measurement
from adapter.web.subjects import Subjects, Who

WIDTH, HEIGHT, LEFT, RIGHT, TOP, FOOT = 400, 190, 40, 14, 14, 28
TERM_DAYS = 280
SYSTOLIC, DIASTOLIC = "blood_pressure_systolic", "blood_pressure_diastolic"
PERCENTILE = "_percentile"
ORDER = ("bloeddruk", "gewicht", "fundushoogte", "groei", "hb", "hartactie")
TONES = 4


@dataclass(frozen=True, slots=True)
class Kind:
    """A chart: its name, what goes into it, and lines at values that are worth seeing."""

    id: str
    title: str
    unit: str
    holds: Callable[[str], bool]
    limits: tuple[tuple[float, str], ...] = ()
    floor: float | None = None
    ceiling: float | None = None
    past: Callable[[Measurement], bool] = lambda _: False
    warning: str = ""


def _one(*kinds: str) -> Callable[[str], bool]:
    return lambda kind: kind in kinds


def _hypertensive(one: Measurement) -> bool:
    return one.value is not None and one.value >= {SYSTOLIC: 140, DIASTOLIC: 90}.get(one.kind, math.inf)


def _unusual(one: Measurement) -> bool:
    return one.value is not None and not 10 <= one.value <= 90


KINDS: tuple[Kind, ...] = (
    # 140/90 mmHg: the limit of hypertension (ISSHP 2021; NVOG, Hypertensieve aandoeningen in de zwangerschap).
    Kind(
        "bloeddruk",
        "Bloeddruk",
        "mmHg",
        _one(SYSTOLIC, DIASTOLIC),
        ((140, "140"), (90, "90")),
        60,
        150,
        _hypertensive,
        "boven 140/90",
    ),
    Kind("gewicht", "Gewicht", "kg", _one("weight")),
    Kind("fundushoogte", "Fundushoogte", "cm", _one("fundal_height")),
    Kind(
        "groei",
        "Groei in percentielen",
        "P",
        lambda k: k.endswith(PERCENTILE),
        ((10, "P10"), (90, "P90")),
        0,
        100,
        _unusual,
        "buiten P10–P90",
    ),
    Kind("hb", "Hemoglobine", "mmol/l", _one("hb")),
    Kind("hartactie", "Foetale hartactie", "/min", _one("fetal_heart_rate"), (), 100, 170),
)


@dataclass(frozen=True, slots=True)
class Point:
    """One value, where it stands, and what it says."""

    x: float
    y: float
    text: str
    of: Measurement


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one kind of one child (or of the woman), oldest first; `path` joins them."""

    name: str
    tone: int
    points: tuple[Point, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: values measured together."""

    day: date | None
    weeks: str
    said: tuple[tuple[str, Measurement], ...]
    of: str = ""  # which child or fetus, where there are several


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing (`series` empty where nothing can be drawn) and its table.

    `warning`: which limits a value of the last day is past.
    """

    id: str
    title: str
    unit: str
    series: tuple[Series, ...]
    ticks: tuple[tuple[float, str], ...]
    weeks: tuple[tuple[float, str], ...]
    limits: tuple[tuple[float, str], ...]
    rows: tuple[Row, ...]
    latest: str
    warning: str = ""


UNITS = {"mm[Hg]": "mmHg", "Cel": "°C", "kg/m2": "kg/m²", "10*9/L": "×10⁹/l", "10*12/L": "×10¹²/l", "mmol/L": "mmol/l"}
"""UCUM as a reader writes it, where the two differ."""


_IN_TEXT = UNITS | {"k[arb'U]/L": "k arb. U/l", "[arb'U]": "arb. U"}


def units(text: str) -> str:
    """A text of ours with a UCUM unit in it, as a reader writes that unit (print symbols of UCUM)."""
    for unit, written in _IN_TEXT.items():
        text = text.replace(unit, written)
    return text


def unit_of(one: Measurement) -> str:
    """The unit as a reader writes it; none for a percentile, and none for an annotation such as `{score}`."""
    if one.unit is None or one.kind.endswith(PERCENTILE):
        return ""
    return UNITS.get(one.unit) or (re.sub(r"\{[^}]*\}", "", one.unit) if "{" in one.unit else one.unit)


def weeks_of(days: int | None) -> str:
    """`24+3`; empty where unknown."""
    return "" if days is None else f"{days // 7}+{days % 7}"


def number(value: float) -> str:
    """As a reader writes it: no more than two decimals, a comma."""
    return f"{round(value, 2):g}".replace(".", ",")


def charts(
    measurements: Sequence[Measurement], due: date | None, children: Sequence[Child] = ()
) -> tuple[tuple[Chart, ...], tuple[Row, ...]]:
    """A chart for every kind that has values, and the rows of what has no chart."""
    held: defaultdict[str, list[Measurement]] = defaultdict(list)
    other: list[Measurement] = []
    for one in measurements:
        kind = next((k for k in KINDS if k.holds(one.kind)), None)
        (other if kind is None else held[kind.id]).append(one)
    scale = _scale([m for some in held.values() for m in some], due)
    subjects = Subjects(measurements, children)
    made = tuple(_chart(kind, held[kind.id], scale, subjects) for kind in KINDS if held[kind.id])
    return made, _rows(other, subjects)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Days of pregnancy from left to right, the same in every chart so that they can be compared."""

    first: int
    last: int
    due: date | None

    @property
    def step(self) -> int:
        """Days between two weeks that are named: not more than ten of them."""
        return next(n for n in (7, 14, 28, 56, 5600) if (self.last - self.first) / n <= 10)

    def day(self, one: Measurement) -> int | None:
        if one.day is not None and self.due is not None:
            return TERM_DAYS - (self.due - one.day).days
        return one.gestational_age

    def x(self, day: int) -> float:
        share = (day - self.first) / max(1, self.last - self.first)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _scale(measured: Sequence[Measurement], due: date | None) -> _Scale:
    if due is None and any(m.gestational_age is None for m in measured):
        days = [m.day for m in measured if m.day is not None]
        due = min(days) + timedelta(days=TERM_DAYS) if days else None  # no term: count from the first value
    scale = _Scale(0, 1, due)
    seen = [at for m in measured if (at := scale.day(m)) is not None]
    if not seen:
        return scale
    first = (min(seen) - 3) // 14 * 14
    last = max(-(-(max(seen) + 3) // 14) * 14, first + 28)
    return _Scale(first, last, due)


def _chart(kind: Kind, measured: Sequence[Measurement], scale: _Scale, subjects: Subjects) -> Chart:
    drawn = [(at, m) for m in measured if m.value is not None and (at := scale.day(m)) is not None]
    low, high, step = _range(kind, [m.value for _, m in drawn if m.value is not None])

    def y(value: float) -> float:
        share = (value - low) / (high - low)
        return round(HEIGHT - FOOT - share * (HEIGHT - FOOT - TOP), 1)

    grouped: defaultdict[tuple[str, Who | None], list[tuple[int, Measurement]]] = defaultdict(list)
    for at, one in drawn if len({at for at, _ in drawn}) > 1 else ():  # of one day the table says it all
        grouped[one.kind, subjects.who(one)].append((at, one))
    rows = _rows(measured, subjects)
    count = round((high - low) / step)
    return Chart(
        id=kind.id,
        title=kind.title,
        unit=next((unit_of(m) for m in measured if m.unit), kind.unit),
        series=_series(grouped, subjects, scale, y),
        ticks=tuple((y(low + n * step), number(low + n * step)) for n in range(count + 1)),
        weeks=tuple((scale.x(day), str(day // 7)) for day in range(scale.first, scale.last + 1, scale.step)),
        limits=tuple((y(at), label) for at, label in kind.limits if low < at < high),
        rows=rows,
        latest=_latest(kind, rows),
        warning=kind.warning
        if any(kind.past(m) for row in rows if row.day == rows[0].day for _, m in row.said)
        else "",
    )


def _series(
    grouped: dict[tuple[str, Who | None], list[tuple[int, Measurement]]],
    subjects: Subjects,
    scale: _Scale,
    y: Callable[[float], float],
) -> tuple[Series, ...]:
    several = len({who for _, who in grouped}) > 1
    kinds = list(dict.fromkeys(name for name, _ in grouped))
    found = []
    for (name, _), some in sorted(grouped.items(), key=lambda g: (kinds.index(g[0][0]), subjects.place(g[1][0][1]))):
        first = some[0][1]
        points = tuple(_point(m, scale.x(at), y(m.value)) for at, m in sorted(some, key=_when) if m.value is not None)
        path = "M" + "L".join(f"{p.x} {p.y}" for p in points)
        said = [_brief(first.name)] if len(kinds) > 1 else []
        said += [of] if several and (of := subjects.name(first)) else []
        tone = subjects.place(first) if several else kinds.index(name)
        found.append(Series(", ".join(said), tone % TONES, points, path if len(points) > 1 else ""))
    return tuple(found)


_SHORT = re.compile(r"^Bloeddruk | \(percentiel\)|^Geschat gewicht \((?=EFW\))|(?<=EFW)\)", re.IGNORECASE)


def _brief(name: str) -> str:
    """The name beside a line, without what the title of its chart says already."""
    return _SHORT.sub("", name)


def _when(pair: tuple[int, Measurement]) -> int:
    return pair[0]


def _point(one: Measurement, x: float, y: float) -> Point:
    said = f"{one.name} {said_of(one)}"
    at = weeks_of(one.gestational_age)
    who = one.organisation.name or one.organisation.id
    return Point(x, y, f"{said}{f', bij {at}' if at else ''}, {who}", one)


def said_of(one: Measurement) -> str:
    """The value with its unit; as sent where it could not be brought to a unit."""
    if one.value is None:
        return one.original or "onleesbaar"
    return f"{'P' if one.kind.endswith(PERCENTILE) else ''}{number(one.value)} {unit_of(one)}".rstrip()


def _range(kind: Kind, values: Sequence[float]) -> tuple[float, float, float]:
    """Lowest and highest value of the axis, both on a step."""
    low = min([*values, *([kind.floor] if kind.floor is not None else [])], default=0.0)
    high = max([*values, *([kind.ceiling] if kind.ceiling is not None else [])], default=1.0)
    if high - low < 1e-9:
        low, high = low - 1, high + 1
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= rough * 0.999)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step


def _rows(measured: Iterable[Measurement], subjects: Subjects) -> tuple[Row, ...]:
    """What was measured on one day, by one organisation, on one child, newest first."""
    together: defaultdict[tuple[str, str, str], list[Measurement]] = defaultdict(list)
    for one in measured:
        together[one.day.isoformat() if one.day else "", one.organisation.id, one.about or ""].append(one)
    return tuple(
        Row(
            some[0].day, weeks_of(some[0].gestational_age), tuple((said_of(m), m) for m in some), subjects.name(some[0])
        )
        for _, some in sorted(together.items(), reverse=True)
    )


def _latest(kind: Kind, rows: Sequence[Row]) -> str:
    """The newest value in words."""
    if not rows:
        return ""
    newest = [m for row in rows if row.day == rows[0].day for _, m in row.said]
    if kind.id == "bloeddruk":
        pair = [next((m for m in newest if m.kind == k and m.value is not None), None) for k in (SYSTOLIC, DIASTOLIC)]
        if pair[0] and pair[1] and pair[0].value and pair[1].value:
            return f"{number(pair[0].value)}/{number(pair[1].value)}"
    return ", ".join(dict.fromkeys(said_of(m) for m in newest[:3]))
