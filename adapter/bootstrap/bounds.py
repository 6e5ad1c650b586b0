"""From `[access.limits]` to the bounds that the doors keep."""

from __future__ import annotations

from collections.abc import Callable

from adapter.bootstrap.access import AccessSettings
from adapter.bootstrap.throttle import RedisThrottle
from adapter.service.bounds import UNBOUND, Bounds, Limits, Notices


def bounds_of(access: AccessSettings | None, redis: Callable[[], str]) -> Bounds:
    """The bounds; without `[access]` nothing is counted. `redis`: gives its address when it is first needed."""
    if access is None:
        return UNBOUND
    given = access.limits
    counted = given.per_minute or given.failures_per_minute
    throttle = RedisThrottle(redis, given.per_minute, given.burst, given.failures_per_minute) if counted else None
    limits = Limits(
        body=given.body,
        fhir_body=given.fhir_body,
        depth=given.depth,
        entries=given.entries,
        page=given.page,
        parameters=given.parameters,
        seconds=given.seconds,
    )
    registered = {client.id: client.notify for client in access.client}
    notices = Notices(given.subscriptions, registered, loopback=False)
    return Bounds(limits, throttle, frozenset(host.lower() for host in access.hosts), notices)
