"""From resources to facts, by the dialects in `mappings/`: the only reader of what a source's codes and paths mean."""

from __future__ import annotations

from adapter.facts.dialect import Dialect
from adapter.facts.faults import DialectError
from adapter.facts.load import Dialects, load_dialects
from adapter.facts.people import person
from adapter.facts.reader import directory_references, read

__all__ = ["Dialect", "DialectError", "Dialects", "directory_references", "load_dialects", "person", "read"]
