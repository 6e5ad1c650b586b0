"""AuditEvent: search and read, for the log keeper alone."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from adapter.access import Purpose
from adapter.api.authentication import context
from adapter.api.fhir import answers, links
from adapter.api.fhir.answers import Entry
from adapter.api.fhir.exchange import Exchange
from adapter.service.endpoint.fault import not_found


async def search(exchange: Exchange) -> Response:
    """A page of lines, newest first."""
    ctx, desk = context(exchange.request, Purpose.HOPERAT), exchange.application.audit.fhir
    found = await run_in_threadpool(desk.search, ctx, exchange.endpoint, exchange.pairs)
    here = ("AuditEvent",)
    pages = [("self", links.self_link(exchange, here, found.used))]
    if found.next is not None:
        rest = [(name, value) for name, value in found.used if name != "_page"]
        pages.append(("next", links.self_link(exchange, here, [*rest, ("_page", str(found.next))])))
    entries = [Entry(exchange.address(*here, event["id"]), None, None, event, mode="match") for event in found.events]
    return answers.respond(exchange, answers.bundle(exchange, "searchset", entries, pages, found.total))


async def read(exchange: Exchange) -> Response:
    """One line."""
    ctx, desk = context(exchange.request, Purpose.HOPERAT), exchange.application.audit.fhir
    found = await run_in_threadpool(desk.read, ctx, exchange.version, exchange.id)
    if found is None:
        raise not_found("no AuditEvent with this id: ids are the numbers of the lines")
    return answers.respond(exchange, answers.written(exchange, found))
