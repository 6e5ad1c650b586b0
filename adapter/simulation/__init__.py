"""A simulated birth-care region: situations with ground truth, and the EPDs that hold them."""

from __future__ import annotations

from pathlib import Path

from adapter.simulation.region import Region, picked
from adapter.simulation.situations import Situation, situations


def write_region(folder: Path, women: int = 0, seed: int = 1) -> None:
    """Write the hand-picked situations (and so many generated women more) to a folder that the adapter can run on."""
    _ = women, seed  # generated women follow
    Region(picked).write(folder)


__all__ = ["Region", "Situation", "situations", "write_region"]
