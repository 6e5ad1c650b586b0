"""A simulated birth-care region: situations with ground truth, and the EPDs that hold them."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from adapter.simulation.generate import LINKING_RATES, Rates, generate
from adapter.simulation.region import Case, Region, picked
from adapter.simulation.situations import Situation, situations


def whole_region(women: int = 0, seed: int = 1, rates: Rates | None = None) -> Region:
    """The hand-picked situations, and so many generated women more."""
    more = generate(seed, women, rates)
    return Region(lambda: chain(picked(), more.cases()))


def write_region(folder: Path, women: int = 0, seed: int = 1) -> None:
    """Write a region to a folder that the adapter can run on: NDJSON per source, register, configurations, truth."""
    whole_region(women, seed).write(folder)


__all__ = [
    "LINKING_RATES",
    "Case",
    "Rates",
    "Region",
    "Situation",
    "generate",
    "situations",
    "whole_region",
    "write_region",
]
