"""What is wrong with `[access]`: registered systems first, each fault with its key."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from adapter.access import GRANTS, Role, is_loopback
from adapter.access.systems import BadScopeError, FileKeys, JwksError, named_organisation, read_scope
from adapter.bootstrap import people
from adapter.bootstrap.access import AccessSettings, ClientSettings
from adapter.bootstrap.secrets import unset
from adapter.model.identifiers import Agb, Ura
from adapter.model.sources import Problem

Fault = tuple[str, str]
"""The key, and what is wrong with it."""

_ROLES = frozenset(Role) - {Role.BRON, Role.VROUW}  # these follow from `source` and `subject`


def faults(access: AccessSettings, sources: Iterable[str], *, strict: bool = False) -> list[Problem]:
    """What is wrong with registered systems, introspection, people. `strict`: what is not there now is a fault too."""
    known, ids = set(sources), [client.id for client in access.client]
    found = people.faults(access, known, strict=strict)
    for client in access.client:
        where = f"access.client {client.id!r}"
        if ids.count(client.id) > 1:
            found.append(Problem(None, where, "two systems have the same id"))
        if client.calls_as is not None and [c.calls_as for c in access.client].count(client.calls_as) > 1:
            found.append(Problem(None, f"{where}: calls_as", "two systems call under the same name"))
        found += [Problem(None, f"{where}: {key}", what) for key, what in _client_faults(client, access, known)]
        if client.jwks_file is not None and (what := _file_fault(client.jwks_file)):
            found.append(Problem(None, f"{where}: jwks_file", f"{client.jwks_file}: {what}"))
    for proxy in access.proxies:
        if not _network(proxy):
            found.append(Problem(None, "access.proxies", "each is an IP address or network, such as 10.0.0.0/24"))
    if access.introspection is not None:
        given = access.introspection
        if not _safe(given.url):
            found.append(Problem(None, "access.introspection.url", "https (http is for this machine only)"))
        if given.audience is None:
            what = "say what `aud` of a token must name: what that server calls us; * for any, also tokens for others"
            found.append(Problem(None, "access.introspection.audience", what))
        if strict and given.token_env and not os.environ.get(given.token_env):
            found.append(Problem(None, "access.introspection.token_env", unset(given.token_env)))
        if strict and given.token_file and not given.token_file.is_file():
            found.append(Problem(None, "access.introspection.token_file", f"there is no file {given.token_file}"))
    return found


def _client_faults(client: ClientSettings, access: AccessSettings, sources: set[str]) -> Iterable[Fault]:
    yield from _key_faults(client, access)
    yield from _right_faults(client)
    if client.source is not None and client.source not in sources:
        yield "source", f"there is no source {client.source!r}"
    for key, kind, code in (("agb", Agb, client.agb), ("ura", Ura, client.ura)):
        try:
            kind(code) if code is not None else None
        except ValueError as error:
            yield key, str(error)
    for organisation in client.organisations:
        if organisation != "*" and named_organisation(organisation) != organisation:
            yield "organisations", "each is ura:…, agb:… or *"


def _key_faults(client: ClientSettings, access: AccessSettings) -> Iterable[Fault]:
    if "*" in client.organisations and (client.jwks_url is not None or client.jwks_file is not None):
        what = "* is for a system whose tokens another server gives, which has it prove for whom it asks: name them"
        yield "organisations", what
    if client.jwks_url is not None and client.jwks_file is not None:
        yield "jwks_url", "give jwks_url or jwks_file, not both"
    if client.jwks_url is None and client.jwks_file is None and access.introspection is None:
        yield "jwks_url", "give jwks_url or jwks_file; without either, another server must know its tokens"
    if client.calls_as is not None and client.jwks_url is None and client.jwks_file is None:
        yield "calls_as", "what it signs needs its keys: give jwks_url or jwks_file"
    if client.jwks_url is not None and not _safe(client.jwks_url):
        yield "jwks_url", "https (http is for this machine only), without user, password or fragment"


def _right_faults(client: ClientSettings) -> Iterable[Fault]:
    for scope in client.scopes:
        try:
            level = read_scope(scope).level
        except BadScopeError as error:
            yield "scopes", f"{scope}: {error}"
            continue
        if level == "patient" and client.subject != "woman":
            yield "scopes", f'{scope}: patient/ is for subject = "woman"'
    if not client.scopes or not client.purposes:
        yield "scopes", "without a scope and a purpose it could get no token"
    for role in client.roles:
        if role not in _ROLES:
            yield "roles", f"there is no role {role!r} to give; there are {', '.join(sorted(_ROLES))}"
    if client.calls_as is not None and ("TREAT" not in client.purposes or client.subject == "woman"):
        yield "calls_as", 'CDS services are for care: purposes has "TREAT", subject is "system"'
    if client.subject == "woman":
        if client.purposes != ("TREAT",):
            yield "purposes", 'subject = "woman" is for care alone: purposes = ["TREAT"]'
        return
    for purpose in client.purposes:
        if not any(grant.purpose == purpose and grant.role in client.roles for grant in GRANTS):
            yield "purposes", f"no role of this system may do anything for {purpose}; see roles"


def _file_fault(path: Path) -> str | None:
    try:
        FileKeys(path).read()
    except JwksError as error:
        return str(error)
    return None


def _safe(url: str) -> bool:
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def _network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
