"""How large, deep and precise a FHIR text may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what `check` accepts.

    `digits`: significant digits of a number; FHIR asks no more than 18 of anybody (R4 datatypes, decimal).
    `exponent`: largest power of ten, either way; past it a number is an attack, not a measurement.
    `depth`: objects and arrays inside each other (JSON), or elements inside each other (XML).
    """

    bytes: int = 16 * 1024 * 1024
    depth: int = 40
    digits: int = 18
    exponent: int = 60


LIMITS = Limits()
