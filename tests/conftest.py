"""How tests are run: how many examples of a property, where coverage is measured, and when garbage is looked for."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import settings

from support.examples import many

settings.register_profile("all", max_examples=many(100), deadline=None)
settings.load_profile("all")

TESTS = Path(__file__).parent
REPEATED = frozenset({"property", "fuzz", "e2e"})

gc.disable()  # until all is collected: what is loaded and collected stays to the end
pytest_plugins = ["support.once"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cov-everywhere", action="store_true", help="measure coverage of the slow tests as well")


def pytest_collection_finish() -> None:
    """To look again and again through what stays doubles the time of collecting, and is a tenth of that of tests."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 50)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure in unit, spec and integration tests alone, and of these not where the whole program runs over and over.

    Measuring doubles the time of what runs (Python 3.11), and what asks the same lines a hundred times over, or runs a
    browser beside them, is told nothing by it. `--cov-everywhere` measures there too.
    """
    measuring = Coverage.current()
    repeats = item.path.relative_to(TESTS).parts[0] in REPEATED or item.get_closest_marker("repeats") is not None
    if measuring is None or not repeats or item.config.getoption("--cov-everywhere"):
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()
