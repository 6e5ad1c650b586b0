"""Measured values: what an Observation and its components measured, in the unit in which its kind is compared.

A value that a statement reads is left to it. What no rule knows is kept under the name that the source gives it.
"""

from __future__ import annotations

from typing import Any

from adapter.facts.binding import Binder, Bound
from adapter.facts.dialect import Code, Dialect, MeasureRule
from adapter.facts.organisations import Organisations
from adapter.facts.quantities import Amount, amount, several
from adapter.facts.record import Item, Record
from adapter.model.facts import Measured

OTHER = "overig"
"""Kind of a value that no rule of the dialect knows; `lab` where the source files it under laboratory."""

_FETUS = ("BodySite/", "BodyStructure/")


def read_measured(
    record: Record, organisations: Organisations, binder: Binder, item: Item, *, stated: bool
) -> list[Measured]:
    """The measured values of one Observation: its own, its components' and its percentiles.

    `stated`: a statement rule knows it, so its own value is measured only where a measure knows it too.
    """
    codes = record.codes(item)
    dialect = record.dialect
    components = item.json.get("component")
    own = not dialect.measures.keys().isdisjoint(codes) or not (
        stated or not dialect.screenings.keys().isdisjoint(codes) or item.reference in record.pregnancies
    )
    if (not own and type(components) is not list) or not record.counts(item):
        return []
    reading = _Reading(record, organisations, binder, item)
    if own:
        reading.add(item.json, item.json.get("code"), codes, "")
    for place, component in enumerate(components if type(components) is list else ()):
        if type(component) is dict:
            concept = component.get("code")
            reading.add(component, concept, dialect.codes_of(concept), f"component[{place}].")
    return reading.found


class _Reading:
    """Reads the values of one Observation; what they have in common is worked out once."""

    def __init__(self, record: Record, organisations: Organisations, binder: Binder, item: Item) -> None:
        self.record, self.item = record, item
        self.dialect: Dialect = record.dialect
        self.bound: Bound = binder.bind(item)
        self.found: list[Measured] = []
        whose = organisations.whose(item, self.bound.encounter, self.bound.dossier)
        self.organisation, self.code = whose.organisation, whose.code
        self.at = record.moment(item, "at")

    def _rule(self, codes: list[Code]) -> MeasureRule | None:
        """The first rule, in the order of the dialect, for any of the codes, that is for who was measured."""
        best: MeasureRule | None = None
        for code in codes:
            for rule in self.dialect.measures.get(code, ()):
                if (best is None or rule.order < best.order) and self._is_for(rule.subject):
                    best = rule
        return best

    def _is_for(self, subject: str) -> bool:
        match subject:
            case "woman":
                return self.bound.about is None
            case "child":
                return self.bound.about is not None and not self._on_fetus()
            case "fetus":
                return self._on_fetus()
            case _:
                return True

    def _on_fetus(self) -> bool:
        about = self.bound.about
        if about is not None and about.startswith(_FETUS):
            return True
        targets = map(self.record.normal, self.dialect.part(self.item.json, "focus"))
        return any(target is not None and target.startswith(_FETUS) for target in targets)

    def add(self, element: dict[str, Any], concept: Any, codes: list[Code], path: str) -> None:
        """Keep the value of the Observation or of one component, and its percentile."""
        rule = self._rule(codes)
        split = several(element, rule) if rule is not None and rule.split else []
        for one, number in split:
            self._keep(one.kind, one.label or _name(concept), number, path)
        if split:
            return
        read = amount(element, rule, self.dialect)
        if read is not None:
            kind, name = (rule.kind, rule.label) if rule is not None else (self._other(), None)
            self._keep(kind, name or _name(concept), read, path)
        if self.dialect.percentile is None or "interpretation" not in element:
            return
        for percentile in self.dialect.percentile.all(element):
            if type(percentile) is dict and isinstance(value := percentile.get("value"), int | float):
                name = (rule.label if rule is not None else None) or _name(concept)
                of = Amount(float(value), "%", f"p{value:g}", "interpretation")
                self._keep(f"{rule.kind if rule else OTHER}_percentile", f"{name} (percentiel)", of, path)

    def _keep(self, kind: str, name: str, read: Amount, path: str) -> None:
        bound = self.bound
        self.found.append(
            Measured(
                kind=kind,
                name=name,
                value=read.value,
                unit=read.unit,
                original=read.original,
                organisation=self.organisation,
                evidence=self.record.evidence(self.item, path + read.path, self.code),
                at=self.at,
                about=bound.about,
                dossier=bound.dossier,
                pregnancy=bound.pregnancy,
            )
        )

    def _other(self) -> str:
        categories = self.dialect.codes_of(self.item.json.get("category"))
        return "lab" if any(code in self.dialect.lab_categories for code in categories) else OTHER


def _name(concept: Any) -> str:
    """What the source calls it: the text, else the first display, else the code."""
    if type(concept) is not dict:
        return "zonder naam"
    text = concept.get("text")
    if isinstance(text, str) and text:
        return text
    codings = [c for c in concept.get("coding") or () if isinstance(c, dict)]
    for key in ("display", "code"):
        for coding in codings:
            if isinstance(coding.get(key), str):
                return str(coding[key])
    return "zonder naam"
