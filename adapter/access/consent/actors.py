"""Whom the rules of a FHIR Consent name: holders and readers, as organisations or kinds of them."""

from __future__ import annotations

from typing import Any, Protocol

from adapter.access.consent.blocks import Block, Json, codings, listed
from adapter.access.consent.precedence import Party
from adapter.access.consent.terms import Terms
from adapter.model.evidence import OrganisationKind
from adapter.model.identifiers import System, system_of

_CONSULTING = "OTV-ProviderCategory"

Who = tuple[frozenset[str] | None, frozenset[OrganisationKind] | None]
"""Identities of one organisation, or kinds of organisations; neither: any."""
ANY: Who = (None, None)


class Resolver(Protocol):
    """Knows what a Consent refers to."""

    def organisation(self, reference: str) -> Party | None:
        """The organisation behind `Organization/…`; None where it is not known."""
        ...

    def pregnancy(self, reference: Json) -> str | None:
        """Our id of the pregnancy behind a reference (a dossier, or an identifier of one); None where not known."""
        ...


def who(
    consent: Json, block: Block, terms: Terms, resolver: Resolver, unread: list[str]
) -> tuple[list[Who], list[Who]]:
    """The holders and the readers that a rule names, any where it names none; what cannot be read joins `unread`."""
    holders: list[Who] = []
    readers: list[Who] = []
    organisations = [(one, holders) for one in listed(consent.get("organization"))]
    for actor in listed(block.given.get("actor")):
        if not isinstance(actor, dict):
            continue
        roles = {code for _, code in codings(actor.get("role"))}
        if roles & terms.reader_roles:
            organisations.append((actor.get("reference"), readers))
        elif roles & terms.holder_roles:
            organisations.append((actor.get("reference"), holders))
        else:
            unread.append("actor.role")
    for reference, side in organisations:
        one = _named(consent, reference, terms, resolver)
        if one is None:
            unread.append("actor.reference" if side is readers else "organization")
        side.append(one or ANY)
    readers += _consulting(unread, [*listed(consent.get("extension")), *listed(block.given.get("extension"))], terms)
    return holders or [ANY], readers or [ANY]


def _consulting(unread: list[str], extensions: list[Any], terms: Terms) -> list[Who]:
    """The consulting categories of the national service, as kinds of readers."""
    readers: list[Who] = []
    for extension in extensions:
        if not isinstance(extension, dict) or _CONSULTING not in str(extension.get("url")):
            continue
        values = [v for name, v in extension.items() if name.startswith("value")]
        codes = [code for v in values for _, code in codings(v)] + [v for v in values if isinstance(v, str)]
        for code in codes or [""]:
            if code in terms.consulting:
                readers.append((None, terms.consulting[code]))
            else:
                unread.append(f"raadplegende categorie {code}")
                readers.append(ANY)
    return readers


def _named(consent: Json, reference: Any, terms: Terms, resolver: Resolver) -> Who | None:
    """One organisation, or a kind of them; None where it cannot be read."""
    party = _party(consent, reference, terms, resolver)
    if party is None:
        return None
    if party.identities:
        return party.identities, None
    return None if party.kind is OrganisationKind.ONBEKEND else (None, frozenset({party.kind}))


def _party(consent: Json, reference: Any, terms: Terms, resolver: Resolver) -> Party | None:
    if not isinstance(reference, dict):
        return None
    text = reference.get("reference")
    if isinstance(text, str) and text.startswith("#"):
        inside = [r for r in listed(consent.get("contained")) if isinstance(r, dict) and r.get("id") == text[1:]]
        if not inside or inside[0].get("resourceType") != "Organization":
            return None
        party, one = party_of(inside[0], terms), bool(inside[0].get("name") or inside[0].get("identifier"))
        return party if party.identities or not one else None  # one organisation, not known by a code: not its kind
    if isinstance(text, str):
        known = resolver.organisation(text)
        return known if known is not None and known.identities else None
    return _identified([reference.get("identifier")], None)


def party_of(organisation: Json, terms: Terms) -> Party:
    """The identities and kind of an Organization resource (nl-core-organization)."""
    types = codings(organisation.get("type"))
    codes = [code for system, code in types if system_of(system) is System.ORGANISATION_TYPE]
    kind = next((terms.kinds[code] for code in codes if code in terms.kinds), None)
    return _identified(listed(organisation.get("identifier")), kind) or Party(
        frozenset(), kind or OrganisationKind.ONBEKEND
    )


def _identified(identifiers: list[Any], kind: OrganisationKind | None) -> Party | None:
    found: set[str] = set()
    for one in identifiers:
        if isinstance(one, dict) and isinstance(one.get("value"), str) and isinstance(one.get("system"), str):
            name = {System.AGB: "agb", System.URA: "ura"}.get(system_of(one["system"]) or System.BSN)
            if name:
                found.add(f"{name}:{one['value'].strip()}")
    return Party(frozenset(found), kind or OrganisationKind.ONBEKEND) if found else None
