"""From `[access]` to the entrance: registered systems, their keys, tokens, and who lets people in."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from joserfc.jwk import KeySet

from adapter.access import AuditLog, Purpose, Role, is_loopback
from adapter.access.people import ShelfError
from adapter.access.systems import (
    Asked,
    Assertions,
    BadScopeError,
    Client,
    Clients,
    FileKeys,
    Introspection,
    Jwks,
    JwksError,
    RemoteKeys,
    ReplayUnavailableError,
    SigningKeys,
    Tokens,
    named_organisation,
    read_scope,
)
from adapter.bootstrap import people
from adapter.bootstrap.access import AccessSettings, ClientSettings, IntrospectionSettings
from adapter.bootstrap.shelf import RedisShelf
from adapter.model.identifiers import Agb, Bsn, Ura
from adapter.model.sources import Problem, RecordKey
from adapter.service.access.entrance import ConfiguredEntrance
from adapter.service.access.tokens import TokenDesk
from adapter.service.port import ConfigurationError
from adapter.store import KeyRing, Store

_ROLES = frozenset(Role) - {Role.BRON, Role.VROUW}  # these follow from `source` and `subject`


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the entrance stands on. `redis`: gives the address of Redis when it is first needed."""

    store: Store
    ring: KeyRing
    audit: AuditLog
    clock: Callable[[], datetime]
    redis: Callable[[], str]
    sources: Mapping[str, tuple[str, str | None]]
    framed: bool = False


class RedisReplay:
    """Implements `access.systems.Replay` for all workers together: SET NX EX."""

    def __init__(self, shelf: RedisShelf) -> None:
        self._shelf = shelf

    async def first(self, key: str, seconds: int) -> bool:
        """Whether this is seen for the first time."""
        try:
            return await self._shelf.once(key, seconds)
        except ShelfError as error:
            raise ReplayUnavailableError(str(error)) from None


class StoredWomen:
    """Implements `access.systems.Women` over the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of_bsn(self, bsn: Bsn, source: str | None) -> RecordKey | None:
        """A record of hers, at this source where it is named."""
        found = await asyncio.to_thread(self._store.find, [f"bsn:{bsn.value}"])
        records = sorted(record for some in found.values() for record in some)
        return next((record for record in records if source in (None, record.source)), None)

    async def known(self, record: RecordKey) -> bool:
        """Whether the record is there: a Patient that is a woman, not a child of hers."""
        found = await asyncio.to_thread(self._store.versions_of, record)
        return any(version.received.reference == record.woman for version in found)


class Registered:
    """Implements `access.people.ClientKeys`: the keys with which registered systems sign links."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    async def find(self, client: str, kid: str) -> KeySet | None:
        """Its keys of this id; None where there are none."""
        known = self._clients.get(client)
        if known is None or known.keys is None:
            return None
        try:
            found = await known.keys.find(kid)
        except JwksError:
            return None
        return KeySet(list(found)) if found else None


def entrance_of(access: AccessSettings, given: Surroundings) -> ConfiguredEntrance:
    """The entrance. Raises `ConfigurationError` with every fault."""
    clients = registered(access, given.sources)
    now = time.time
    keys, women = SigningKeys(given.ring, now), StoredWomen(given.store)
    tokens = Tokens(clients, keys, access.issuer, women, now)
    shelf, seen = RedisShelf(given.redis), RedisShelf(given.redis, "adapter:jti:")
    desk = TokenDesk(
        access.issuer, clients, Assertions(clients, RedisReplay(seen), now), tokens, keys, given.audit, given.clock
    )
    lets_in = people.people_of(
        access, given.sources, shelf, given.audit, given.clock, Registered(clients), framed=given.framed
    )
    asked = None if access.introspection is None else _asked(access.introspection)
    introspection = None if asked is None else Introspection(asked, clients, women, now)
    return ConfiguredEntrance(
        access.issuer, tokens, desk, introspection, lets_in, access.proxies, closing=(shelf, seen)
    )


def registered(access: AccessSettings, sources: Iterable[str]) -> Clients:
    """The registered systems. Raises `ConfigurationError`."""
    problems = [*faults(access, sources)]
    if problems:
        raise ConfigurationError(problems)
    return Clients(_client(client) for client in access.client)


def _client(given: ClientSettings) -> Client:
    return Client(
        id=given.id,
        name=given.name,
        roles=given.roles,
        purposes=tuple(map(Purpose, given.purposes)),
        scopes=tuple(map(read_scope, given.scopes)),
        keys=_keys(given),
        algorithms=given.algorithms,
        organisation=f"ura:{given.ura}" if given.ura else f"agb:{given.agb}" if given.agb else None,
        organisations=frozenset(given.organisations),
        source=given.source,
        for_woman=given.subject == "woman",
        introspects=given.introspects,
    )


def _keys(given: ClientSettings) -> Jwks | None:
    if given.jwks_url is not None:
        return RemoteKeys(given.jwks_url, time.monotonic)
    return FileKeys(given.jwks_file) if given.jwks_file is not None else None


def _asked(given: IntrospectionSettings) -> Asked:
    def authorization() -> str | None:
        token = os.environ.get(given.token_env, "") if given.token_env else ""
        if given.token_file is not None:
            token = given.token_file.read_text("ascii")
        return f"Bearer {token.strip()}" if token.strip() else None

    return Asked(given.url, authorization, given.scopes, given.audience, given.organisation_claim)


def faults(access: AccessSettings, sources: Iterable[str], *, strict: bool = False) -> list[Problem]:
    """What is wrong with registered systems, introspection, people. `strict`: what is not there now is a fault too."""
    known, ids = set(sources), [client.id for client in access.client]
    found = people.faults(access, known, strict=strict)
    for client in access.client:
        where = f"access.client {client.id!r}"
        if ids.count(client.id) > 1:
            found.append(Problem(None, where, "two systems have the same id"))
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
        if strict and given.token_env and not os.environ.get(given.token_env):
            found.append(Problem(None, "access.introspection.token_env", f"{given.token_env} is not set"))
        if strict and given.token_file and not given.token_file.is_file():
            found.append(Problem(None, "access.introspection.token_file", f"there is no file {given.token_file}"))
    return found


def _client_faults(client: ClientSettings, access: AccessSettings, sources: set[str]) -> Iterable[tuple[str, str]]:
    if client.jwks_url is not None and client.jwks_file is not None:
        yield "jwks_url", "give jwks_url or jwks_file, not both"
    if client.jwks_url is None and client.jwks_file is None and access.introspection is None:
        yield "jwks_url", "give jwks_url or jwks_file; without either, another server must know its tokens"
    if client.jwks_url is not None and not _safe(client.jwks_url):
        yield "jwks_url", "https (http is for this machine only), without user, password or fragment"
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
