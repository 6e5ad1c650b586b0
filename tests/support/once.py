"""What every test of a process shares: the product's own tables, read and proved once, and a database made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from sqlalchemy import URL, Engine

from adapter.bootstrap import checks, wire
from adapter.bootstrap.settings import data_folder
from adapter.jobs import EmbeddedServer
from adapter.store import database

LOADS = (
    "load_rules",
    "load_catalogue",
    "load_measures",
    "load_variables",
    "load_zorgpad",
    "load_dialects",
    "load_terms",
)


@pytest.fixture(scope="session", autouse=True)
def read_once() -> Iterator[None]:
    """No test changes what stands in `mappings` and `profiles`; opening an application reads most of a second in it.

    Whatever is laid over it, and any other folder, is read as ever.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in LOADS:
            patch.setattr(checks, name, _once(getattr(checks, name), data_folder("mappings")))
        patch.setattr(checks, "_profile_faults", _once(checks._profile_faults, data_folder("profiles")))
        yield


def _once(load: Callable[..., Any], ours: Path) -> Callable[..., Any]:
    kept: list[Any] = []

    @wraps(load)
    def loaded(folder: Path, *laid_over: Any) -> Any:
        if folder != ours or any(laid_over):
            return load(folder, *laid_over)
        if not kept:
            kept.append(load(folder))
        return kept[0]

    return loaded


@pytest.fixture(scope="session", autouse=True)
def migrated_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new SQLite file begins as a copy of one that went through every migration; then it is opened as ever."""
    engine_of = database._sqlite
    made: list[bytes] = []
    one_at_a_time = Lock()

    def template() -> bytes:
        path = tmp_path_factory.mktemp("migrated") / "store.db"
        new = database.Database(f"sqlite:///{path}")
        with new.writing() as connection:
            new.migrate(connection)
        new.close()
        return path.read_bytes()

    @wraps(engine_of)
    def copied(url: URL) -> Engine:
        engine, path = engine_of(url), Path(url.database or "")
        with one_at_a_time:
            if path.stat().st_size == 0:
                path.write_bytes(made[0])
        return engine

    with pytest.MonkeyPatch.context() as patch:
        made.append(template())
        patch.setattr(database, "_sqlite", copied)
        yield


STARTED: dict[Path, EmbeddedServer] = {}


@pytest.fixture(scope="session", autouse=True)
def stopped_at_the_end() -> Iterator[None]:
    """An application leaves its own Redis to the end of the process: of hundreds that is much, and their files go."""
    start = wire.embedded

    def started(directory: Path) -> EmbeddedServer:
        server = start(directory)
        STARTED.setdefault(directory.resolve(), server)
        return server

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire, "embedded", started)
        yield
    _stop_below(Path("/"))


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder, and at the end no server in it."""
    yield tmp_path
    _stop_below(tmp_path)


def _stop_below(folder: Path) -> None:
    for directory in [d for d in STARTED if d.is_relative_to(folder)]:
        STARTED.pop(directory).stop()
