"""A dialect: where the facts lie in the resources of one family of EPDs, and which codes say what.

Read from `mappings/dialects`; compiled when loaded, so that reading a resource is dictionary look-ups.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from adapter.facts.paths import Path
from adapter.model.evidence import OrganisationKind
from adapter.model.facts import ActKind, ReferralKind, StatementKind
from adapter.model.sources import FhirVersion

Code = tuple[str, str]
"""System (canonical URI) and code."""

_NO_PARTS: dict[str, tuple[Path, ...]] = {}

SHAPES = ("day", "moment", "count", "days", "hours", "boolean", "word", "number_word", "presence")


@dataclass(frozen=True, slots=True)
class CodeMap:
    """A FHIR ConceptMap from `mappings/codes`: code to our word."""

    name: str
    words: dict[Code, str]
    standing: str


@dataclass(frozen=True, slots=True)
class StatementRule:
    """One kind of statement in one resource type.

    `shape` is how the value is read: day, moment, count, days, hours, boolean, word (by `words`), number_word (a word
    that is a number), presence (a word; true is aanwezig, false afwezig). `texts`: texts (lower case) that stand for a
    word, where a source sends text or a code that `words` does not know. `keep_unmapped`: a code we do not know stays,
    as sent; otherwise it gives no statement.
    """

    name: str
    resource: str
    kind: StatementKind
    shape: str
    values: tuple[Path, ...]
    standing: str
    words: CodeMap | None = None
    keep_unmapped: bool = True
    fixed: str | None = None  # the value itself, where the code says it all
    basis: str | None = None
    basis_from: tuple[Path, ...] = ()
    basis_words: CodeMap | None = None
    subject: str = "any"  # woman, child or any
    focus: str | None = None  # the type of resource that it must be about
    when: Path | None = None  # a path that must be true (perinatal death: yes)
    texts: dict[str, str] = field(default_factory=dict)
    at: tuple[Path, ...] = ()  # in place of the resource's own


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """One kind of measured value. `factors`: unit as written (lower case) to the number that brings it to `unit`.

    `order` is the place in the dialect: of several rules for one Observation the first counts. `subject`: whose value
    (woman, child, fetus or any). A number without unit counts only between `low` and `high`.
    """

    kind: str
    label: str | None  # None: the name that the source gives it
    order: int
    source: str
    unit: str | None = None  # None: the unit as sent
    factors: dict[str, float] = field(default_factory=dict)
    subject: str = "any"
    low: float | None = None
    high: float | None = None
    split: tuple[MeasureRule, ...] = ()  # one text with several numbers ("120/80") is these, in that order

    def covers(self, value: float) -> bool:
        """Whether the number is one that this kind can have."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class NoteRule:
    """A disorder, allergy, alert or screening. `categories`: only with one of these; empty: with any."""

    kind: str
    label: str | None
    source: str
    categories: frozenset[Code] = frozenset()


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a family of EPDs sends, compiled. `parts[type][name]` are the paths where a part of a resource lies."""

    id: str
    version: str
    fhir: FhirVersion
    standing: str
    source: str
    systems: dict[str, str]
    codes: dict[str, dict[Code, tuple[StatementRule, ...]]]
    value_systems: dict[str, dict[str, tuple[StatementRule, ...]]]
    acts: dict[str, dict[Code, ActKind]]
    states: dict[str, dict[str, str | None]]
    parts: dict[str, dict[str, tuple[Path, ...]]]
    untyped: dict[OrganisationKind, ActKind]
    disciplines: dict[OrganisationKind, str]
    specialties: dict[Code, str]
    organisation_kinds: dict[Code, OrganisationKind]
    agb_kinds: dict[str, OrganisationKind]
    referral_kinds: dict[Code, ReferralKind]
    act_texts: dict[str, ActKind]
    uninsured_codes: frozenset[Code]
    dossier_types: frozenset[Code]
    pregnancy_codes: frozenset[Code]
    period_systems: frozenset[str]
    unit_days: dict[str, float]
    unit_hours: dict[str, float]
    null_systems: frozenset[str]
    measures: dict[Code, tuple[MeasureRule, ...]] = field(default_factory=dict)
    screenings: dict[Code, NoteRule] = field(default_factory=dict)
    notes: dict[str, tuple[NoteRule, ...]] = field(default_factory=dict)  # by resource type, in the dialect's order
    lab_categories: frozenset[Code] = frozenset()
    percentile: Path | None = None
    date_formats: tuple[str, ...] = ()  # strptime formats of days in texts, beside FHIR's own

    def part(self, resource: dict[str, Any], name: str) -> list[Any]:
        """Everything found under a structural name, in the order of the dialect's paths."""
        paths = self.parts.get(resource["resourceType"], _NO_PARTS).get(name)
        if paths is None:
            return []
        if len(paths) == 1:
            return paths[0].all(resource)
        return [value for path in paths for value in path.all(resource)]

    def text(self, resource: dict[str, Any], name: str) -> tuple[str | None, str]:
        """The first text found under a structural name, and the label of the path that gave it."""
        for path in self.parts.get(resource["resourceType"], _NO_PARTS).get(name, ()):
            value = path.first(resource)
            if isinstance(value, str):
                return value, path.label
        return None, ""

    def code_of(self, coding: Any) -> Code | None:
        """System (canonical) and code of a Coding, None when it lacks one of them."""
        if type(coding) is not dict:
            return None
        code, system = coding.get("code"), coding.get("system")
        if type(code) is not str or type(system) is not str:
            return None
        return self.systems.get(system, system), code

    def codes_of(self, concept: Any) -> list[Code]:
        """All codes of a CodeableConcept (or a list of them), any position."""
        if type(concept) is list:
            return [code for one in concept for code in self.codes_of(one)]
        if type(concept) is not dict:
            return []
        codings = concept.get("coding")
        if type(codings) is not list:
            return []
        return [code for code in map(self.code_of, codings) if code is not None]
