"""A resource as it goes to the store."""

from __future__ import annotations

from typing import Any

from adapter.connectors.ownership import Links, subject_of
from adapter.fhir import Entry, JsonObject
from adapter.model.sources import FhirVersion, Media, Received


def received(
    entry: Entry,
    links: Links,
    resource: JsonObject,
    *,
    source: str,
    version: FhirVersion,
    media: Media,
    woman: str | None,
) -> Received:
    """Its bytes untouched, with whose it is and the version the source gives it."""
    kind, _, id_ = links.reference.partition("/")
    meta: Any = resource.get("meta")
    version_id = meta.get("versionId") if isinstance(meta, dict) else None
    return Received(
        source=source,
        fhir_version=version,
        media=media,
        type=kind,
        id=id_,
        version=version_id if isinstance(version_id, str) else None,
        body=entry.body,
        woman=woman,
        subject=subject_of(links),
    )
