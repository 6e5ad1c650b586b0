"""The edge check: is this text a resource of this FHIR version? Says what is wrong, and never repeats a value."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from adapter.fhir.errors import FhirError, safe_name
from adapter.fhir.jsontext import JsonObject, content_hash, dumps, loads_strict
from adapter.fhir.limits import LIMITS, Limits
from adapter.fhir.shapes import model_of, shape_of_model, shape_of_resource
from adapter.fhir.structure import ID, walk
from adapter.fhir.xmltext import from_xml
from adapter.model.sources import FhirVersion, Media

_TOLD = 3

_WHAT = {
    "missing": "is required. Send it.",
    "model_field_validation.missing": "is required. Send it, or say in an extension why it is absent.",
    "extra_forbidden": "is no element of this FHIR version here. Leave it out.",
    "list_type": "must be an array without nulls. Correct it.",
    "less_than_equal": "is a larger number than FHIR allows here. Correct it.",
    "greater_than_equal": "is a smaller number than FHIR allows here. Correct it.",
    "string_too_long": "is longer than FHIR allows. Shorten it.",
}
_MOMENTS = {
    "date": "",
    "time": "",
    "dateTime": ", with a time zone where it has a time",
    "instant": ", with a time zone",
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


def check(
    body: bytes, media: Media, version: FhirVersion, limits: Limits = LIMITS, *, good: str | None = None
) -> Checked:
    """Check one resource fully: text, structure, and the types of `fhir.resources`. Never raises on bad input.

    `good`: the hash of this resource as it was found good before; equal content is not checked against the types again.
    """
    if len(body) > limits.bytes:
        return _unreadable(body, f"The text is larger than {limits.bytes} bytes. Send it in parts.")
    try:
        resource = loads_strict(body, limits) if media is Media.JSON else _from_xml(body, version, limits)
        content = content_hash(resource)
    except FhirError as error:
        return _unreadable(body, str(error))
    except RecursionError:
        return _unreadable(body, f"Nested deeper than {limits.depth} levels. Send it flatter.")
    kind, given, meta = resource.get("resourceType"), resource.get("id"), resource.get("meta")
    return Checked(
        type=kind if isinstance(kind, str) and model_of(kind, version) else None,
        id=given if isinstance(given, str) and ID.fullmatch(given) else None,
        version=_version_id(meta),
        problem=None if content == good else _problem(resource, version, limits),
        hash=content,
    )


def _from_xml(body: bytes, version: FhirVersion, limits: Limits) -> JsonObject:
    resource = from_xml(body, version, limits)
    return loads_strict(dumps(resource), limits)  # the same rules for numbers


def _problem(resource: JsonObject, version: FhirVersion, limits: Limits) -> str | None:
    walked = walk(resource, version, limits)
    if walked.good:
        return None
    problems = walked.found or _by_model(resource, version)
    if not problems:
        walked.prove()
        return None
    more = f" And {len(problems) - _TOLD} more." if len(problems) > _TOLD else ""
    return " ".join(problems[:_TOLD]) + more


def _by_model(resource: JsonObject, version: FhirVersion) -> list[str]:
    name = resource["resourceType"]
    try:
        model_of(name, version).model_validate(resource)
    except ValidationError as error:
        # No input and no message of the library: both repeat values.
        told = error.errors(include_url=False, include_context=False, include_input=False)
        return [f"{_path(name, e['loc'])} {_what(e['type'], _kind(name, e['loc'], version))}" for e in told]
    except Exception as error:  # the library lets bare errors of its own out, KeyError among them
        return [f"{name} cannot be read as FHIR {version} ({type(error).__name__}). Check its elements."]
    return []


def _path(name: str, loc: tuple[Any, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{safe_name(step)}" for step in loc if step != "root")
    return name + "".join(steps)


def _kind(name: str, loc: tuple[Any, ...], version: FhirVersion) -> str:
    """The kind of the element that an error is about: a primitive, `complex`, or `` where it cannot be told."""
    shape, kind = shape_of_resource(name, version), "complex"
    for step in loc:
        if isinstance(step, int):
            continue
        element = shape.elements.get(step) if shape is not None else None
        if element is None:
            return ""
        kind = "complex" if element.kind == "companion" else element.kind
        shape = shape_of_model(element.model) if kind == "complex" else None
    return kind


def _what(error: str, kind: str) -> str:
    if error in _WHAT:
        return _WHAT[error]
    if kind in _MOMENTS:
        return f"is not a FHIR {kind} that exists{_MOMENTS[kind]}. Correct it."
    if kind == "complex" and error == "value_error":
        return "lacks a required choice of type, or has two. Send exactly one."
    prescribed = f"a FHIR {kind}" if kind and kind != "complex" else "its type"
    return f"is not written as FHIR prescribes for {prescribed}. Correct it."


def _version_id(meta: Any) -> str | None:
    given = meta.get("versionId") if isinstance(meta, dict) else None
    return given if isinstance(given, str) and ID.fullmatch(given) else None


def _unreadable(body: bytes, problem: str) -> Checked:
    return Checked(None, None, None, problem, hashlib.sha256(body).hexdigest())
