"""Tell who asked for it that something changed: an empty POST, without any data; they come and fetch it.

Each subscription remembers up to where it was told, so that nothing is lost when telling fails or we stop: it is tried
again with the next change, and given up after a number of failures. Only the newest state matters, so many changes are
one notification. What an endpoint costs us is bounded: a caller has so many subscriptions, a call so many seconds, a
round of calls so many side by side and so long altogether.
"""

from __future__ import annotations

import asyncio
import ssl
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import httpx

from adapter.access import SYSTEM, Action, Actor, ActorKind, Context, Purpose, Resource, log
from adapter.fhir import JsonObject
from adapter.model.sources import FhirVersion, RecordKey
from adapter.service.bounds import Notices
from adapter.service.endpoint.endpoint import FhirEndpoint
from adapter.service.endpoint.fault import FhirFault, bad, not_found
from adapter.service.endpoint.pairs import pairs_of
from adapter.service.endpoint.parameters import parameters
from adapter.service.endpoint.query import Handling, Query, read_query
from adapter.service.endpoint.receivers import Receivers, UnreachableError
from adapter.service.endpoint.scope import Caller
from adapter.service.endpoint.telling import ROUND
from adapter.service.rooms import Rooms
from adapter.store.search import Search
from adapter.store.subscriptions import Subscribed, Subscriptions

DECISIONS = "EpisodeOfCare/$igo-selection"
"""The criteria of who wants to hear of decisions, for payment: any that is new. A decision is no resource to search."""
_CRITERIA = "Subscription.criteria"
_SECONDS = 5.0
_AT_ONCE = 8
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
        notices: Notices | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        open: bool = True,
    ) -> None:
        """`caller`: narrows who asks to what they may see. `open`: whether the demonstration may still be told."""
        notices = notices or Notices()
        self._rooms = rooms
        self._caller = caller
        self._open = open
        self._endpoint = endpoint
        self._search: Search = rooms.store.search
        self._kept: Subscriptions = rooms.store.subscriptions
        self._most = notices.most
        self._tried: dict[str, int] = {}
        self._turn = 0
        self.receivers = Receivers(notices.registered, loopback=notices.loopback)
        self.transport = transport

    def subscribe(self, caller: Caller, version: FhirVersion, resource: JsonObject) -> JsonObject:
        """Keep a Subscription and give it back as it stands. Raises `FhirFault`, `DeniedError`."""
        of_decisions = resource.get("criteria") == DECISIONS
        context = replace(caller.context, purpose=Purpose.HPAYMT if of_decisions else Purpose.TREAT)
        if of_decisions:
            self._endpoint(version).allowed(context, Action.READ, Resource.DECISION)
        else:
            self._endpoint(version).reading(context)
        if caller.woman is not None:
            raise FhirFault(403, "forbidden", "a subscription is for systems", "http.Authorization")
        owner = _owner(context)
        _channel(resource)
        self.receivers.check(owner, resource["channel"].get("endpoint"))
        if not of_decisions:
            self._criteria(resource, version)
        now = self._rooms.clock()
        _to_come(resource, now)
        made = Subscribed(
            str(uuid.uuid4()),
            version,
            owner,
            "active",
            self._rooms.store.last_decided() if of_decisions else self._search.last_position(),
            0,
            now,
            {**resource, _WHO: _who(context)},
        )
        if not self._kept.add(made, self._most):
            text = f"a caller has at most {self._most} subscriptions ([access.limits] subscriptions): end one first"
            raise FhirFault(422, "too-costly", text, "Subscription")
        return _shown(made, now)

    def read(self, caller: Caller, version: FhirVersion, id: str) -> JsonObject:
        """A subscription of this caller. Raises `FhirFault` (404)."""
        return _shown(self._own(caller, version, id), self._rooms.clock())

    def unsubscribe(self, caller: Caller, version: FhirVersion, id: str) -> None:
        """Tell no more. Raises `FhirFault` (404)."""
        self._kept.remove(self._own(caller, version, id).id)

    async def tell(self) -> int:
        """Tell everybody whom something concerns that came since they were told. Gives how many were told.

        Who waits longest comes first; who is not reached in the time of a round is the first of the next.
        """
        waiting = await asyncio.to_thread(self._active)
        if not waiting:
            self._tried.clear()
            return 0
        self._tried = {one.id: self._tried.get(one.id, 0) for one in waiting}
        self._turn += 1
        verify = await asyncio.to_thread(_tls)
        looking = _Round(
            await asyncio.to_thread(self._search.last_position),
            await asyncio.to_thread(self._rooms.store.last_decided),
            asyncio.Semaphore(_AT_ONCE),
        )
        settled = not await asyncio.to_thread(self._rooms.store.pending, 1)
        async with httpx.AsyncClient(
            timeout=_SECONDS, transport=self.transport, trust_env=False, verify=verify, follow_redirects=False
        ) as client:
            try:
                async with asyncio.timeout(ROUND):
                    await asyncio.gather(
                        *(self._tell(client, one, looking) for one in sorted(waiting, key=lambda o: self._tried[o.id]))
                    )
            except TimeoutError:
                log.TELLING_FAILED.log(error="TimeoutError", waiting=len(waiting) - looking.looked)
        if settled:  # else what came may yet prove to be of a woman whom they ask about
            for upto, ids in looking.nothing.items():
                await asyncio.to_thread(self._kept.passed, ids, upto)
        return looking.told

    def _active(self) -> list[Subscribed]:
        """Those that go on; one that has come to its end is turned off."""
        now, going = self._rooms.clock(), []
        for one in self._kept.all():
            if one.status == "active" and _ended(one.resource, now):
                self._kept.told(one, one.upto, one.failures, "off")
            elif one.status == "active":
                going.append(one)
        return going

    async def _tell(self, client: httpx.AsyncClient, one: Subscribed, looking: _Round) -> None:
        async with looking.side_by_side:
            self._tried[one.id] = self._turn
            upto = looking.decided if _of_decisions(one) else looking.upto
            if upto == one.upto:
                looking.looked += 1
                return
            try:
                concerns = await asyncio.to_thread(self._concerns, one, looking)
            except FhirFault:  # what is asked is not served any more
                concerns = None
            if concerns is False:
                looking.nothing.setdefault(upto, []).append(one.id)
            elif concerns and await self._went(client, one):
                await asyncio.to_thread(self._kept.told, one, upto, 0, "active")
                looking.told += 1
            else:
                failures = one.failures + 1
                status = "error" if failures >= _GIVE_UP else "active"
                await asyncio.to_thread(self._kept.told, one, one.upto, failures, status)
            looking.looked += 1

    async def _went(self, client: httpx.AsyncClient, one: Subscribed) -> bool:
        """Call the address that was looked at; whatever it says beyond its status is not read."""
        channel = one.resource["channel"]
        lines = [str(line).partition(":") for line in channel.get("header") or ()]
        headers = {name.strip(): value.strip() for name, _, value in lines}
        url = httpx.URL(channel["endpoint"])
        try:
            async with asyncio.timeout(_SECONDS):
                address = await self.receivers.address(one.owner, channel["endpoint"])
                headers["Host"] = url.netloc.decode("ascii")
                named = {"sni_hostname": url.raw_host.decode("ascii")}
                called = url.copy_with(host=address)
                async with client.stream("POST", called, headers=headers, extensions=named) as answer:
                    return answer.is_success
        except (httpx.HTTPError, httpx.InvalidURL, UnreachableError, OSError, UnicodeError, TimeoutError):
            return False

    def _concerns(self, one: Subscribed, looking: _Round) -> bool:
        """Whether what came is of a woman whom the criteria find."""
        asker = _asker(one)
        if asker.everything and not self._open:  # of before access was configured: ask again
            return False
        if _of_decisions(one):
            return self._rooms.policy.allows(asker, Action.READ, Resource.DECISION)
        records = looking.changed.get(one.upto)
        if records is None:
            records = frozenset(self._search.changed_records(one.upto, looking.upto))
            looking.changed[one.upto] = records
        if not records:
            return False
        query = replace(self._criteria(one.resource, one.version), count=1, includes=())
        caller = replace(self._caller(asker), records=records)  # who asked for it may see less than changed
        return self._endpoint(one.version).searcher.any(query, caller)

    def _criteria(self, resource: JsonObject, version: FhirVersion) -> Query:
        kind, query = searched(resource, version)
        try:
            return read_query(kind, pairs_of(query, "criteria"), version, Handling.STRICT)
        except FhirFault as fault:  # what it names as a parameter of the request stands in the criteria
            raise FhirFault(fault.status, fault.code, fault.text, _CRITERIA) from None

    def _own(self, caller: Caller, version: FhirVersion, id: str) -> Subscribed:
        context = caller.context
        if context.purposes is not None and Purpose.TREAT not in context.purposes:  # of who pays: decisions alone
            paying = replace(context, purpose=Purpose.HPAYMT)
            self._endpoint(version).allowed(paying, Action.READ, Resource.DECISION)
        else:
            self._endpoint(version).reading(context)
        found = self._kept.get(id)
        if found is None or found.version is not version or found.owner != _owner(context):
            raise not_found("no Subscription of yours with this id")
        return found


class _Round:
    """One round of telling: up to where, and what was found out on the way."""

    def __init__(self, upto: int, decided: int, side_by_side: asyncio.Semaphore) -> None:
        self.upto = upto
        self.decided = decided
        self.side_by_side = side_by_side
        self.told = 0
        self.looked = 0
        self.changed: dict[int, frozenset[RecordKey]] = {}
        self.nothing: dict[int, list[str]] = {}


def _owner(context: Context) -> str:
    """Whose it is: the registered system, whomever it says that it asks for."""
    return context.actor.client or context.actor.id


def _of_decisions(one: Subscribed) -> bool:
    return one.resource.get("criteria") == DECISIONS


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
    purpose = Purpose.HPAYMT if _of_decisions(one) else Purpose.TREAT
    return Context(actor, purpose, scopes=None if scopes is None else tuple(scopes))


def searched(resource: JsonObject, version: FhirVersion) -> tuple[str, str]:
    """The type that the criteria search, and by what. Raises `FhirFault` for what is no search of a type served here;
    it repeats nothing of the text.
    """
    text = resource.get("criteria")
    if not isinstance(text, str):
        raise bad("criteria is a search: EpisodeOfCare?patient=…", _CRITERIA, "required")
    kind, _, query = text.partition("?")
    if kind not in parameters(version):
        told = "criteria begins with a resource type that is served here: EpisodeOfCare?patient=…; see metadata"
        raise FhirFault(422, "not-supported", told, _CRITERIA)
    return kind, query


def _ended(resource: JsonObject, now: datetime) -> bool:
    """Whether the instant has come at which it is to be turned off. Raises `ValueError` for what is no instant."""
    text = resource.get("end")
    if text is None:
        return False
    end = datetime.fromisoformat(str(text))
    return (end if end.tzinfo else end.replace(tzinfo=UTC)) <= now


def _to_come(resource: JsonObject, now: datetime) -> None:
    """Raises `FhirFault` (422) for an end that has passed, or is no instant."""
    try:
        ended = _ended(resource, now)
    except ValueError:
        raise FhirFault(422, "value", "end is an instant: 2026-01-31T12:00:00Z", "Subscription.end") from None
    if ended:
        raise FhirFault(422, "value", "end has passed: leave it out, or send one to come", "Subscription.end")


def _channel(resource: JsonObject) -> None:
    """Raises `FhirFault` (422) for a channel that we do not serve."""
    channel = resource.get("channel")
    if not isinstance(channel, dict) or channel.get("type") != "rest-hook":
        raise FhirFault(422, "not-supported", "the channel is a rest-hook", "Subscription.channel.type")
    if channel.get("payload"):
        text = "notifications hold no data: leave payload out, and fetch what changed"
        raise FhirFault(422, "not-supported", text, "Subscription.channel.payload")
    for line in channel.get("header") or ():
        name, colon, value = str(line).partition(":")
        if not colon or not name.strip().isascii() or name.strip().lower() in _FORBIDDEN or not value.isprintable():
            raise FhirFault(422, "value", "a header is written Name: value", "Subscription.channel.header")


def _shown(one: Subscribed, now: datetime) -> JsonObject:
    """As it stands; what is in its headers stays with us."""
    status = "off" if _ended(one.resource, now) else one.status
    channel = {key: value for key, value in one.resource["channel"].items() if key != "header"}
    rest = {k: v for k, v in one.resource.items() if k not in ("resourceType", "id", "status", "channel", _WHO)}
    return {"resourceType": "Subscription", "id": one.id, "status": status, **rest, "channel": channel}
