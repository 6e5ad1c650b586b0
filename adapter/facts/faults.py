"""Faults in mapping files: collected, so that an analyst sees all of them at once."""

from __future__ import annotations


class DialectError(ValueError):
    """The mapping files cannot be used. `faults` holds one line per fault: file, key, what is wrong."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class Faults:
    """A list of faults that grows while loading."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def add(self, file: str, key: str, what: str) -> None:
        """Note one fault."""
        self._found.append(f"{file}: {key}: {what}" if key else f"{file}: {what}")

    def check(self) -> None:
        """Raise `DialectError` when any fault was noted."""
        if self._found:
            raise DialectError(tuple(self._found))
