"""References between resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from adapter.fhir.errors import FhirError
from adapter.fhir.jsontext import JsonObject
from adapter.fhir.reading import read
from adapter.model.sources import FhirVersion, Media

_REFERENCE = re.compile(
    r"(?:https?://[^\s?#]+/)?([A-Z][A-Za-z]{1,60})/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?"
)


_WRITTEN = re.compile(
    rb'"reference"\s*:\s*"(?:https?://[^\s?#"\\]+/)?([A-Z][A-Za-z]{1,60}/[A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?"'
)


def referred(body: bytes, media: Media, resource: JsonObject) -> set[str]:
    """`Type/id` of all that a resource refers to; `body` is its text: JSON is quickly looked through."""
    if media is Media.JSON and b"\\" not in body:
        return {found.decode() for found in _WRITTEN.findall(body)}
    return {found for _, reference in references(resource) if (found := relative(reference))}


def referred_in(body: bytes, media: Media, version: FhirVersion) -> set[str]:
    """The same for a text that was not read yet; nothing for one that cannot be."""
    if media is Media.JSON and b"\\" not in body:
        return referred(body, media, {})
    try:
        return referred(body, media, read(body, media, version))
    except FhirError:
        return set()


def references(resource: JsonObject) -> Iterator[tuple[str, str]]:
    """Every literal reference, as (path of the Reference, text as sent): `("performer[0]", "Practitioner/1")`.

    Also those inside extensions and contained resources, and those to contained resources (`#id`).
    """
    return _within(resource, "")


def _within(value: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for key, item in value.items():
        if isinstance(item, dict):
            yield from _within(item, f"{path}.{key}" if path else key)
        elif isinstance(item, list):
            for at, part in enumerate(item):
                if isinstance(part, dict):
                    yield from _within(part, f"{path}.{key}[{at}]" if path else f"{key}[{at}]")
        elif key == "reference" and isinstance(item, str) and path:
            yield path, item


@lru_cache(8192)  # a dossier refers to the same few, again and again
def relative(reference: str) -> str | None:
    """`Type/id` of a reference to one resource; None for a contained one, a URN or a search.

    "http://x/fhir/Patient/1" and "Patient/1/_history/2" both give "Patient/1".
    """
    found = _REFERENCE.fullmatch(reference)
    return f"{found[1]}/{found[2]}" if found else None
