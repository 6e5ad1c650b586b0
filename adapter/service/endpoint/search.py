"""Run a search: narrow it to records, read those, compare, and page through what is left.

Parameters that point to one resource (a dossier, a contact, a woman), an id or a BSN say which records can hold a
match; only those are read. A search that says nothing of the kind walks over its type in order of id, or of when each
came where that is asked, in bounded steps: a page may then hold fewer matches than asked, with a link to the next.
Results are in order of source and id as they stood at the first page, so that the pages of one search fit together
whatever is received meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from adapter import fhir
from adapter.fhir import JsonObject
from adapter.model.identifiers import System
from adapter.model.sources import FhirVersion, Media, RecordKey
from adapter.service.endpoint import values as fhir_values
from adapter.service.endpoint.fault import FhirFault
from adapter.service.endpoint.names import Names
from adapter.service.endpoint.parameters import DIRECTORY_TYPES, Kind
from adapter.service.endpoint.query import Criterion, Include, Query
from adapter.service.endpoint.scope import Caller
from adapter.store import Store
from adapter.store.search import Row

WALK = 5000
"""Resources that one page of an un-narrowed search looks at before it gives what it has."""
_STEP = 500
_SKEW = timedelta(minutes=1)
"""How far the clocks of those who receive may differ."""
_SINCE = frozenset({"eq", "gt", "ge", "sa"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CATCH_UP = 2000
"""Versions older than the index of identifiers that a search by identifier takes in before it goes on without it."""

_JSON = Media.JSON.value
_ORDER = attrgetter("row.source", "row.id")
_BSN_SYSTEMS = frozenset({System.BSN.value, "urn:oid:2.16.840.1.113883.2.4.6.3"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a result a page begins: behind this source and id, over what was there up to `upto`.

    `position`: of what is there, for a walk in the order in which things came.
    """

    upto: int
    source: str = ""
    id: str = ""
    position: int = 0


class Match(NamedTuple):
    """A resource that was found, read; by a search, as far as the search asks."""

    row: Row
    resource: JsonObject
    body: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """One page. `total` is None where counting would mean reading everything; `sorted`: whether it is in the order that
    was asked for.
    """

    query: Query
    matches: tuple[Match, ...]
    included: tuple[Match, ...]
    total: int | None
    next: Place | None
    sorted: bool = True


class Searcher:
    """Searches one FHIR version of the store."""

    def __init__(self, store: Store, names: Names, version: FhirVersion) -> None:
        self._store = store
        self._search = store.search
        self._names = names
        self._version = version

    def run(self, query: Query, caller: Caller, place: Place | None = None) -> Result:
        """A page of matches, with what it includes."""
        upto = self._names.refresh()
        place = place or Place(upto)
        run = _Run(self, query, caller, place)
        return run.result()

    def any(self, query: Query, caller: Caller) -> bool:
        """Whether there is anything that the query finds among the records of the caller, who is narrowed to some."""
        run = _Run(self, query, caller, Place(self._names.refresh()))
        return run.any()

    def read(self, row: Row, elements: frozenset[str] | None = None) -> Match:
        """Open a resource: these elements of it, or all."""
        body, version = row.body(), self._version
        media = Media.JSON if row.media == _JSON else Media.XML
        if elements is None:
            return Match(row, fhir.read(body, media, version), body)
        return Match(row, fhir.read_elements(body, media, version, elements), body)

    def find(self, kind: str, id: str, caller: Caller, upto: int) -> Row | None:
        """The resource under this id, where the caller may see it."""
        row = self._names.find(kind, id, caller.source, upto, caller.sees)
        return row if row is not None and row.version == self._version.value and caller.sees(row) else None


class _Run:
    """One search while it runs."""

    def __init__(self, searcher: Searcher, query: Query, caller: Caller, place: Place) -> None:
        self._searcher = searcher
        self._search = searcher._search
        self._names = searcher._names
        self._store = searcher._store
        self._version = searcher._version
        self._query = query
        self._tests = [self._test(criterion) for criterion in query.criteria]
        self._elements = _elements(query)
        self._caller = caller
        self._place = place
        self._named: set[tuple[str, str]] | None = None
        self._walked_to: Row | None = None
        self._sorted = True
        self._looked_up: dict[tuple[str, str], Row | None] = {}

    def result(self) -> Result:
        matches, total = self._found()
        size = self._query.count
        page, more = matches[:size], len(matches) > size
        last = page[-1].row if more else self._walked_to
        following = Place(self._place.upto, last.source, last.id, last.position) if last is not None else None
        if self._query.only_count:
            return Result(self._query, (), (), total if total is not None else len(matches), None)
        return Result(self._query, tuple(page), tuple(self._included(page)), total, following, self._sorted)

    def any(self) -> bool:
        self._named = self._by_identifier()
        return next(self._met(self._candidates(self._narrowed())), None) is not None

    def _found(self) -> tuple[list[Match], int | None]:
        self._named = self._by_identifier()
        records = self._narrowed()
        if records is None and self._query.ids is None and self._named is None:
            return self._walk()
        return self._within(records)

    # Which records can hold a match.

    def _by_identifier(self) -> set[tuple[str, str]] | None:
        """(source, id) of what can hold the identifiers that are asked for; None where that cannot be said."""
        found: set[tuple[str, str]] | None = None
        for criterion in self._query.criteria:
            if self._indexed(criterion):
                held = self._store.identifiers.find(self._query.kind, [w.text for w in criterion.wanted])
                found = held if found is None else found & held
        return found

    def _indexed(self, criterion: Criterion) -> bool:
        """Whether it asks for identifiers with a value, and the index knows them all."""
        plain = criterion.parameter.name == "identifier" and not criterion.modifier and not criterion.chain
        return plain and all(w.text for w in criterion.wanted) and self._store.identifiers.catch_up(CATCH_UP)

    def _narrowed(self) -> frozenset[RecordKey] | None:
        found = self._caller.records
        for criterion in self._query.criteria:
            if self._named is not None and self._indexed(criterion):
                continue
            records = self._records_of(self._query.kind, criterion)
            if records is not None:
                found = records if found is None else found & records
        return found

    def _records_of(self, kind: str, criterion: Criterion) -> frozenset[RecordKey] | None:
        """The records in which this criterion can be met; None where it says nothing of records."""
        if criterion.modifier in ("missing", "not") or kind in DIRECTORY_TYPES:
            return None
        if criterion.chain:
            parts = [self._records_of(target, inner) for target, inner in criterion.chain]
            known = [part for part in parts if part is not None]
            return frozenset().union(*known) if len(known) == len(parts) else None
        if criterion.parameter.kind is Kind.REFERENCE:
            return self._records_of_references(criterion)
        if self._indexed(criterion):
            held = self._store.identifiers.find(kind, [w.text for w in criterion.wanted])
            rows = (self._search.current(source, kind, id, self._place.upto) for source, id in held)
            return frozenset(row.record for row in rows if row is not None and row.record is not None)
        if criterion.parameter.name == "identifier" and all(w.system in _BSN_SYSTEMS for w in criterion.wanted):
            found = self._store.find([f"bsn:{w.text}" for w in criterion.wanted])
            return frozenset(record for records in found.values() for record in records)
        return None

    def _records_of_references(self, criterion: Criterion) -> frozenset[RecordKey] | None:
        rows = self._pointed(criterion)
        if not rows and self._caller.records is not None:
            return None  # it may be pointed to without being here; what the caller may see is few
        records: set[RecordKey] = set()
        for row in rows:
            if row.record is None:
                return None  # an organisation or a person of one: anybody's
            linked = criterion.parameter.targets == ("Patient",)
            records.update(self._search.linked_to(row.record) if linked else [row.record])
        return frozenset(records)

    def _pointed(self, criterion: Criterion) -> list[Row]:
        """The resources that the values of a reference criterion point to, as far as they are here."""
        found = []
        for wanted in criterion.wanted:
            for kind, id in self._readings(criterion, wanted.text):
                row = self._find(kind, id)
                if row is not None and self._caller.names(row):
                    found.append(row)
        return found

    def _find(self, kind: str, id: str) -> Row | None:
        """Looked for once in a search."""
        key = (kind, id)
        if key not in self._looked_up:
            own, upto = self._caller.source, self._place.upto
            self._looked_up[key] = self._names.find(kind, id, own, upto, self._caller.names)
        return self._looked_up[key]

    def _readings(self, criterion: Criterion, text: str) -> list[tuple[str, str]]:
        """What a reference value can mean: `Type/id`, an address, or an id of any type the parameter points to."""
        relative = fhir.relative(text)
        if relative is not None:
            kind, _, id = relative.partition("/")
            return [(kind, id)]
        targets = (criterion.modifier,) if criterion.modifier else criterion.parameter.targets
        return [(target, text) for target in targets]

    # Reading and comparing.

    def _within(self, records: frozenset[RecordKey] | None) -> tuple[list[Match], int]:
        after = (self._place.source, self._place.id)
        met = sorted(self._met(self._candidates(records)), key=_ORDER)
        if self._query.newest_first is not None:
            met.sort(key=lambda m: m.row.received_us, reverse=self._query.newest_first)
        elif self._query.by_id:
            met.sort(key=lambda m: self._served_id(m.row))
        if not self._place.source:
            return met, len(met)
        keys = [(m.row.source, m.row.id) for m in met]
        start = keys.index(after) + 1 if after in keys else sum(key <= after for key in keys)
        return met[start:], len(met)

    def _candidates(self, records: frozenset[RecordKey] | None) -> Iterator[Row]:
        kind, upto = self._query.kind, self._place.upto
        if self._query.ids is not None:
            for id in sorted(self._query.ids):
                row = self._find(kind, id)
                if row is not None and (records is None or row.record is None or row.record in records):
                    yield row
        elif self._named is not None:
            for source, id in sorted(self._named):
                row = self._search.current(source, kind, id, upto)
                if row is not None and (records is None or row.record is None or row.record in records):
                    yield row
        elif kind in DIRECTORY_TYPES:
            for source in self._names.sources:
                yield from self._all(source, kind)
        else:
            for record in sorted(records or ()):
                yield from self._search.in_record(record, kind, upto)

    def _all(self, source: str, kind: str) -> Iterator[Row]:
        after = ""
        while rows := self._search.walk(source, kind, after, self._place.upto, _STEP):
            yield from rows
            after = rows[-1].id

    def _met(self, rows: Iterable[Row]) -> Iterator[Match]:
        version, sees, read, tests = self._version.value, self._caller.sees, self._searcher.read, self._tests
        elements, updated = self._elements, self._query.updated
        for row in rows:
            if row.version == version and sees(row) and (not updated or self._updated(row)):
                match = read(row, elements)
                for meets in tests:
                    if not meets(match):
                        break
                else:
                    yield match

    def _updated(self, row: Row) -> bool:
        span = fhir_values.served_instant(row.received_at)
        return all(fhir_values.date_matches(span, wanted) for wanted in self._query.updated)

    def _test(self, criterion: Criterion) -> Callable[[Match], bool]:
        """Whether a match meets a criterion: what can be said of the criterion alone is said once."""
        parameter, wanted = criterion.parameter, criterion.wanted
        if criterion.modifier == "missing":
            missing = wanted[0].text == "true"
            return lambda m: (next(fhir_values.values(m.resource, parameter), None) is None) == missing
        if parameter.kind is Kind.DATE:
            spans, matches = fhir_values.spans, fhir_values.date_matches
            return lambda m: any(matches(s, w) for w in wanted for s in spans(m.resource, parameter, local=w.local))
        if parameter.kind is Kind.TOKEN:
            tokens, same, out = fhir_values.tokens, fhir_values.token_matches, criterion.modifier == "not"
            return lambda m: any(same(token, w) for token in tokens(m.resource, parameter) for w in wanted) != out
        points = fhir_values.references
        by_source: dict[str, set[str]] = {}

        def pointed(match: Match) -> bool:
            source = match.row.source
            if source not in by_source:
                by_source[source] = self._wanted_references(criterion, source)
            return not by_source[source].isdisjoint(points(match.resource, parameter))

        return pointed

    def _wanted_references(self, criterion: Criterion, source: str) -> set[str]:
        """The references, as this source writes them, that meet a reference criterion."""
        if criterion.chain:
            return {ref for target, inner in criterion.chain for ref in self._chained(target, inner, source)}
        found = {
            f"{kind}/{id}"
            for wanted in criterion.wanted
            for kind, id in self._readings(criterion, wanted.text)
            if self._find(kind, id) is None
        }  # what is not here may still be pointed to
        for row in self._pointed(criterion):
            if row.source == source:
                found.add(row.reference)
            if criterion.parameter.targets == ("Patient",) and row.record is not None and row.type == "Patient":
                found.update(self._same_woman(row, source))
        return found

    def _same_woman(self, row: Row, source: str) -> set[str]:
        """The woman is who is asked for, by whichever source's Patient; a child of hers is only itself."""
        if row.record is None or row.reference != row.record.woman:
            return set()
        return {r.woman for r in self._search.linked_to(row.record) if r.source == source}

    def _chained(self, target: str, inner: Criterion, source: str) -> set[str]:
        query = Query(target, (inner,), count=1_000_000)
        run = _Run(self._searcher, query, self._caller, Place(self._place.upto))
        found, _ = run._found()
        if run._walked_to is not None:
            text = "this chain looks through too much: search what it points to first, then by its id"
            raise FhirFault(400, "too-costly", text, f"http.{inner.parameter.name}")
        return {match.row.reference for match in found if match.row.source == source}

    def _served_id(self, row: Row) -> str:
        return self._names.public(row.source, row.type, row.id, self._caller.source, self._caller.sees)

    # A search that says nothing of records.

    def _walk(self) -> tuple[list[Match], int | None]:
        """Looks at no more than `WALK` for a page; counting alone looks at all."""
        found: list[Match] = []
        seen, last = 0, None
        for rows in self._steps():
            if seen >= WALK and not self._query.only_count:
                self._walked_to = last
                return found, None
            for match in self._met(rows):
                found.append(match)
                if len(found) > self._query.count and not self._query.only_count:
                    return found, None
            seen, last = seen + len(rows), rows[-1]
        return found, (len(found) if not self._place.source else None)

    def _steps(self) -> Iterator[list[Row]]:
        """What there is of the type behind the place, a few at a time, in order.

        Of who sees a part, in what they may see of alone, so that no page tells how much there is of others. What is
        about nobody is anybody's; in order of time it has to be sought out, from among all that came.
        """
        directory, by_time = self._query.kind in DIRECTORY_TYPES, self._query.newest_first is not None
        reached = () if directory and by_time else None if directory else self._caller.reached()
        if by_time:
            return self._by_time() if reached is None else self._by_time_in(reached)
        self._sorted = not self._query.by_id or len(self._names.sources) < 2
        return self._by_id() if reached is None else self._by_id_in(reached)

    def _by_id(self) -> Iterator[list[Row]]:
        for source in sorted(s for s in self._names.sources if s >= self._place.source):
            after = self._place.id if source == self._place.source else ""
            while rows := self._search.walk(source, self._query.kind, after, self._place.upto, _STEP):
                yield rows
                after = rows[-1].id

    def _by_id_in(self, reached: Collection[RecordKey]) -> Iterator[list[Row]]:
        kind, upto, after = self._query.kind, self._place.upto, (self._place.source, self._place.id)
        for source, id in self._search.ids_in(reached, kind, upto):
            if (source, id) > after and (row := self._search.current(source, kind, id, upto)) is not None:
                yield [row]

    def _by_time(self) -> Iterator[list[Row]]:
        kind, upto, newest, first = self._query.kind, self._place.upto, self._newest, self._first()
        behind = self._place.position or (upto + 1 if newest else first)
        while rows := self._search.walk_by_time(
            kind, first if newest else behind, behind if newest else upto + 1, upto, _STEP, newest_first=newest
        ):
            yield rows
            behind = rows[-1].position

    def _first(self) -> int:
        """The position behind which everything stands that came when it is asked to have come."""
        asked = [w.span[0] for w in self._query.updated if w.span is not None and w.prefix in _SINCE]
        asked = [at for at in asked if at > _EPOCH]
        return self._search.position_before(max(asked) - _SKEW) if asked else 0

    def _by_time_in(self, reached: Collection[RecordKey]) -> Iterator[list[Row]]:
        newest, behind = self._newest, self._place.position
        positions = self._search.latest_in(reached, self._query.kind, self._place.upto)
        for position in reversed(positions) if newest else positions:
            passed = behind and (position >= behind if newest else position <= behind)
            if not passed and (row := self._search.at(position)) is not None:
                yield [row]

    @property
    def _newest(self) -> bool:
        return bool(self._query.newest_first)

    # What is brought along.

    def _included(self, page: Collection[Match]) -> Iterator[Match]:
        seen = {match.row.position for match in page}
        for include in self._query.includes:
            for row in self._along(include, page):
                if row.position not in seen and row.version == self._version.value and self._caller.sees(row):
                    seen.add(row.position)
                    yield self._searcher.read(row, frozenset())

    def _along(self, include: Include, page: Collection[Match]) -> Iterator[Row]:
        if include.reverse:
            yield from self._pointing_here(include, page)
            return
        asked: set[tuple[str, str]] = set()
        for match in page:
            for reference in sorted(fhir_values.references(match.resource, include.parameter)):
                kind, _, id = reference.partition("/")
                if include.target in (None, kind) and (match.row.source, reference) not in asked:
                    asked.add((match.row.source, reference))
                    row = self._search.current(match.row.source, kind, id, self._place.upto)
                    if row is not None:
                        yield row

    def _pointing_here(self, include: Include, page: Collection[Match]) -> Iterator[Row]:
        here = {(match.row.source, match.row.reference) for match in page}
        for record in sorted({match.row.record for match in page if match.row.record is not None}):
            for row in self._search.in_record(record, include.kind, self._place.upto):
                found = self._searcher.read(row, include.parameter.elements)
                points = fhir_values.references(found.resource, include.parameter)
                if any((row.source, reference) in here for reference in points):
                    yield row


def _elements(query: Query) -> frozenset[str]:
    """What of a resource the search looks at."""
    asked = [*(c.parameter for c in query.criteria), *(i.parameter for i in query.includes if not i.reverse)]
    return frozenset().union(*(parameter.elements for parameter in asked))
