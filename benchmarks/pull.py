"""Pull, validate, store durably, link, decide: resources a second, where the time goes, and memory.

Method: a simulated region of generated women is written to disk and served by three simulated EPDs, each a process of
its own on loopback, in pages of 200. The adapter runs in one more process (plus the process it starts
for checking), on SQLite with synchronous writes and the embedded queue, from an empty database. Wall-clock time of the
whole pull and of the work that follows; the EPDs run on the same cores. Memory is the resident set of the adapter's
process and of its children, sampled every 0.2 seconds (the queue server among them).

    python benchmarks/pull.py [--women N] [--once] [--profile]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from adapter.cli.demo import epds

HERE = Path(__file__).resolve()


def main() -> None:
    """Run it and print the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--women", type=int, default=500)
    options.add_argument("--profile", action="store_true")
    options.add_argument("--once", action="store_true", help="leave out the run that finds nothing new")
    options.add_argument("--child", type=Path)
    given = options.parse_args()
    if given.child:
        asyncio.run(pull(given.child))
        return
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure(Path(name), given.women, given.profile, given.once), indent=1))


def measure(folder: Path, women: int, profile: bool, once: bool) -> dict[str, object]:
    """One run from an empty database, and one more that finds nothing new."""
    from adapter.simulation import write_region

    write_region(folder, women=women, seed=7)
    config = folder / "adapter-fhir.toml"
    found: dict[str, object] = {"women": women, "cores": os.cpu_count()}
    with epds(folder):
        for run in ("first",) if once else ("first", "again"):
            command = [sys.executable, str(HERE), "--child", str(config)]
            if profile:
                command = ["py-spy", "record", "-o", f"/tmp/pull-{run}.txt", "-f", "raw", "--", *command]
            process = subprocess.Popen(command, stdout=subprocess.PIPE)
            peak, curve = watch(process)
            output = process.stdout.read() if process.stdout else b""
            found[run] = {**json.loads(output), "peak_rss_mb": peak, "rss_mb_over_time": curve}
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    ours = sum(
        f["cpu_seconds"] + f["cpu_seconds_of_the_checking_process"] for f in found.values() if isinstance(f, dict)
    )
    found["cpu_seconds_of_the_epds_and_the_queue"] = round(spent.ru_utime + spent.ru_stime - ours, 2)
    return found


def watch(process: subprocess.Popen[bytes]) -> tuple[int, list[int]]:
    """The highest resident set of a process with its children, and ten samples over the run, in MB."""
    samples = []
    while process.poll() is None:
        samples.append(sum(rss(pid) for pid in family(process.pid)))
        time.sleep(0.2)
    step = max(1, len(samples) // 10)
    return max(samples, default=0), samples[::step]


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for parent in found:
        try:
            tasks = Path(f"/proc/{parent}/task").iterdir()
            found += [int(c) for t in tasks for c in (t / "children").read_text().split()]
        except OSError:
            continue
    return found


def rss(pid: int) -> int:
    """Resident set in MB; shared pages count for each process."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20
    except OSError:
        return 0


async def pull(config: Path) -> None:
    """In the process that is measured."""
    from adapter import bootstrap
    from adapter.service import pull as pulling

    application = bootstrap.open_application(config)
    started = time.perf_counter()
    taken: list[float] = []
    original = pulling.pull

    async def timed(*args: object, **kwargs: object) -> object:
        reports = await original(*args, **kwargs)  # type: ignore[arg-type]
        taken.append(time.perf_counter() - started)
        return reports

    from adapter.service import application as door

    door.pull = timed  # type: ignore[assignment]
    reports = await application.pull()
    total = time.perf_counter() - started
    cpu = time.process_time()
    resources = sum(r.resources for r in reports)
    new = sum(r.new_versions for r in reports)
    await application.aclose()
    figures = {
        "resources": resources,
        "new": new,
        "states": [r.state.value for r in reports],
        "seconds": round(total, 2),
        "fetch_check_store_seconds": round(taken[0], 2),
        "link_rebuild_decide_seconds": round(total - taken[0], 2),
        "resources_per_second": round(resources / total),
        "cpu_seconds": round(cpu, 2),
        "cpu_seconds_of_the_checking_process": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
