"""Tell who asked for it that something changed: an empty POST, without any data; they come and fetch it.

Each subscription remembers up to where it was told, so that nothing is lost when telling fails or we stop: it is tried
again with the next change, and given up after a number of failures. Only the newest state matters, so many changes are
one notification.
"""

from __future__ import annotations

import asyncio
import ssl
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from urllib.parse import urlsplit

import httpx

from adapter.access import SYSTEM, Actor, ActorKind, Context, Purpose, is_loopback
from adapter.fhir import JsonObject
from adapter.model.sources import FhirVersion
from adapter.service.endpoint.endpoint import FhirEndpoint
from adapter.service.endpoint.fault import FhirFault, bad, not_found
from adapter.service.endpoint.query import Handling, Query, read_query
from adapter.service.endpoint.scope import Caller
from adapter.service.rooms import Rooms
from adapter.store.search import Search
from adapter.store.subscriptions import Subscribed, Subscriptions

_SECONDS = 5.0
_GIVE_UP = 10
_WHO = "_who"  # beside the resource, for us alone: as whom to look whether it concerns them
_FORBIDDEN = frozenset({"host", "content-length", "transfer-encoding", "connection"})


@cache
def _tls() -> ssl.SSLContext:
    # Reading the certificates of the authorities takes long enough to be felt by every request meanwhile.
    return httpx.create_ssl_context()


Endpoint = Callable[[FhirVersion], FhirEndpoint]


class Notifier:
    """Keeps subscriptions, and tells."""

    def __init__(
        self,
        rooms: Rooms,
        endpoint: Endpoint,
        caller: Callable[[Context], Caller] = Caller,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        open: bool = True,
    ) -> None:
        """`caller`: narrows who asks to what they may see. `open`: whether the demonstration may still be told."""
        self._rooms = rooms
        self._caller = caller
        self._open = open
        self._endpoint = endpoint
        self._search: Search = rooms.store.search
        self._kept: Subscriptions = rooms.store.subscriptions
        self.transport = transport

    def subscribe(self, caller: Caller, version: FhirVersion, resource: JsonObject) -> JsonObject:
        """Keep a Subscription and give it back as it stands. Raises `FhirFault`, `DeniedError`."""
        self._endpoint(version).reading(caller.context)
        if caller.woman is not None:
            raise FhirFault(403, "forbidden", "a subscription is for systems")
        _channel(resource)
        self._criteria(resource, version)
        now = self._rooms.clock()
        made = Subscribed(
            str(uuid.uuid4()),
            version,
            caller.context.actor.id,
            "active",
            self._search.last_position(),
            0,
            now,
            {**resource, _WHO: _who(caller.context)},
        )
        self._kept.add(made)
        return _shown(made)

    def read(self, caller: Caller, version: FhirVersion, id: str) -> JsonObject:
        """A subscription of this caller. Raises `FhirFault` (404)."""
        return _shown(self._own(caller, version, id))

    def unsubscribe(self, caller: Caller, version: FhirVersion, id: str) -> None:
        """Tell no more. Raises `FhirFault` (404)."""
        self._kept.remove(self._own(caller, version, id).id)

    async def tell(self) -> int:
        """Tell everybody whom something concerns that came since they were told. Gives how many were told."""
        waiting = [one for one in await asyncio.to_thread(self._kept.all) if one.status == "active"]
        if not waiting:
            return 0
        verify = await asyncio.to_thread(_tls)
        async with httpx.AsyncClient(
            timeout=_SECONDS, transport=self.transport, trust_env=False, verify=verify
        ) as client:
            return sum(await asyncio.gather(*(self._tell(client, one) for one in waiting)))

    async def _tell(self, client: httpx.AsyncClient, one: Subscribed) -> bool:
        upto = await asyncio.to_thread(self._search.last_position)
        if upto == one.upto or not await asyncio.to_thread(self._concerns, one, upto):
            return False
        channel = one.resource["channel"]
        lines = [str(line).partition(":") for line in channel.get("header") or ()]
        headers = {name.strip(): value.strip() for name, _, value in lines}
        try:
            answer = await client.post(channel["endpoint"], headers=headers)
            went = answer.is_success
        except httpx.HTTPError:
            went = False
        failures = 0 if went else one.failures + 1
        status = "error" if failures >= _GIVE_UP else "active"
        await asyncio.to_thread(self._kept.told, one, upto if went else one.upto, failures, status)
        return went

    def _concerns(self, one: Subscribed, upto: int) -> bool:
        """Whether what came is of a woman whom the criteria find."""
        records = frozenset(self._search.changed_records(one.upto, upto))
        asker = _asker(one)
        if not records or (asker.everything and not self._open):  # of before access was configured: ask again
            return False
        query = replace(self._criteria(one.resource, one.version), count=1, includes=())
        caller = replace(self._caller(asker), records=records)  # who asked for it may see less than changed
        return bool(self._endpoint(one.version).searcher.run(query, caller).matches)

    def _criteria(self, resource: JsonObject, version: FhirVersion) -> Query:
        text = resource.get("criteria")
        if not isinstance(text, str):
            raise bad("criteria is a search: EpisodeOfCare?patient=…", "Subscription.criteria", "required")
        kind, _, query = text.partition("?")
        pairs = [(name, value) for name, _, value in (p.partition("=") for p in query.split("&") if p)]
        return read_query(kind, pairs, version, Handling.STRICT)

    def _own(self, caller: Caller, version: FhirVersion, id: str) -> Subscribed:
        self._endpoint(version).reading(caller.context)
        found = self._kept.get(id)
        if found is None or found.version is not version or found.owner != caller.context.actor.id:
            raise not_found("no Subscription of yours with this id")
        return found


def _who(context: Context) -> JsonObject:
    """As whom to look later: whatever narrows them now."""
    actor = context.actor
    return {
        "organisation": actor.organisation,
        "roles": list(actor.roles),
        "kind": actor.kind.value,
        "demonstration": actor.demonstration,
        "scopes": None if context.scopes is None else list(context.scopes),
    }


def _asker(one: Subscribed) -> Context:
    """Who asked for it, as of then."""
    said = one.resource.get(_WHO)
    if not isinstance(said, dict):  # of before: only the demonstration could ask
        return Context(SYSTEM, Purpose.HOPERAT)
    actor = Actor(
        one.owner, one.owner, said["organisation"], tuple(said["roles"]), said["demonstration"], ActorKind(said["kind"])
    )
    scopes = said["scopes"]
    return Context(actor, Purpose.TREAT, scopes=None if scopes is None else tuple(scopes))


def _channel(resource: JsonObject) -> None:
    """Raises `FhirFault` (422) for a channel that we do not serve."""
    channel = resource.get("channel")
    if not isinstance(channel, dict) or channel.get("type") != "rest-hook":
        raise FhirFault(422, "not-supported", "the channel is a rest-hook", "Subscription.channel.type")
    if channel.get("payload"):
        text = "notifications hold no data: leave payload out, and fetch what changed"
        raise FhirFault(422, "not-supported", text, "Subscription.channel.payload")
    address = urlsplit(str(channel.get("endpoint", "")))
    if not address.hostname or address.username or address.password:
        raise FhirFault(422, "value", "endpoint is an address without a user", "Subscription.channel.endpoint")
    if address.scheme != "https" and not (address.scheme == "http" and is_loopback(address.hostname)):
        raise FhirFault(422, "security", "endpoint is https (or this machine)", "Subscription.channel.endpoint")
    for line in channel.get("header") or ():
        name, colon, value = str(line).partition(":")
        if not colon or not name.strip().isascii() or name.strip().lower() in _FORBIDDEN or not value.isprintable():
            raise FhirFault(422, "value", "a header is written Name: value", "Subscription.channel.header")


def _shown(one: Subscribed) -> JsonObject:
    """As it stands; what is in its headers stays with us."""
    channel = {key: value for key, value in one.resource["channel"].items() if key != "header"}
    rest = {k: v for k, v in one.resource.items() if k not in ("resourceType", "id", "status", "channel", _WHO)}
    return {"resourceType": "Subscription", "id": one.id, "status": one.status, **rest, "channel": channel}
