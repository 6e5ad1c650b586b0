"""The search that a conditional write depends on: what it found must still be so at the moment of writing.

Several processes write to one store. None holds the others up while it searches; it looks again in its turn to write,
when no other can write for its source, and only where something of the type came since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapter.fhir import JsonObject
from adapter.service.endpoint import values
from adapter.service.endpoint.parameters import Kind
from adapter.service.endpoint.query import Criterion, Query
from adapter.service.endpoint.scope import Caller
from adapter.service.endpoint.search import Place, Searcher
from adapter.store import Store
from adapter.store.search import Row


class OvertakenError(Exception):
    """Something else was written meanwhile, and a condition no longer finds what it found: search again."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What was searched for, the id that was found, and up to where its source was searched."""

    query: Query
    found: str | None
    upto: int


class Conditions:
    """Searches what a source has sent, for the writes of that source."""

    def __init__(self, store: Store, searcher: Searcher) -> None:
        self._store = store
        self._searcher = searcher

    def ask(self, caller: Caller, source: str, query: Query, upto: int = 0) -> tuple[list[Row], Condition]:
        """What is found of this source, and no more than two: then it is too many. `upto`: of a condition that was
        asked before, where both go with one write.
        """
        upto = upto or self._store.settled(source)
        rows = self._rows(caller, source, query)
        return rows, Condition(query, rows[0].id if rows else None, upto)

    def hold(self, caller: Caller, source: str, conditions: Sequence[Condition]) -> None:
        """Go on where each still finds what it found. To be asked in the turn to write. Raises `OvertakenError`."""
        came: dict[str, set[str]] = {}
        for kind, id in self._store.came(source, min(c.upto for c in conditions)):
            came.setdefault(kind, set()).add(id)
        for condition in conditions:
            ids = came.get(condition.query.kind)
            if ids and self._now(caller, source, condition, ids) != _known(condition):
                raise OvertakenError

    def _now(self, caller: Caller, source: str, condition: Condition, came: set[str]) -> set[str]:
        """What the condition finds now. Where the index does not say it at once, of what came alone."""
        query, kept = condition.query, set[str]()
        if not identifying(query):
            kept = _known(condition) - came
            query = replace(query, ids=frozenset(came if query.ids is None else query.ids & came))
        return kept | {row.id for row in self._rows(caller, source, query)}

    def _rows(self, caller: Caller, source: str, query: Query) -> list[Row]:
        own = replace(caller, may=lambda row: row.source == source)
        query = replace(query, count=2, only_count=False, includes=())
        found: list[Row] = []
        place: Place | None = Place(self._store.search.last_position())
        while place is not None and len(found) < 2:  # a page of a broad search may be empty and still not be the last
            result = self._searcher.run(query, own, place)
            found += [match.row for match in result.matches]
            place = result.next
        return found


def _known(condition: Condition) -> set[str]:
    return set() if condition.found is None else {condition.found}


def identifying(query: Query) -> list[str]:
    """The values of the first plain search by identifier in a query: what it finds holds one of them."""
    for criterion in query.criteria:
        named = [wanted.text for wanted in criterion.wanted]
        if criterion.parameter.name == "identifier" and _plain(criterion) and all(named):
            return named
    return []


def decided(query: Query) -> bool:
    """Whether the codes of a resource, an identifier among them, tell whether the query finds it."""
    return bool(identifying(query)) and not query.updated and all(_plain(c) for c in query.criteria)


def meets(query: Query, resource: JsonObject, id: str) -> bool:
    """Whether a resource that is not stored yet is what a query finds, where that is `decided`."""
    if not decided(query) or (query.ids is not None and id not in query.ids):
        return False
    return all(_met(criterion, resource) for criterion in query.criteria)


def _plain(criterion: Criterion) -> bool:
    return criterion.parameter.kind is Kind.TOKEN and not criterion.modifier and not criterion.chain


def _met(criterion: Criterion, resource: JsonObject) -> bool:
    found = list(values.tokens(resource, criterion.parameter))
    return any(values.token_matches(token, wanted) for token in found for wanted in criterion.wanted)
