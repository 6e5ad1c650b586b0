"""Faults in rule files: all of them, each with the file, the line, the row and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `row` is the table and row (`table/row`) or the entry it is in; None for the file as a whole."""

    file: str
    line: int | None
    row: str | None
    what: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.row}: {self.what}" if self.row else f"{place}: {self.what}"


class RuleError(ValueError):
    """Rule files that may not be used. `faults` holds every fault found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(slots=True)
class Faults:
    """Collects faults of one file while it is read."""

    file: str
    found: list[Fault] = field(default_factory=list)

    def add(self, line: int | None, row: str | None, what: str, file: str = "") -> None:
        """Note a fault and read on. `file`: where it stands, if not in the file being read (an overlay)."""
        self.found.append(Fault(file or self.file, line, row, what))
