"""What the casemix counts and how (`mappings/catalogues/casemix.yaml`): definitions, thresholds, parameters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from adapter.model.carepath import PHASES
from adapter.rules import Fault, RuleError

FILE = "casemix.yaml"


@dataclass(frozen=True, slots=True)
class Measures:
    """Counts from 1 up to `minimum_cell` are not shown. Minutes are parameters, tariffs eurocents per act by phase."""

    version: str
    standing: str
    minimum_cell: int
    round_to: int
    manual_minutes: int
    question_minutes: int
    outside_tariff: dict[str, int]
    definitions: dict[str, str]


_NUMBERS = {"minimum_cell": 2, "round_to": 1, "manual_minutes": 0, "question_minutes": 0}
_KEYS = {"version", "standing", "outside_tariff", "definitions", *_NUMBERS}


def load_measures(mappings: Path) -> Measures:
    """Load and check it. Raises `RuleError` with every fault: file, key, what is wrong."""
    path = mappings / "catalogues" / FILE
    where = f"catalogues/{FILE}"
    try:
        given: Any = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RuleError([Fault(where, None, None, f"cannot be read: {type(error).__name__}")]) from None
    if not isinstance(given, dict):
        raise RuleError([Fault(where, None, None, "is not a mapping of keys to values")])
    faults = [f"{key!r} is no key here" for key in sorted(map(str, given.keys() - _KEYS))]
    faults += [f"{key!r} is missing" for key in sorted(_KEYS - given.keys())]
    for key, least in _NUMBERS.items():
        value = given.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            faults.append(f"{key!r} must be a whole number from {least}")
    tariffs, texts = given.get("outside_tariff") or {}, given.get("definitions") or {}
    if not isinstance(tariffs, dict) or any(
        p not in PHASES or isinstance(c, bool) or not isinstance(c, int) or c < 0 for p, c in tariffs.items()
    ):
        faults.append(f"'outside_tariff' holds eurocents by phase ({', '.join(PHASES)})")
    if not isinstance(texts, dict) or not all(isinstance(t, str) and isinstance(k, str) for k, t in texts.items()):
        faults.append("'definitions' holds texts by name")
    if faults:
        raise RuleError([Fault(where, None, None, fault) for fault in faults])
    return Measures(
        version=str(given["version"]),
        standing=str(given["standing"]),
        minimum_cell=given["minimum_cell"],
        round_to=given["round_to"],
        manual_minutes=given["manual_minutes"],
        question_minutes=given["question_minutes"],
        outside_tariff=dict(tariffs),
        definitions=dict(texts),
    )
