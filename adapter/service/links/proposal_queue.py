"""The proposals that stand in the links, one for every two women (or pregnancies) that may be the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from adapter.linking import AUTOMATIC
from adapter.linking.woman import PROPOSED as FROM
from adapter.model.carepath import LinkEvidence
from adapter.model.sources import RecordKey
from adapter.service.links.by_hand import Key, Verdict
from adapter.service.links.link_notes import notes_of
from adapter.service.links.pregnancies import PREGNANCY
from adapter.service.links.proposal import KINDS, Kind, Threshold
from adapter.service.links.women import PROPOSED, WOMAN
from adapter.service.rooms import Rooms
from adapter.store import Judgement, LinkRow

THRESHOLDS: dict[str, tuple[Threshold, ...]] = {
    WOMAN: (Threshold(FROM, "voorleggen"), Threshold(AUTOMATIC, "vanzelf koppelen")),
    PREGNANCY: (Threshold(0.0, "vanzelf koppelen (boven nul)"),),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two that may be the same, with the links that they have now."""

    id: str
    kind: Kind
    a: LinkRow
    b: LinkRow
    evidence: tuple[LinkEvidence, ...]
    since: datetime

    @property
    def score(self) -> float:
        """The sum of the evidence."""
        return sum(e.weight for e in self.evidence)


@dataclass(frozen=True, slots=True)
class Open:
    """One thing to decide: the pair with the strongest evidence first. `later`: who put it off."""

    pairs: tuple[Pair, ...]
    later: Judgement | None

    @property
    def lead(self) -> Pair:
        """The pair that is shown."""
        return self.pairs[0]


class ProposalQueue:
    """Reads the proposals from the links; remembers them as long as nothing was linked, judged or removed."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._lock = Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._kept: tuple[Open, ...] = ()

    def open(self) -> tuple[Open, ...]:
        """Everything to decide: what was put off last, then by strength of the evidence."""
        with self._lock:
            stamp = self._rooms.store.judging_stamp()
            if stamp != self._stamp:
                self._kept = tuple(sorted((o for kind in KINDS for o in self._read(kind)), key=_order))
                self._stamp = stamp
            return self._kept

    def of(self, id: str) -> Open | None:
        """What one proposal (by the id of any of its pairs) is part of."""
        return next((o for o in self.open() if any(p.id == id for p in o.pairs)), None)

    def _read(self, kind: Kind) -> Iterable[Open]:
        pairs = {p.id: p for p in self._pairs(kind)}
        judged = {j.pair: j for j in self._rooms.store.judgements(kind, pairs=list(pairs))} if pairs else {}
        groups: defaultdict[frozenset[str | None], list[Pair]] = defaultdict(list)
        for pair in pairs.values():
            if pair.id not in judged or judged[pair.id].verdict in (Verdict.LATER, Verdict.UNDONE):
                groups[frozenset((pair.a.target, pair.b.target))].append(pair)
        for group in groups.values():
            group.sort(key=lambda p: (-p.score, p.since, p.id))
            lead = judged.get(group[0].id)
            yield Open(tuple(group), lead if lead is not None and lead.verdict == Verdict.LATER else None)

    def _pairs(self, kind: Kind) -> Iterable[Pair]:
        """The pairs that links propose, as far as both are still held and not one already."""
        store = self._rooms.store
        rows = {(r.source, r.reference): r for r in store.links(kind, proposing=True)}
        noted: dict[frozenset[Key], tuple[tuple[LinkEvidence, ...], datetime]] = {}
        for own, row in rows.items():
            for note in notes_of(row):
                if note.outcome == PROPOSED and (note.source, note.reference) != own:
                    pair = frozenset((own, (note.source, note.reference)))
                    before = noted.get(pair)
                    since = row.made_at if before is None else min(row.made_at, before[1])
                    noted[pair] = (note.evidence, since)
        missing = {RecordKey(*key) for pair in noted for key in pair if key not in rows}
        if missing:
            rows |= {(r.source, r.reference): r for r in store.links(kind, records=missing)}
        for pair, (evidence, since) in noted.items():
            a, b = (rows.get(key) for key in sorted(pair))
            if a and b and a.target and b.target and a.target != b.target and a.explanation and b.explanation:
                keys = ((a.source, a.reference), (b.source, b.reference))
                yield Pair(store.pair(kind, *keys), kind, a, b, evidence, since)


def _order(open: Open) -> tuple[bool, bool, float, datetime, str]:
    lead = open.lead
    return open.later is not None, lead.kind != WOMAN, -lead.score, lead.since, lead.id
