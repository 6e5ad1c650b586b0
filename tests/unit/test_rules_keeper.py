"""A running service takes over good rules when the files change, and keeps the last good set when they are faulty."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapter import rules
from adapter.access import log
from adapter.service.rulekeeper import EVERY, RuleKeeper

SOURCES = "sources:\n  - {id: bron, title: Een bron, citation: Bron 1, url: , read: yes}\n"
TABLE = (
    "tables:\n  - id: tabel\n    title: Een tabel\n    decides: iets\n    version: '1'\n    outcomes: [goed]\n"
    "    rows:\n      - {id: altijd, outcome: goed, text: Altijd., cites: [bron], standing: verified}\n"
)


class World:
    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.path = folder / "rules" / "tabel.yaml"
        self.path.parent.mkdir()
        (self.path.parent / "sources.yaml").write_text(SOURCES, "utf-8")
        self.path.write_text(TABLE, "utf-8")
        self.rooms = SimpleNamespace(rules=rules.load(folder))
        self.keeper = RuleKeeper(lambda: rules.load(folder), lambda: rules.rule_files(folder), lambda: self.now)
        self.keeper.keep(self.rooms)  # type: ignore[arg-type]

    def write(self, text: str) -> None:
        self.path.write_text(text, "utf-8")
        self.now += EVERY
        self.keeper.look()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    out = io.StringIO()
    log.configure(json=True, stream=out)
    yield out
    log.configure()


def test_a_good_set_is_taken_over(tmp_path: Path, lines: io.StringIO) -> None:
    world = World(tmp_path)
    before = world.rooms.rules.version
    world.write(TABLE.replace("'1'", "'2'"))
    assert world.rooms.rules.tables["iets"][0].version == "2"
    (line,) = map(json.loads, lines.getvalue().splitlines())
    assert (line["event"], line["before"]) == ("rules.loaded", before)


def test_a_faulty_set_is_refused_and_said_until_it_is_mended(tmp_path: Path, lines: io.StringIO) -> None:
    world = World(tmp_path)
    good = world.rooms.rules
    world.write(TABLE.replace("cites: [bron]", "cites: [wat]"))
    assert world.rooms.rules is good
    (problem,) = world.keeper.problems
    assert problem.where == "rules/tabel.yaml:8" and "tabel/altijd: cites 'wat'" in problem.what
    assert "de vorige gelden nog" in problem.advice and problem.severity == "error"
    (line,) = map(json.loads, lines.getvalue().splitlines())
    assert (line["event"], line["faults"], line["in_force"]) == ("rules.refused", 1, good.version)
    world.path.unlink()
    world.now += EVERY
    world.keeper.look()
    assert world.rooms.rules is good and "no rule tables" in world.keeper.problems[0].what
    world.write(TABLE)
    assert world.keeper.problems == () and world.rooms.rules.version == good.version


def test_the_files_are_looked_at_once_in_a_while_only(tmp_path: Path) -> None:
    world = World(tmp_path)
    good = world.rooms.rules
    world.path.write_text(TABLE.replace("'1'", "'2'"), "utf-8")
    world.keeper.look()
    assert world.rooms.rules is good
    world.now += EVERY
    world.keeper.look()
    assert world.rooms.rules is not good


def test_before_there_are_rooms_nothing_happens(tmp_path: Path) -> None:
    world = World(tmp_path)
    keeper = RuleKeeper(lambda: rules.load(tmp_path), lambda: [world.path, tmp_path / "weg"], lambda: world.now)
    world.path.write_text(TABLE.replace("'1'", "'2'"), "utf-8")
    world.now += EVERY
    keeper.look()
    assert keeper.problems == ()
