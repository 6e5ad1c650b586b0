"""Linking: is it right, and how fast is it with many women in store?

Method: a region of generated women with the noise of `adapter.simulation.LINKING_RATES` (missing and invalid BSNs,
typing mistakes in names and birth dates, partner's names, moved house, wrong due dates, twins, twin sisters,
consecutive pregnancies). What the three EPDs hold of each woman is read by the dialects into facts; reports, insurance
and referrals, which do not matter to linking, are left out so that the whole region fits. Every Patient goes into an
empty store on SQLite with synchronous writes. Then every record is linked, in a random order, by the product's own path
(`Women.link_by`: index, find, weigh, settle, keep).
Records that others ask to be linked again are linked again, until none waits; dossiers are grouped per pregnancy.

A link decision is one record linked. Its time leaves out the reading of its facts (the pull benchmark has that) and
includes the commit. `in_lots`: 60 linked together, as a pull does; the whole region is, and those are counted before
which nine tenths of it were in store. `in_batches`: the next 2,500, 25 together, as the worker does. `one_by_one`: the
last 2,000 records of the region, each linked and committed by itself, as when a single notification comes in; what one
decision takes. `again`: 2,000 records linked once more one by one, nothing having changed. `ms_…` is of a lot, a batch,
or of one; `ms_a_link_…` is that divided by its links. `cpu_ms_…` is time of the processor without the commit, for
comparison on a machine that others use too; `cpu_ms_per_link` of everything that the process did while it linked the
lots. Garbage is collected as `adapter serve` does. One process links; two read the region beforehand.

Right or wrong is counted in pairs of dossiers. Precision: of the pairs that were linked as one pregnancy, how many are.
Recall: of the pairs at different records that are of one pregnancy, how many were linked. `with_bsn`: both records
hold a valid BSN; `without_bsn`: at least one does not. `recall_with_proposals`: linked, or put to a person.

    python benchmarks/linking.py [--women N] [--seed N] [--material FILE] [--profile] [--wrong]
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import multiprocessing
import os
import pickle
import pstats
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from adapter.simulation import LINKING_RATES, generate
from support.linked_region import LOT, TOGETHER, LinkedRegion, Material, Scores, read_region

WARM = 0.9  # of the records, before the clock counts
BATCHED, SINGLY = 2500, 2000


def main() -> None:
    """Run it and print the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--women", type=int, default=50_000)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--profile", action="store_true")
    options.add_argument("--material", type=Path, help="keep what was read here, and use it the next time")
    options.add_argument("--wrong", action="store_true", help="print the pairs that went wrong")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder), given), indent=1))


def measure(folder: Path, given: argparse.Namespace) -> dict[str, object]:
    started = time.perf_counter()
    region = LinkedRegion(folder, material(given))
    as_serving()
    found: dict[str, object] = {"women": given.women, "records": len(region.known), "cores": os.cpu_count()}
    found["load_average"] = [round(n, 1) for n in os.getloadavg()]
    found["seconds_to_generate_and_read"] = round(time.perf_counter() - started, 1)
    profiler = cProfile.Profile()
    if given.profile:
        profiler.enable()
    started = time.perf_counter()
    few = len(region.known) // 20
    region.link_all(batched=min(BATCHED, few), singly=min(SINGLY, few))
    found["seconds_to_link_all"] = round(time.perf_counter() - started, 1)
    found["cpu_ms_per_link"] = round(1000 * region.cpu / region.in_lots, 3)
    profiler.disable()
    if given.profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(45)
    found["linked_again_because_of_others"] = region.relinked
    warm = int(WARM * len(region.known) / LOT)
    found["in_lots"] = figures(*(times[warm:] for times in region.lots), together=LOT)
    found["in_batches"] = figures(*region.batches, together=TOGETHER)
    found["one_by_one"] = figures(*region.singles, together=1)
    found["again"] = figures(*region.link_again(SINGLY, together=1), together=1)
    scores = region.scores()
    found |= scores.plain()
    found["noise"] = asdict(LINKING_RATES)
    found["database_mb"] = round(sum(f.stat().st_size for f in folder.iterdir()) / 2**20)
    found["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if given.wrong:
        show(region, scores)
    region.close()
    return found


def material(given: argparse.Namespace) -> Material:
    """Read the region, or take what was read before."""
    if given.material is not None and given.material.is_file():
        kept: Material = pickle.loads(given.material.read_bytes())
        return kept
    found, parts = Material(), os.cpu_count() or 1
    with ProcessPoolExecutor(parts, multiprocessing.get_context("spawn")) as pool:
        for read in pool.map(part_of, *zip(*((given.seed, given.women, n, parts) for n in range(parts)), strict=True)):
            found.add(read)
    if given.material is not None:
        given.material.write_bytes(pickle.dumps(found, pickle.HIGHEST_PROTOCOL))
    return found


def part_of(seed: int, women: int, part: int, parts: int) -> Material:
    return read_region(generate(seed, women, LINKING_RATES), part, parts)


def as_serving() -> None:
    """Collect garbage as `adapter serve` does."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def figures(seconds: list[float], commits: list[float], busy: list[float], *, together: int) -> dict[str, object]:
    taken = sorted(one + commit for one, commit in zip(seconds, commits, strict=True))

    def at(share: float, of: list[float] = taken) -> float:
        return round(1000 * of[min(len(of) - 1, int(share * len(of)))], 3)

    return {
        "links": len(taken) * together,
        "per_second": round(len(taken) * together / sum(taken)),
        "ms_p50": at(0.5),
        "ms_p99": at(0.99),
        "ms_max": at(1.0),
        "ms_a_link_p50": round(at(0.5) / together, 3),
        "ms_a_link_p99": round(at(0.99) / together, 3),
        "cpu_ms_p50": at(0.5, sorted(busy)),
        "cpu_ms_p99": at(0.99, sorted(busy)),
        "of_which_commit_ms_mean": round(1000 * sum(commits) / len(commits), 2),
    }


def show(region: LinkedRegion, scores: Scores) -> None:
    """The pairs that went wrong, for whoever looks into them. The women are invented."""
    for what, pairs in (("wrong", scores.wrong), ("missed", scores.missed)):
        for pair in pairs[:25]:
            print(what, *(region.described(d) for d in pair), sep="\n   ")


if __name__ == "__main__":
    main()
