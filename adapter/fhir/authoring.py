"""Resources that we write ourselves: a page of search results and a CapabilityStatement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import msgspec

from adapter.fhir.jsontext import JsonObject, without_bom
from adapter.model.sources import FhirVersion

_FULL_VERSION = {FhirVersion.STU3: "3.0.2", FhirVersion.R4: "4.0.1"}


@dataclass(frozen=True, slots=True)
class Hit:
    """One resource of a search result: as an object, or as JSON bytes that are put in unchanged."""

    resource: JsonObject | bytes
    full_url: str
    mode: Literal["match", "include", "outcome"] = "match"


def searchset(hits: Sequence[Hit], *, total: int | None, self_url: str, next_url: str | None = None) -> JsonObject:
    """A Bundle of type searchset, valid in STU3 and R4; write it with `to_json` or `to_xml`.

    `total` counts the matches over all pages (None: unknown). The addresses must not hold a BSN.
    """
    links = [{"relation": "self", "url": self_url}]
    if next_url is not None:
        links.append({"relation": "next", "url": next_url})
    bundle: JsonObject = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        bundle["total"] = total
    bundle["link"] = links
    if hits:
        bundle["entry"] = [_entry(hit) for hit in hits]
    return bundle


def _entry(hit: Hit) -> JsonObject:
    resource: Any = hit.resource
    if isinstance(resource, bytes):
        resource = msgspec.Raw(without_bom(resource))
    return {"fullUrl": hit.full_url, "resource": resource, "search": {"mode": hit.mode}}


@dataclass(frozen=True, slots=True)
class ResourceInteractions:
    """What a server does with one resource type. `search`: parameter name to type (token, reference, date …)."""

    type: str
    interactions: tuple[str, ...] = ("read", "search-type")
    search: Mapping[str, str] | None = None
    includes: tuple[str, ...] = ()


def capability_statement(
    version: FhirVersion,
    resources: Sequence[ResourceInteractions],
    *,
    name: str,
    software_version: str,
    on: date,
    url: str | None = None,
    system: Sequence[str] = (),
) -> JsonObject:
    """A CapabilityStatement of this server for `GET /metadata`.

    `system`: interactions on the whole (transaction, batch, search-system). `on`: the date of the statement.
    """
    implementation: JsonObject = {"description": name}
    if url is not None:
        implementation["url"] = url
    rest: JsonObject = {"mode": "server", "resource": [_resource(one) for one in resources]}
    if system:
        rest["interaction"] = [{"code": code} for code in system]
    statement: JsonObject = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": on.isoformat(),
        "kind": "instance",
        "software": {"name": name, "version": software_version},
        "implementation": implementation,
        "fhirVersion": _FULL_VERSION[version],
        "format": ["application/fhir+json", "application/fhir+xml"],
        "rest": [rest],
    }
    if version is FhirVersion.STU3:
        statement["acceptUnknown"] = "no"
    return statement


def _resource(one: ResourceInteractions) -> JsonObject:
    made: JsonObject = {"type": one.type, "interaction": [{"code": code} for code in one.interactions]}
    if one.includes:
        made["searchInclude"] = list(one.includes)
    if one.search:
        made["searchParam"] = [{"name": name, "type": kind} for name, kind in one.search.items()]
    return made
