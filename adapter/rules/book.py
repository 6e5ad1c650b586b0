"""The rule book: every table in `mappings/rules`, proved when it is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

from adapter.rules.evaluation import Asking
from adapter.rules.faults import Fault, Faults, RuleError
from adapter.rules.parsing import parse_sources, parse_tables
from adapter.rules.proof import prove_succession
from adapter.rules.reading import Reader
from adapter.rules.table import Source, Table
from adapter.rules.yamlfile import Fields, read

SOURCES = "sources.yaml"


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Proved tables by the question they decide, in order of validity. `version` is a hash of all the files.

    `variants` are the books of insurers (UZOVI code) with rules of their own, each complete and proved by itself.
    """

    tables: dict[str, tuple[Table, ...]]
    sources: dict[str, Source]
    version: str
    variants: dict[str, RuleBook] = field(default_factory=dict)

    def table(self, decides: str, on: date) -> Table:
        """The table that decides this question on that day. Raises `LookupError` when the book has none."""
        for table in self.tables.get(decides, ()):
            if table.valid.holds(on):
                return table
        raise LookupError(f"no rule table decides {decides!r} on {on}; add one to mappings/rules")

    def asking(self, decides: str, on: date) -> Asking:
        """That table, ready to be asked on that day."""
        return Asking(self.table(decides, on), on)

    def for_insurer(self, uzovi: str | None) -> RuleBook:
        """The rules agreed with that insurer: this book, unless there is a variant of it."""
        return self.variants.get(uzovi, self) if uzovi is not None and self.variants else self


def load(mappings: Path) -> RuleBook:
    """Load and prove `mappings/rules/*.yaml`. Raises `RuleError` with every fault found."""
    folder = mappings / "rules"
    paths = sorted(folder.glob("*.yaml"))
    sources, faults = load_sources(mappings)
    tables: list[Table] = []
    for path in paths:
        if path.name != SOURCES:
            found, more = read_tables(path, sources)
            tables += found
            faults += more
    faults += _doubles(tables)
    families = _families(tables)
    if not faults:  # a table that was left out would show up as a hole
        faults += [fault for family in families.values() for fault in prove_succession(family)]
    if not tables and not faults:
        faults.append(Fault("rules", None, None, f"no rule tables found in {folder.name}/"))
    if faults:
        raise RuleError(faults)
    return RuleBook(families, sources, version_of(paths))


def load_sources(mappings: Path) -> tuple[dict[str, Source], list[Fault]]:
    """The sources that may be cited, and the faults in their file."""
    faults = Faults(f"rules/{SOURCES}")
    fields = read(mappings / "rules" / SOURCES, faults)
    return (parse_sources(_reader(fields, faults, {"sources"})) if fields else {}), faults.found


def read_tables(
    path: Path, sources: dict[str, Source], beside: frozenset[str] = frozenset()
) -> tuple[list[Table], list[Fault]]:
    """The proved tables of one file, and its faults. `beside`: other keys the file may have, read by someone else."""
    faults = Faults(f"{path.parent.name}/{path.name}")
    fields = read(path, faults)
    tables = list(parse_tables(_reader(fields, faults, beside | {"tables"}), sources)) if fields else []
    return tables, faults.found


def version_of(paths: list[Path]) -> str:
    """A hash of names and contents: changes whenever a rule could."""
    digest = sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _reader(fields: Fields, faults: Faults, known: set[str] | frozenset[str]) -> Reader:
    reader = Reader(fields, None, faults)
    reader.only(known)
    return reader


def _families(tables: list[Table]) -> dict[str, tuple[Table, ...]]:
    families: dict[str, tuple[Table, ...]] = {}
    for table in sorted(tables, key=lambda t: t.valid.start or date.min):
        families[table.decides] = (*families.get(table.decides, ()), table)
    return families


def _doubles(tables: list[Table]) -> list[Fault]:
    seen: dict[str, Table] = {}
    faults: list[Fault] = []
    for table in tables:
        first = seen.setdefault(table.id, table)
        if first is not table:
            faults.append(
                Fault(table.file, table.line, table.id, f"table id is also used in {first.file}:{first.line}")
            )
    return faults
