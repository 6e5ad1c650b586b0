"""JSON in and out: fast without guarantees (`loads`), strict and exact at the edge (`loads_strict`)."""

from __future__ import annotations

import hashlib
import json
import re
from decimal import Decimal
from typing import Any

import msgspec
import orjson

from adapter.fhir.errors import FhirError, safe_name
from adapter.fhir.limits import LIMITS, Limits

JsonObject = dict[str, Any]
BOM = b"\xef\xbb\xbf"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_CANONICAL = msgspec.json.Encoder(decimal_format="number", order="sorted")


def without_bom(body: bytes) -> bytes:
    """The text without a byte order mark: it says nothing in UTF-8 (RFC 8259, 8.1, lets a reader ignore it)."""
    return body[3:] if body.startswith(BOM) else body


def loads(body: bytes) -> JsonObject:
    """Read JSON fast; decimals become floats. Raises `FhirError` where it is no JSON object."""
    body = without_bom(body)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _why_not(body, error) from None
    return _object(value)


def loads_exact(body: bytes) -> JsonObject:
    """Read JSON with decimals as `Decimal`, so that 1.50 stays 1.50. Raises `FhirError` where it is no JSON object."""
    body = without_bom(body)
    try:
        orjson.loads(body)  # refuses NaN, broken UTF-8, lone surrogates and endless nesting, which `json` lets through
        value = json.loads(body, parse_float=Decimal)
    except orjson.JSONDecodeError as error:
        raise _why_not(body, error) from None
    except (ValueError, ArithmeticError, RecursionError):
        raise FhirError("The JSON holds a number that is too long or is nested too deep. Send it shorter.") from None
    return _object(value)


def loads_strict(body: bytes, limits: Limits = LIMITS) -> JsonObject:
    """As `loads_exact`, and refuse duplicate keys, absurd numbers and NUL characters. Raises `FhirError`."""
    body = without_bom(body)
    if not body.strip():
        raise FhirError("The text is empty. Send a FHIR resource.")

    def number(text: str) -> Decimal | int:
        return _number(text, limits)

    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_no_duplicates,
            parse_float=number,
            parse_int=number,
            parse_constant=_no_constant,
        )
        if b"\\u" in body:
            orjson.loads(body)  # refuses half a surrogate pair, which `json` lets through
    except json.JSONDecodeError as error:  # orjson's is a kind of it
        raise FhirError(_where(error)) from None
    except UnicodeDecodeError:
        raise FhirError("The text is not UTF-8. Send it in UTF-8.") from None
    except RecursionError:
        raise FhirError("The JSON is nested too deep. Send it flatter.") from None
    if b"\\u0000" in body and _NUL.search(body):
        raise FhirError("The text holds a NUL character (\\u0000), which FHIR does not allow. Leave it out.")
    return _object(value)


def dumps(resource: Any) -> bytes:
    """Write JSON; `Decimal` keeps its digits, `msgspec.Raw` is put in as it is. Raises `FhirError`."""
    try:
        return _ENCODER.encode(resource)
    except (TypeError, ValueError, RecursionError) as error:
        raise FhirError(f"This cannot be written as JSON ({type(error).__name__}).") from None


def content_hash(resource: JsonObject) -> str:
    """SHA-256 (hex) of the content: sorted keys, no white space, without meta.lastUpdated and meta.versionId.

    For what was read exactly: to it, 1.50 is not 1.5.
    """
    meta = resource.get("meta")
    if isinstance(meta, dict):
        kept = {k: v for k, v in meta.items() if k.lstrip("_") not in {"lastUpdated", "versionId"}}
        resource = {k: v for k, v in resource.items() if k != "meta"}
        if kept:
            resource["meta"] = kept
    return hashlib.sha256(_CANONICAL.encode(resource)).hexdigest()


def _object(value: Any) -> JsonObject:
    if not isinstance(value, dict):
        raise FhirError("The text is JSON but not an object. Send one FHIR resource between { and }.")
    return value


def _why_not(body: bytes, error: json.JSONDecodeError) -> FhirError:
    """Why this text, which was not read, is no JSON: as the strict reader says, who knows a number that is too long."""
    try:
        loads_strict(body)
    except FhirError as told:
        return told
    return FhirError(_where(error))


def _no_constant(_: str) -> Any:
    raise FhirError("A number is NaN or Infinity, which JSON does not have. Leave it out.")


def _where(error: json.JSONDecodeError) -> str:
    return f"The text is not valid JSON (line {error.lineno}, column {error.colno}). Correct it."


def _no_duplicates(pairs: list[tuple[str, Any]]) -> JsonObject:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise FhirError(f"The element {safe_name(twice)} stands twice in the same object. Send it once.")
    return made


def _number(text: str, limits: Limits) -> Decimal | int:
    digits, _, power = text.lower().partition("e")
    significant = digits.replace(".", "").lstrip("-0")
    absurd = len(significant) > limits.digits or len(digits) > limits.digits + limits.exponent or len(power) > 5
    if absurd or (power and abs(int(power)) > limits.exponent):
        raise FhirError(
            f"A number has more than {limits.digits} digits or an absurd exponent. Send it with the precision it was"
            " measured with."
        )
    return int(text) if digits == text and "." not in text else Decimal(text)
