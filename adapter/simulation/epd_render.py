"""The bytes of an answer. Resources are pasted in as they are kept: no page is ever serialised anew."""

from __future__ import annotations

from datetime import date
from xml.sax.saxutils import quoteattr

from adapter import fhir
from adapter.fhir import Issue, JsonObject, ResourceInteractions
from adapter.model.sources import FhirVersion, Media
from adapter.simulation.epd_params import PARAMS
from adapter.simulation.epd_quirks import Quirks
from adapter.simulation.epd_search import Slice
from adapter.simulation.epd_store import Row

_DATED = date(2026, 1, 1)  # of the CapabilityStatement: the simulated software has one release


def bundle(page: Slice, base: str, links: dict[str, str], media: Media, version: FhirVersion) -> bytes:
    """A searchset Bundle."""
    return _bundle_json(page, base, links) if media is Media.JSON else _bundle_xml(page, base, links, version)


def _bundle_json(page: Slice, base: str, links: dict[str, str]) -> bytes:
    link = fhir.to_json({"link": [{"relation": name, "url": url} for name, url in links.items()]})[1:-1]
    parts = [b'{"resourceType":"Bundle","type":"searchset","total":', str(page.total).encode(), b",", link]
    head = b',"entry":[{"fullUrl":"' + base.encode() + b"/"
    following = b',{"fullUrl":"' + base.encode() + b"/"
    for rows, mode in ((page.matches, b"match"), (page.included, b"include")):
        tail = b',"search":{"mode":"' + mode + b'"}}'
        for row in rows:
            parts += (head, row.reference.encode(), b'","resource":', row.json, tail)
            head = following
    parts.append(b"]}" if head is following else b"}")
    return b"".join(parts)


def _bundle_xml(page: Slice, base: str, links: dict[str, str], version: FhirVersion) -> bytes:
    parts = [b'<Bundle xmlns="http://hl7.org/fhir"><type value="searchset"/>']
    parts.append(f'<total value="{page.total}"/>'.encode())
    for name, url in links.items():
        parts.append(f'<link><relation value="{name}"/><url value={quoteattr(url)}/></link>'.encode())
    for rows, mode in ((page.matches, "match"), (page.included, "include")):
        tail = f'</resource><search><mode value="{mode}"/></search></entry>'.encode()
        for row in rows:
            url = quoteattr(f"{base}/{row.reference}")
            parts += (f"<entry><fullUrl value={url}/><resource>".encode(), row.xml(version), tail)
    parts.append(b"</Bundle>")
    return b"".join(parts)


def resource(row: Row, media: Media, version: FhirVersion) -> bytes:
    """One resource, as kept."""
    return row.json if media is Media.JSON else row.xml(version)


def written(content: JsonObject, media: Media, version: FhirVersion) -> bytes:
    """Something this server says itself."""
    return fhir.to_json(content) if media is Media.JSON else fhir.to_xml(content, version)


def outcome(code: str, text: str) -> JsonObject:
    """An OperationOutcome with one error."""
    return fhir.operation_outcome([Issue("error", code, text)])


def metadata(version: FhirVersion, name: str, quirks: Quirks) -> JsonObject:
    """The CapabilityStatement."""
    resources = [
        ResourceInteractions(kind, search={**{p: how for p, (how, _) in params.items()}, "_id": "token"})
        for kind, params in sorted(PARAMS[version].items())
    ]
    statement = fhir.capability_statement(version, resources, name=name, software_version="1", on=_DATED)
    if quirks.fhir_version:
        statement["fhirVersion"] = quirks.fhir_version
    return statement
