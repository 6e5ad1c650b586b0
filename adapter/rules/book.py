"""The rule book: every table in `mappings/rules`, proved when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from adapter.rules.evaluation import Asking
from adapter.rules.faults import Fault, Faults, RuleError
from adapter.rules.overlay import OVERLAY, Tables, by_id, id_of, lay_over, table_nodes
from adapter.rules.parsing import parse_sources, parse_tables
from adapter.rules.proof import prove_succession
from adapter.rules.reading import Reader
from adapter.rules.table import Source, Table
from adapter.rules.variables import load_questions
from adapter.rules.yamlfile import Fields, read

SOURCES = "sources.yaml"
VARIABLES = "variables.yaml"


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

    def fingerprint(self, decides: str, insurer: str | None, on: date, key: tuple[str, ...]) -> bytes:
        """`Asking.fingerprint` of what this book answers; with an empty key, which table would. Empty: it cannot."""
        try:
            asking = self.for_insurer(insurer).asking(decides, on)
            return asking.fingerprint(key) if key else asking.table.id.encode()
        except (LookupError, ValueError):
            return b""

    def for_insurer(self, uzovi: str | None) -> RuleBook:
        """The rules agreed with that insurer: this book, unless there is a variant of it."""
        return self.variants.get(uzovi, self) if uzovi is not None and self.variants else self


def load(
    mappings: Path, overlays: Sequence[Path] = (), insurers: Mapping[str, Sequence[Path]] | None = None
) -> RuleBook:
    """Load and prove `mappings/rules/*.yaml`, with the overlays of an IGO over them.

    `insurers`: by UZOVI code the overlays that go over those again, for women insured there. Raises `RuleError` with
    every fault found: file, line, row, and what is wrong.
    """
    faults: dict[Fault, None] = {}
    own = _book(mappings, tuple(overlays), faults)
    variants = {
        uzovi: _book(mappings, (*overlays, *files), faults) for uzovi, files in sorted((insurers or {}).items())
    }
    if faults:
        raise RuleError(faults)
    if not variants:
        return own
    version = sha256("\0".join([own.version, *(f"{u} {b.version}" for u, b in variants.items())]).encode())
    return replace(own, version=version.hexdigest()[:16], variants=variants)


def rule_files(mappings: Path) -> list[Path]:
    """The files that `load` reads, without overlays."""
    return sorted((mappings / "rules").glob("*.yaml"))


def _book(mappings: Path, overlays: tuple[Path, ...], told: dict[Fault, None]) -> RuleBook:
    paths = rule_files(mappings)
    sources, found = load_sources(mappings)
    faults = Faults("rules", found)
    nodes: list[Fields] = []
    for path in paths:
        if path.name not in (SOURCES, VARIABLES):
            nodes += _nodes(path, faults, {"tables"})
    faults.found += _doubles(nodes)
    tables = by_id(nodes)
    for path in overlays:
        tables, sources = _laid_over(path, tables, sources, faults)
    vocabulary, more = load_questions(mappings / "rules" / VARIABLES)
    faults.found += more
    proved = list(parse_tables(tables.values(), sources, faults, vocabulary))
    families = _families(proved)
    if not faults.found:  # a table that was left out would show up as a hole
        faults.found += [fault for family in families.values() for fault in prove_succession(family)]
    if not proved and not faults.found:
        faults.add(None, None, f"no rule tables found in {(mappings / 'rules').name}/")
    told |= dict.fromkeys(faults.found)
    return RuleBook(families, sources, version_of([*paths, *overlays]))


def _nodes(path: Path, faults: Faults, known: set[str]) -> list[Fields]:
    own = Faults(f"{path.parent.name}/{path.name}", faults.found)
    fields = read(path, own)
    return table_nodes(_reader(fields, own, known)) if fields else []


def _laid_over(
    path: Path, tables: Tables, sources: dict[str, Source], faults: Faults
) -> tuple[Tables, dict[str, Source]]:
    own = Faults(f"{path.parent.name}/{path.name}", faults.found)
    fields = read(path, own)
    if fields is None:
        return tables, sources
    reader = _reader(fields, own, OVERLAY)
    return lay_over(tables, reader), sources | parse_sources(reader)


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
    nodes = table_nodes(_reader(fields, faults, beside | {"tables"})) if fields else []
    return list(parse_tables(nodes, sources, faults)), faults.found


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


def _doubles(nodes: list[Fields]) -> list[Fault]:
    seen: dict[str, Fields] = {}
    faults: list[Fault] = []
    for node in nodes:
        name = id_of(node)
        first = seen.setdefault(name, node)
        if first is not node:
            faults.append(Fault(node.file, node.line, name, f"table id is also used in {first.file}:{first.line}"))
    return faults
