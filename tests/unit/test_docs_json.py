"""The JSON reference says what the model says, and what the doors give out."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapter.model import wire
from doors import sample as SAMPLE

ROOT = Path(__file__).parents[2]
REFERENCE = SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "json_reference.py")))


def test_the_reference_is_the_one_that_the_model_gives():
    written = (ROOT / "docs" / "reference" / "json.md").read_text("utf-8")
    assert written == REFERENCE.render(), "run docs/json_reference.py"


@pytest.mark.parametrize("value", [SAMPLE.PATH, SAMPLE.DECISION], ids=["care path", "decision"])
def test_every_field_given_out_is_described(value):
    written = (ROOT / "docs" / "reference" / "json.md").read_text("utf-8")
    data = wire.to_data(value)
    assert [key for key in data if f"| `{key}` |" not in written] == []
