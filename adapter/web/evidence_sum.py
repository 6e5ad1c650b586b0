"""The evidence of a proposal drawn as a waterfall: each piece adds to or takes from the sum, thresholds across it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapter.model.carepath import LinkEvidence
from adapter.service.links.proposal import Threshold

WIDTH = 380
_LEFT, _RIGHT, _STEP, _LINE = 6, 44, 42, 15

Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Step:
    """One piece: its bar, what it is, its weight, and what the sum is after it."""

    text: str
    weight: str
    total: str
    tone: str  # voor, tegen, nul
    x: float
    width: float
    end: float
    y: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A threshold: a line over all steps, and its words."""

    x: float
    y: int
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Fall:
    """The drawing. `words` says it without looking."""

    width: int
    height: int
    top: int
    bottom: int
    zero: float
    steps: tuple[Step, ...]
    marks: tuple[Mark, ...]
    total: Step
    words: str


def draw(evidence: Sequence[LinkEvidence], thresholds: Sequence[Threshold]) -> Fall:
    """The drawing of these pieces of evidence, in their order."""
    sums = [0.0]
    for piece in evidence:
        sums.append(sums[-1] + piece.weight)
    values = [*sums, *(t.value for t in thresholds)]
    low, high = min(values), max(values)
    unit = (WIDTH - _LEFT - _RIGHT) / ((high - low) or 1.0)

    def x(value: float) -> float:
        return round(_LEFT + (value - low) * unit, 1)

    marks = _marks(thresholds, x)
    top = max((m.y for m in marks), default=0) + 10
    steps = [
        _step(piece.what, piece.weight, (before, after), x, top + at * _STEP)
        for at, (piece, before, after) in enumerate(zip(evidence, sums, sums[1:], strict=False))
    ]
    bottom = top + len(steps) * _STEP
    total = _step("Samen", sums[-1], (0.0, sums[-1]), x, bottom)
    words = "; ".join(f"{s.text} {s.weight}" for s in steps) or "geen bewijs"
    limits = "; ".join(f"{t.text} vanaf {_number(t.value)}" for t in thresholds)
    return Fall(
        WIDTH,
        bottom + _STEP,
        top,
        bottom,
        x(0.0),
        tuple(steps),
        marks,
        total,
        f"{words}. Samen {total.weight}. {limits}.",
    )


def _step(text: str, weight: float, span: tuple[float, float], x: Scale, y: int) -> Step:
    before, after = span
    start, end = sorted((x(before), x(after)))
    tone = "voor" if weight > 0 else "tegen" if weight < 0 else "nul"
    return Step(text, _signed(weight), _signed(after), tone, start, max(2.0, round(end - start, 1)), x(after), y)


def _marks(thresholds: Sequence[Threshold], x: Scale) -> tuple[Mark, ...]:
    made: list[Mark] = []
    for at, threshold in enumerate(sorted(thresholds, key=lambda t: t.value)):
        place = x(threshold.value)
        anchor = "end" if place > WIDTH / 2 else "start"
        made.append(Mark(place, 12 + at * _LINE, anchor, f"{_number(threshold.value)}: {threshold.text}"))
    return tuple(made)


def _number(value: float) -> str:
    return f"{value:g}".replace(".", ",").replace("-", "−")


def _signed(weight: float) -> str:
    return f"{weight:+g}".replace(".", ",").replace("-", "−") if weight else "0"
