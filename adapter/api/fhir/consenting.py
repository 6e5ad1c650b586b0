"""Consents that were recorded here, in a search on Consent beside those of the sources: no source has sent them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from starlette.concurrency import run_in_threadpool

from adapter import fhir
from adapter.api.fhir.answers import Entry
from adapter.api.fhir.exchange import Exchange
from adapter.fhir import JsonObject
from adapter.service.access.kinds import kinds_for
from adapter.service.endpoint import values
from adapter.service.endpoint.parameters import Kind
from adapter.service.endpoint.query import Criterion, Query
from adapter.service.endpoint.search import Place
from adapter.service.endpoint.served import masked
from adapter.store.search import Row


def may_be_recorded(kind: str) -> bool:
    """Whether something of this type is recorded here."""
    return kind == "Consent"


async def recorded(exchange: Exchange, query: Query, place: Place | None) -> Sequence[Entry]:
    """Those that a search for one woman finds, on its first page. None for another type, or a search for nobody."""
    if not may_be_recorded(query.kind) or place is not None:
        return ()
    return await run_in_threadpool(lambda: tuple(_recorded(exchange, query)))


def _recorded(exchange: Exchange, query: Query) -> Iterator[Entry]:
    patients = _patients(exchange, query)
    women = {exchange.service.store.search.woman_of(p.record) for p in patients if p.record is not None}
    woman = women.pop() if len(women) == 1 else None
    if woman is None:
        return
    named = f"Patient/{exchange.endpoint.served.id(patients[0], exchange.caller)}"
    found = exchange.application.consents.recorded(exchange.caller.context, woman, named, exchange.version)
    for resource in found:
        if _asked(exchange, query, resource):
            shown = masked(resource) if exchange.caller.masked else resource
            yield Entry(f"urn:uuid:{resource['id']}", None, None, shown, mode="match")


def _patients(exchange: Exchange, query: Query) -> list[Row]:
    """Her, as the search names her (by id, or by what her Patients hold), or as the token does: one woman."""
    upto = exchange.service.last_position()
    named = [c for c in query.criteria if c.parameter.name == "patient"]
    texts = [w.text for c in named for w in c.wanted if not c.modifier and not c.chain]
    if not named and exchange.caller.woman is not None:
        held = exchange.caller.woman
        row = exchange.service.store.search.current(held.source, "Patient", held.woman.partition("/")[2], upto)
        return [row] if row is not None else []
    if len(named) == 1 and named[0].chain:
        found = [
            exchange.endpoint.searcher.run(Query(kind, (inner,)), exchange.caller) for kind, inner in named[0].chain
        ]
        return [match.row for result in found for match in result.matches if match.row.reference == match.row.woman]
    if len(named) != 1 or len(texts) != 1:
        return []
    kind, _, id = (fhir.relative(texts[0]) or f"Patient/{texts[0]}").partition("/")
    row = exchange.endpoint.searcher.find(kind, id, exchange.caller, upto) if kind == "Patient" else None
    own = row is not None and (exchange.caller.records is None or row.record in exchange.caller.records)
    return [row] if row is not None and own and row.reference == row.woman else []


def _asked(exchange: Exchange, query: Query, resource: JsonObject) -> bool:
    """Whether it meets the rest of the search, and the scopes of the token."""
    if query.ids is not None and resource["id"] not in query.ids:
        return False
    span = values.served_instant(datetime.fromisoformat(resource["meta"]["lastUpdated"]))
    if not all(values.date_matches(span, wanted) for wanted in query.updated):
        return False
    if not kinds_for(exchange.caller.context).show_resource("Consent", resource, exchange.version):
        return False
    return all(_meets(resource, c) for c in query.criteria if c.parameter.name != "patient")


def _meets(resource: JsonObject, criterion: Criterion) -> bool:
    if criterion.modifier == "missing":
        absent = next(values.values(resource, criterion.parameter), None) is None
        return absent == (criterion.wanted[0].text == "true")
    if criterion.parameter.kind is not Kind.TOKEN:
        return False
    have = list(values.tokens(resource, criterion.parameter))
    hit = any(values.token_matches(token, wanted) for token in have for wanted in criterion.wanted)
    return hit != (criterion.modifier == "not")
