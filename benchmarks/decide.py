"""Decisions a second and core, with the full trace.

Method: the pregnancies of the simulated region (hand-picked and generated ones; read, linked by their truth, projected)
are decided over and over in one process and one thread: `selection.decide`, which gives status, stage, every reason
with its evidence, what would turn it, what is missing and the early warning. No store, no claims. Counted are
pregnancies, decisions of one phase (a pregnancy has up to three), and answers of one table with its trace (selection,
stage, scope of each act by who may be outside, early warning). Processor time, the best of several rounds. A loop of
one million multiplications is timed beside it, so that runs on a machine that is shared can be compared.

    python benchmarks/decide.py [--women N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from adapter import rules, selection
from adapter.model.projection import ClaimsProjection
from adapter.rules import Asking
from tests.support.region_world import MAPPINGS, igo, project, women


def main() -> None:
    """Run it and print the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--women", type=int, default=300, help="generated women, beside the hand-picked ones")
    options.add_argument("--rounds", type=int, default=7)
    given = options.parse_args()
    seen = [s.projection for held in women(given.women) for s in project(held)]
    book = rules.load(MAPPINGS)
    tables = asked(seen, book)
    phases = sum(p.state != "not_applicable" for one in seen for p in one.phases)
    rounds = [once(seen, book) for _ in range(given.rounds)]
    seconds, loop = min(rounds)
    print(
        json.dumps(
            {
                "pregnancies": len(seen),
                "pregnancies_a_second": round(len(seen) / seconds),
                "phase_decisions_a_second": round(phases / seconds),
                "table_answers_with_trace_a_second": round(tables / seconds),
                "loop_of_a_million_seconds": round(loop, 4),
                "all_rounds_phase_decisions_a_second": [round(phases / s) for s, _ in rounds],
            },
            indent=1,
        )
    )


def once(seen: Sequence[ClaimsProjection], book: rules.RuleBook) -> tuple[float, float]:
    """Processor seconds for one round over all of them, and for the loop."""
    register = igo()
    start = time.process_time()
    for one in seen:
        selection.decide(one, register, book)
    seconds = time.process_time() - start
    start, x = time.process_time(), 1
    for i in range(1_000_000):
        x = (x * 3 + i) % 1_000_003
    return seconds, time.process_time() - start


def asked(seen: Sequence[ClaimsProjection], book: rules.RuleBook) -> int:
    """How many times a table is asked in one round."""
    count = 0
    says = Asking.says

    def counting(self: Asking, key: tuple[str, ...]) -> rules.Outcome:
        nonlocal count
        count += 1
        return says(self, key)

    Asking.says = counting  # type: ignore[method-assign]
    try:
        for one in seen:
            selection.decide(one, igo(), book)
    finally:
        Asking.says = says  # type: ignore[method-assign]
    return count


if __name__ == "__main__":
    main()
