"""Typed reading of the fields of a rule file: what is missing or of the wrong kind becomes a fault, no exception."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from adapter.model.decision import Standing
from adapter.rules.faults import Faults
from adapter.rules.table import Source, Validity
from adapter.rules.yamlfile import Fields, Items, Node, Text


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the fields of one entry; `where` names the entry in faults."""

    fields: Fields
    where: str | None
    faults: Faults

    def fault(self, what: str, node: Node | None = None) -> None:
        """Note what is wrong with this entry."""
        at = node or self.fields
        self.faults.add(at.line, self.where, what, at.file)

    def named(self, where: str) -> Reader:
        """The same entry, under a better name."""
        return Reader(self.fields, where, self.faults)

    def only(self, known: Collection[str]) -> None:
        """A key that nobody reads is a typing error: a fault."""
        for key, node in self.fields.values.items():
            if key not in known:
                self.fault(f"unknown key {key!r}; known are {', '.join(sorted(known))}", node)

    def optional(self, key: str) -> str | None:
        """A text that may be missing or empty."""
        node = self.fields.get(key)
        if node is None:
            return None
        if not isinstance(node, Text):
            self.fault(f"{key!r} must be one value", node)
            return None
        return node.value

    def text(self, key: str) -> str:
        """A text that must be there; '' (and a fault) when it is not."""
        value = self.optional(key)
        if not value:
            self.fault(f"{key!r} is missing")
        return value or ""

    def day(self, key: str) -> date | None:
        """A calendar day (ISO 8601), None when left open."""
        value = self.optional(key)
        if value is None:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fault(f"{key!r} is {value!r}, not a day like 2023-01-01", self.fields.get(key))
            return None

    def validity(self) -> Validity:
        """`from` and `to`, both inclusive."""
        valid = Validity(self.day("from"), self.day("to"))
        if valid.start and valid.end and valid.end < valid.start:
            self.fault(f"valid to {valid.end}, before it is valid from {valid.start}")
        return valid

    def standing(self) -> Standing:
        """`verified` or `provisional`; anything else is a fault, and read as provisional."""
        value = self.text("standing")
        if value == "verified":
            return "verified"
        if value and value != "provisional":
            self.fault(f"'standing' is {value!r}, not verified or provisional", self.fields.get("standing"))
        return "provisional"

    def flag(self, key: str) -> bool | None:
        """`yes` or `no`; None when left out."""
        value = self.optional(key)
        if value not in {None, "yes", "no"}:
            self.fault(f"{key!r} is {value!r}, not yes or no", self.fields.get(key))
        return None if value is None else value == "yes"

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text counts as a list of one."""
        return tuple(_texts(self, key, self.fields.get(key)))

    def sources(self, known: Mapping[str, Source]) -> tuple[Source, ...]:
        """The sources under `cites`; each must be listed."""
        cited = self.texts("cites")
        if not cited:
            self.fault("'cites' is missing: everything names its source")
        for source in cited:
            if source not in known:
                self.fault(f"cites {source!r}, which is not listed in sources.yaml", self.fields.get("cites"))
        return tuple(known[source] for source in cited if source in known)

    def entries(self, key: str) -> Iterator[Reader]:
        """The entries of a list of mappings."""
        node = self.fields.get(key)
        if node is None:
            return
        if not isinstance(node, Items):
            self.fault(f"{key!r} must be a list", node)
            return
        for item in node.values:
            if isinstance(item, Fields):
                yield Reader(item, self.where, self.faults)
            else:
                self.fault(f"every entry of {key!r} must be a mapping", item)

    def mapping(self, key: str) -> dict[str, Node]:
        """A mapping, in the order written; empty when missing."""
        node = self.fields.get(key)
        if node is None:
            return {}
        if not isinstance(node, Fields):
            self.fault(f"{key!r} must be a mapping", node)
            return {}
        return node.values


def _texts(reader: Reader, key: str, node: Node | None) -> Iterator[str]:
    if isinstance(node, Text) and node.value is not None:
        yield node.value
    elif isinstance(node, Items):
        for item in node.values:
            if isinstance(item, Text) and item.value is not None:
                yield item.value
            else:
                reader.fault(f"{key!r} must hold texts only", item)
    elif isinstance(node, Fields):
        reader.fault(f"{key!r} must be a text or a list of texts", node)
