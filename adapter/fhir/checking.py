"""The edge check: is this text a resource of this FHIR version? Says what is wrong, and never repeats a value."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from adapter.fhir.errors import FhirError, safe_name
from adapter.fhir.jsontext import JsonObject, content_hash, dumps, loads_strict
from adapter.fhir.limits import LIMITS, Limits
from adapter.fhir.shapes import model_of
from adapter.fhir.structure import ID, problems_of
from adapter.fhir.xmltext import from_xml
from adapter.model.sources import FhirVersion, Media

_TOLD = 3

_WHAT = {
    "missing": "is required. Send it.",
    "model_field_validation.missing": "is required. Send it, or say in an extension why it is absent.",
    "extra_forbidden": "is no element of this FHIR version here. Leave it out.",
    "string_pattern_mismatch": "is not written as FHIR prescribes for its type. Correct it.",
    "list_type": "must be an array without nulls. Correct it.",
    "less_than_equal": "is a larger number than FHIR allows here. Correct it.",
    "greater_than_equal": "is a smaller number than FHIR allows here. Correct it.",
    "string_too_long": "is longer than FHIR allows. Shorten it.",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check. `problem` None: a good resource.

    `type`, `id` and `version` (meta.versionId) are filled where they can be read, in a bad resource too. `hash` is that
    of the content (see `content_hash`), or of the bytes where there is no content to read.
    """

    type: str | None
    id: str | None
    version: str | None
    problem: str | None
    hash: str


def check(body: bytes, media: Media, version: FhirVersion, limits: Limits = LIMITS) -> Checked:
    """Check one resource fully: text, structure, and the types of `fhir.resources`. Never raises on bad input."""
    if len(body) > limits.bytes:
        return _unreadable(body, f"The text is larger than {limits.bytes} bytes. Send it in parts.")
    try:
        resource = loads_strict(body, limits) if media is Media.JSON else _from_xml(body, version, limits)
    except FhirError as error:
        return _unreadable(body, str(error))
    except (ValueError, RecursionError, ArithmeticError) as error:  # pragma: no cover - no known way to get here
        return _unreadable(body, f"The text cannot be read ({type(error).__name__}).")
    content = _hash(resource, body)  # before the check, which changes the object
    kind, given, meta = resource.get("resourceType"), resource.get("id"), resource.get("meta")
    return Checked(
        type=kind if isinstance(kind, str) and model_of(kind, version) else None,
        id=given if isinstance(given, str) and ID.fullmatch(given) else None,
        version=_version_id(meta),
        problem=_problem(resource, version, limits),
        hash=content,
    )


def _from_xml(body: bytes, version: FhirVersion, limits: Limits) -> JsonObject:
    resource = from_xml(body, version, limits)
    return loads_strict(dumps(resource), limits)  # the same rules for numbers


def _problem(resource: JsonObject, version: FhirVersion, limits: Limits) -> str | None:
    problems = problems_of(resource, version, limits) or _by_model(resource, version)
    if not problems:
        return None
    more = f" And {len(problems) - _TOLD} more." if len(problems) > _TOLD else ""
    return " ".join(problems[:_TOLD]) + more


def _by_model(resource: JsonObject, version: FhirVersion) -> list[str]:
    name = resource["resourceType"]
    model = model_of(name, version)
    try:
        model.model_validate(resource)
    except ValidationError as error:
        # No input and no message of the library: both repeat values.
        told = error.errors(include_url=False, include_context=False, include_input=False)
        return [f"{_path(name, e['loc'])} {_what(e['type'], e['loc'])}" for e in told]
    except Exception as error:  # the library lets bare errors of its own out, KeyError among them
        return [f"{name} cannot be read as FHIR {version} ({type(error).__name__}). Check its elements."]
    return []


def _path(name: str, loc: tuple[Any, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{safe_name(step)}" for step in loc if step != "root")
    return name + "".join(steps)


def _what(kind: str, loc: tuple[Any, ...]) -> str:
    told = _WHAT.get(kind)
    if told:
        return told
    last = loc[-1] if loc else ""
    if kind.startswith(("date", "time")) or (isinstance(last, str) and _IS_MOMENT.search(last)):
        return "is not a date or time that exists, written as FHIR prescribes. Correct it."
    if kind == "value_error" and (not loc or isinstance(last, int)):
        return "lacks a required choice, or has two of one choice. Send exactly one."
    return "is not written as FHIR prescribes for its type. Correct it."


_IS_MOMENT = re.compile(r"(date|Date|DateTime|Instant|issued|start|end|recorded|time|Time|lastUpdated)$")


def _version_id(meta: Any) -> str | None:
    given = meta.get("versionId") if isinstance(meta, dict) else None
    return given if isinstance(given, str) and ID.fullmatch(given) else None


def _hash(resource: JsonObject, body: bytes) -> str:
    try:
        return content_hash(resource)
    except (ValueError, TypeError, RecursionError):
        return hashlib.sha256(body).hexdigest()


def _unreadable(body: bytes, problem: str) -> Checked:
    return Checked(None, None, None, problem, hashlib.sha256(body).hexdigest())
