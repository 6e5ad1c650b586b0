"""YAML as text with line numbers; every node knows the file it stands in, so that files can be laid over each other.

Every scalar stays the text that was written: `no`, `2024-01-01` and `032` are not turned into something else, and a key
that stands twice is a fault instead of a silent overwrite.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from adapter.rules.faults import Faults

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same in C where PyYAML was built with it


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar; `value` is None for an empty one."""

    value: str | None
    line: int
    file: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    values: tuple[Node, ...]
    line: int
    file: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping."""

    values: dict[str, Node]
    line: int
    file: str = ""

    def get(self, key: str) -> Node | None:
        """The node under that key."""
        return self.values.get(key)


Node = Text | Items | Fields


def read(path: Path, faults: Faults) -> Fields | None:
    """Read one file; None (and a fault) when it is no YAML mapping."""
    try:
        tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, UnicodeDecodeError) as error:
        faults.add(None, None, f"cannot be read: {error}")
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        faults.add(mark.line + 1 if mark else None, None, f"is not YAML: {what}")
        return None
    node = _node(tree, faults) if tree is not None else None
    if not isinstance(node, Fields):
        faults.add(1, None, "must be a mapping of keys to values")
        return None
    return node


def _node(tree: yaml.Node, faults: Faults) -> Node:
    line = tree.start_mark.line + 1
    if isinstance(tree, yaml.SequenceNode):
        return Items(tuple(_node(item, faults) for item in tree.value), line, faults.file)
    if isinstance(tree, yaml.MappingNode):
        values: dict[str, Node] = {}
        for key, value in tree.value:
            name = str(key.value)
            if name in values:
                faults.add(key.start_mark.line + 1, None, f"key {name!r} stands here twice")
            values[name] = _node(value, faults)
        return Fields(values, line, faults.file)
    empty = tree.tag == "tag:yaml.org,2002:null"
    return Text(None if empty else str(tree.value), line, faults.file)
