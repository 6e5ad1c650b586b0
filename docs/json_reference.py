"""Write docs/reference/json.md from the model, with the meanings given in docs/reference/json.yaml.

    .venv/bin/python docs/json_reference.py

A field without a meaning, or a meaning without a field, stops it: the reference cannot drift from the model.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import yaml
from pydantic.fields import FieldInfo

from adapter.model.carepath import FACT_KEYS, CarePath
from adapter.model.decision import Decision

HERE = Path(__file__).parent / "reference"
Meanings = dict[str, dict[str, str]]
_PLAIN = {str: "text", int: "number", float: "number", bool: "true or false", date: "date", datetime: "instant"}


def shapes(root: type) -> list[type]:
    """The dataclasses that a shape is made of, itself first, each once, in the order in which they are met."""
    found: list[type] = []
    ahead = [root]
    while ahead:
        kind = ahead.pop(0)
        if kind in found:
            continue
        found.append(kind)
        ahead += [part for _, hint in _fields(kind) for part in _dataclasses_in(hint)]
    return found


def _fields(kind: type) -> list[tuple[str, Any]]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return [(_alias(hints[f.name]) or f.name, hints[f.name]) for f in dataclasses.fields(kind)]


def _alias(hint: Any) -> str | None:
    if typing.get_origin(hint) is typing.Annotated:
        return next((a.alias for a in hint.__metadata__ if isinstance(a, FieldInfo) and a.alias), None)
    return None


def _dataclasses_in(hint: Any) -> list[type]:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return [hint]
    return [found for part in typing.get_args(hint) for found in _dataclasses_in(part)]


def written(hint: Any) -> str:
    """A type as the JSON shows it."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return written(parts[0])
    if origin is typing.Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if origin in {typing.Union, types.UnionType}:
        words = dict.fromkeys(written(part) for part in parts if part is not type(None))
        return ", ".join(words) + (", or null" if type(None) in parts else "")
    if origin is tuple:
        return f"list of {written(parts[0])}"
    if origin is dict:
        return f"object of {written(parts[1])}"
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return " or ".join(f"`{member.value}`" for member in hint)
    return _PLAIN[hint]


def _table(kind: type, meanings: Meanings) -> Iterator[str]:
    given = meanings[kind.__name__]
    fields = _fields(kind)
    if unknown := given.keys() - {name for name, _ in fields} - {"shape"}:
        raise SystemExit(f"{kind.__name__} has no field {', '.join(sorted(unknown))}")
    yield from (f"### {kind.__name__}", "", given["shape"], "", "| field | value | meaning |", "|---|---|---|")
    for name, hint in fields:
        if name not in given:
            raise SystemExit(f"{kind.__name__}.{name} has no meaning in json.yaml")
        yield f"| `{name}` | {written(hint)} | {given[name]} |"
    yield ""


def render() -> str:
    """The whole reference."""
    meanings: Meanings = yaml.safe_load((HERE / "json.yaml").read_text("utf-8"))
    texts = meanings.pop("texts")
    path, decision = shapes(CarePath), shapes(Decision)
    facts = meanings.pop("facts")
    if set(facts) != set(FACT_KEYS):
        raise SystemExit(f"facts differ from the model: {sorted(set(facts) ^ set(FACT_KEYS))}")
    lines = [
        "# JSON: the care path and the decision",
        "",
        texts["start"],
        "",
        "## The care path",
        "",
        texts["path"],
        "",
    ]
    lines += [line for kind in path for line in _table(kind, meanings)]
    lines += ["### Facts", "", texts["facts"], "", "| key | value | meaning |", "|---|---|---|"]
    lines += [f"| `{key}` | {' | '.join(part.strip() for part in facts[key].split('|', 1))} |" for key in FACT_KEYS]
    lines += ["", "## The decision", "", texts["decision"], ""]
    lines += [line for kind in decision if kind not in path for line in _table(kind, meanings)]
    if unknown := meanings.keys() - {kind.__name__ for kind in (*path, *decision)}:
        raise SystemExit(f"no shape is called {', '.join(sorted(unknown))}")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    (HERE / "json.md").write_text(render(), "utf-8")
