"""FHIR as a format: STU3 and R4, JSON and XML. The only room that knows `fhir.resources`."""

from __future__ import annotations

from adapter.fhir.authoring import Hit, ResourceInteractions, capability_statement, searchset
from adapter.fhir.checking import Checked, check
from adapter.fhir.codes import wrong_code
from adapter.fhir.errors import FhirError, path_of
from adapter.fhir.jsontext import JsonObject, content_hash
from adapter.fhir.jsontext import dumps as to_json
from adapter.fhir.limits import LIMITS, Limits
from adapter.fhir.outcome import Issue, operation_outcome, outcome_text
from adapter.fhir.reading import read, read_elements, read_exact
from adapter.fhir.references import references, referred, referred_in, relative
from adapter.fhir.splitting import Entry, Page, split, split_ndjson
from adapter.fhir.xmltext import from_xml
from adapter.fhir.xmlwriting import to_xml

__all__ = [
    "LIMITS",
    "Checked",
    "Entry",
    "FhirError",
    "Hit",
    "Issue",
    "JsonObject",
    "Limits",
    "Page",
    "ResourceInteractions",
    "capability_statement",
    "check",
    "content_hash",
    "from_xml",
    "operation_outcome",
    "outcome_text",
    "path_of",
    "read",
    "read_elements",
    "read_exact",
    "references",
    "referred",
    "referred_in",
    "relative",
    "searchset",
    "split",
    "split_ndjson",
    "to_json",
    "to_xml",
    "wrong_code",
]
