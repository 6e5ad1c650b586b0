"""The shared care path of one pregnancy, and the claims projection cut from it: pure functions."""

from adapter.carepath.build import build
from adapter.carepath.given import PathSettings, PregnancyInput
from adapter.carepath.projection import project
from adapter.carepath.zorgpad import Zorgpad, ZorgpadError, load_zorgpad

__all__ = ["PathSettings", "PregnancyInput", "Zorgpad", "ZorgpadError", "build", "load_zorgpad", "project"]
