"""Which of these records are one woman? The same records give the same answer, in whatever order they came.

1. Records under one BSN are one woman; unless one source holds two who contradict each other under it: then each of
   those stands apart, and the records of other sources go to whom they fit best.
2. A record without BSN goes where it fits beyond doubt. One that fits two different women stands alone: which of them
   it is, is for a person to say. So do records that only hang together by such a one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations

from adapter.linking.profile import Profile
from adapter.linking.woman import Comparison, Outcome, weigh
from adapter.model.sources import RecordKey

Group = frozenset[RecordKey]


class Weighed:
    """Records and every comparison between them, made once each."""

    def __init__(self, records: Mapping[RecordKey, Profile]) -> None:
        self.records = dict(records)
        self._made: dict[tuple[RecordKey, RecordKey], Comparison] = {}

    def add(self, record: RecordKey, profile: Profile) -> None:
        """Weigh this one too."""
        self.records[record] = profile

    def __call__(self, a: RecordKey, b: RecordKey) -> Comparison:
        """The comparison of two of them."""
        pair = (a, b) if a < b else (b, a)
        if pair not in self._made:
            self._made[pair] = weigh(self.records[pair[0]], self.records[pair[1]])
        return self._made[pair]

    def linked(self, a: RecordKey, b: RecordKey) -> bool:
        """Whether the two belong together beyond doubt."""
        return self(a, b).outcome is Outcome.LINKED

    def contradicted(self, a: RecordKey, b: RecordKey) -> bool:
        """Whether the two cannot be one woman, whatever else links them."""
        found = self(a, b)
        return found.contradicted and found.outcome is not Outcome.LINKED

    def bsn(self, record: RecordKey) -> bool:
        """Whether it has a BSN."""
        return self.records[record].person.bsn is not None


def settle(weighed: Weighed) -> tuple[Group, ...]:
    """The records in groups, one for each woman."""
    records = sorted(weighed.records)
    under: dict[str, list[RecordKey]] = {}
    for record in records:
        if bsn := weighed.records[record].person.bsn:
            under.setdefault(bsn.value, []).append(record)
    anchors = [group for number in sorted(under) for group in _under_one_bsn(under[number], weighed)]
    free = [r for r in records if not weighed.bsn(r)]
    groups = [frozenset(a) for a in anchors]
    return tuple(groups if not free else _with_free(anchors, free, weighed))


def _under_one_bsn(records: list[RecordKey], weighed: Weighed) -> list[list[RecordKey]]:
    clashing = sorted({r for a, b in combinations(records, 2) if not weighed.linked(a, b) for r in (a, b)})
    if not clashing:
        return [records]
    seeds = Counter(r.source for r in clashing)
    first = max(sorted(seeds), key=lambda source: seeds[source])
    groups: list[list[RecordKey]] = []
    for record in sorted(records, key=lambda r: (r.source != first, r)):
        fitting = [g for g in groups if all(weighed.linked(record, other) for other in g)]
        if fitting and not (record.source == first and record in clashing):
            max(fitting, key=lambda g: max(weighed(record, other).score for other in g)).append(record)
        else:
            groups.append([record])
    return groups


def _with_free(anchors: list[list[RecordKey]], free: list[RecordKey], weighed: Weighed) -> list[Group]:
    fits = {f: [n for n, a in enumerate(anchors) if any(weighed.linked(f, r) for r in a)] for f in free}
    homes: list[set[RecordKey]] = [set(a) for a in anchors]
    alone = [f for f in free if len(fits[f]) > 1]
    for component in _components([f for f in free if len(fits[f]) <= 1], weighed.linked):
        reached = sorted({n for f in component for n in fits[f]})
        if len(reached) <= 1 and not any(weighed.contradicted(a, b) for a, b in combinations(component, 2)):
            home = homes[reached[0]] if reached else set()
            home.update(component)
            if not reached:
                homes.append(home)
            continue
        for f in component:
            if fits[f]:
                homes[fits[f][0]].add(f)
            else:
                alone.append(f)
    return [frozenset(h) for h in (*homes, *({f} for f in alone))]


def _components(records: list[RecordKey], joined: Callable[[RecordKey, RecordKey], bool]) -> Iterable[list[RecordKey]]:
    left = list(records)
    while left:
        found = [left.pop(0)]
        for record in found:
            near = [r for r in left if joined(record, r)]
            found += near
            left = [r for r in left if r not in near]
        yield sorted(found)
