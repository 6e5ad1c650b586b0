"""What goes by the clock: a pull after so long, and each new day what the passing of days changes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from adapter.service.rounds import Rounds

START = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)  # 23:00 in Amsterdam


class World:
    """A clock that goes on an hour and a half at every wait, and who is asked what."""

    def __init__(self, waits: int) -> None:
        self.now, self.waits = START, waits
        self.pulled: datetime | None = None
        self.pulls: list[datetime] = []
        self.gone_through: list[datetime] = []
        self.refreshed: list[str] = []
        self.fail = False

    async def pull(self) -> None:
        self.pulls.append(self.now)
        if self.fail:
            raise RuntimeError("a source fell over")
        self.pulled = self.now

    def stale(self) -> list[str]:
        self.gone_through.append(self.now)
        return [f"p{n}" for n in range(450)]

    def refresh(self, pregnancies: list[str]) -> int:
        self.refreshed += pregnancies
        return 0  # none of them is there any more: the others are not forgotten for that

    async def wait(self, seconds: float) -> None:
        self.waits -= 1
        self.now += timedelta(minutes=90)
        if self.waits == 0:
            raise asyncio.CancelledError

    def go(self, every: timedelta | None) -> World:
        rounds = Rounds(self.pull, lambda: self.pulled, self, lambda: self.now, every)  # type: ignore[arg-type]
        try:
            asyncio.run(rounds.go(self.wait))
        except asyncio.CancelledError:
            return self
        raise AssertionError("it goes on until cancelled")


def test_a_pull_comes_back_when_its_time_is_there():
    world = World(5)
    world.pulled = START - timedelta(minutes=30)
    assert world.go(timedelta(hours=2)).pulls == [START + timedelta(minutes=m) for m in (90, 270)]


def test_a_pull_that_another_process_did_is_not_done_again():
    world = World(1)
    world.pulled = START - timedelta(minutes=1)
    assert world.go(timedelta(hours=1)).pulls == []


def test_without_a_period_nothing_is_pulled():
    assert World(3).go(None).pulls == []


def test_each_day_in_the_netherlands_is_gone_through_once_and_to_the_end():
    world = World(4).go(None)  # 23:00, 0:30, 2:00, 3:30
    assert world.gone_through == [START, START + timedelta(minutes=90)]
    assert len(world.refreshed) == 2 * 450


def test_what_fails_is_tried_again_and_the_rest_goes_on(capsys):
    world = World(2)
    world.fail = True
    assert len(world.go(timedelta(hours=1)).pulls) == 2
    assert "a source fell over" not in "".join(capsys.readouterr())
