"""The page about the endpoints is what they go by."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_is_made_from_the_declarations():
    made = runpy.run_path(str(DOCS / "fhir_reference.py"))
    assert made["FILE"].read_text("utf-8") == made["text"](), "run docs/fhir_reference.py"
