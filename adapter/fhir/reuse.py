"""Codings that were found good before are not checked again.

Codes, profiles and tags are few and come by the thousand; checking them with `fhir.resources` takes half the time of a
check. Only these are kept, only without free text, and only in this process: no data of a person stays here.
"""

from __future__ import annotations

from typing import Any

import msgspec

from adapter.fhir.shapes import Element

_NAMES = frozenset({"Coding", "CodeableConcept", "Meta"})
_NEVER = (b'"text"', b'"extension"', b'"id"', b'"lastUpdated"', b'"versionId"', b'"_')
_MOST = 4096
_LONGEST = 1024
_KNOWN: dict[tuple[Any, bytes], Any] = {}
_ENCODE = msgspec.json.Encoder(decimal_format="number").encode


def key_of(value: dict[str, Any], element: Element) -> tuple[Any, bytes] | None:
    """What the object is remembered by; None for what is never kept."""
    if element.type_name not in _NAMES:
        return None
    text = _ENCODE(value)
    if len(text) > _LONGEST or any(part in text for part in _NEVER):
        return None
    return element.model, text


def known(key: tuple[Any, bytes]) -> Any:
    """The checked model object, None where this one was not seen yet."""
    return _KNOWN.get(key)


def remember(key: tuple[Any, bytes], value: dict[str, Any]) -> None:
    """Check the object by itself and keep it if it is good; a bad one is told when the whole resource is checked."""
    try:
        checked = key[0].model_validate(value)
    except Exception:  # whatever it is, the check of the whole resource meets it again
        return
    if len(_KNOWN) >= _MOST:
        _KNOWN.clear()
    _KNOWN[key] = checked
