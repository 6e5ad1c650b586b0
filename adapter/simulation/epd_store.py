"""The resources of one simulated EPD, in memory, indexed by search parameter. Bytes are served as they were loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from adapter import fhir
from adapter.fhir import JsonObject
from adapter.model.sources import FhirVersion, Media
from adapter.simulation.epd_params import PARAMS, values


@dataclass(slots=True, eq=False)
class Row:
    """One resource. `includes`: parameter -> what it refers to, kept for `_include`."""

    type: str
    id: str
    json: bytes
    includes: dict[str, tuple[str, ...]]
    _xml: bytes | None = None

    @property
    def reference(self) -> str:
        """`Type/id`."""
        return f"{self.type}/{self.id}"

    def xml(self, version: FhirVersion) -> bytes:
        """As XML; made once, on first use."""
        if self._xml is None:
            resource = fhir.read_exact(self.json, Media.JSON, version)
            self._xml = without_declaration(fhir.to_xml(resource, version))
        return self._xml


def without_declaration(xml: bytes) -> bytes:
    """The element only, to put inside another."""
    return xml[xml.index(b"?>") + 2 :].lstrip() if xml.startswith(b"<?xml") else xml


@dataclass(slots=True)
class EpdStore:
    """Filled once by `load`, then only read."""

    version: FhirVersion
    rows: dict[str, Row] = field(default_factory=dict)  # by reference
    by_type: dict[str, list[Row]] = field(default_factory=dict)
    index: dict[tuple[str, str, str], list[Row]] = field(default_factory=dict)  # (type, parameter, value)

    def load(self, bodies: Iterable[bytes]) -> None:
        """Take in resources as JSON bytes. Of the same type and id the first stays. Raises `FhirError`."""
        for body in bodies:
            resource = fhir.read(body, Media.JSON, self.version)
            kind, id_ = resource.get("resourceType"), resource.get("id")
            if not isinstance(kind, str) or not isinstance(id_, str) or f"{kind}/{id_}" in self.rows:
                continue
            row = Row(kind, id_, body, {})
            self.rows[row.reference] = row
            self.by_type.setdefault(kind, []).append(row)
            self._index(row, resource)

    def _index(self, row: Row, resource: JsonObject) -> None:
        for name, (kind, path) in PARAMS[self.version].get(row.type, {}).items():
            found = tuple(dict.fromkeys(values(resource, kind, path)))
            if kind == "reference" and found:
                row.includes[name] = found
            for value in found:
                self.index.setdefault((row.type, name, value), []).append(row)

    def find(self, kind: str, name: str, wanted: Iterable[str]) -> list[Row]:
        """Rows with one of these values, each once, in the order they were loaded per value."""
        if name == "_id":
            rows = (self.rows.get(f"{kind}/{id_}") for id_ in wanted)
            return [row for row in rows if row]
        found: dict[Row, None] = {}
        for value in wanted:
            found.update(dict.fromkeys(self.index.get((kind, name, value), ())))
        return list(found)


def bodies_in(data: Path) -> Iterator[bytes]:
    """Every resource below a folder, or in one file: NDJSON, JSON resources and Bundles. Raises `OSError`."""
    files = [data] if data.is_file() else sorted(p for p in data.rglob("*") if p.suffix in (".ndjson", ".json"))
    for file in files:
        if file.suffix == ".ndjson":
            with file.open("rb") as lines:
                yield from (line.strip() for line in lines if line.strip())
        else:
            page = fhir.split(file.read_bytes(), Media.JSON, FhirVersion.STU3)
            yield from (entry.body for entry in page.entries if entry.type)


def bodies_of(resources: Iterable[JsonObject]) -> Iterator[bytes]:
    """The same from objects."""
    return (orjson.dumps(resource) for resource in resources)
