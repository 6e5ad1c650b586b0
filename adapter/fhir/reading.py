"""Read a resource without checking it: for what was checked when it came in."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypedDict, cast

import msgspec

from adapter.fhir.jsontext import JsonObject, loads, loads_exact, without_bom
from adapter.fhir.xmltext import from_xml
from adapter.model.sources import FhirVersion, Media


def read(body: bytes, media: Media, version: FhirVersion) -> JsonObject:
    """Read fast, without validation: the FHIR JSON shape, decimals as floats. Raises `FhirError`."""
    if media is Media.JSON:
        return loads(body)
    return {key: _floats(value) for key, value in from_xml(body, version).items()}


def read_elements(body: bytes, media: Media, version: FhirVersion, names: frozenset[str]) -> JsonObject:
    """As `read`, but of JSON these elements of the resource alone: most of what stands in it is then skipped."""
    if media is not Media.JSON:
        return read(body, media, version)
    try:
        return _picker(names)(without_bom(body))
    except msgspec.MsgspecError:
        return loads(body)  # which says what is wrong with it


@lru_cache(1024)
def _picker(names: frozenset[str]) -> Callable[[bytes], JsonObject]:
    shape = cast(Any, TypedDict)("Picked", dict.fromkeys(names, Any), total=False)
    return cast(Callable[[bytes], JsonObject], msgspec.json.Decoder(shape).decode)


def read_exact(body: bytes, media: Media, version: FhirVersion) -> JsonObject:
    """As `read`, with decimals as `Decimal`: 1.50 stays 1.50. For what is written out again. Raises `FhirError`."""
    return loads_exact(body) if media is Media.JSON else from_xml(body, version)


def _floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_floats(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value
