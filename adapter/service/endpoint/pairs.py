"""The text of a search (`a=1&b=2`), as it stands in an address, a form or a Subscription, read into its parameters."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from adapter.service.endpoint.fault import bad

_NAME = re.compile(r"[A-Za-z_][A-Za-z_.:-]{0,63}")


def pairs_of(text: str, where: str) -> list[tuple[str, str]]:
    """The parameters of a query or a form. Raises `FhirFault`."""
    if not text:
        return []
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=500, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise bad(f"the parameters in {where} cannot be read: at most 500, in UTF-8", "http") from None


def shown(name: str) -> str:
    """The name of a parameter where it looks like one, and so is safe to repeat."""
    return name if _NAME.fullmatch(name) else "a name"


def place_of(name: str) -> str:
    """Where a parameter stands, as FHIR writes a place in a request that is no element."""
    return f"http.{name}" if _NAME.fullmatch(name) else "http"
