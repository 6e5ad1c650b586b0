"""Take BSNs out of text, whatever it is: the last guard, behind never putting them in."""

from __future__ import annotations

import re

from adapter.model.identifiers import Bsn, InvalidIdentifierError

MASK = "*********"
_NINE = re.compile(r"(?<![0-9a-fA-F])[0-9]{9}(?![0-9a-fA-F])")  # not inside a UUID or a hash


def redact(text: str) -> str:
    """The text with every nine-digit number that passes the 11-proef masked.

    An AGB code or URA of nine digits that happens to pass is masked as well: one in eleven, and better so.
    """
    return _NINE.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    try:
        Bsn(found[0])
    except InvalidIdentifierError:
        return found[0]
    return MASK
