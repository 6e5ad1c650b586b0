"""Import an official list of prestaties (CSV) into the catalogue: provisional entries become verified ones.

Columns, in any order, semicolon or comma between them, UTF-8:

| column | what |
|---|---|
| `lijst` | the list (COD367): 069 integrale geboortezorg, 032 verloskunde, 011 kraamzorg, 041 dbc |
| `code` | the code as the list prints it |
| `naam` | the name as the list prints it |
| `geldig_van`, `geldig_tot` | first and last day on which the code holds (2024-01-31); open end: 069 only |
| `id` | our id of the entry that this row is; may be empty where the name is exactly the same |
| `fase` | for 069: prenataal, nataal or postnataal; may be empty for an entry that we have |

A code is taken over as it stands in the list, and never made up. What cannot be placed is told, and left out.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from adapter.claims.catalogue import INTEGRAL, MONO, Catalogue, IntegralPrestatie, MonoPrestatie, load_catalogue
from adapter.model.carepath import PHASES
from adapter.rules import RuleError, load_sources

LISTS = ("069", "032", "011", "041")
COLUMNS = ("lijst", "code", "naam", "geldig_van", "geldig_tot", "id", "fase")
_NEEDED = ("lijst", "code", "naam", "geldig_van")
_CODE = re.compile(r"[0-9A-Z]{1,9}")
_MOST = 5 * 1024 * 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffd]")

Entry = IntegralPrestatie | MonoPrestatie


@dataclass(frozen=True, slots=True)
class ListFault:
    """What is wrong in a list: file, line (the head is line 1), column."""

    file: str
    line: int
    column: str
    what: str

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}: {self.column}: {self.what}"
            if self.column
            else f"{self.file}:{self.line}: {self.what}"
        )


class ListError(ValueError):
    """A list that may not be used. `faults` holds every fault found."""

    def __init__(self, faults: list[ListFault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Official:
    """One row of a list."""

    line: int
    list: str
    code: str
    name: str
    since: date
    until: date | None
    id: str
    phase: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What the import changes of one entry, or why a row changes nothing. `before`, `after`: as a reader sees them."""

    id: str
    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The differences, rows that no entry is, and entries of these lists that stay provisional."""

    differences: tuple[Difference, ...]
    unplaced: tuple[str, ...]
    still_provisional: tuple[str, ...]
    catalogue_before: str
    catalogue_after: str


def read_list(path: Path) -> list[Official]:
    """Read and check a list. Raises `ListError` with every fault: file, line, column, what is wrong."""
    name = path.name
    try:
        if path.stat().st_size > _MOST:
            raise ListError([ListFault(name, 1, "", f"is larger than {_MOST} bytes")])
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ListError([ListFault(name, line, "", "is not UTF-8")]) from None
    except OSError as error:
        raise ListError([ListFault(name, 1, "", error.strerror or "cannot be read")]) from None
    head = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in head else ",", strict=True)
    faults: list[ListFault] = []
    found = list(_rows(name, reader, faults))
    faults += _twice(name, found)
    if not faults and not found:
        faults.append(ListFault(name, 1, "", "holds no rows"))
    if faults:
        raise ListError(faults)
    return found


def _rows(name: str, reader: Iterator[list[str]], faults: list[ListFault]) -> Iterator[Official]:
    columns: list[str] | None = None
    line = 0
    try:
        for line, cells in enumerate(reader, start=1):
            if columns is None:
                columns = [c.strip().lower() for c in cells]
                faults += [ListFault(name, 1, c[:40], "is no column of a list") for c in columns if c not in COLUMNS]
                faults += [ListFault(name, 1, c, "this column is missing") for c in _NEEDED if c not in columns]
                faults += [ListFault(name, 1, c, "stands twice") for c in COLUMNS if columns.count(c) > 1]
                if faults:
                    return
            elif any(c.strip() for c in cells):
                if len(cells) != len(columns):
                    faults.append(ListFault(name, line, "", f"has {len(cells)} cells, and the head {len(columns)}"))
                    continue
                row = _row(name, line, dict(zip(columns, (c.strip() for c in cells), strict=True)), faults)
                if row is not None:
                    yield row
    except csv.Error as error:
        faults.append(ListFault(name, line + 1, "", f"is not CSV: {error}"))


def _row(name: str, line: int, cells: dict[str, str], faults: list[ListFault]) -> Official | None:
    before = len(faults)

    def fault(column: str, what: str) -> None:
        faults.append(ListFault(name, line, column, what))

    if cells["lijst"] not in LISTS:
        fault("lijst", f"is not one of {', '.join(LISTS)}")
    if not _CODE.fullmatch(cells["code"]):
        fault("code", "is not a code: one to nine digits or capitals")
    if not 3 <= len(cells["naam"]) <= 200 or _CONTROL.search(cells["naam"]):
        fault("naam", "is not a name: three to two hundred characters, on one line")
    if cells.get("fase", "") not in {"", *PHASES}:
        fault("fase", f"is not one of {', '.join(PHASES)}")
    since, until = _day(cells["geldig_van"]), _day(cells.get("geldig_tot", ""))
    if since is None:
        fault("geldig_van", "is not a date such as 2024-01-31")
    if cells.get("geldig_tot", "") and until is None:
        fault("geldig_tot", "is not a date such as 2024-01-31")
    if since and until and until < since:
        fault("geldig_tot", "lies before geldig_van")
    if cells["lijst"] != "069" and not cells.get("geldig_tot", ""):
        fault("geldig_tot", "is missing; a code of this list holds for a period")
    if len(faults) > before or since is None:
        return None
    return Official(
        line, cells["lijst"], cells["code"], cells["naam"], since, until, cells.get("id", ""), cells.get("fase", "")
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _twice(name: str, rows: list[Official]) -> Iterator[ListFault]:
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        for column, value in (("code", row.code), ("id", row.id)):
            first = seen.setdefault((f"{row.list} {column}", value), row.line) if value else row.line
            if first != row.line:
                yield ListFault(name, row.line, column, f"stands in line {first} too")


def import_list(path: Path, mappings: Path, source: str, *, write: bool) -> ImportReport:
    """Put a list into `mappings/catalogues`; without `write` only say what would change.

    `source`: the id in `sources.yaml` of the list as it was published, which the entries will cite. The outcome is
    proved as a whole before anything is written. Raises `ListError`, `RuleError`.
    """
    rows = read_list(path)
    sources, _ = load_sources(mappings)
    if source not in sources or not sources[source].read:
        what = f"source {source!r} is not in rules/sources.yaml as read; add the list there first: title, citation, url"
        raise ListError([ListFault(path.name, 1, "", what)])
    before = load_catalogue(mappings)
    placed, unplaced, faults = _placed(path.name, rows, before)
    if faults:
        raise ListError(faults)
    with tempfile.TemporaryDirectory() as made:
        draft = Path(made)
        for folder in ("catalogues", "rules"):
            shutil.copytree(mappings / folder, draft / folder)
        for file in (INTEGRAL, MONO):
            target = draft / "catalogues" / file
            mine = {entry.id: row for row, entry in placed if (row.list == "069") == (file == INTEGRAL)}
            target.write_text(_edited(target.read_text("utf-8"), mine, source), "utf-8")
        after = load_catalogue(draft)
        if write:
            for file in (INTEGRAL, MONO):
                _replace(draft / "catalogues" / file, mappings / "catalogues" / file)
    lists = {row.list for row in rows}
    return ImportReport(
        differences=tuple(d for row, entry in placed for d in _differences(entry, row)),
        unplaced=tuple(f"{r.list} {r.code} {r.name} (regel {r.line})" for r in unplaced),
        still_provisional=tuple(_provisional(after, lists)),
        catalogue_before=before.version,
        catalogue_after=after.version,
    )


def _placed(
    file: str, rows: list[Official], catalogue: Catalogue
) -> tuple[list[tuple[Official, Entry]], list[Official], list[ListFault]]:
    placed: list[tuple[Official, Entry]] = []
    unplaced: list[Official] = []
    faults: list[ListFault] = []
    for row in rows:
        known: dict[str, Entry] = dict(catalogue.integral) if row.list == "069" else dict(catalogue.mono)
        entry = known.get(row.id) if row.id else next((e for e in known.values() if _same(e.name, row.name)), None)
        if row.id and entry is None:
            faults.append(ListFault(file, row.line, "id", f"is no entry; there are {', '.join(sorted(known))}"))
        elif entry is None:
            unplaced.append(row)
        elif isinstance(entry, MonoPrestatie) and entry.list != row.list:
            faults.append(ListFault(file, row.line, "lijst", f"entry {entry.id} stands in list {entry.list}"))
        elif isinstance(entry, IntegralPrestatie) and row.phase and entry.phase != row.phase:
            faults.append(ListFault(file, row.line, "fase", f"entry {entry.id} is of the phase {entry.phase}"))
        elif any(entry is other for _, other in placed):
            faults.append(ListFault(file, row.line, "naam", f"entry {entry.id} is named by an earlier line too"))
        else:
            placed.append((row, entry))
    return placed, unplaced, faults


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def _edited(text: str, rows: dict[str, Official], source: str) -> str:
    """The file with the entries changed line by line, so that comments and order stay."""
    result: list[str] = []
    block: list[str] = []

    def flush() -> None:
        if block:
            found = re.match(r"  - id:\s*[\"']?([\w-]+)", block[0])
            row = rows.get(found[1]) if found else None
            result.extend(_entry(block, row, source) if row else block)
            block.clear()

    inside = False
    for line in text.splitlines():
        if not line.startswith(" ") and line.strip() and not line.startswith("#"):
            flush()
            inside = line.startswith("prestaties:")
        if inside and line.startswith("  - id:"):
            flush()
            block.append(line)
        elif block and line.startswith("    "):
            block.append(line)
        else:
            flush()
            result.append(line)
    flush()
    return "\n".join(result) + "\n"


def _entry(block: list[str], row: Official, source: str) -> list[str]:
    new = {
        "name": json.dumps(row.name, ensure_ascii=False),
        "code": f'"{row.code}"',
        "code_from": row.since.isoformat(),
        "code_to": row.until.isoformat() if row.until else "",
        "cites": f"[{source}]",
        "standing": "verified",
    }
    kept = [line for line in block if line.strip().split(":", 1)[0] not in new]
    return [*kept[:1], *(f"    {key}: {value}".rstrip() for key, value in new.items()), *kept[1:]]


def _replace(made: Path, target: Path) -> None:
    """Whole or not at all: beside it first, then in its place."""
    beside = target.with_suffix(".new")
    shutil.copyfile(made, beside)
    beside.replace(target)


def _differences(entry: Entry, row: Official) -> Iterator[Difference]:
    if entry.code != row.code:
        yield Difference(entry.id, "code", entry.code, row.code)
    if entry.name != row.name:
        yield Difference(entry.id, "naam", entry.name, row.name)
    period = f"{row.since} t/m {row.until}" if row.until else f"vanaf {row.since}"
    before = entry.code_valid if entry.code else None
    if before is None or (before.start, before.end) != (row.since, row.until):
        yield Difference(entry.id, "geldig", str(before) if before else None, period)
    if entry.standing != "verified":
        yield Difference(entry.id, "grond", entry.standing, "verified")


def _provisional(catalogue: Catalogue, lists: set[str]) -> Iterator[str]:
    if "069" in lists:
        yield from (e.id for e in catalogue.integral.values() if e.standing != "verified" or e.code is None)
    yield from (
        e.id for e in catalogue.mono.values() if e.list in lists and (e.standing != "verified" or e.code is None)
    )


__all__ = ["COLUMNS", "LISTS", "ImportReport", "ListError", "ListFault", "RuleError", "import_list", "read_list"]
