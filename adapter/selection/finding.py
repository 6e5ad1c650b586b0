"""What was found on one question that the rule tables ask, and in what words."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.model.decision import MissingVariable
from adapter.model.evidence import Evidence
from adapter.rules import Standing


@dataclass(slots=True)
class Finding:
    """The value of one input of a table, the Dutch sentence for it, its evidence, and what is missing if unknown."""

    value: str
    text: str
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[MissingVariable, ...] = ()
    standing: Standing = "verified"
