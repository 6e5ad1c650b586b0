"""The links of a Bundle: `self` with the parameters that were used, `next` with where the next page begins.

No address holds a BSN: in `self` it is a sealed text under a system of our own, that can be searched by again; `next`
is sealed whole, but for the format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from adapter.api.fhir.exchange import Exchange
from adapter.api.headers import may_be_bsn
from adapter.model.identifiers import System, system_of
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.search import Place

SEALED = "urn:uuid:f7f0c2c4-5d0f-4d6b-8a6f-1c8f7f3b9e55"
"""System of a BSN that was sealed by us; made once, it means nothing else."""
_SAFE = ":/,|"
_NINE = re.compile(r"[0-9]{9}")
_AS_IS = b"\x00"  # before a value that was given without a system

Pairs = list[tuple[str, str]]


def self_link(exchange: Exchange, parts: tuple[str, ...], pairs: Iterable[tuple[str, str]]) -> str:
    """The address of this result."""
    return shown_link(exchange, parts, hidden(exchange, pairs))


def shown_link(exchange: Exchange, parts: tuple[str, ...], pairs: Pairs) -> str:
    """The same, of parameters that are `hidden` already."""
    text = "&".join(f"{quote(name, safe=':.')}={quote(value, safe=_SAFE)}" for name, value in pairs)
    address = exchange.address(*parts)
    return f"{address}?{text}" if text else address


def hidden(exchange: Exchange, pairs: Iterable[tuple[str, str]]) -> Pairs:
    """The parameters with every BSN in them sealed, and what may be one: nine digits as identifier, without system."""
    return [(name, _hide(exchange, name, value)) for name, value in pairs]


def _hide(exchange: Exchange, name: str, value: str) -> str:
    identifier = name.partition(":")[0].endswith("identifier")
    parts = []
    for part in value.split(","):
        system, bar, code = part.partition("|")
        if bar and system_of(system) is System.BSN:
            parts.append(f"{SEALED}|{exchange.service.seal(code.encode())}")
        elif (identifier and _NINE.search(code if bar else part)) or (name != "_id" and may_be_bsn(part)):
            parts.append(f"{SEALED}|{exchange.service.seal(_AS_IS + part.encode())}")
        else:
            parts.append(part)
    return ",".join(parts)


def opened(exchange: Exchange, pairs: Pairs) -> Pairs:
    """The parameters with what we sealed opened. Raises `FhirFault` for a seal that is not ours."""
    return [(name, _open(exchange, value) if SEALED in value else value) for name, value in pairs]


def _open(exchange: Exchange, value: str) -> str:
    parts = []
    for part in value.split(","):
        system, bar, code = part.partition("|")
        if not (bar and system == SEALED):
            parts.append(part)
            continue
        text = exchange.service.unseal(code)
        if text is None:
            raise bad("this sealed identifier is not one of ours", "http.identifier", "value")
        bare = text.startswith(_AS_IS)
        parts.append(text[1:].decode() if bare else f"{System.BSN.value}|{text.decode()}")
    return ",".join(parts)


def next_link(
    exchange: Exchange, parts: tuple[str, ...], name: str, pairs: Sequence[tuple[str, str]], place: Place
) -> str:
    """The address of the next page. The format stands in it openly: it is chosen before anything is unsealed."""
    token = page_token(exchange, name, pairs, place)
    said = hidden(exchange, [pair for pair in pairs if pair[0] == "_format"])
    return shown_link(exchange, parts, [*said, ("_page", token)])


def page_token(exchange: Exchange, kind: str, pairs: Iterable[tuple[str, str]], place: Place) -> str:
    """A search and where its next page begins, sealed."""
    state = [exchange.version.value, kind, list(pairs), place.upto, place.source, place.id, place.position]
    return exchange.service.seal(json.dumps(state, separators=(",", ":")).encode())


def read_token(exchange: Exchange, kind: str, token: str) -> tuple[Pairs, Place]:
    """The search behind a token. Raises `FhirFault`."""
    text = exchange.service.unseal(token)
    state: list[Any] = json.loads(text) if text is not None else [None, None]
    if state[:2] != [exchange.version.value, kind]:
        raise FhirFault(400, "value", "this page is not one of ours: follow the link as it was given", "http._page")
    return [(name, value) for name, value in state[2]], Place(*state[3:])
