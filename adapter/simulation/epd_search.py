"""Searching the simulated EPD: parameters, chains, `_include`, and pages behind an opaque token."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from secrets import token_urlsafe

from adapter import fhir
from adapter.simulation.epd_params import PARAMS
from adapter.simulation.epd_quirks import Quirks
from adapter.simulation.epd_store import EpdStore, Row

_CHAIN_TARGET = {"context": "Encounter", "encounter": "Encounter", "patient": "Patient", "subject": "Patient"}
_CONTROL = frozenset({"_count", "_include", "_format", "_summary", "_total", "_sort"})
_KEPT = 20_000


class SearchError(Exception):
    """A search that this server refuses; the message is for the client and holds no value."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Result:
    """All matches of one search, kept for its next pages. `known`: the parameters that were used, without values."""

    kind: str
    rows: tuple[Row, ...]
    includes: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Slice:
    """One page: matches, what they include, and the token of the next."""

    matches: tuple[Row, ...]
    included: tuple[Row, ...]
    total: int
    number: int
    here: str
    next: str | None


class Searcher:
    """Runs searches over one store."""

    def __init__(self, store: EpdStore, quirks: Quirks) -> None:
        self._store = store
        self._quirks = quirks
        self._results: OrderedDict[str, Result] = OrderedDict()
        self._numbers = count()

    def search(self, kind: str, given: Iterable[tuple[str, str]], *, post: bool) -> Slice:
        """The first page. Raises `SearchError`."""
        if kind not in PARAMS[self._store.version] and kind not in self._store.by_type:
            raise SearchError(404, "not-supported", f"resource type {kind} is not served here")
        found: dict[Row, None] | None = None
        includes: list[str] = []
        size = self._quirks.default_page
        for name, text in given:
            if name == "_include":
                includes.append(text)
            elif name == "_count":
                size = self._size(text)
            elif name not in _CONTROL:
                rows = self._by(kind, name, text, post)
                if rows is not None:
                    found = dict.fromkeys(rows if found is None else (row for row in rows if row in found))
        rows_found = tuple(self._store.by_type.get(kind, ()) if found is None else found)
        token = f"{next(self._numbers)}-{token_urlsafe(9)}"
        self._results[token] = Result(kind, rows_found, tuple(includes), size)
        while len(self._results) > _KEPT:
            self._results.popitem(last=False)
        return self.page(token, 0)

    def page(self, token: str, start: int) -> Slice:
        """A page of an earlier search. Raises `SearchError` (410) when it is no longer kept."""
        result = self._results.get(token)
        if result is None:
            raise SearchError(410, "not-found", "this page is no longer kept; search again")
        end = start + result.size
        matches = result.rows[start:end]
        following = f"{token}.{end}" if end < len(result.rows) else None
        if start == 0 and following is None:
            del self._results[token]
        number = start // result.size + 1
        return Slice(matches, self._included(result, matches), len(result.rows), number, f"{token}.{start}", following)

    def _size(self, text: str) -> int:
        if not (text.isascii() and text.isdigit()) or int(text) < 1:
            raise SearchError(400, "invalid", "_count must be a whole number above 0")
        return min(int(text), self._quirks.largest_page)

    def _included(self, result: Result, matches: tuple[Row, ...]) -> tuple[Row, ...]:
        found: dict[Row, None] = {}
        for include in result.includes:
            kind, _, rest = include.partition(":")
            name = rest.partition(":")[0]
            if kind != result.kind or name not in PARAMS[self._store.version].get(kind, {}):
                if not self._quirks.ignores_unknown:
                    raise SearchError(400, "not-supported", "this _include is not supported")
                continue
            references = (ref for row in matches for ref in row.includes.get(name, ()))
            found.update(dict.fromkeys(row for ref in references if (row := self._store.rows.get(ref))))
        own = set(matches)
        return tuple(row for row in found if row not in own)

    def _by(self, kind: str, name: str, text: str, post: bool) -> list[Row] | None:
        wanted = text.split(",")
        if self._quirks.no_lists and len(wanted) > 1:
            raise SearchError(400, "not-supported", "lists of values are not supported")
        head, dot, tail = name.partition(".")
        param, _, target = head.partition(":")
        if param == "identifier" and kind == "Patient" and not post:
            raise SearchError(400, "security", "a person identifier belongs in the body of a POST to _search")
        known = PARAMS[self._store.version].get(kind, {})
        if param not in known and param != "_id":
            if self._quirks.ignores_unknown:
                return None
            raise SearchError(400, "not-supported", f"parameter {param!r} is not supported for {kind}")
        if dot:
            wanted = self._chain(target or _CHAIN_TARGET.get(param, ""), tail, text, post)
        elif known.get(param, ("", ""))[0] == "reference":
            wanted = [self._reference(kind, param, value) for value in wanted]
        return self._store.find(kind, param, wanted)

    def _chain(self, target: str, name: str, text: str, post: bool) -> list[str]:
        if self._quirks.no_chained_search:
            raise SearchError(400, "not-supported", "chained search is not supported")
        return [row.reference for row in self._by(target, name, text, post) or ()]

    def _reference(self, kind: str, param: str, value: str) -> str:
        relative = fhir.relative(value)
        if relative:
            return relative
        guess = {"context": "EpisodeOfCare", "encounter": "Encounter", "organization": "Organization"}
        if param in ("episodeofcare", "episode-of-care"):
            return f"EpisodeOfCare/{value}"
        return f"{guess.get(param, 'Patient')}/{value}"
