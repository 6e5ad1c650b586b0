"""Typed reading of a mapping in a YAML file: every fault with its line, every key that nobody reads named."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeVar

from adapter.rules.faults import Faults
from adapter.rules.yamlfile import Fields, Items, Node, Text

T = TypeVar("T")


class Row:
    """One mapping, read key by key. What is wrong is added to the faults; reading goes on."""

    def __init__(self, fields: Fields, name: str, faults: Faults) -> None:
        self.fields = fields
        self.name = name
        self.faults = faults
        self._read: set[str] = set()

    def fault(self, what: str, node: Node | None = None) -> None:
        """Note a fault, on the node's line or that of the row."""
        self.faults.add((node or self.fields).line, self.name, what)

    def close(self) -> None:
        """Name the keys that nobody asked for: a typing error, mostly."""
        for key, node in self.fields.values.items():
            if key not in self._read:
                self.fault(f"there is no key {key!r} here; there are {', '.join(sorted(self._read))}", node)

    def has(self, key: str) -> bool:
        """Whether something stands under the key."""
        return self._node(key) is not None

    def text(self, key: str) -> str | None:
        """The text under a key."""
        node = self._node(key)
        if isinstance(node, Text) and node.value is not None:
            return node.value
        if node is not None:
            self.fault(f"{key}: a text is expected", node)
        return None

    def required(self, key: str) -> str:
        """The text under a key that must be there."""
        if not self.has(key):
            self.fault(f"{key} is missing")
            return ""
        return self.text(key) or ""

    def word(self, key: str, words: Iterable[str], default: str | None = None) -> str:
        """One of some words."""
        known = tuple(words)
        if not self.has(key) and default is not None:
            return default
        given = self.required(key)
        if given not in known and self.has(key):
            self.fault(f"{key}: {given!r} is not one of {', '.join(known)}", self._node(key))
        return given if given in known else known[0]

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; nothing is an empty list."""
        node = self._node(key)
        if node is None:
            return ()
        if not isinstance(node, Items) or not all(isinstance(v, Text) and v.value for v in node.values):
            self.fault(f"{key}: a list such as [a, b] is expected", node)
            return ()
        return tuple(v.value for v in node.values if isinstance(v, Text) and v.value)

    def words(self, key: str, known: Iterable[str]) -> tuple[str, ...]:
        """A list of words out of those known."""
        given, all_ = self.texts(key), frozenset(known)
        for word in given:
            if word not in all_:
                self.fault(f"{key}: {word!r} is not one of {', '.join(sorted(all_))}", self._node(key))
        return tuple(word for word in given if word in all_)

    def flag(self, key: str, default: bool = False) -> bool:
        """`true` or `false`."""
        return default if not self.has(key) else self.word(key, ("true", "false")) == "true"

    def parsed(self, key: str, parse: Callable[[str], T]) -> T | None:
        """The text under a key, read by a function that raises `ValueError`."""
        given = self.text(key)
        if given is None:
            return None
        try:
            return parse(given)
        except ValueError as error:
            self.fault(f"{key}: {error}", self._node(key))
            return None

    def number(self, key: str) -> int | None:
        """A whole number."""
        return self.parsed(key, _whole)

    def day(self, key: str) -> date | None:
        """A calendar date."""
        return self.parsed(key, date.fromisoformat)

    def row(self, key: str) -> Row | None:
        """The mapping under a key."""
        node = self._node(key)
        if isinstance(node, Fields):
            return Row(node, self.name, self.faults)
        if node is not None:
            self.fault(f"{key}: keys and values are expected", node)
        return None

    def rows(self, key: str) -> tuple[Row, ...]:
        """The list of mappings under a key; one mapping alone is a list of one."""
        node = self._node(key)
        if isinstance(node, Fields):
            return (Row(node, self.name, self.faults),)
        if node is None:
            return ()
        if not isinstance(node, Items):
            self.fault(f"{key}: a list is expected", node)
            return ()
        for item in node.values:
            if not isinstance(item, Fields):
                self.fault(f"{key}: each of the list has keys and values", item)
        return tuple(Row(item, self.name, self.faults) for item in node.values if isinstance(item, Fields))

    def _node(self, key: str) -> Node | None:
        self._read.add(key)
        node = self.fields.get(key)
        return None if isinstance(node, Text) and node.value is None else node


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None
