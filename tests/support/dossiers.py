"""Run the adapter on dossiers: the official Nictiz cases where they are at hand, as folders of files or over HTTP."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from adapter import bootstrap
from adapter.access import DEMONSTRATION, Context, Purpose
from adapter.model.carepath import CarePath
from adapter.model.decision import Decision
from adapter.model.sources import SourceReport

CARE = Context(DEMONSTRATION, Purpose.TREAT)
PAYMENT = Context(DEMONSTRATION, Purpose.HPAYMT)

NOW = datetime(2024, 12, 1, 12, tzinfo=UTC)
_DAY = re.compile(r"\b(19|20)\d\d-\d\d-\d\d(?=[\"T])")


def case(name: str) -> Path:
    """The folder of an official case; skips, visibly, where the material is absent."""
    root = Path(os.environ.get("ADAPTER_NICTIZ") or Path(__file__).parents[2] / ".." / "shared" / "nictiz")
    folder = root / "cases" / name
    if not folder.is_dir():
        pytest.skip(f"the Nictiz case {name} is not at hand (set ADAPTER_NICTIZ to the folder that holds cases/)")
    return folder


def moved(folder: Path, target: Path, days: int) -> Path:
    """A copy of a case with every date so many days later (or, negative, earlier)."""

    def later(found: re.Match[str]) -> str:
        return (date.fromisoformat(found[0]) + timedelta(days=days)).isoformat()

    target.mkdir(parents=True)
    for file in sorted(folder.glob("*.json")):
        (target / file.name).write_text(_DAY.sub(later, file.read_text("utf-8")), "utf-8")
    return target


@dataclass(frozen=True)
class Source:
    id: str
    agb: str | None
    path: Path | None = None
    base_url: str | None = None
    ura: str | None = None

    def toml(self) -> str:
        lines = ["[[source]]", f'id = "{self.id}"', f'name = "{self.id}"', 'dialect = "nictiz-geboortezorg-stu3"']
        lines += [f'agb = "{self.agb}"'] if self.agb else []
        lines += [f'ura = "{self.ura}"'] if self.ura else []
        lines += [f'kind = "files"\npath = "{self.path}"'] if self.path else [f'base_url = "{self.base_url}"']
        return "\n".join([*lines, 'fhir_version = "3.0"'])


@dataclass(frozen=True)
class Member:
    name: str
    agb: str
    discipline: str
    since: str = "2017-01-01"
    ura: str | None = None

    def toml(self) -> str:
        ura = f'\nura = "{self.ura}"' if self.ura else ""
        lines = ["[[member]]", f'name = "{self.name}"', f'agb = "{self.agb}"', f'discipline = "{self.discipline}"']
        return "\n".join([*lines, f"from = {self.since}{ura}"])


def configure(folder: Path, sources: Iterable[Source], members: Iterable[Member], uzovi: str = "*") -> Path:
    """Write adapter.toml and igo.toml; one contract for all years."""
    contract = f'[[contract]]\nuzovi = ["{uzovi}"]\nfrom = 2017-01-01\n'
    igo = ['[igo]\nname = "IGO Proef"\nagb = "53000001"', *(m.toml() for m in members), contract]
    (folder / "igo.toml").write_text("\n".join(igo), "utf-8")
    settings = ['[store]\nurl = "sqlite:///adapter.db"', *(s.toml() for s in sources), '[igo]\nregister = "igo.toml"']
    path = folder / "adapter.toml"
    path.write_text("\n".join(settings), "utf-8")
    return path


@dataclass(frozen=True)
class Found:
    reports: Sequence[SourceReport]
    paths: Sequence[CarePath]
    decisions: Sequence[Decision]

    def only(self) -> tuple[CarePath, Decision]:
        assert len(self.paths) == 1, [(p.woman.name, p.facts["edd"].value) for p in self.paths]
        return self.paths[0], self.decisions[0]


def run(config: Path, now: datetime = NOW) -> Found:
    """Pull everything, and give every care path and decision."""
    return asyncio.run(_run(config, now))


async def _run(config: Path, now: datetime) -> Found:
    application = bootstrap.open_application(config, clock=lambda: now)
    try:
        reports = await application.pull()
        page = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=1000)
        ids = [p.pregnancy for p in page.items]
        paths = [application.care_path(CARE, i) for i in ids]
        decisions = [application.decision(PAYMENT, i) for i in ids]
        return Found(reports, paths, decisions)
    finally:
        await application.aclose()
