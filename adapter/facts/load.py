"""Loading the dialects: YAML, `extends`, code maps; every fault named with file and key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import yaml

from adapter.facts.codemaps import load_code_maps
from adapter.facts.compile import compile_dialect
from adapter.facts.dialect import CodeMap, Dialect
from adapter.facts.faults import DialectError, Faults

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, five times as fast where libyaml is there."""

KEYED = frozenset(
    {
        "systems",
        "paths",
        "statements",
        "acts",
        "states",
        "maps",
        "untyped",
        "disciplines",
        "units",
        "act_texts",
        "observation_acts",
        "agb_kinds",
        "measures",
        "notes",
        "screenings",
        "sources",
    }
)
"""Sections that a dialect adds to or changes entry by entry; the others it replaces whole."""


@dataclass(frozen=True, slots=True)
class Dialects:
    """All dialects of a mappings folder. `version` changes with any byte of them or of their code maps."""

    version: str
    _dialects: dict[str, Dialect]

    def get(self, name: str) -> Dialect:
        """The dialect of that name. Raises `DialectError` naming those there are."""
        try:
            return self._dialects[name]
        except KeyError:
            raise DialectError((f"dialect {name!r} is unknown; there are: {', '.join(self.names)}",)) from None

    @property
    def names(self) -> tuple[str, ...]:
        """The names a source's `dialect` may have."""
        return tuple(sorted(self._dialects))

    def __iter__(self) -> Iterator[Dialect]:
        return iter(self._dialects.values())


def load_dialects(mappings: FilePath) -> Dialects:
    """Read `mappings/dialects/*.yaml` with the code maps of `mappings/codes`.

    Raises `DialectError` with all faults found, each with file and key.
    """
    faults = Faults()
    files = sorted((mappings / "dialects").glob("*.yaml"))
    if not files:
        faults.add(str(mappings / "dialects"), "", "there are no dialect files (*.yaml) here")
    maps = load_code_maps(mappings / "codes", faults)
    raw = {path.stem: _read(path, faults) for path in files}
    dialects: dict[str, Dialect] = {}
    for name in raw:
        merged = _merged(name, raw, faults, ())
        if merged.get("abstract") is True:
            continue
        dialect = compile_dialect(name, merged, maps, faults)
        if dialect is not None:
            dialects[name] = dialect
    faults.check()
    return Dialects(_version(files, maps, mappings), dialects)


def _read(path: FilePath, faults: Faults) -> dict[str, Any]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 (it is the safe one)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        faults.add(path.name, "", f"is not YAML: {error}".replace("\n", " "))
        return {"abstract": True}
    if not isinstance(data, dict):
        faults.add(path.name, "", "must be a mapping of keys")
        return {"abstract": True}
    if data.get("id") != path.stem:
        faults.add(path.name, "id", f"must be the file's name, {path.stem!r}, not {data.get('id')!r}")
    return data


def _merged(name: str, raw: dict[str, dict[str, Any]], faults: Faults, seen: tuple[str, ...]) -> dict[str, Any]:
    own = dict(raw[name])
    base_name = own.pop("extends", None)
    if base_name is None:
        return own
    if base_name not in raw or base_name in (*seen, name):
        why = "is not a dialect file here" if base_name not in raw else "extends itself in the end"
        faults.add(f"{name}.yaml", "extends", f"{base_name!r} {why}")
        return own
    base = _merged(base_name, raw, faults, (*seen, name))
    base.pop("abstract", None)
    merged = {**base, **own}
    for section in KEYED & base.keys() & own.keys():
        if isinstance(base[section], dict) and isinstance(own[section], dict):
            merged[section] = _overlaid(base[section], own[section])
    return merged


def _overlaid(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Entry by entry: null takes an entry away, a mapping changes the keys it names, anything else replaces."""
    result = dict(base)
    for key, value in own.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = {**result[key], **value}
        else:
            result[key] = value
    return result


def _version(files: list[FilePath], maps: dict[str, CodeMap], mappings: FilePath) -> str:
    digest = hashlib.sha256()
    for path in [*files, *(mappings / "codes" / f"{name}.json" for name in sorted(maps))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
