"""Which differences between sources ask for attention, and which are the normal course of things."""

from __future__ import annotations

from adapter.model.carepath import CarePath, Disagreement

_EARLIER = frozenset({"conception", "lmp", "stated", "ultrasound"})
"""Grounds for a due date that the definitive one comes to replace."""


def sorted_out(path: CarePath) -> tuple[tuple[Disagreement, ...], tuple[Disagreement, ...]]:
    """The differences to look at, and those that are settled: these are shown too, but raise no alarm."""
    settled = tuple(d for d in path.conflicts if _replaced_due_date(d))
    return tuple(d for d in path.conflicts if d not in settled), settled


def _replaced_due_date(difference: Disagreement) -> bool:
    """One definitive due date, and only sources that hold it name the date that it replaced."""
    if difference.about != "edd":
        return False
    final = [v for v in difference.values if v.basis == "definitive"]
    earlier = [v for v in difference.values if v.basis != "definitive"]
    if len(final) != 1 or any(v.basis not in _EARLIER for v in earlier):
        return False
    know = {e.source for e in final[0].evidence}
    return all(e.source in know for v in earlier for e in v.evidence)
