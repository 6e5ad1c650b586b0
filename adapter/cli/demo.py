"""`adapter dev demo`: a simulated region with three EPDs, each a process of its own, and the adapter on them."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from adapter.cli.options import today
from adapter.cli.output import notes, wrong

EPDS = (("vp-linde", 9001, "3.0"), ("zh-delta", 9002, "4.0"), ("kz-lente", 9003, "3.0"))
_MARK = "adapter-fhir.toml"
_START_SECONDS = 30.0


@contextmanager
def alone(folder: Path, port: int | None) -> Iterator[None]:
    """While no other demonstration uses this folder and the ports are free; else it ends with status 2."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            wrong(f"another demonstration runs in {folder}: stop it first (Ctrl-C where it runs)")
        for name, number, _ in EPDS:
            if _answers(number):
                wrong(f"port {number}, for the simulated EPD {name}, is in use: stop what listens there")
        if port is not None and _answers(port):
            wrong(f"port {port} is in use: stop what listens there, or choose another with --port")
        if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).is_file():
            wrong(f"--folder: {folder} holds something else than a simulated region; it would be deleted")
        yield


def prepare(folder: Path, women: int, seed: int) -> Path:
    """Write the region and give its configuration. Its clock stands at the region's own day.

    What is there already stays, with all that was pulled from it, as long as product, options and day are the same.
    """
    from adapter.simulation import write_region
    from adapter.simulation.plan import REFERENCE_DAY

    day = today()
    stamp, made_from = folder / "made-from", f"{women} {seed} {day} {_product()}"
    if stamp.is_file() and stamp.read_text("utf-8") == made_from:
        return folder / _MARK
    shutil.rmtree(folder, ignore_errors=True)
    write_region(folder, women=women, seed=seed)
    config = folder / _MARK
    comment = f"# The region's data stop on {REFERENCE_DAY}: that day is today."
    with config.open("a", encoding="utf-8") as file:
        file.write(f"\n{comment}\n[simulation]\ndays_back = {(day - REFERENCE_DAY).days}\n")
    stamp.write_text(made_from, "utf-8")
    return config


def _product() -> str:
    """What changes when a file of the product changes."""
    from adapter.bootstrap import data_folder

    folders = (Path(__file__).parents[1], data_folder("mappings"))
    files = sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in {".py", ".yaml", ".json"})
    return hashlib.sha256(repr([(str(p), p.stat().st_mtime_ns) for p in files]).encode()).hexdigest()


@contextmanager
def epds(folder: Path) -> Iterator[None]:
    """The three EPDs, started and answering; stopped on leaving, whatever happens."""
    with ExitStack() as stack:
        started = [stack.enter_context(_epd(folder / name, port, version)) for name, port, version in EPDS]
        for (name, port, _), process in zip(EPDS, started, strict=True):
            _wait(name, port, process)
        yield


@contextmanager
def _epd(data: Path, port: int, version: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [
        sys.executable,
        "-m",
        "adapter.simulation.epd",
        "--port",
        str(port),
        "--data",
        str(data),
        "--fhir",
        version,
    ]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    notes().print(f"EPD {data.name}: FHIR {version} on http://127.0.0.1:{port}/fhir", markup=False)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(name: str, port: int, process: subprocess.Popen[bytes]) -> None:
    tries = int(_START_SECONDS / 0.1)
    for _ in range(tries):
        if _answers(port):
            return
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        wrong(f"the simulated EPD {name} stopped at once with status {process.returncode}")
    wrong(f"the simulated EPD {name} does not answer on port {port} after {_START_SECONDS:.0f} seconds")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
