"""What one pull of one FHIR source shares over all its groups of dossiers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from adapter.connectors.capability import Offer
from adapter.connectors.config import Limits
from adapter.connectors.errors import (
    FailedError,
    NotOfferedError,
    SourceError,
    StopError,
    UnauthorizedError,
    UnreachableError,
)
from adapter.connectors.http import Http
from adapter.connectors.ledger import Ledger
from adapter.connectors.paging import pages
from adapter.connectors.plan import PERSON, PLANS, Plan, Search
from adapter.fhir import Page
from adapter.model.sources import Media, SourceInfo

T = TypeVar("T")

_MAIN = frozenset({"Encounter", "Condition", "Observation", "Procedure"})


@dataclass(slots=True)
class Pull:
    """The open connection, the plan, the books, and what was learnt about the source on the way."""

    info: SourceInfo
    http: Http
    offer: Offer
    limits: Limits
    ledger: Ledger
    implied: bool = False  # the token says which woman: she is never named in a search
    directory: set[str] = field(default_factory=set)  # delivered
    claimed: set[str] = field(default_factory=set)  # directory resources that a group fetches, or tried to
    unoffered: set[Search] = field(default_factory=set)
    singly: set[Search] = field(default_factory=set)  # takes one value at a time
    plain: set[Search] = field(default_factory=set)  # refused with its includes; what they bring is fetched by id
    worked: set[Search] = field(default_factory=set)
    broken: dict[Search, int] = field(default_factory=dict)  # failures since it last worked
    missing: dict[str, int] = field(default_factory=dict)  # references that led nowhere, by kind
    failures: int = 0  # to reach the source, since a call last worked

    @property
    def plan(self) -> Plan:
        """The searches for the version this source speaks."""
        return PLANS[self.offer.version]

    async def pages(self, search: Search, values: Sequence[str]) -> AsyncIterator[tuple[Page, Media]]:
        """Ask one search for these values. Raises `SourceError`; `StopError` when asking on makes no sense."""
        query: dict[str, str | list[str]] = dict(search.fixed)
        if values:
            query[search.param] = ",".join(values)
        if search is not PERSON:
            query["_count"] = str(self.limits.page_size)
        if search.include and search not in self.plain:
            query["_include"] = list(search.include)
        try:
            async for page in pages(self.http, self.offer.version, search.type, query, self.limits.pages):
                self.succeeded(search)
                yield page
        except SourceError as error:
            self.failed(error, search)
            raise

    def succeeded(self, search: Search | None = None) -> None:
        """A call gave an answer."""
        self.failures = 0
        if search:
            self.worked.add(search)
            self.broken.pop(search, None)

    def failed(self, error: SourceError, search: Search | None = None) -> None:
        """A call failed. Raises `StopError` when we are not let in, or when nothing works any more."""
        if isinstance(error, UnauthorizedError):
            raise StopError(error)
        if not isinstance(error, FailedError):
            return
        if search:
            self.broken[search] = self.broken.get(search, 0) + 1
        self.failures += isinstance(error, UnreachableError)
        if self.failures >= self.limits.failures_in_a_row:
            raise StopError(error)

    def gives_up(self, search: Search) -> bool:
        """Whether this search failed so often in a row that asking it again only costs time."""
        return self.broken.get(search, 0) >= self.limits.failures_in_a_row

    def skips(self, search: Search) -> bool:
        """Whether not to ask this at all; says so once when it is something we would have wanted."""
        if search in self.unoffered:
            return True
        if search.optional and not self.offer.lists(search):
            return True
        if not search.essential and self.offer.excludes(search):
            self.not_offered(search)
            return True
        return False

    def left_out(self) -> str | None:
        """For the answer about a woman: which main part of a dossier this source cannot be asked for."""
        kinds = sorted({search.type for search in self.unoffered} & _MAIN)
        return f"niet op te vragen bij deze bron: {', '.join(kinds)}" if kinds else None

    def not_offered(self, search: Search, error: NotOfferedError | None = None) -> None:
        """Remember, and report once, that the source does not know this search."""
        self.unoffered.add(search)
        if not search.optional:
            what = error.what if error else "de bron biedt deze vraag niet: niet in zijn CapabilityStatement"
            self.ledger.warn(search.name, what, "wat alleen zo te vinden is, ontbreekt in het dossier")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run at the same time; the first error ends the others and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part) for part in work]
    except BaseExceptionGroup as errors:
        raise first(errors) from None
    return [task.result() for task in tasks]


def first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error that is no group itself."""
    inner = errors.exceptions[0]
    return first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def chunks(values: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    """In parts of at most `size`."""
    return (values[start : start + size] for start in range(0, len(values), size))


def fitting(values: Sequence[str], size: int, chars: int) -> Iterable[Sequence[str]]:
    """In parts of at most `size` values that together are at most `chars` long; a longer one goes alone."""
    part: list[str] = []
    length = 0
    for value in values:
        if part and (len(part) == size or length + len(value) + 1 > chars):
            yield part
            part, length = [], 0
        part.append(value)
        length += len(value) + 1
    if part:
        yield part
