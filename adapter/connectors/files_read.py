"""Files with FHIR in them: which ones, and the resources in each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapter import fhir
from adapter.connectors.errors import FailedError
from adapter.connectors.sniff import sniff
from adapter.fhir import Entry
from adapter.model.sources import FhirVersion, Media

_KINDS = {".json": Media.JSON, ".xml": Media.XML, ".ndjson": Media.JSON, ".jsonl": Media.JSON}
_LINES = frozenset({".ndjson", ".jsonl"})


Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class FhirFile:
    """One file; `name` is its path below the configured folder, for reports."""

    path: Path
    name: str

    @property
    def media(self) -> Media:
        """By its extension."""
        return _KINDS[self.path.suffix.lower()]

    def stamp(self) -> Stamp | None:
        """Changes when the file does; None when it is not there."""
        try:
            now = self.path.stat()
        except OSError:
            return None
        return now.st_ino, now.st_mtime_ns, now.st_size


def files_in(root: Path, unreadable: list[str]) -> Iterator[FhirFile]:
    """The FHIR files below a folder in a fixed order, or the one file. A link that leads out of the folder is left.

    `unreadable` gets the name of each folder that could not be opened. Raises `FailedError` when there is nothing at
    that path.
    """
    if root.is_file():
        if root.suffix.lower() not in _KINDS:
            raise FailedError("het ingestelde bestand is geen .json, .xml of .ndjson", "controleer `path`")
        yield FhirFile(root, root.name)
        return
    if not root.is_dir():
        raise FailedError("de ingestelde map bestaat niet of is niet te lezen", "controleer `path` van deze bron")
    real_root = root.resolve()

    def note(error: OSError) -> None:
        unreadable.append(os.path.relpath(error.filename or root, root))

    for folder, folders, names in os.walk(root, onerror=note, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            inside = path.is_file() and path.resolve().is_relative_to(real_root)
            if inside and path.suffix.lower() in _KINDS:
                yield FhirFile(path, path.relative_to(root).as_posix())


@dataclass(frozen=True, slots=True)
class Found:
    """One resource in a file, or what was wrong at that place (`problem`)."""

    entry: Entry | None
    version: FhirVersion | None
    where: str
    problem: str | None = None


def resources_in(file: FhirFile, configured: FhirVersion | None, most_bytes: int) -> Iterator[Found]:
    """Each resource in a file; a fault is one `Found` with a problem and the rest goes on."""
    try:
        if file.path.stat().st_size > most_bytes:
            yield Found(None, None, file.name, f"groter dan {most_bytes} bytes; overgeslagen (file_bytes)")
            return
        if file.path.suffix.lower() in _LINES:
            yield from _lines(file, configured)
        else:
            yield from _whole(file.path.read_bytes(), file.media, file.name, configured)
    except OSError as error:
        yield Found(None, None, file.name, f"niet te lezen ({type(error).__name__})")


def _lines(file: FhirFile, configured: FhirVersion | None) -> Iterator[Found]:
    with file.path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            text = line.strip()
            if text:
                yield from _whole(text, Media.JSON, f"{file.name}:{number}", configured)


def _whole(body: bytes, media: Media, where: str, configured: FhirVersion | None) -> Iterator[Found]:
    version = configured or sniff(body)
    page = fhir.split(body, media, version or FhirVersion.STU3)
    for problem in page.problems:
        yield Found(None, version, where, problem)
    for entry in page.entries:
        if entry.type and entry.id:
            yield Found(entry, version, where)
        else:
            yield Found(None, version, where, "een resource zonder type of id is overgeslagen")
