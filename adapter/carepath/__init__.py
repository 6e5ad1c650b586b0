"""The shared care path of one pregnancy, and the claims projection cut from it: pure functions."""

from adapter.carepath.build import build
from adapter.carepath.completeness import expected_facts
from adapter.carepath.expected import Expectation
from adapter.carepath.given import PathSettings, PregnancyInput
from adapter.carepath.projection import project
from adapter.carepath.zorgpad import Zorgpad, ZorgpadError, load_zorgpad

__all__ = [
    "Expectation",
    "PathSettings",
    "PregnancyInput",
    "Zorgpad",
    "ZorgpadError",
    "build",
    "expected_facts",
    "load_zorgpad",
    "project",
]
