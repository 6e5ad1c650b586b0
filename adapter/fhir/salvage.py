"""Cut a JSON text by its brackets alone, so that one bad value in a Bundle does not cost the rest of it.

Only used where the fast reader gave up (NaN, half a surrogate pair, bytes that are no UTF-8 …): what is cut out is left
to `check`, which says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.fhir.errors import FhirError

# A string that does not end takes all that is left, so that no text makes the search go over itself again and again.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[{}\[\],]', re.DOTALL)
_KEY = re.compile(rb'\s*"([A-Za-z_]{1,64})"\s*:')
_BROKEN = "The text is not valid JSON: its brackets and quotes do not close. Send it whole."


def members(text: bytes) -> dict[str, bytes]:
    """The members of a JSON object, each with the bytes of its value. Raises `FhirError` where the text is none."""
    found: dict[str, bytes] = {}
    for part in _parts(text, b"{", b"}"):
        key = _KEY.match(part)
        if key:
            found[key[1].decode()] = part[key.end() :].strip()
    return found


def items(text: bytes) -> list[bytes]:
    """The items of a JSON array, each with its bytes. Raises `FhirError` where the text is no array."""
    found = [part.strip() for part in _parts(text, b"[", b"]")]
    return [] if found == [b""] else found


def _parts(text: bytes, opening: bytes, closing: bytes) -> Iterator[bytes]:
    text = text.strip()
    if text[:1] != opening or text[-1:] != closing:
        raise FhirError(_BROKEN)
    depth, start = 0, 1
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in b"{[":
            depth += 1
        elif mark in b"}]":
            depth -= 1
            if depth == 0 and token.end() != len(text):
                raise FhirError(_BROKEN)
        if mark == b"," and depth == 1:
            yield text[start : token.start()]
            start = token.end()
    if depth != 0:
        raise FhirError(_BROKEN)
    yield text[start:-1]
