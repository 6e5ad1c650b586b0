"""Under which id a resource of a source is served: its own, unless another source uses the same one.

Sources give out ids without knowing each other. The source that brought an id first keeps it; the same id of another
gets the name of that source behind it, or a hash where some source uses that as an id too: what a source calls its own
is nobody's alias. A caller that is a source itself keeps its own ids, whoever came first; and a resource that a caller
may not see takes no id from one that it may, or an id would tell that the other is there.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from adapter.store.search import Row, Search

_LONGEST = 64  # FHIR: an id has at most 64 characters


Sees = Callable[[Row], bool]


def _everything(_: Row) -> bool:
    return True


class Names:
    """Knows which ids more than one source uses; up to date with the store at every call of `refresh`."""

    def __init__(self, search: Search, sources: Sequence[str]) -> None:
        self._search = search
        self.sources = tuple(sources)
        self._lock = threading.Lock()
        self._upto: int | None = None
        self._shared: dict[tuple[str, str], tuple[str, ...]] = {}  # the sources that use it, the first first
        self._aliases: dict[tuple[str, str], tuple[str, str]] = {}  # (type, alias) -> (source, id)
        self._given: dict[tuple[str, str, str], str] = {}  # (source, type, id) -> alias
        self.touched: frozenset[str] = frozenset()
        """Sources in whose resources a reference may need another name."""

    def refresh(self) -> int:
        """Take in what came since the last time. Returns the position of the newest version."""
        last = self._search.last_position()
        if len(self.sources) > 1 and self._upto != last:
            with self._lock:
                self._catch_up(last)
        return last

    def _catch_up(self, last: int) -> None:
        if self._upto is None:
            new = self._search.shared_ids()
        else:
            first = self._search.first_versions(self._upto, last)
            new = {(kind, id) for kind, id, source in first if self._elsewhere(kind, id, source)}
            new |= {(kind, self._aliases[kind, id][1]) for kind, id, _ in first if (kind, id) in self._aliases}
        orders = {(kind, id): order for kind, id in new if len(order := self._order(kind, id)) > 1}
        self._name([(source, kind, id) for (kind, id), order in orders.items() for source in order])
        self._shared |= orders
        if new:
            self.touched = frozenset(source for sources in self._shared.values() for source in sources)
        self._upto = last

    def _elsewhere(self, kind: str, id: str, source: str) -> bool:
        return any(self._search.place(other, kind, id) for other in self.sources if other != source)

    def _order(self, kind: str, id: str) -> tuple[str, ...]:
        """The sources that use this id, the first first."""
        places = ((self._search.place(source, kind, id), source) for source in self.sources)
        return tuple(source for _, source in sorted((place[0], source) for place, source in places if place))

    def _name(self, places: Sequence[tuple[str, str, str]]) -> None:
        """Give each of these (source, type, id) the first of its aliases that no source uses as an id."""
        left = {place: aliases(*place) for place in places}
        while left:
            tried = {place: next(names) for place, names in left.items()}
            taken = {kind: self._taken(kind, tried) for kind in {kind for _, kind, _ in tried}}
            for place, name in tried.items():
                if name not in taken[place[1]]:
                    self._give(place, name)
                    del left[place]

    def _taken(self, kind: str, tried: dict[tuple[str, str, str], str]) -> set[str]:
        return self._search.used(self.sources, kind, [name for (_, of, _), name in tried.items() if of == kind])

    def _give(self, place: tuple[str, str, str], name: str) -> None:
        source, kind, id = place
        before = self._given.get(place)
        self._aliases[kind, name] = (source, id)
        self._given[place] = name
        if before is not None and before != name:
            del self._aliases[kind, before]

    def public(self, source: str, kind: str, id: str, own: str | None, sees: Sees = _everything) -> str:
        """The id under which this resource, which is shown, is served to a caller who is source `own`, or none."""
        if source not in self.touched:
            return id
        sources = self._shared.get((kind, id))
        if sources is None or source not in sources:
            return id
        if own in sources:
            keeper = own
        else:
            upto = self._upto or 0
            keeper = next((s for s in sources if s == source or self._seen(s, kind, id, upto, sees)), source)
        return id if source == keeper else self._given[source, kind, id]

    def find(self, kind: str, id: str, own: str | None, upto: int, sees: Sees = _everything) -> Row | None:
        """The resource that is served under this id to who sees so much."""
        if (known := self._aliases.get((kind, id))) is not None:
            source, theirs = known
            row = self._search.current(source, kind, theirs, upto)
            if row is not None and self.public(source, kind, theirs, own, sees) == id:
                return row
        if (sources := self._shared.get((kind, id))) is not None:
            keeper = own if own in sources else None
            seen = (s for s in sources if self._seen(s, kind, id, upto, sees))
            return self._search.current(keeper or next(seen, sources[0]), kind, id, upto)
        for source in self.sources:
            if (row := self._search.current(source, kind, id, upto)) is not None:
                return row
        return None

    def _seen(self, source: str, kind: str, id: str, upto: int, sees: Sees) -> bool:
        row = self._search.current(source, kind, id, upto)
        return row is not None and sees(row)


def aliases(source: str, kind: str, id: str) -> Iterator[str]:
    """What it may be called, best first: the id with its source behind it, where that is not too long; hashes of it."""
    plain = f"{id}.{source}"
    if len(plain) <= _LONGEST and source.replace("-", "").replace(".", "").isalnum():
        yield plain
    for more in count():
        yield hashlib.sha256(f"{source}\n{kind}\n{id}{more or ''}".encode()).hexdigest()
