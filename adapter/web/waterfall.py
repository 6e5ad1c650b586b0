"""The evidence for a link as a waterfall: each piece adds to, or takes from, what the earlier ones came to."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.model.carepath import LinkEvidence, LinkNote

WIDTH, HEIGHT = 200, 14


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of evidence: where its bar begins, how wide it is, and whether it is for or against."""

    evidence: LinkEvidence
    x: float
    width: float
    tone: str
    weight: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The steps and their sum; `zero` is where nothing speaks for or against."""

    steps: tuple[Step, ...]
    zero: float
    total: str


def waterfall(note: LinkNote) -> Waterfall | None:
    """None where a link has no evidence with a weight."""
    if not note.evidence:
        return None
    sums = [0.0]
    for piece in note.evidence:
        sums.append(sums[-1] + piece.weight)
    low, high = min(sums), max(sums)
    unit = (WIDTH - 4) / ((high - low) or 1.0)

    def x(value: float) -> float:
        return round(2 + (value - low) * unit, 1)

    steps = tuple(
        Step(piece, x(min(a, b)), max(2.0, round(abs(b - a) * unit, 1)), "voor" if b >= a else "tegen", _signed(b - a))
        for piece, a, b in zip(note.evidence, sums, sums[1:], strict=False)
    )
    return Waterfall(steps, x(0), _signed(sums[-1]))


def _signed(weight: float) -> str:
    return f"{weight:+.1f}".replace(".", ",").replace("-", "−")
