"""Subscriptions: a rest-hook without payload. The receiver is told that something changed, and fetches it."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from adapter import fhir
from adapter.api.fhir import answers, links
from adapter.api.fhir.exchange import Exchange
from adapter.api.fhir.scoping import require
from adapter.api.fhir.writing import sent
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.subscriptions import DECISIONS, searched


async def subscribe(exchange: Exchange) -> Response:
    """Keep a Subscription."""
    given = await sent(exchange)
    if given.resource.get("resourceType") != "Subscription":
        raise bad("this address takes a Subscription", "resourceType", "value")
    if given.resource.get("criteria") == DECISIONS:
        await require(exchange, DECISIONS.partition("/")[0], "r")
    else:
        kind, query = searched(given.resource, exchange.version)
        await require(exchange, kind, "s")
        if links.SEALED in unquote(query):
            text = "a sealed identifier of a link is for searching: write the identifier itself, which is kept sealed"
            raise FhirFault(422, "value", text, "Subscription.criteria")
    checked = await run_in_threadpool(fhir.check, given.body, given.media, exchange.version)
    if checked.problem:
        raise FhirFault(422, "structure", checked.problem, _where(checked.problem))
    notifier = exchange.service.notifier
    made = await run_in_threadpool(notifier.subscribe, exchange.caller, exchange.version, given.resource)
    headers = {"Location": exchange.address("Subscription", made["id"])}
    return answers.respond(exchange, answers.written(exchange, made), 201, headers)


def _where(problem: str) -> str:
    """The element that a problem begins with."""
    path = fhir.path_of(problem)
    return path if path.startswith("Subscription.") else "Subscription"


async def subscription(exchange: Exchange) -> Response:
    """One, as it stands."""
    notifier = exchange.service.notifier
    found = await run_in_threadpool(notifier.read, exchange.caller, exchange.version, exchange.id)
    return answers.respond(exchange, answers.written(exchange, found))


async def unsubscribe(exchange: Exchange) -> Response:
    """Remove one."""
    notifier = exchange.service.notifier
    await run_in_threadpool(notifier.unsubscribe, exchange.caller, exchange.version, exchange.id)
    return Response(status_code=204)
