"""How tests are run: how many examples of a property, and whether the product marks where it has been."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings

from support import measure
from support.examples import many

settings.register_profile("all", max_examples=many(100), deadline=None)
settings.load_profile("all")

MEASURE = bool(os.environ.get("MEASURE"))
if MEASURE:
    measure.start()
gc.disable()  # until all is collected: what is loaded and collected stays to the end
pytest_plugins = ["support.once"]  # it loads the product: not before its modules can be marked


def pytest_configure(config: pytest.Config) -> None:
    if MEASURE:
        config.pluginmanager.register(measure.Measuring())


def pytest_collection_finish() -> None:
    """To look again and again through what stays doubles the time of collecting, and is a tenth of that of tests."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 50)
