"""The sections of a dialect on measured values, screenings, disorders and allergies, compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from adapter.facts.dialect import Code, MeasureRule, NoteRule
from adapter.facts.faults import Faults
from adapter.facts.keys import MEASURE_KEYS, MEASURED_SUBJECTS, NOTE_KEYS, NOTE_KINDS

Codes = Callable[[str, Iterable[str]], list[Code]]


class MeasureCompiler:
    """Reads `measures`, `screenings` and `notes`; faults are added to `faults`."""

    def __init__(self, file: str, data: dict[str, Any], codes: Codes, faults: Faults) -> None:
        self.file, self.data, self.codes, self.faults = file, data, codes, faults
        self.sources: dict[str, str] = {str(k): str(v) for k, v in data.get("sources", {}).items()}
        self.units: dict[str, dict[str, float]] = {
            str(unit): {str(k).lower(): float(v) for k, v in table.items()}
            for unit, table in data.get("units", {}).items()
        }

    def measures(self) -> dict[Code, tuple[MeasureRule, ...]]:
        """Rules by code, in the order of the file."""
        found: dict[Code, tuple[MeasureRule, ...]] = {}
        rules: dict[str, MeasureRule] = {}
        entries = self.data.get("measures", {})
        for order, (kind, entry) in enumerate(entries.items()):
            rules[str(kind)] = self._measure(str(kind), f"measures.{kind}", entry, order)
        for kind, entry in entries.items():
            key = f"measures.{kind}"
            rule = replace(rules[str(kind)], split=self._split(key, entry, rules))
            for code in self._codes(key, entry):
                found[code] = (*found.get(code, ()), rule)
        return found

    def _split(self, key: str, entry: dict[str, Any], rules: dict[str, MeasureRule]) -> tuple[MeasureRule, ...]:
        parts = [str(kind) for kind in entry.get("split", ())]
        for kind in parts:
            if kind not in rules:
                self.faults.add(self.file, f"{key}.split", f"{kind!r} is not a key of 'measures'")
        return tuple(rules[kind] for kind in parts if kind in rules)

    def screenings(self) -> dict[Code, NoteRule]:
        """Rules by code, the same for observations, procedures and reports."""
        found: dict[Code, NoteRule] = {}
        for kind, entry in self.data.get("screenings", {}).items():
            key = f"screenings.{kind}"
            self._check(key, entry, NOTE_KEYS - {"categories", "kind", "resource"})
            rule = NoteRule(str(kind), entry.get("name"), self._source(key, entry))
            for code in self._codes(key, entry):
                if code in found:
                    self.faults.add(self.file, key, f"{code[1]} also stands under screenings.{found[code].kind}")
                found[code] = rule
        return found

    def notes(self) -> dict[str, tuple[NoteRule, ...]]:
        """Rules by resource type, in the order of the file."""
        found: dict[str, tuple[NoteRule, ...]] = {}
        for name, entry in self.data.get("notes", {}).items():
            key = f"notes.{name}"
            self._check(key, entry, NOTE_KEYS - {"codes"})
            if entry.get("kind") not in NOTE_KINDS:
                what = f"{entry.get('kind')!r} is not one of {', '.join(sorted(NOTE_KINDS))}"
                self.faults.add(self.file, f"{key}.kind", what)
            categories = frozenset(self.codes(f"{key}.categories", entry.get("categories", [])))
            rule = NoteRule(str(entry.get("kind")), entry.get("name"), self._source(key, entry), categories)
            resource = str(entry.get("resource", "Condition"))
            found[resource] = (*found.get(resource, ()), rule)
        return found

    def _measure(self, kind: str, key: str, entry: dict[str, Any], order: int) -> MeasureRule:
        self._check(key, entry, MEASURE_KEYS)
        subject = str(entry.get("subject", "any"))
        if subject not in MEASURED_SUBJECTS:
            what = f"{subject!r} is not one of {', '.join(sorted(MEASURED_SUBJECTS))}"
            self.faults.add(self.file, f"{key}.subject", what)
        unit = entry.get("unit")
        if unit is not None and unit not in self.units:
            self.faults.add(self.file, f"{key}.unit", f"{unit!r} has no table in 'units' ({', '.join(self.units)})")
        low, high = self._plausible(key, entry)
        factors = dict(self.units.get(str(unit), {}))
        if low is not None or high is not None:
            factors.setdefault("", 1.0)
        return MeasureRule(
            str(entry.get("kind", kind)),
            entry.get("name"),
            order,
            self._source(key, entry),
            _symbol(unit),
            factors,
            subject,
            low,
            high,
        )

    def _plausible(self, key: str, entry: dict[str, Any]) -> tuple[float | None, float | None]:
        bounds = entry.get("plausible")
        if bounds is None:
            return None, None
        if not isinstance(bounds, list) or len(bounds) != 2 or not all(isinstance(b, int | float) for b in bounds):
            self.faults.add(self.file, f"{key}.plausible", "must be [lowest, highest]")
            return None, None
        return float(bounds[0]), float(bounds[1])

    def _codes(self, key: str, entry: dict[str, Any]) -> list[Code]:
        if not entry.get("codes"):
            self.faults.add(self.file, f"{key}.codes", "has no codes, so nothing can match")
        return self.codes(f"{key}.codes", entry.get("codes") or [])

    def _source(self, key: str, entry: dict[str, Any]) -> str:
        """The value set or profile that the codes were read in: a name from `sources`, or written out."""
        source = str(entry.get("source", ""))
        if not source:
            self.faults.add(self.file, f"{key}.source", "a code needs its source: a name from 'sources', or the source")
        return self.sources.get(source, source)

    def _check(self, key: str, entry: dict[str, Any], allowed: frozenset[str]) -> None:
        for unknown in sorted(entry.keys() - allowed):
            self.faults.add(self.file, f"{key}.{unknown}", f"is not one of {', '.join(sorted(allowed))}")


def _symbol(unit: Any) -> str | None:
    """The unit as shown: what follows a colon only tells two tables apart (`mmol/L:hb`)."""
    return None if unit is None else str(unit).partition(":")[0]
