"""Women in the EPDs of the simulated region, whose records can be made doubtful one by one; and the adapter on them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from adapter import bootstrap
from adapter.model.carepath import CarePath, LinkNote
from adapter.service.application import UseCases
from adapter.service.links.proposal import Pointed, Proposal
from adapter.simulation.region import Case, Region, picked
from support.dossiers import CARE

Resource = dict[str, Any]
NOW = datetime(2024, 7, 29, 12, tzinfo=UTC)
KZ, VP = "kz-lente", "vp-linde"
DUE_DATE = "161714006"  # SNOMED CT: estimated date of delivery


def doubtful(patient: Resource) -> Resource:
    """The same woman without BSN, address and given name: too little to link her, too much to stay silent."""
    kept = {k: v for k, v in patient.items() if k not in {"identifier", "address", "telecom"}}
    name = {k: v for k, v in patient["name"][0].items() if k not in {"given", "text"}}
    return {**kept, "name": [name]}


class Her:
    """One woman of the region and her records."""

    def __init__(self, house: House, case: Case) -> None:
        self.house = house
        written = case.written()
        self.records = {source: Pointed(source, reference) for source, reference in written.records.items()}
        self.dossiers = [d for dossiers in written.dossiers for d in dossiers]
        self._whole = {source: list(held) for source, held in written.holdings.items()}

    def hold(self, source: str, change: Callable[[Resource], Resource] | None = None) -> None:
        """Let a source hold this of her from the next pull on: as the region has it, with her Patient changed."""
        own = self.records[source].reference.removeprefix("Patient/")

        def held(r: Resource) -> Resource:
            mine = change is not None and r["resourceType"] == "Patient" and r["id"] == own
            return change(r) if change is not None and mine else r

        self.house.write(source, [held(r) for r in self._whole[source]])

    def expect_later(self, source: str, days: int) -> None:
        """Let a source hold a due date so many days later than the region gave it."""

        def moved(r: Resource) -> Resource:
            codes = {c.get("code") for c in r.get("code", {}).get("coding", ())}
            if r["resourceType"] != "Observation" or DUE_DATE not in codes:
                return r
            due = date.fromisoformat(r["valueDateTime"][:10]) + timedelta(days=days)
            return {**r, "valueDateTime": due.isoformat()}

        self.house.write(source, [moved(r) for r in self._whole[source]])

    def doubt(self, source: str) -> None:
        """Let a source know too little of her to be sure."""
        self.hold(source, doubtful)

    def women(self, known_at: datetime | None = None) -> set[str]:
        """The ids that her records stand under."""
        rows = self.house.application._rooms.store.links("woman", known_at)
        mine = {(p.source, p.reference) for p in self.records.values()}
        return {r.target for r in rows if r.target and (r.source, r.reference) in mine}

    def ids(self, known_at: datetime | None = None) -> list[str]:
        """Her pregnancies."""
        views = self.house.application._views
        return sorted({i for woman in self.women(known_at) for i in views.of_woman(woman, known_at)})

    def paths(self, known_at: datetime | None = None) -> list[CarePath]:
        """The care paths of her pregnancies."""
        return [self.house.application.care_path(CARE, i, known_at=known_at) for i in self.ids(known_at)]

    def notes(self, how: str = "manual", known_at: datetime | None = None) -> list[LinkNote]:
        """What stands in the links of her care paths: what persons decided, or what the evidence says."""
        return [n for path in self.paths(known_at) for n in path.links if n.how == how]

    def queue(self, state: str | None = None) -> list[Proposal]:
        """What is to be decided of her."""
        mine = {(p.source, p.reference) for p in self.records.values()}
        page = self.house.desk.queue(CARE, state=state, limit=100)
        dossiers = set(self.dossiers) | mine
        return [p for p in page.proposals if {(p.a.source, p.a.reference), (p.b.source, p.b.reference)} & dossiers]


class House:
    """The adapter on a folder with some women, and a clock that goes on a day with each pull."""

    def __init__(self, folder: Path, situations: Iterable[str]) -> None:
        self.folder = folder
        wanted = set(situations)
        cases = [c for c in picked() if c.situation in wanted]
        Region(lambda: iter(cases)).write(folder)
        self.now = NOW
        self.application: UseCases = bootstrap.open_application(folder / "adapter.toml", clock=lambda: self.now)
        self.desk = self.application.proposals
        self._runner = asyncio.Runner()
        self.of = {c.situation or "": Her(self, c) for c in cases}

    def write(self, source: str, resources: Iterable[Resource]) -> None:
        """Let a source hold these in the place of what it had under the same ids."""
        file = self.folder / source / "dossiers.ndjson"
        new = {(r["resourceType"], r["id"]): r for r in resources}
        held = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        lines = [json.dumps(new.get((r["resourceType"], r["id"]), r)) + "\n" for r in held]
        file.write_text("".join(lines), "utf-8")

    def pull(self) -> None:
        """A day later, every source is asked."""
        self.later()
        self._runner.run(self.application.pull())

    def later(self) -> None:
        """A day goes by."""
        self.now += timedelta(days=1)

    def close(self) -> None:
        """Shut the house."""
        self._runner.run(self.application.aclose())
        self._runner.close()
