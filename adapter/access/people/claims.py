"""From what a provider says of a person to an actor here: roles by a configured table, organisation by URA or AGB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from adapter.access.identity import Actor, Purpose, Role
from adapter.access.people.cookies import hashed
from adapter.access.people.errors import LoginError, LoginFault
from adapter.access.policy import GRANTS
from adapter.access.redact import redact
from adapter.model.identifiers import Agb, InvalidIdentifierError, Ura

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """How claims are read. `roles`: the provider's role to ours; a role it does not name gives nothing."""

    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    role_claim: str = "roles"
    id_claim: str = "sub"
    organisation_claim: str = "ura"
    organisation_kind: Literal["ura", "agb"] = "ura"


def actor_of(claims: Claims, table: Table, issuer: str) -> Actor:
    """Who this is. Raises `LoginError` for a person without any role here, or with half an organisation."""
    given = _texts(read(claims, table.role_claim))
    roles = tuple(dict.fromkeys(role for one in given for role in table.roles.get(one, ())))
    if not roles:
        raise LoginError(LoginFault.NO_ROLE, "none of the roles the provider gave is in access.people.roles")
    return Actor(
        id=safe_id(read(claims, table.id_claim), issuer, str(claims.get("sub", ""))),
        name=name_of(claims),
        organisation=organisation_of(claims, table),
        roles=roles,
    )


def organisation_of(claims: Claims, table: Table) -> str | None:
    """`ura:…` or `agb:…`; None where the provider names no organisation. Raises `LoginError`."""
    found = read(claims, table.organisation_claim)
    if found is None or found in ("", []):
        return None
    texts = _texts(found)
    if not texts or (isinstance(found, list) and len(texts) < len(found)):
        # a JSON number, say: a code that begins with zeros has lost them there
        raise LoginError(LoginFault.ORGANISATION, f"the claim is no text, so no {table.organisation_kind}")
    number = texts[0].strip().removeprefix(f"{table.organisation_kind}:")
    try:
        return f"ura:{Ura(number)}" if table.organisation_kind == "ura" else f"agb:{Agb(number)}"
    except InvalidIdentifierError:
        raise LoginError(LoginFault.ORGANISATION, f"the claim holds no {table.organisation_kind}") from None


def safe_id(found: object, issuer: str, subject: str) -> str:
    """The id under which a person stands in the audit log. One that could be a BSN becomes a pseudonym, always the same
    for this person: a BSN may stand nowhere, and nothing tells a staff number of nine digits from one.
    """
    text = found.strip() if isinstance(found, str) else ""
    if not text or len(text) > 200 or redact(text) != text or not text.isprintable():
        return f"p-{hashed(issuer, subject)[:24]}"
    return text


def name_of(claims: Claims) -> str:
    """The person's name as the provider has it."""
    parts = [str(claims.get(part) or "") for part in ("given_name", "family_name")]
    found = str(claims.get("name") or " ".join(p for p in parts if p) or claims.get("preferred_username") or "")
    printable = "".join(c for c in found if c.isprintable()).strip()
    return redact(printable)[:120] or "naam onbekend"


def human_name(resource: Claims) -> str | None:
    """The name in a Practitioner or Person (FHIR HumanName, of both versions)."""
    names = resource.get("name")
    for one in names if isinstance(names, list) else [names]:
        if not isinstance(one, dict):
            continue
        said = one.get("text")
        parts = [*_texts(one.get("given")), *_texts(one.get("family"))]
        if isinstance(said, str) and said.strip():
            return said
        if parts:
            return " ".join(parts)
    return None


def purposes_of(roles: Sequence[str]) -> frozenset[Purpose]:
    """The purposes for which these roles are granted anything at all."""
    return frozenset(grant.purpose for grant in GRANTS if grant.role in roles)


def lacking(claims: Claims, table: Table) -> bool:
    """Whether the roles or the organisation are still to be asked for."""
    needed = (table.role_claim, table.organisation_claim)
    return any(path and read(claims, path) is None for path in needed)


def filled(claims: Claims, more: Claims) -> Claims:
    """These claims, and of `more` what they do not say; so within an object as well (`realm_access.roles`)."""
    found = {**more, **{name: value for name, value in claims.items() if value is not None}}
    for name, value in claims.items():
        other = more.get(name)
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            found[name] = filled(value, other)
    return found


def read(claims: Claims, path: str) -> Any:
    """A claim by its name; else, with dots, of an object within (`realm_access.roles`)."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return found


def _texts(found: object) -> list[str]:
    if isinstance(found, str):
        return [found] if found else []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


ROLES_OF_PEOPLE = tuple(role.value for role in Role if role not in (Role.BRON, Role.VROUW))
"""Those that a table may give: a source is a system, and the woman comes in elsewhere."""
