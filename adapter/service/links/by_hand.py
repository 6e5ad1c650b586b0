"""What persons decided of pairs, and groups made to follow it.

A pair is two records (the same woman?) or two dossiers (the same pregnancy?). What a person said holds above what the
evidence says, whatever comes in, until it is undone. The same groups and decisions give the same answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from adapter.linking import Weighed
from adapter.model.carepath import ByHand, LinkEvidence, LinkNote
from adapter.model.sources import RecordKey
from adapter.model.wire import from_json, to_json
from adapter.store import Judgement, Store

Key = tuple[str, str]  # (source, reference) of a record or a dossier
Group = frozenset[Key]
Fit = Callable[[Key, Key], float]


class Verdict(StrEnum):
    """What a person said of a pair."""

    SAME = "same"
    APART = "apart"
    LATER = "later"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Said:
    """What is kept, sealed, with a judgement: why, by whom (name), and the evidence that the person saw."""

    reason: str
    name: str
    evidence: tuple[LinkEvidence, ...] = ()
    undoes: str | None = None  # the decision that it takes back


def said(judgement: Judgement) -> Said:
    """What was said; empty once a record of the pair was removed."""
    return from_json(Said, judgement.body) if judgement.body else Said("", "")


def body(of: Said) -> bytes:
    """As it is kept."""
    return to_json(of)


class Pairs:
    """The verdicts that hold among some records or dossiers."""

    def __init__(self, judgements: Iterable[Judgement] = ()) -> None:
        self._held: dict[frozenset[Key], Judgement] = {}
        self._same: defaultdict[Key, set[Key]] = defaultdict(set)
        self._apart: defaultdict[Key, set[Key]] = defaultdict(set)
        for judgement in judgements:
            a, b = (judgement.a.source, judgement.a.reference), (judgement.b.source, judgement.b.reference)
            self._held[frozenset((a, b))] = judgement
            found = {Verdict.SAME: self._same, Verdict.APART: self._apart}.get(Verdict(judgement.verdict))
            if found is not None:
                found[a].add(b)
                found[b].add(a)

    def __bool__(self) -> bool:
        return bool(self._same or self._apart)

    @property
    def held(self) -> tuple[Judgement, ...]:
        """Every judgement, in the order in which they were made."""
        return tuple(sorted(self._held.values(), key=lambda j: j.position))

    def of(self, a: Key, b: Key) -> Judgement | None:
        """What was said of two, where it was not undone."""
        found = self._held.get(frozenset((a, b)))
        return None if found is None or found.verdict == Verdict.UNDONE else found

    def apart(self, a: Key, b: Key) -> bool:
        """Whether they are kept apart."""
        return b in self._apart.get(a, ())

    def apart_from(self, key: Key) -> frozenset[Key]:
        """What it is kept apart from."""
        return frozenset(self._apart.get(key, ()))

    def same_as(self, key: Key) -> frozenset[Key]:
        """What persons said is the same, one step away."""
        return frozenset(self._same.get(key, ()))

    def together(self, key: Key) -> Group:
        """The key, and all that persons said is the same, through any number of steps."""
        found, ahead = {key}, [key]
        while ahead:
            new = self._same.get(ahead.pop(), set()) - found
            found |= new
            ahead += new
        return frozenset(found)


def pairs_of(store: Store, kind: str, records: Collection[RecordKey], known_at: datetime | None = None) -> Pairs:
    """What was said of pairs with a part in one of these records."""
    return Pairs(store.judgements(kind, known_at, within=records)) if records else Pairs()


def ruled(
    groups: Sequence[Group], pairs: Pairs, fit: Fit, loose: Callable[[Key], bool] = lambda _: False
) -> tuple[Group, ...]:
    """The groups as persons want them: what is the same comes together with its whole group, what is apart parts.

    `fit` says how well two go together; where a group parts, the others go with whom they fit best. `loose`: what
    hangs so lightly in its group that it comes alone, its group staying where it is.
    """
    if not pairs:
        return tuple(groups)
    joined = _joined([set(g) for g in groups], pairs, loose)
    return tuple(part for group in joined for part in _parted(group, pairs, fit))


def ruled_records(
    groups: Sequence[frozenset[RecordKey]], pairs: Pairs, weighed: Weighed
) -> tuple[frozenset[RecordKey], ...]:
    """The same of groups of records, one for each woman: two that fit beyond doubt go together."""
    if not pairs:
        return tuple(groups)

    def fit(a: Key, b: Key) -> float:
        one, other = RecordKey(*a), RecordKey(*b)
        return weighed(one, other).score if weighed.linked(one, other) else 0.0

    keyed = [frozenset((r.source, r.woman) for r in group) for group in groups]
    return tuple(frozenset(RecordKey(*key) for key in group) for group in ruled(keyed, pairs, fit))


def _joined(groups: list[set[Key]], pairs: Pairs, loose: Callable[[Key], bool]) -> list[set[Key]]:
    every = {key for group in groups for key in group}
    units = {pairs.together(key) & every for key in every}
    for unit in sorted((u for u in units if len(u) > 1), key=min):
        home: set[Key] = set()
        light = {key for key in unit if loose(key)}
        heavy = (unit - light) or unit
        for group in [g for g in groups if g & unit]:
            groups.remove(group)
            comes = group if group & heavy else group & unit
            home |= comes
            if group - comes:
                groups.append(group - comes)
        groups.append(home)
    return groups


def _parted(group: set[Key], pairs: Pairs, fit: Fit) -> list[Group]:
    if not any(pairs.apart_from(key) & group for key in group):
        return [frozenset(group)]
    units = sorted({pairs.together(key) & group for key in group}, key=lambda u: (-_quarrels(u, group, pairs), min(u)))
    parts: list[set[Key]] = []
    for unit in units:
        open_to = [p for p in parts if not any(pairs.apart(a, b) for a in unit for b in p)]
        scored = [(max(fit(a, b) for a in unit for b in p), n) for n, p in enumerate(open_to)]
        best = max(scored, key=lambda s: (s[0], -s[1]), default=(0.0, 0))
        if best[0] > 0:
            open_to[best[1]].update(unit)
        else:
            parts.append(set(unit))
    return [frozenset(p) for p in parts]


def _quarrels(unit: Group, group: set[Key], pairs: Pairs) -> int:
    return sum(len(pairs.apart_from(key) & group) for key in unit)


_WORDS = {
    ("woman", Verdict.SAME): "Handmatig gekoppeld: zelfde vrouw",
    ("woman", Verdict.APART): "Handmatig apart gehouden: niet dezelfde vrouw",
    ("pregnancy", Verdict.SAME): "Handmatig gekoppeld: zelfde zwangerschap",
    ("pregnancy", Verdict.APART): "Handmatig apart gehouden: niet dezelfde zwangerschap",
}


def notes(pairs: Pairs, mine: Collection[Key]) -> tuple[LinkNote, ...]:
    """What persons decided about these, as it stands in a care path: the other of the pair, who, when and why."""
    found: list[LinkNote] = []
    for judgement in pairs.held:
        a, b = (judgement.a.source, judgement.a.reference), (judgement.b.source, judgement.b.reference)
        verdict = Verdict(judgement.verdict)
        words = _WORDS.get((judgement.kind, verdict))
        if words is None or not ({a, b} & set(mine)):
            continue
        other, one = (b, a) if a in mine else (a, b)
        why = said(judgement)
        text = f"{words} als {one[0]} {one[1]}."
        by = ByHand(judgement.decision, why.name or judgement.made_by, judgement.made_at, why.reason)
        outcome = "linked" if verdict is Verdict.SAME else "apart"
        found.append(LinkNote(other[0], other[1], outcome, "manual", text, why.evidence, by))
    return tuple(found)
