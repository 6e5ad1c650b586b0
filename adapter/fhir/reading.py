"""Read a resource without checking it: for what was checked when it came in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from adapter.fhir.jsontext import JsonObject, loads, loads_exact
from adapter.fhir.xmltext import from_xml
from adapter.model.sources import FhirVersion, Media


def read(body: bytes, media: Media, version: FhirVersion) -> JsonObject:
    """Read fast, without validation: the FHIR JSON shape, decimals as floats. Raises `FhirError`."""
    if media is Media.JSON:
        return loads(body)
    return {key: _floats(value) for key, value in from_xml(body, version).items()}


def read_exact(body: bytes, media: Media, version: FhirVersion) -> JsonObject:
    """As `read`, with decimals as `Decimal`: 1.50 stays 1.50. For what is written out again. Raises `FhirError`."""
    return loads_exact(body) if media is Media.JSON else from_xml(body, version)


def _floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_floats(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value
