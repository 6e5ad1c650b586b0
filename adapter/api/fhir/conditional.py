"""Conditions on a write: the one resource of the caller's own that a search finds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple, TypeVar

from adapter.api.fhir import links
from adapter.api.fhir.exchange import LOOSE, Exchange
from adapter.fhir import JsonObject
from adapter.service.endpoint.condition import Condition, OvertakenError
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.pairs import pairs_of
from adapter.service.endpoint.query import Handling, Query, read_query
from adapter.store.search import Row

T = TypeVar("T")
_TIMES = 20
"""How often to search again where others write the same: each time one of them was done, so few are needed."""


class Found(NamedTuple):
    """The one resource that is there, None for none; and the condition, which must hold still when it is written."""

    row: Row | None
    condition: Condition


def no_query(names: Iterable[str], where: str) -> None:
    """Refuse a search where none is meant: ignored, it would make what is there already. Raises `FhirFault` (400)."""
    if not LOOSE.issuperset(names):
        text = (
            "a search does not go with this address: a conditional create is POST [type] with the header If-None-Exist"
            " (in a transaction ifNoneExist), a conditional update is PUT [type]?[search]"
        )
        raise bad(text, where, "not-supported")


def read_condition(exchange: Exchange, kind: str, text: str, where: str) -> Query:
    """The search that a condition says. Raises `FhirFault`."""
    try:
        return condition_of(exchange, kind, pairs_of(text, where), where)
    except FhirFault as fault:
        raise FhirFault(fault.status, fault.code, fault.text, where) from None


def condition_of(exchange: Exchange, kind: str, pairs: links.Pairs, where: str) -> Query:
    """The search of these parameters, where it says what is wanted. Raises `FhirFault`."""
    query = read_query(kind, links.opened(exchange, pairs), exchange.version, Handling.STRICT)
    if not query.criteria and query.ids is None:
        raise bad("a condition needs a search parameter", where, "required")
    return query


async def one_found(exchange: Exchange, query: Query, where: str, upto: int = 0) -> Found:
    """The one resource of this source that the search finds. Raises `FhirFault` (412) for several."""
    rows, condition = await exchange.service.writer(exchange.version).ask(exchange.caller, query, upto)
    if len(rows) > 1:
        raise several(where)
    return Found(rows[0] if rows else None, condition)


def several(where: str) -> FhirFault:
    """What to say where a condition finds more than one."""
    return FhirFault(412, "multiple-matches", "the condition finds several resources: make it more precise", where)


async def until_settled(once: Callable[[], Awaitable[T]]) -> T:
    """Do what rests on a condition, again where something else was written meanwhile. Raises `FhirFault`."""
    for _ in range(_TIMES):
        try:
            return await once()
        except OvertakenError:
            continue
    raise FhirFault(412, "conflict", "others write what this depends on at this same moment: try again", "http")


def only_of(resource: JsonObject, id: str) -> JsonObject:
    """The resource under this id."""
    rest = {key: value for key, value in resource.items() if key not in ("resourceType", "id")}
    return {"resourceType": resource["resourceType"], "id": id, **rest}
