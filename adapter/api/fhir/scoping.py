"""Whether the token of a request reaches as far as what it asks (SMART scopes); one that shows no token, goes on.

Here by interaction and type. What is brought along (`_include`, history, `$everything`) is looked at row by row, where
the store is read.
"""

from __future__ import annotations

from adapter.access import Action, Context
from adapter.access.systems import Scopes
from adapter.api.fhir.exchange import Exchange
from adapter.service.endpoint.fault import FhirFault

INSUFFICIENT = "insufficient_scope"
"""The code of RFC 6750 section 3.1."""


def granted(context: Context, kind: str, letter: str) -> bool:
    """Whether the token has this letter of `cruds` for this type, be it for some of its resources."""
    if context.scopes is None or not letter:
        return True
    where = Scopes.of(context.scopes).where(kind or "*", letter)
    return where is not None and (letter not in "cud" or not where)  # what is written is not held against a condition


_ACTIONS = {"c": Action.CREATE, "r": Action.READ, "u": Action.UPDATE, "d": Action.DELETE, "s": Action.EXECUTE}


async def require(exchange: Exchange, kind: str, letter: str) -> None:
    """Go on where the token has this letter of `cruds` for this type. Raises `FhirFault` (403), audited."""
    context = exchange.caller.context
    if granted(context, kind, letter):
        return
    level = "patient" if exchange.caller.woman is not None else "system"
    text = f"{INSUFFICIENT}: this needs a scope such as {level}/{kind or '*'}.{letter}"
    desk = exchange.application.entrance.systems
    if desk is not None:
        await desk.denied(context, _ACTIONS[letter], text)
    raise FhirFault(403, "forbidden", text, "http.Authorization")
