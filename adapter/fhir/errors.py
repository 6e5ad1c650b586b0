"""What went wrong with a FHIR text: said without ever repeating a value of it (a value could be a BSN)."""

from __future__ import annotations

import re

_PATH = re.compile(r"[A-Za-z0-9_.\[\]]*")
_NAME = re.compile(r"_?[A-Za-z][A-Za-z]{0,48}[0-9]{0,2}")


class FhirError(ValueError):
    """A FHIR text that cannot be read or written. The message says what, where and what to do; it holds no values."""


def safe_name(name: object) -> str:
    """An element name as sent, where it looks like one; otherwise a description, for a name is free text too."""
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    return "(a name that no FHIR element has)"


def path_of(problem: str) -> str:
    """The path of elements with which a problem begins, as far as each of them has a name of FHIR."""
    found = _PATH.match(problem)
    return found[0].rstrip(".") if found is not None else ""
