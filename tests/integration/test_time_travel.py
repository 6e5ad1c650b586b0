"""Two ways back in time: `as_of`, the day asked about, and `known_at`, the instant up to which things were known."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapter import bootstrap
from adapter.model.carepath import CarePath
from adapter.model.decision import Decision
from adapter.simulation.region import Case, Region, picked
from support.dossiers import CARE, PAYMENT

SITUATION = "thuisbevalling-alles-binnen"
BORN = date(2024, 3, 9)  # 39+5, at 14:32; labour from 08:32, placenta at 14:50
FIRST = datetime(2024, 7, 29, 12, tzinfo=UTC)
SECOND = FIRST + timedelta(days=3)

Resource = dict[str, Any]


def case() -> Case:
    return next(c for c in picked() if c.situation == SITUATION)


def write(folder: Path) -> Path:
    """This woman alone, as the three EPDs hold her."""
    Region(lambda: iter([case()])).write(folder)
    return folder / "adapter.toml"


def edit(folder: Path, source: str, change: Callable[[Resource], Resource | None]) -> None:
    """Another content of a source: every resource as `change` gives it, left out where it gives None."""
    file = folder / source / "dossiers.ndjson"
    changed = [change(json.loads(line)) for line in file.read_text("utf-8").splitlines()]
    file.write_text("".join(json.dumps(r) + "\n" for r in changed if r is not None), "utf-8")


class House:
    """The adapter on that folder, with a clock that the test sets."""

    def __init__(self, config: Path) -> None:
        self.now = FIRST
        self.application = bootstrap.open_application(config, clock=lambda: self.now)

    def path(self, as_of: date | None = None, known_at: datetime | None = None) -> CarePath:
        return self.application.care_path(CARE, self._only(), as_of=as_of, known_at=known_at)

    def decision(self, as_of: date | None = None, known_at: datetime | None = None) -> Decision:
        return self.application.decision(PAYMENT, self._only(), as_of=as_of, known_at=known_at)

    def decisions(self) -> list[Decision]:
        return self.application.decisions(PAYMENT, self._only())

    def _only(self) -> str:
        page = self.application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=10)
        assert page.total == 1
        return page.items[0].pregnancy


def at_home(config: Path, visit: Callable[[House], None], *pulls: tuple[datetime, Callable[[], None]]) -> None:
    """Pull at each of these instants, after what happens before it, and then look around."""

    async def live() -> None:
        house = House(config)
        try:
            for now, before in pulls:
                before()
                house.now = now
                reports = await house.application.pull()
                assert {r.state for r in reports} == {"answered"}
            visit(house)
        finally:
            await house.application.aclose()

    asyncio.run(live())


def nothing() -> None:
    """Nothing happens before this pull."""


def states(path: CarePath) -> list[str]:
    return [p.state for p in path.phases]


def test_on_the_day_before_the_birth_nobody_knows_of_it(tmp_path: Path) -> None:
    def look(house: House) -> None:
        path, decision = house.path(BORN - timedelta(days=1)), house.decision(BORN - timedelta(days=1))
        assert (path.state, path.outcome, path.ended_on, path.children) == ("ongoing", None, None, ())
        assert states(path) == ["running", "not_started", "not_started"]
        assert [p.end.value for p in path.phases] == [None, None, None]
        assert all(a.day is None or a.day < BORN for a in path.acts if a.state != "planned")
        assert all(path.facts[key].value is None for key in ("place_of_birth", "labour_start", "placenta_birth"))
        assert path.gestational_age and (path.gestational_age.weeks, path.gestational_age.days) == (39, 4)

        assert [(p.status, p.prestatie and p.prestatie.id) for p in decision.phases] == [
            ("igo", "geboortezorg-prenataal"),
            (None, None),
            (None, None),
        ]
        assert decision.phases[1].forecast is not None and decision.stage == "voorlopig"
        assert decision.as_of == BORN - timedelta(days=1)

    at_home(write(tmp_path), look, (FIRST, nothing))


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, ["ended", "ended", "running"]),
        (42, ["ended", "ended", "running"]),
        (43, ["ended", "ended", "ended"]),
    ],
)
def test_every_day_has_the_phases_of_that_day(tmp_path: Path, days: int, expected: list[str]) -> None:
    def look(house: House) -> None:
        day = BORN + timedelta(days=days)
        path = house.path(day)
        assert (path.outcome, path.ended_on, states(path)) == ("birth", BORN, expected)
        assert all(a.day is None or a.day <= day for a in path.acts if a.state != "planned")

    at_home(write(tmp_path), look, (FIRST, nothing))


def test_asking_about_another_day_or_instant_keeps_no_decision(tmp_path: Path) -> None:
    def look(house: House) -> None:
        kept = house.decisions()
        house.decision(as_of=BORN - timedelta(days=1))
        house.decision(known_at=FIRST)
        assert house.decisions() == kept

    at_home(write(tmp_path), look, (FIRST, nothing))


def test_what_was_not_known_yet_does_not_count(tmp_path: Path) -> None:
    """First without a word on the birth from the practice and without the kraamzorg; three days later, with all."""
    config = write(tmp_path / "region")
    whole = {s: (tmp_path / "region" / s / "dossiers.ndjson").read_text("utf-8") for s in ("vp-linde", "kz-lente")}

    def at_first() -> None:
        edit(tmp_path / "region", "kz-lente", lambda r: None)
        edit(tmp_path / "region", "vp-linde", _at_noon)

    def later() -> None:
        for source, text in whole.items():
            (tmp_path / "region" / source / "dossiers.ndjson").write_text(text, "utf-8")

    def look(house: House) -> None:
        now, then = house.path(), house.path(known_at=SECOND - timedelta(seconds=1))
        assert now.phase("nataal").start.value == datetime(2024, 3, 9, 7, 32, tzinfo=UTC)
        assert then.phase("nataal").start.value == datetime(2024, 3, 9, 9, 0, tzinfo=UTC)
        assert now.facts["kraamzorg_hours"].value == 49 and then.facts["kraamzorg_hours"].value is None
        assert {i.organisation.kind for i in now.involved} - {i.organisation.kind for i in then.involved} == {
            "kraamzorg"
        }

        newest, first = house.decisions()
        assert (newest.replaces, first.replaces) == (first.id, None)
        assert {(c.what, c.before, c.after) for c in newest.changed} >= {
            ("stadium", "voorlopig", "definitief"),
            ("postnataal: prestatie", "postnataal-deel", "postnataal"),
        }
        assert (first.changed, first.stage, newest.stage) == ((), "voorlopig", "definitief")
        assert first.decided_at < SECOND <= newest.decided_at

        as_it_was = house.decision(as_of=first.as_of, known_at=SECOND - timedelta(seconds=1))  # made again, the same
        assert [_told(p) for p in as_it_was.phases] == [_told(p) for p in first.phases]
        assert as_it_was.inputs == first.inputs
        assert house.path(known_at=SECOND).phases == now.phases

    at_home(config, look, (FIRST, at_first), (SECOND, later))


def test_before_the_first_pull_nothing_was_known(tmp_path: Path) -> None:
    def look(house: House) -> None:
        before = FIRST - timedelta(seconds=1)
        page = house.application.pregnancies(CARE, as_of=None, known_at=before, offset=0, limit=10)
        assert (page.total, page.items) == (0, ())

    at_home(write(tmp_path), look, (FIRST, nothing))


def _at_noon(resource: Resource) -> Resource:
    """The practice first wrote down that labour began at ten."""
    codes = {c.get("code") for c in resource.get("code", {}).get("coding", [])}
    if "160621000146107" in codes:
        resource["valueDateTime"] = "2024-03-09T10:00:00+01:00"
    return resource


def _told(phase: Any) -> tuple[Any, ...]:
    return phase.phase, phase.status, phase.stage, phase.prestatie, phase.reasons
