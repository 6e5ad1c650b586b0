"""A small simulated region on real servers, and the adapter as a process that can be killed at a chosen call.

What a run leads to is compared by dossiers: ids of women and pregnancies are ours and differ from run to run.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from adapter import bootstrap
from adapter.model import wire
from adapter.model.moments import AMSTERDAM
from adapter.model.sources import FhirVersion
from adapter.simulation.epd import Quirks, create_app
from adapter.simulation.plan import REFERENCE_DAY
from adapter.simulation.region import Region, picked
from support.dossiers import CARE, PAYMENT
from support.ready_process import Ran, run

NOW = datetime(2024, 7, 30, 12, tzinfo=UTC)  # later than any moment of the day at which a process runs (`write_few`)
EPDS = {"vp-linde": (9001, FhirVersion.STU3), "zh-delta": (9002, FhirVersion.R4), "kz-lente": (9003, FhirVersion.STU3)}
FEW = frozenset(
    {
        *("thuisbevalling-alles-binnen", "overdracht-tijdens-bevalling", "twee-zwangerschappen-binnen-14-maanden"),
        *("lopend-30-weken", "geen-bsn-bij-kraamzorg", "buitenbaarmoederlijk"),
    }
)

Wrap = Callable[[ASGIApp], ASGIApp]


def write_few(folder: Path, which: frozenset[str] = FEW) -> Path:
    """A region of a few hand-picked women, on files; gives `adapter.toml`, its clock on the region's own day."""
    Region(lambda: (case for case in picked() if case.situation in which)).write(folder)
    back = (datetime.now(AMSTERDAM).date() - REFERENCE_DAY).days
    for name in ("adapter.toml", "adapter-fhir.toml"):
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(f"\n[simulation]\ndays_back = {back}\n")
    return folder / "adapter.toml"


@dataclass
class Served:
    """The EPDs of a region. `seen`: every request, by EPD."""

    config: Path
    seen: dict[str, Any] = field(default_factory=dict)


@contextmanager
def served_region(
    folder: Path, quirks: Mapping[str, Quirks] | None = None, wrap: Wrap | None = None
) -> Iterator[Served]:
    """Serve every EPD of a written region on a port of its own; `config` asks them there."""
    with ExitStack() as stack:
        config = folder / "adapter-fhir.toml"
        text = config.read_text("utf-8")
        found = Served(config)
        for name, (port, version) in EPDS.items():
            app = create_app(folder / name, version, quirks=(quirks or {}).get(name))
            found.seen[name] = app.state.seen
            address = stack.enter_context(listening(wrap(app) if wrap else app))
            text = text.replace(f"http://127.0.0.1:{port}/fhir", f"{address}/fhir")
        config.write_text(text, "utf-8")
        yield found


@contextmanager
def listening(app: ASGIApp) -> Iterator[str]:
    """A server on loopback; gives its address."""
    config = uvicorn.Config(app, port=0, log_level="critical", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive(), "the server did not start"
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


_KILLED_AT = """
import itertools, os, signal, sys
from adapter.store import Store
name, number = sys.argv.pop(1), int(sys.argv.pop(1))
before = getattr(Store, name)
calls = itertools.count(1)  # each call knows its own number, in whichever thread it runs
def killed(self, *args, **named):
    call = next(calls)
    result = before(self, *args, **named)
    if call == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
if number:
    setattr(Store, name, killed)
# What a killed worker had in hand is taken over when its lease is over: here not after a minute.
from adapter.bootstrap import wire
from adapter.jobs import Queue, Timing
wire.Queue = lambda url, **_: Queue(url, timing=Timing(lease=0.5, stale=1.0, retry=0.5, block=0.2))
from adapter.cli import main
main()
"""


def adapter(*arguments: str, kill_after: tuple[str, int] = ("ping", 0), timeout: float = 300) -> Ran:
    """Run the command line as a process; with `kill_after`, SIGKILL after that call of a method of the store."""
    name, number = kill_after
    return run(_KILLED_AT, [name, str(number), *arguments], timeout)


@dataclass(frozen=True)
class Result:
    """What a run led to, in terms of what the sources said."""

    women: frozenset[frozenset[tuple[str, str]]]  # dossiers of one woman
    pregnancies: dict[frozenset[tuple[str, str]], Any]  # dossiers -> what was found and decided
    counts: dict[str, int]


def result_of(config: Path) -> Result:
    """Finish what waits, without asking any source, and read everything."""
    return asyncio.run(_result(config))


async def _result(config: Path) -> Result:
    application = bootstrap.open_application(config, clock=lambda: NOW)
    try:
        await application.pull(sources=[])
        page = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=1000)
        women: dict[str, set[tuple[str, str]]] = {}
        found: dict[frozenset[tuple[str, str]], Any] = {}
        for item in page.items:
            dossiers = frozenset(application.dossiers(CARE, item.pregnancy))
            path = application.care_path(CARE, item.pregnancy)
            women.setdefault(path.woman.id, set()).update(dossiers)
            assert dossiers not in found, "a pregnancy stands there twice"
            decision = application.decision(PAYMENT, item.pregnancy)
            kept = application.decisions(PAYMENT, item.pregnancy)
            assert kept[0].id == decision.id, "the decision that is shown is not the one that was kept"
            found[dossiers] = (_plain(path, item.pregnancy), _plain(decision, item.pregnancy))
        counts = application.figures()
        assert counts.queue_depth == 0, "work is left"
        numbers = {"versions": counts.resources, "set aside": counts.set_aside, "pregnancies": counts.pregnancies}
        return Result(frozenset(frozenset(d) for d in women.values()), found, numbers)
    finally:
        await application.aclose()


_OURS = frozenset({"id", "pregnancy", "known_at", "decided_at", "replaces", "changed", "hash", "links", "at", "as_of"})


_ABOUT = re.compile(r'"about": "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"')


def _plain(thing: Any, pregnancy: str) -> Any:
    """As plain data, without ids of ours and without when it was asked."""
    text = json.dumps(wire.to_data(thing), default=str)
    for number, child in enumerate(dict.fromkeys(_ABOUT.findall(text)), 1):  # each store gives a child an id of its own
        text = text.replace(child, f"kind {number}")
    return _without(json.loads(text.replace(pregnancy, "")))


def _without(data: Any) -> Any:
    if isinstance(data, dict):
        ours = _OURS if "value" not in data else _OURS - {"at"}
        return {key: _without(value) for key, value in data.items() if key not in ours}
    if isinstance(data, list):
        return [_without(item) for item in data]
    return data


def bsns_of(folder: Path) -> set[str]:
    """Every BSN that the region knows, in truth or (wrong) at a source."""
    women = json.loads((folder / "truth.json").read_text("utf-8"))["women"]
    found = {woman["bsn"] for woman in women}
    for file in folder.glob("*/dossiers.ndjson"):
        for line in file.read_text("utf-8").splitlines():
            for identifier in json.loads(line).get("identifier", ()):
                if isinstance(identifier, dict) and "bsn" in identifier.get("system", "").lower():
                    found.add(identifier.get("value", ""))
    return {bsn for bsn in found if len(bsn) == len("123456782")}


def today() -> date:
    """The day on which the region stands still."""
    return REFERENCE_DAY
