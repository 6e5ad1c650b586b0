"""On whose behalf a system asks: the claims of IHE IUA beside those of RFC 7523.

Read at the top of an assertion, or under `extensions.ihe_iua` (IHE ITI TF-2, 3.71.4.2.2.1): `subject_id`,
`subject_name`, `subject_role`, `subject_organization_id`, `purpose_of_use`; and `patient` or `patient_bsn`, the woman.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapter.access.identity import Actor, ActorKind, Purpose, Role
from adapter.access.systems.clients import Client, named_organisation
from adapter.access.systems.errors import OAuthError
from adapter.model.sources import RecordKey

PURPOSE_SCOPE = "purpose/"
"""A scope that names the purpose: `purpose/TREAT`."""

_ID = re.compile(r"[A-Za-z0-9._:@|/-]{1,128}")
_ROLE = re.compile(r"[!-~]{1,100}")
_MOST_ROLES = 10


@dataclass(frozen=True, slots=True)
class Subject:
    """Who asks through a system. `organisation` as everywhere: `ura:…` or `agb:…`. All may be unknown."""

    organisation: str | None = None
    id: str | None = None
    name: str | None = None
    roles: tuple[str, ...] = ()


def read_subject(
    claims: Mapping[str, Any], client: Client, organisation_claim: str = "subject_organization_id"
) -> Subject:
    """The subject that the claims name. Raises `OAuthError` for an organisation for which the system may not speak."""
    said = {**_iua(claims), **claims}
    organisation = client.organisation
    if (named := said.get(organisation_claim)) is not None:
        organisation = named_organisation(named) if isinstance(named, str) else None
        if organisation is None:
            raise OAuthError("invalid_request", f"{organisation_claim} names no URA or AGB code", client.id)
        if not client.speaks_for(organisation):
            text = f"this system is not registered to ask on behalf of the organisation in {organisation_claim}"
            raise OAuthError("unauthorized_client", text, client.id)
    person, name = said.get("subject_id"), said.get("subject_name")
    if person is not None and not (isinstance(person, str) and _ID.fullmatch(person)):
        raise OAuthError("invalid_request", "subject_id has at most 128 letters, digits and ._:@|/-", client.id)
    shown = name if isinstance(name, str) and name.isprintable() and len(name) <= 200 else None
    return Subject(organisation, person, shown, tuple(_roles(said.get("subject_role"))))


def read_purpose(asked: list[str], claims: Mapping[str, Any], client: Client) -> Purpose:
    """The one purpose that is asked for. Raises `OAuthError`: none, several, or one that it may not have."""
    said = {**_iua(claims), **claims}.get("purpose_of_use")
    codes = {text.rpartition("|")[2] for text in (*asked, *_codes(said))}
    if not codes and len(client.purposes) == 1:
        return client.purposes[0]
    if len(codes) != 1:
        text = "one token has one purpose: ask for purpose/TREAT, purpose/HPAYMT or purpose/HOPERAT"
        raise OAuthError("invalid_scope", text, client.id)
    code = codes.pop()
    if code not in {p.value for p in client.purposes}:
        raise OAuthError("invalid_scope", "this system is not registered for that purpose", client.id)
    return Purpose(code)


def actor_of(client: Client, subject: Subject, woman: RecordKey | None) -> Actor:
    """Who that is here: the woman, a person who asks through the system, or the system itself."""
    if woman is not None:
        name = f"vrouw:{woman.source}/{woman.woman}"
        return Actor(name, "De vrouw zelf", None, (Role.VROUW,), kind=ActorKind.WOMAN, client=client.id)
    roles = client.roles if client.source is None else (*client.roles, Role.BRON)
    roles = tuple(dict.fromkeys((*roles, *subject.roles)))
    if subject.id is not None:
        name = subject.name or subject.id
        # As this system names them: no system can speak as another one, or as a person of another.
        id = f"{client.id}|{subject.id}"
        return Actor(id, name, subject.organisation, roles, kind=ActorKind.PERSON, client=client.id)
    return Actor(client.id, client.name, subject.organisation, roles, kind=ActorKind.SYSTEM, client=client.id)


def _iua(claims: Mapping[str, Any]) -> Mapping[str, Any]:
    extensions = claims.get("extensions")
    found = extensions.get("ihe_iua") if isinstance(extensions, dict) else None
    return found if isinstance(found, dict) else {}


def _roles(given: object) -> Iterator[str]:
    """Role codes, as `system|code`. One of ours is never taken from outside: it would grant something."""
    for text in list(_codes(given))[:_MOST_ROLES]:
        if _ROLE.fullmatch(text) and text not in set(Role):
            yield text


def _codes(given: object) -> Iterator[str]:
    """Texts, or codings (`system` and `code`), one or a list of them."""
    for one in given if isinstance(given, list) else [given]:
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict) and isinstance(one.get("code"), str):
            system = one.get("system")
            yield f"{system}|{one['code']}" if isinstance(system, str) else one["code"]
