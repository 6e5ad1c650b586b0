"""The text of a search (`a=1&b=2`), as it stands in an address, a form or a Subscription, read into its parameters."""

from __future__ import annotations

from urllib.parse import parse_qsl

from adapter.service.endpoint.fault import bad


def pairs_of(text: str, where: str) -> list[tuple[str, str]]:
    """The parameters of a query or a form. Raises `FhirFault`."""
    if not text:
        return []
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=500, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise bad(f"the parameters in {where} cannot be read: at most 500, in UTF-8") from None
