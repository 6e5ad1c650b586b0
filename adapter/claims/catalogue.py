"""The prestaties: integral ones with the tables that choose between them, and the monodisciplinary ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from adapter.model.carepath import PHASES
from adapter.model.decision import FallbackPrestatie, PrestatieChoice
from adapter.model.facts import ActKind
from adapter.model.register import DISCIPLINES
from adapter.rules import (
    Fault,
    RuleError,
    Source,
    Standing,
    Table,
    Validity,
    load_sources,
    lowest,
    read_tables,
    version_of,
)
from adapter.rules.faults import Faults
from adapter.rules.reading import Reader
from adapter.rules.yamlfile import read

INTEGRAL = "integraal.yaml"
MONO = "monodisciplinair.yaml"
NONE = frozenset({"geen", "onbekend"})
"""Outcomes of a choice that are no prestatie."""

_INTEGRAL = {"id", "name", "phase", "code", "code_from", "code_to", "from", "to", "cites", "standing"}
_MONO = {"id", "list", "name", "code", "code_from", "code_to", "unit", "cites", "standing"}
_MONO |= {"disciplines", "phases", "responsible", "acts", "early", "once", "part_of"}

_ALWAYS = Validity()

E = TypeVar("E", "IntegralPrestatie", "MonoPrestatie")


@dataclass(frozen=True, slots=True)
class IntegralPrestatie:
    """One integral prestatie. `code` is None until the official list is loaded, and holds in the period of that list.

    `standing` is that of the name.
    """

    id: str
    name: str
    phase: str
    code: str | None
    valid: Validity
    cites: tuple[Source, ...]
    standing: Standing
    code_valid: Validity = _ALWAYS

    def code_on(self, day: date) -> str | None:
        """The code that holds on that day."""
        return self.code if self.code_valid.holds(day) else None

    def choice(self, day: date) -> PrestatieChoice:
        """As a decision shows it for care on that day: without a code it is provisional, however known its name."""
        code = self.code_on(day)
        return PrestatieChoice(self.id, self.name, code, self.standing if code else "provisional")


@dataclass(frozen=True, slots=True)
class MonoPrestatie:
    """One monodisciplinary prestatie; its code holds only in the period for which a source printed it."""

    id: str
    list: str
    name: str
    code: str | None
    code_valid: Validity
    unit: str | None
    cites: tuple[Source, ...]
    standing: Standing
    disciplines: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    responsible: bool = False
    acts: tuple[str, ...] = ()
    early: bool | None = None
    once: bool = False
    part_of: str | None = None

    def on(self, day: date | None) -> FallbackPrestatie:
        """As claimed for care on that day: outside the period of the code, no code and provisional."""
        holds = self.code is not None and day is not None and self.code_valid.holds(day)
        standing = lowest(self.standing, "verified" if holds else "provisional")
        return FallbackPrestatie(self.list, self.code if holds else None, self.name, standing)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All prestaties and the tables that choose. `version` is a hash of the files."""

    integral: dict[str, IntegralPrestatie]
    mono: dict[str, MonoPrestatie]
    tables: dict[str, Table]
    version: str
    _given_by: dict[tuple[str, str], tuple[MonoPrestatie, ...]] = field(default_factory=dict, compare=False, repr=False)

    def given_by(self, discipline: str, phase: str) -> tuple[MonoPrestatie, ...]:
        """The monodisciplinary prestaties of members of that discipline in that phase, in the order of the file."""
        key = (discipline, phase)
        found = self._given_by.get(key)
        if found is None:
            mine = (e for e in self.mono.values() if discipline in e.disciplines and phase in e.phases)
            found = self._given_by[key] = tuple(mine)
        return found


def load_catalogue(mappings: Path) -> Catalogue:
    """Load and prove `mappings/catalogues`. Raises `RuleError` with every fault: file, line, entry, what is wrong."""
    folder = mappings / "catalogues"
    sources, faults = load_sources(mappings)
    integral_tables, more = read_tables(folder / INTEGRAL, sources, frozenset({"list", "prestaties"}))
    mono_tables, most = read_tables(folder / MONO, sources, frozenset({"prestaties"}))
    faults += more + most
    integral = _entries(folder / INTEGRAL, sources, _integral, faults)
    mono = _entries(folder / MONO, sources, _mono, faults)
    if not faults:  # an entry that was left out would show up as an unknown outcome
        faults += _unknown_outcomes(integral_tables, integral)
        faults += _unknown_outcomes(mono_tables, mono)
        faults += _outside_validity(integral_tables, integral)
        faults += _unknown_wholes(mono)
    if faults:
        raise RuleError(faults)
    tables = {table.decides: table for table in (*integral_tables, *mono_tables)}
    return Catalogue(integral, mono, tables, version_of([folder / INTEGRAL, folder / MONO]))


def _entries(
    path: Path, sources: dict[str, Source], make: Callable[[Reader, dict[str, Source]], E], faults: list[Fault]
) -> dict[str, E]:
    collected = Faults(f"{path.parent.name}/{path.name}")
    fields = read(path, collected)
    if fields is None:
        return {}  # told already when its tables were read
    found: dict[str, E] = {}
    for bare in Reader(fields, None, collected).entries("prestaties"):
        entry = make(bare.named(bare.optional("id") or "?"), sources)
        if entry.id in found:
            bare.named(entry.id).fault(f"prestatie {entry.id!r} stands here twice")
        found[entry.id] = entry
    faults += collected.found
    return found


def _integral(entry: Reader, sources: dict[str, Source]) -> IntegralPrestatie:
    entry.only(_INTEGRAL)
    phase = entry.text("phase")
    if phase and phase not in PHASES:
        entry.fault(f"'phase' is {phase!r}, not one of {', '.join(PHASES)}")
    return IntegralPrestatie(
        entry.text("id"),
        entry.text("name"),
        phase,
        entry.optional("code"),
        entry.validity(),
        entry.sources(sources),
        entry.standing(),
        Validity(entry.day("code_from"), entry.day("code_to")),
    )


def _mono(entry: Reader, sources: dict[str, Source]) -> MonoPrestatie:
    entry.only(_MONO)
    code = entry.optional("code")
    valid = Validity(entry.day("code_from"), entry.day("code_to"))
    if code and (valid.start is None or valid.end is None):
        entry.fault("a code needs the period for which it was read: 'code_from' and 'code_to'")
    return MonoPrestatie(
        entry.text("id"),
        entry.text("list"),
        entry.text("name"),
        code,
        valid,
        entry.optional("unit"),
        entry.sources(sources),
        entry.standing(),
        _among(entry, "disciplines", DISCIPLINES),
        _among(entry, "phases", PHASES),
        bool(entry.flag("responsible")),
        _among(entry, "acts", tuple(ActKind)),
        entry.flag("early"),
        bool(entry.flag("once")),
        entry.optional("part_of"),
    )


def _among(entry: Reader, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    found = entry.texts(key)
    for value in found:
        if value not in known:
            entry.fault(f"{key!r} names {value!r}, not one of {', '.join(known)}", entry.fields.get(key))
    return found


def _unknown_outcomes(tables: list[Table], entries: dict[str, E]) -> list[Fault]:
    return [
        Fault(table.file, table.line, table.id, f"outcome {outcome!r} is no prestatie of this catalogue")
        for table in tables
        for outcome in table.outcomes
        if outcome not in entries and outcome not in NONE
    ]


def _unknown_wholes(entries: dict[str, MonoPrestatie]) -> list[Fault]:
    return [
        Fault(f"catalogues/{MONO}", None, entry.id, f"is part of {entry.part_of!r}, which is no prestatie here")
        for entry in entries.values()
        if entry.part_of is not None and entry.part_of not in entries
    ]


def _outside_validity(tables: list[Table], entries: dict[str, IntegralPrestatie]) -> list[Fault]:
    """A row may not choose a prestatie on a day on which that does not exist."""
    return [
        Fault(table.file, row.line, f"{table.id}/{row.id}", f"chooses {row.outcome!r}, which is valid {entry.valid}")
        for table in tables
        for row in table.rows
        if (entry := entries.get(row.outcome)) is not None and not _inside(row.valid, entry.valid)
    ]


def _inside(inner: Validity, outer: Validity) -> bool:
    starts = outer.start is None or (inner.start is not None and inner.start >= outer.start)
    return starts and (outer.end is None or (inner.end is not None and inner.end <= outer.end))
