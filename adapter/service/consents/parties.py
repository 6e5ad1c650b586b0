"""Organisations as parties of an exchange: under every identity by which the register or a source knows them."""

from __future__ import annotations

from adapter.access.consent import Party
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.service.rooms import Rooms


def party(rooms: Rooms, organisation: Organisation | None) -> Party:
    """The organisation with its AGB code and URA, where the register or a source joins the two."""
    if organisation is None:
        return Party(frozenset())
    joined = rooms.joined(organisation)
    coded = (f"agb:{joined.agb}" if joined.agb else "", f"ura:{joined.ura}" if joined.ura else "")
    return Party(frozenset(text for text in coded if text), joined.kind)


def party_named(rooms: Rooms, identity: str | None, kind: OrganisationKind = OrganisationKind.ONBEKEND) -> Party:
    """The organisation of an identity (`agb:…`, `ura:…`); any other text names none."""
    system, _, code = (identity or "").partition(":")
    if not code or system not in ("agb", "ura"):
        return Party(frozenset())
    given = Organisation(f"{system}:{code}", code if system == "agb" else None, code if system == "ura" else None)
    found = party(rooms, given)
    return Party(found.identities, kind if found.kind is OrganisationKind.ONBEKEND else found.kind)


def holder_of(rooms: Rooms, source: str) -> Party:
    """The organisation whose records a source holds."""
    return party(rooms, rooms.sources[source].info.organisation)
