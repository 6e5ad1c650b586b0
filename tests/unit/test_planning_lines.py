"""The planner's lines: read once, again only when what they were made from changed, and never longer than patience."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from adapter.access import Actor, AuditEvent, AuditLog, Context, DeniedError, Policy, Purpose, Role
from adapter.model.sources import SourceState
from adapter.service.planning.lines import Lines, PlanLines
from adapter.service.planning.plan import NotCountedError
from adapter.service.planning.planning import Planning
from adapter.service.port import UnknownPregnancyError
from adapter.store import StoreError
from adapter.store.errors import StoreUnavailableError
from builders_carepath import KNOWN_AT, practice
from builders_carepath import path as care_path

DAY, NEXT = date(2024, 7, 29), date(2024, 7, 30)
PATH = care_path(practice().dossier("2024-01-06"), on="2024-07-29")


@dataclass
class World:
    """A store and views of so many pregnancies, each of a woman with one record at one source."""

    size: int
    made: list[str] = field(default_factory=list)
    stamp: dict[str, int] = field(default_factory=dict)
    position: int = 1
    gone: set[str] = field(default_factory=set)
    state: SourceState = SourceState.ANSWERED
    stop_after: int | None = None
    held: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)
    fault: Exception | None = None
    slow: threading.Event | None = None
    now: datetime = KNOWN_AT
    kept: dict[str, bytes] = field(default_factory=dict)

    def lines(self, patience: float = 60) -> PlanLines:
        store = SimpleNamespace(
            positions=lambda: (self.position,),
            answers_for=lambda _: [SimpleNamespace(source="vp", state=self.state)],
            links=self.links,
            keep=self.kept.__setitem__,
            kept=self.kept.get,
            stamps=lambda _, women: {None: 0, **{w: self.stamp.get(w, 1) for w in women}},
        )
        rooms = SimpleNamespace(store=store, clock=lambda: self.now, zorgpad=SimpleNamespace(expectations=()))
        return PlanLines(rooms, self, patience)  # type: ignore[arg-type]

    def links(self, kind: str) -> list[SimpleNamespace]:
        if self.slow is not None:
            self.slow.wait(10)
        numbers = range(self.size)
        if kind == "woman":
            return [SimpleNamespace(source="vp", reference=f"Patient/{n}", target=f"w{n}") for n in numbers]
        return [
            SimpleNamespace(source="vp", reference=f"EpisodeOfCare/{n}", target=f"p{n}", woman=f"Patient/{n}")
            for n in numbers
        ]

    def ids(self, known_at: object) -> list[str]:
        return [f"p{n}" for n in range(self.size)]

    def view(self, pregnancy: str, day: date, known_at: object, now: object) -> SimpleNamespace:
        if pregnancy in self.gone:
            raise UnknownPregnancyError(pregnancy)
        if self.fault is not None:
            raise self.fault
        if self.stop_after is not None and len(self.made) >= self.stop_after:
            self.reached.set()
            self.held.wait(10)
        self.made.append(pregnancy)
        return SimpleNamespace(path=PATH)


def test_lines_are_read_once_and_all_are_there() -> None:
    world = World(30)
    lines = world.lines()
    assert [(found.counted, found.complete) for found in (lines.of(DAY) for _ in range(3))] == [(30, True)] * 3
    assert len(world.made) == 30


def test_only_what_changed_is_read_again() -> None:
    world = World(30)
    lines = world.lines()
    lines.of(DAY)
    world.made.clear()
    world.position += 1
    lines.of(DAY)
    assert world.made == []
    world.stamp["Patient/7"], world.position = 2, world.position + 1
    assert lines.of(DAY).counted == 30
    assert world.made == ["p7"]


@pytest.mark.parametrize("state", [SourceState.FAILED, SourceState.REFUSED])
def test_a_source_that_falls_silent_changes_every_line(state: SourceState) -> None:
    world = World(3)
    lines = world.lines()
    lines.of(DAY)
    world.state, world.position = state, world.position + 1
    lines.of(DAY)
    assert len(world.made) == 6


def test_another_day_is_read_by_itself_and_the_first_is_kept() -> None:
    world = World(3)
    lines = world.lines()
    for day in (DAY, NEXT, DAY):
        lines.of(day)
    assert len(world.made) == 6


def test_a_pregnancy_of_which_the_records_are_gone_is_in_no_figure() -> None:
    world = World(3, gone={"p1"})
    found = world.lines().of(DAY)
    assert (len(found.lines), found.known, found.counted) == (2, 3, 3)


def test_a_question_has_what_there_is_and_the_rest_follows_in_the_background() -> None:
    world = World(5, stop_after=2)
    lines = world.lines(patience=0)
    lines.of(DAY)
    assert world.reached.wait(10)
    found = lines.of(DAY)
    assert (found.known, found.counted, len(found.lines), found.complete) == (5, 2, 2, False)
    world.held.set()
    assert everything(lines).counted == 5
    assert sorted(world.made) == [f"p{n}" for n in range(5)]


def test_while_is_looked_what_changed_the_figures_are_those_of_before_and_say_so() -> None:
    world = World(5)
    lines = world.lines()
    assert lines.of(DAY).known_at == KNOWN_AT
    world.now, world.position = KNOWN_AT + timedelta(hours=1), 2
    world.slow = threading.Event()
    hasty = lines._days[DAY].lines(0)
    assert (hasty.counted, hasty.known_at, hasty.complete) == (5, KNOWN_AT, False)
    world.slow.set()
    assert everything(lines).known_at == KNOWN_AT + timedelta(hours=1)


def everything(lines: PlanLines) -> Lines:
    """After the reader came to its end."""
    reader = lines._days[DAY]._reader
    assert reader is not None
    reader.join(10)
    return lines.of(DAY)


def test_closing_stops_the_reader() -> None:
    world = World(50, stop_after=1)
    lines = world.lines(patience=0)
    lines.of(DAY)
    assert world.reached.wait(10)
    world.held.set()
    lines.close()
    assert len(world.made) <= 50
    assert all(t.name != "planning" for t in threading.enumerate())
    assert lines.of(DAY).known == 50


def test_a_store_that_is_away_is_told_to_who_asks_and_asked_again_the_next_time() -> None:
    world = World(3, fault=StoreUnavailableError("away"))
    lines = world.lines()
    with pytest.raises(StoreError):
        lines.of(DAY)
    world.fault = None
    assert lines.of(DAY).counted == 3


def test_a_past_instant_is_read_anew() -> None:
    world = World(3)
    lines = world.lines()
    assert lines.then(DAY, KNOWN_AT).counted == 3
    lines.then(DAY, KNOWN_AT)
    assert len(world.made) == 6


class Kept:
    """An audit port that keeps events in memory."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    def add_audit(self, events: Sequence[AuditEvent]) -> None:
        self.events += events


def planning(kept: Kept, world: World | None = None, patience: float = 60) -> Planning:
    world = world or World(2)
    rooms = world.lines()._rooms
    rooms.policy, rooms.audit = Policy(), AuditLog(kept)  # type: ignore[misc, arg-type]
    rooms.igo, rooms.mappings_version = SimpleNamespace(version="i"), "m"  # type: ignore[misc, assignment]
    return Planning(rooms, world, patience, patience)  # type: ignore[arg-type]


PLANNER = Context(Actor("p", "Planner", roles=(Role.PLANNER,)), Purpose.HOPERAT)


def after_a_start(world: World) -> Planning:
    """Another process on the same store, in which reading does not come to an end."""
    world.slow = threading.Event()
    return planning(Kept(), world, 0.05)


def started(world: World, made: Planning) -> None:
    """Let it read on, and stop."""
    assert world.slow is not None
    world.slow.set()
    made.close()


def test_after_a_start_the_last_whole_count_is_the_answer_with_its_day_and_instant() -> None:
    world = World(3, now=datetime(2024, 7, 29, 9, tzinfo=UTC))
    first = planning(Kept(), world)
    counted = first.plan(PLANNER)
    first.close()  # waits for the thread that keeps it
    assert (counted.counted, counted.complete, counted.as_of) == (3, True, DAY)

    same = after_a_start(world)
    assert same.plan(PLANNER) == counted  # nothing changed: it is whole
    assert same.plan(PLANNER, as_of=DAY) == counted
    with pytest.raises(NotCountedError):
        same.plan(PLANNER, as_of=date(2024, 1, 1))  # of another day nothing was kept
    started(world, same)

    world.position += 1
    later = after_a_start(world)
    found = later.plan(PLANNER)
    assert (found.counted, found.complete, found.known_at) == (3, False, counted.known_at)
    started(world, later)

    world.now += timedelta(days=1)
    tomorrow = after_a_start(world)
    found = tomorrow.plan(PLANNER)
    assert (found.counted, found.complete, found.as_of) == (3, False, DAY)
    started(world, tomorrow)


def test_at_a_start_is_counted_what_was_not_counted_before() -> None:
    world = World(3)
    made = planning(Kept(), world)
    made.refresh()
    made.plan(PLANNER)
    made.close()
    assert len(world.made) == 3 and world.kept
    again = planning(Kept(), world)
    again.refresh()  # nothing changed: the last count is good
    again.close()
    assert len(world.made) == 3


def test_what_was_never_counted_is_no_nought() -> None:
    world = World(3)
    made = after_a_start(world)
    with pytest.raises(NotCountedError):
        made.plan(PLANNER)
    started(world, made)
    assert planning(Kept(), World(0)).plan(PLANNER).known == 0  # where there is nothing, nought is right


@pytest.mark.parametrize("written", [b"{}", b"not JSON", b'{"made_from": "x", "plan": {"as_of": "2024-07-29"}}'])
def test_a_count_that_cannot_be_read_is_made_again(written: bytes) -> None:
    world = World(2, kept={"plan": written})
    assert planning(Kept(), world).plan(PLANNER).counted == 2
    made = after_a_start(world)
    world.kept["plan"] = written
    with pytest.raises(NotCountedError):
        made.plan(PLANNER)
    started(world, made)


def test_a_look_is_for_the_planner_and_is_in_the_audit_log() -> None:
    kept = Kept()
    found = planning(kept).plan(Context(Actor("p", "Planner", roles=(Role.PLANNER,)), Purpose.HOPERAT), as_of=DAY)
    assert (found.known, found.complete, found.as_of) == (2, True, DAY)
    assert [(e.type, e.purpose, e.entities[0].kind) for e in kept.events] == [("read", "HOPERAT", "planning")]


@pytest.mark.parametrize(
    ("role", "purpose"),
    [(Role.PLANNER, Purpose.TREAT), (Role.ZORGVERLENER, Purpose.HOPERAT), (Role.IGO_CONTROLLER, Purpose.HPAYMT)],
)
def test_others_and_other_purposes_are_refused_and_that_is_logged(role: Role, purpose: Purpose) -> None:
    kept = Kept()
    with pytest.raises(DeniedError):
        planning(kept).plan(Context(Actor("x", "X", roles=(role,)), purpose))
    assert [e.type for e in kept.events] == ["denied"]
