"""The registered systems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from adapter.access.identity import Purpose
from adapter.access.systems.keys import Jwks
from adapter.access.systems.scopes import Scope
from adapter.model.identifiers import OIDS, Agb, InvalidIdentifierError, System, Ura

ALGORITHMS = ("RS384", "ES384")
"""What SMART Backend Services asks of a server. Others (RFC 7518) by configuration alone."""
POSSIBLE_ALGORITHMS = ("RS384", "ES384", "RS256", "RS512", "PS256", "PS384", "PS512", "ES256", "ES512")

_KINDS = {System.URA: "ura", System.AGB: "agb"}
_SYSTEMS = {
    **{system.value.lower(): kind for system, kind in _KINDS.items()},
    **{f"urn:oid:{oid}": _KINDS[system] for oid, system in OIDS.items() if system in _KINDS},
}
_NAMED = re.compile(r"(?P<system>\S+?)(?:\||\.(?=\d+$)|:(?=\d+$))(?P<value>\d{7,9})")


@dataclass(frozen=True, slots=True)
class Client:
    """A registered system. `organisation`: its own (`ura:…` or `agb:…`); `organisations`: others for which it may
    speak, `*` for whichever it names. `source`: the source as which it sends data, for its own organisation.
    `for_woman`: each of its tokens stands for one woman (the MedMij reading role). `introspects`: it may ask about
    tokens of others. `calls_as`: the name (`iss`) under which it calls CDS services. `keys` is None for a system whose
    tokens another server gives.
    """

    id: str
    name: str
    roles: tuple[str, ...]
    purposes: tuple[Purpose, ...]
    scopes: tuple[Scope, ...]
    keys: Jwks | None = None
    algorithms: tuple[str, ...] = ALGORITHMS
    organisation: str | None = None
    organisations: frozenset[str] = frozenset()
    source: str | None = None
    for_woman: bool = False
    introspects: bool = False
    calls_as: str | None = None

    def speaks_for(self, organisation: str) -> bool:
        """Whether it may ask on behalf of this organisation."""
        return organisation == self.organisation or organisation in self.organisations or "*" in self.organisations


class Clients:
    """All of them."""

    def __init__(self, clients: Iterable[Client]) -> None:
        self._clients: Mapping[str, Client] = {client.id: client for client in clients}

    def __iter__(self) -> Iterator[Client]:
        return iter(self._clients.values())

    def get(self, id: str) -> Client | None:
        """The system of this id."""
        return self._clients.get(id)


def named_organisation(text: str) -> str | None:
    """The organisation behind `subject_organization_id` (IHE IUA): `urn:oid:2.16.528.1.1007.3.3.12345678`, with `|` or
    `:` before the number, or `ura:12345678`. None for what names none.
    """
    plain = text.strip()
    kind, _, value = plain.partition(":")
    if kind.lower() not in ("ura", "agb"):
        found = _NAMED.fullmatch(plain)
        if found is None:
            return None
        kind, value = _SYSTEMS.get(found["system"].lower(), ""), found["value"]
    try:
        if kind.lower() == "ura":
            return f"ura:{Ura(value).value}"
        return f"agb:{Agb(value).value}" if kind.lower() == "agb" else None
    except InvalidIdentifierError:
        return None
