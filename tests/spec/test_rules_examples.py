"""The examples of the rulebook, run on the real engine: each gives what it says, and every row has one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.model.carepath import PhaseName
from adapter.service.examples import Example, ExampleError, Expected, load_examples
from tests.support.claims_world import MAPPINGS, book

EXAMPLES = load_examples(MAPPINGS)


def cases() -> Iterator[tuple[Example, PhaseName, Expected]]:
    for example in EXAMPLES:
        yield from ((example, phase, expected) for phase, expected in example.expected.items())


@pytest.mark.parametrize(("example", "phase", "expected"), list(cases()), ids=lambda v: getattr(v, "id", None))
def test_an_example_gives_what_it_says(example: Example, phase: PhaseName, expected: Expected) -> None:
    said = next(p for p in example.decided(book()).phases if p.phase == phase)
    rules = [r.rule for r in said.reasons]
    assert (said.status or "geen", said.stage) == (expected.status, expected.stage), rules
    assert expected.rule in rules


def test_every_row_that_decides_or_settles_has_an_example() -> None:
    rows = {
        r.id
        for decides in ("selectie", "stadium", "lidmaatschap")
        for table in book().tables[decides]
        for r in table.rows
    }
    assert {e.rule for example in EXAMPLES for e in example.expected.values()} == rows


def test_ids_are_unique() -> None:
    assert len({e.id for e in EXAMPLES}) == len(EXAMPLES)


@pytest.mark.parametrize(
    "wrong", ["kleur: rood", "verloop: anders", "extra_zorg: [{dag: '03-01', wie: wie, soort: consult}]"]
)
def test_a_faulty_example_is_named(tmp_path: Path, wrong: str) -> None:
    folder = tmp_path / "rules" / "voorbeelden"
    folder.mkdir(parents=True)
    text = f"voorbeelden:\n  - id: fout\n    titel: Fout\n    jaar: 2024\n    {wrong}\n    verwacht: {{}}\n"
    (folder / "x.yaml").write_text(text, "utf-8")
    with pytest.raises(ExampleError, match=r"x\.yaml: fout"):
        load_examples(tmp_path)
