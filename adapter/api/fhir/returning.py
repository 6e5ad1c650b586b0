"""Giving a resource back that was not written now, but was there: that is reading it, with its scope and its line."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool

from adapter.access import Action, AuditEvent, DeniedError, EventType
from adapter.api.fhir.exchange import Exchange
from adapter.api.fhir.scoping import granted
from adapter.store.search import Row


async def may_return(exchange: Exchange, row: Row) -> bool:
    """Whether the caller may read it too; then that is in the log. Else the answer holds its address alone."""
    events = await run_in_threadpool(_read, exchange, row)
    if events is None:
        return False
    await exchange.service.audit.record(events)
    return True


def _read(exchange: Exchange, row: Row) -> tuple[AuditEvent, ...] | None:
    caller, endpoint = exchange.caller, exchange.endpoint
    if not granted(caller.context, row.type, "r") or not caller.sees(row):
        return None
    try:
        grant = endpoint.reading(caller.context)
    except DeniedError:
        return None
    return endpoint.seen(caller.context, EventType.READ, [row], grant, checks=caller.checks, action=Action.READ)
