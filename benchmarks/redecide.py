"""Decide a Dutch year again after a change: from store to store, on two processes.

    .venv/bin/python benchmarks/redecide.py [--pregnancies 170000] [--change rules|contract|members] [--processes 2]

Makes a store of its own with synthetic pregnancies over a year (three records each, every one with its key), and the
decision that stands for each. Then it changes a rule (from a day on, care outside the IGO breaks a phase: about one in
twenty outcomes change), a contract (that with the insurer of one in twenty ends), or the members (one more, who gave no
care: everything is computed again), and decides all again. The making is not measured, nor, for a store that is kept,
the run that brings it back to where it began; the run is, with the start of its processes.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from adapter.access import AuditLog, Context, Policy, Purpose
from adapter.access.identity import SYSTEM
from adapter.carepath import load_zorgpad
from adapter.model.facts import ActKind
from adapter.model.projection import ClaimsProjection
from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.rules import load
from adapter.service.decide import decide
from adapter.service.payment import lines
from adapter.service.payment.packing import pack
from adapter.service.payment.persons import NOBODY
from adapter.service.payment.redecide import Redecide
from adapter.service.rooms import Rooms
from adapter.store import KeyRing, LinkRow, StandingRow, Store
from support import claims_world as world

NOW = datetime(2024, 12, 31, 12, tzinfo=UTC)
KEY = bytes(range(32))
SOURCES = ("vp", "zh", "kz")
CONTROLS = 14  # consults and ultrasounds beside intake, birth, kraamzorg: some twenty acts in all
BATCH = 2000


OVERLAY = """
overlay:
  - table: selection-regular
    version: benchmark
    rows:
      - id: regulier-igo-met-zorg-buiten
        when: {when}
        outcome: igo
        text: Tot deze dag breekt zorg buiten de IGO de fase niet.
        cites: [eigen-lezing]
        standing: provisional
        to: 2023-09-30
      - id: benchmark-zorg-buiten
        when: {when}
        outcome: niet_igo
        text: Vanaf deze dag breekt zorg buiten de IGO de fase.
        cites: [eigen-lezing]
        standing: provisional
        from: 2023-10-01
"""
WHEN = (
    "{bevalling: [bekend, nvt], verzekerd: [ja, onbekend], contract: [ja, niet_vereist], "
    "minimum: [ja, niet_gesteld], verantwoordelijk: ja, zorg_buiten: ja}"
)


def rooms(url: str, without: str | None, overlay: Path | None = None, *, joined: bool = False) -> Rooms:
    """The rooms, with or without the contract of one insurer, a rule that changed, and another member."""
    store = Store.open(url, KeyRing(KEY))
    insurers = tuple(u for u in ("1000", "2000", "3000") if u != without)
    igo = replace(world.an_igo([world.Contract(insurers, world.ALWAYS)]), version=f"zonder-{without}")
    if joined:
        new = world.member(world.vreemd, "kraamzorg", NOW.date())
        igo = replace(igo, members=(*igo.members, new), version="met-lid")
    return Rooms(
        store=store,
        sources={},
        igo=igo,
        rules=load(world.MAPPINGS, [overlay]) if overlay else world.book(),
        catalogue=world.catalogue(),
        zorgpad=load_zorgpad(world.MAPPINGS),
        mappings_version="",
        audit=AuditLog(store),
        policy=Policy(),
        clock=lambda: NOW,
    )


def pregnancies(count: int, changed: float) -> Iterator[ClaimsProjection]:
    """Women with other days, acts and insurers; insurer 3000 has about the share that is to change."""
    chance = random.Random(7)
    kinds = (ActKind.CONSULT, ActKind.ECHO, ActKind.LAB)
    for _ in range(count):
        plain = _later(world.pregnancy(2023), timedelta(days=chance.randrange(330)))
        first = plain.phases[0].start
        acts = tuple(
            world.care(chance.choice(kinds), world.groen, first + timedelta(days=9 * i + chance.randrange(6)))
            for i in range(CONTROLS)
        )
        if chance.random() < 0.2:
            acts += (world.care(ActKind.CONSULT, world.elders, first + timedelta(days=60)),)
        uzovi = "3000" if chance.random() < changed else chance.choice(("1000", "2000"))
        yield replace(
            plain,
            pregnancy=str(uuid.UUID(int=chance.getrandbits(128))),
            acts=(*plain.acts, *acts),
            insurance=(world.insured(uzovi),),
            gestational_days_at_end=250 + chance.randrange(40),
        )


def _later(value: Any, days: timedelta) -> Any:
    """The same with every day and instant so much later."""
    if isinstance(value, date):
        return value + days
    if isinstance(value, tuple):
        return tuple(_later(one, days) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _later(getattr(value, f.name), days) for f in fields(value)})
    return value


def fill(own: Rooms, count: int, changed: float) -> None:
    """The store as a year of pulling and deciding leaves it, without the resources themselves."""
    store, batch = own.store, []
    for number, given in enumerate(pregnancies(count, changed)):
        batch.append((number, given))
        if len(batch) == BATCH or number == count - 1:
            with store.unit():
                _write(own, store, batch)
            batch = []
            print(f"\r{number + 1} of {count} made", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def _write(own: Rooms, store: Store, batch: list[tuple[int, ClaimsProjection]]) -> None:
    body = b'{"resourceType":"Patient"}'
    store.append(
        [
            Received(s, FhirVersion.STU3, Media.JSON, "Patient", str(n), "1", body, f"Patient/{n}", f"Patient/{n}")
            for n, _ in batch
            for s in SOURCES
        ],
        NOW,
    )
    store.add_links(
        [
            LinkRow("pregnancy", s, f"EpisodeOfCare/{n}", given.pregnancy, "automatic", b"null", NOW)
            for n, given in batch
            for s in SOURCES
        ]
    )
    rows = []
    for n, given in batch:
        decision, _, asked = decide(own, given, NOW, NOBODY)
        store.add_decision(decision)
        line = lines.write(lines.line_of(decision, given, own.igo))
        records = tuple(RecordKey(s, f"Patient/{n}") for s in SOURCES)
        rows.append(StandingRow(given.pregnancy, decision.id, line, pack(given), records, asked=asked))
    store.keep_standing(rows)


def main() -> None:
    """Make, run, tell."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--pregnancies", type=int, default=170_000)
    asked.add_argument("--changed", type=float, default=0.05, help="share of women insured at 3000")
    asked.add_argument("--change", choices=("rules", "contract", "members"), default="rules")
    asked.add_argument("--processes", type=int, default=2)
    asked.add_argument("--keep", type=Path, help="make the store here, or use the one that is here")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.keep or Path(folder) / "year.db"
        made, url = path.exists(), f"sqlite:///{path}"
        before = rooms(url, None)
        if not made:
            started = time.perf_counter()
            fill(before, given.pregnancies, given.changed)
            print(f"made in {time.perf_counter() - started:.0f} s", file=sys.stderr)
        else:
            Redecide(before, partial(rooms, url, None), given.processes).run(Context(SYSTEM, Purpose.HOPERAT))
        before.store.close()
        load = os.getloadavg()[0]
        overlay = Path(folder) / "rules.yaml"
        overlay.write_text(OVERLAY.replace("{when}", WHEN))
        changes: dict[str, partial[Rooms]] = {
            "rules": partial(rooms, url, None, overlay),
            "contract": partial(rooms, url, "3000"),
            "members": partial(rooms, url, None, joined=True),
        }
        opener = changes[given.change]
        after = opener()
        runs = Redecide(after, opener, given.processes)
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        done = runs.run(Context(SYSTEM, Purpose.HOPERAT))
        seconds = time.perf_counter() - started
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        after.store.close()
        total = done.upheld + done.changed + done.unreadable
        print(f"decided again: {total} in {seconds:.1f} s ({total / seconds:.0f} a second, {done.processes} processes)")
        cpu = used.ru_utime + used.ru_stime - began.ru_utime - began.ru_stime
        print(f"processor time of the processes: {cpu:.1f} s, {cpu / total * 1e6:.0f} microseconds a pregnancy")
        print(f"upheld {done.upheld}, changed {done.changed}, unreadable {done.unreadable}")
        print(f"store: {path.stat().st_size / 1e6:.0f} MB; load before the run: {load:.1f}; cores: {os.cpu_count()}")


if __name__ == "__main__":
    main()
