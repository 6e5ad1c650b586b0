"""How tests are run: how many examples of a property, and whether the product marks where it has been."""

from __future__ import annotations

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
pytest_plugins = ["support.once"]  # it loads the product: not before its modules can be marked


def pytest_configure(config: pytest.Config) -> None:
    if MEASURE:
        config.pluginmanager.register(measure.Measuring())
