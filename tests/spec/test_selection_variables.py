"""The variables of the selection: published as they are, and all that selection and claims can read."""

from __future__ import annotations

import ast
import dataclasses
import runpy
import typing
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapter import claims, selection
from adapter.claims import load_catalogue
from adapter.model import projection as model
from adapter.model.projection import ClaimsProjection
from adapter.rules import load_variables
from adapter.selection.answers import ANSWERS
from tests.support.claims_world import MAPPINGS, book, catalogue
from tests.support.region_world import igo, project, women

ROOT = Path(__file__).parents[2]
DOCS = SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "variables.py")))
VARIABLES = load_variables(MAPPINGS)
ELEMENTS = {v.element for v in VARIABLES.variables if v.element}
PARTS = [kind for kind in vars(model).values() if dataclasses.is_dataclass(kind) and kind.__module__ == model.__name__]


def leaves(kind: Any, prefix: str = "") -> Iterator[str]:
    """Fields of the projection, those of its own parts included."""
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        inside = [a for a in (hints[field.name], *typing.get_args(hints[field.name])) if a in PARTS]
        if inside:
            yield from leaves(inside[0], f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}"


def test_the_list_names_exactly_the_fields_of_the_projection() -> None:
    assert sorted(leaves(ClaimsProjection)) == sorted(ELEMENTS)


def test_every_table_asks_what_is_listed_and_every_variable_is_asked_for() -> None:
    questions = VARIABLES.questions
    for decides, tables in book().tables.items():
        for table in tables:
            assert {i.name for i in table.inputs} <= {name for d, name in questions if d == decides}, table.id
    asked = {i.name for table in load_catalogue(MAPPINGS).tables.values() for i in table.inputs}
    assert asked <= {name for d, name in questions if d == "catalogus"}
    used = {name for question in questions.values() for name in question.uses}
    assert used == {v.id for v in VARIABLES.variables}


def test_selection_answers_exactly_the_questions_that_a_selection_table_may_ask() -> None:
    assert set(ANSWERS) == {name for decides, name in VARIABLES.questions if decides == "selectie"}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every field of the projection and its parts that anybody reads from now on."""
    seen: set[str] = set()

    def watched(kind: type, name: str) -> property:
        slot = kind.__dict__[name]

        def get(self: Any) -> Any:
            seen.add(f"{kind.__name__}.{name}")
            return slot.__get__(self, kind)

        return property(get, slot.__set__)

    for kind in PARTS:
        for field in dataclasses.fields(kind):
            monkeypatch.setattr(kind, field.name, watched(kind, field.name))
    return seen


def test_selection_and_claims_read_the_variables_and_nothing_else(read: set[str]) -> None:
    seen = [s.projection for given in women(0) for s in project(given)]
    read.clear()
    for one in seen:
        claims.advise(one, selection.decide(one, igo(), book()), igo(), catalogue())
    parts = {p.__name__ for p in PARTS}
    assert read and {name.split(".")[0] for name in read} <= parts
    fields = {f"{p.__name__}.{f.name}" for p in PARTS for f in dataclasses.fields(p)}
    assert read <= fields
    for needed in ("ProjectedAct.kind", "ProjectedAct.line", "Insurance.uzovi", "ProjectedSource.state"):
        assert needed in read


@pytest.mark.parametrize("room", ["selection", "claims"])
def test_nothing_else_can_reach_selection_and_claims(room: str) -> None:
    """They import the model, the rules and each other: no facts, no FHIR, no store. Selection opens no file either."""
    plain = {"__future__", "collections", "dataclasses", "typing", "datetime", "functools"}
    for path in sorted((ROOT / "adapter" / room).glob("*.py")):
        for name in _imports(path):
            if name.startswith("adapter"):
                whose = name.split(".")[1] if "." in name else room
                assert whose in {"model", "rules", room}, (path.name, name)
            elif room == "selection":
                assert name.split(".")[0] in plain, (path.name, name)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_what_is_published_is_what_the_list_says() -> None:
    assert DOCS.PAGE.read_text("utf-8") == DOCS.page(VARIABLES), "run docs/variables.py"
    written = DOCS.resources(VARIABLES)
    for name, resource in written.items():
        assert (DOCS.FOLDER / name).read_text("utf-8") == DOCS.text_of(resource), f"{name}: run docs/variables.py"
    there = {p.name for kind in ("CodeSystem", "ValueSet") for p in DOCS.FOLDER.glob(f"{kind}-igo-*.json")}
    assert there == {n for n in written if "-igo-" in n}


def test_every_variable_says_why_and_what_happens_when_it_is_unknown() -> None:
    elements = DOCS.structure(VARIABLES)["differential"]["element"]
    assert len({e["path"] for e in elements}) == len(elements)
    for variable in VARIABLES.variables:
        assert variable.why and variable.unknown and variable.meaning
        path = f"{DOCS.NAME}.{variable.element or 'register.' + variable.id}"
        (element,) = [e for e in elements if e["path"] == path]
        assert element["requirements"] == variable.why and variable.unknown in element["comment"]


def test_what_the_standard_does_not_carry_is_said_as_data() -> None:
    """No element of the standard says that she moved, or changed practice: page and model say where it comes from."""
    origins = {v.id: v.origin for v in VARIABLES.variables if v.origin}
    assert origins == {"praktijkwissel": "afgeleid", "verhuisd": "signaal"}
    page = DOCS.page(VARIABLES)
    assert page.count("| in de standaard | nee;") == 2
    moved = next(v for v in VARIABLES.variables if v.id == "verhuisd")
    assert not (moved.stu3 or moved.r4)
