"""From `[access]` to the entrance: registered systems, their keys, tokens, and who lets people in."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from joserfc.jwk import KeySet

from adapter.access import AuditLog, Purpose
from adapter.access.people import ShelfError
from adapter.access.systems import (
    Asked,
    Assertions,
    Client,
    Clients,
    FileKeys,
    Hooks,
    Introspection,
    Jwks,
    JwksError,
    RemoteKeys,
    ReplayUnavailableError,
    SigningKeys,
    Tokens,
    read_scope,
)
from adapter.bootstrap import people
from adapter.bootstrap.access import AccessSettings, ClientSettings, IntrospectionSettings
from adapter.bootstrap.shelf import RedisShelf
from adapter.bootstrap.systems import faults
from adapter.model.identifiers import Bsn
from adapter.model.sources import RecordKey
from adapter.service.access.entrance import ConfiguredEntrance
from adapter.service.access.tokens import TokenDesk
from adapter.service.port import ConfigurationError
from adapter.store import KeyRing, Store


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

    async def same(self, one: RecordKey, other: RecordKey) -> bool:
        """Whether it is one record, or both are linked to one woman now."""
        return one == other or other in await asyncio.to_thread(self._store.search.linked_to, one)


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
    assertions = Assertions(clients, RedisReplay(seen), now)
    desk = TokenDesk(access.issuer, clients, assertions, tokens, keys, given.audit, given.clock)
    hooks = Hooks(clients, assertions, access.issuer)
    lets_in = people.people_of(
        access, given.sources, shelf, given.audit, given.clock, Registered(clients), framed=given.framed
    )
    asked = None if access.introspection is None else _asked(access.introspection)
    introspection = None if asked is None else Introspection(asked, clients, women, now)
    return ConfiguredEntrance(
        access.issuer, tokens, desk, introspection, hooks, lets_in, access.proxies, closing=(shelf, seen)
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
        calls_as=given.calls_as,
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

    audience = None if given.audience == "*" else given.audience
    return Asked(given.url, authorization, given.scopes, audience, given.organisation_claim)
