"""Conditions on a write: the one resource of the caller's own that a search finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from starlette.concurrency import run_in_threadpool

from adapter.api.fhir import links
from adapter.api.fhir.exchange import LOOSE, Exchange
from adapter.fhir import JsonObject
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.query import Handling, read_query
from adapter.service.endpoint.search import Place
from adapter.store.search import Row


def no_query(names: Iterable[str], where: str) -> None:
    """Refuse a search where none is meant: ignored, it would make what is there already. Raises `FhirFault` (400)."""
    if not LOOSE.issuperset(names):
        text = (
            "a search does not go with this address: a conditional create is POST [type] with the header If-None-Exist"
            " (in a transaction ifNoneExist), a conditional update is PUT [type]?[search]"
        )
        raise bad(text, where, "not-supported")


async def one_found(exchange: Exchange, kind: str, pairs: links.Pairs) -> Row | None:
    """The one resource of this source that the search finds, None for none. Raises `FhirFault` (412) for several."""
    query = read_query(kind, links.opened(exchange, pairs), exchange.version, Handling.STRICT)
    if not query.criteria and query.ids is None:
        raise bad("a condition needs a search parameter")
    source = exchange.caller.source
    own = replace(exchange.caller, may=lambda row: row.source == source)
    query = replace(query, count=2, includes=())
    found: list[Row] = []
    place: Place | None = Place(exchange.service.last_position())
    while place is not None and len(found) < 2:  # a page of a broad search may be empty and still not be the last
        result = await run_in_threadpool(exchange.endpoint.searcher.run, query, own, place)
        found += [match.row for match in result.matches]
        place = result.next
    if len(found) > 1:
        raise FhirFault(412, "multiple-matches", "the condition finds several resources: make it more precise")
    return found[0] if found else None


def only_of(resource: JsonObject, id: str) -> JsonObject:
    """The resource under this id."""
    rest = {key: value for key, value in resource.items() if key not in ("resourceType", "id")}
    return {"resourceType": resource["resourceType"], "id": id, **rest}
