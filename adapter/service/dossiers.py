"""One woman's dossiers per pregnancy: as the evidence says, as persons decided, and what is for a person to say.

The bounds of doubt are our own and provisional: no source says when two due dates are too far apart to be a mistake.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations

from adapter.linking import DUE_DATE_TOLERANCE, TERM, DossierDates, PregnancyGroup, group_dossiers
from adapter.model.carepath import LinkEvidence, LinkNote
from adapter.service.links.by_hand import Key, Pairs, ruled

DOUBTFUL = 2 * DUE_DATE_TOLERANCE
"""Due dates further apart than these are of two pregnancies without a doubt."""

_STRONG = 20.0  # agreeing due dates, or a reference: what holds a dossier where it is
_APART, _OVERLAP, _NUMBER = -20.0, 8.0, 6.0
_MOST = 3  # pregnancies that a dossier without any date is proposed for


def grouped(dates: Sequence[DossierDates], pairs: Pairs) -> tuple[PregnancyGroup, ...]:
    """The dossiers per pregnancy, earliest first; what persons decided holds above their dates."""
    groups = group_dossiers(dates)
    if not pairs:
        return groups
    by_key = {d.key: d for d in dates}
    before = {frozenset(g.dossiers): g for g in groups}
    why = {key: evidence for g in groups for key, evidence in g.why.items()}

    def fit(a: Key, b: Key) -> float:
        return sum(e.weight for e in _joining(by_key[a], by_key[b]))

    def loose(key: Key) -> bool:
        return by_key[key].due is None and by_key[key].ended is None

    after = ruled(list(before), pairs, fit, loose)
    made = [before.get(g) or _made([by_key[k] for k in sorted(g)], why, pairs) for g in after]
    return tuple(sorted(made, key=lambda g: (g.first_day or date.max, g.dossiers)))


def _made(dossiers: Sequence[DossierDates], why: dict[Key, tuple[LinkEvidence, ...]], pairs: Pairs) -> PregnancyGroup:
    days = [day for d in dossiers if (day := d.first or (d.due and d.due - TERM))]
    keys = tuple(d.key for d in dossiers)
    moved = {k for k in keys if pairs.same_as(k) or pairs.apart_from(k)}
    return PregnancyGroup(keys, {k: () if k in moved else why[k] for k in keys}, min(days, default=None))


def doubts(
    dates: Sequence[DossierDates], groups: Sequence[PregnancyGroup], pairs: Pairs
) -> dict[Key, tuple[LinkNote, ...]]:
    """For each dossier the dossiers of her other pregnancies that it may belong to: for a person to say."""
    found: defaultdict[Key, list[LinkNote]] = defaultdict(list)
    by_key = {d.key: d for d in dates}
    held = {k: sum(e.weight for e in g.why[k]) for g in groups for k in g.dossiers}
    for one, other in combinations(groups, 2):
        for a, b in ((by_key[x], by_key[y]) for x in one.dossiers for y in other.dossiers):
            evidence = () if _settled(pairs, a.key, b.key) else _doubt(a, b, held, len(groups))
            if evidence:
                found[a.key].append(_note(b.key, evidence))
                found[b.key].append(_note(a.key, evidence))
    return {key: tuple(notes) for key, notes in found.items()}


def _settled(pairs: Pairs, a: Key, b: Key) -> bool:
    return pairs.apart(a, b) or b in pairs.same_as(a)


def _doubt(a: DossierDates, b: DossierDates, held: dict[Key, float], pregnancies: int) -> tuple[LinkEvidence, ...]:
    if _contradicted(a, b):
        return ()
    both = (*a.evidence, *b.evidence)
    if a.due and b.due:
        apart = abs(a.due - b.due)
        if apart <= DUE_DATE_TOLERANCE:
            return _joining(a, b)
        evidence = [LinkEvidence(f"uitgerekende data {apart.days} dagen uit elkaar", _APART, both)]
        if a.first and a.last and b.first and b.last and a.first <= b.last and b.first <= a.last:
            evidence.append(LinkEvidence("de dossiers lopen gelijk op", _OVERLAP, both))
        if a.group and a.group == b.group:
            evidence.append(LinkEvidence("hetzelfde groepsnummer", _NUMBER, both))
        return tuple(evidence) if apart <= DOUBTFUL and len(evidence) > 1 else ()
    undated = b if a.due else a
    if max(held[d.key] for d in (a, b) if d.due is None) >= _STRONG:
        return ()
    if undated.first is None and undated.last is None and undated.ended is None:
        what = "het dossier noemt geen enkele datum"
        return (LinkEvidence(what, 0.0, both),) if pregnancies <= _MOST + 1 else ()
    return _joining(a, b)


def _contradicted(a: DossierDates, b: DossierDates) -> bool:
    """They ended on other days, or one was over before the other could have begun."""
    if a.ended and b.ended and abs(a.ended - b.ended) > timedelta(days=3):
        return True
    pairs = ((a, b), (b, a))
    return any(x.ended and y.due and x.ended < y.due - TERM + timedelta(days=7) for x, y in pairs)


def _joining(a: DossierDates, b: DossierDates) -> tuple[LinkEvidence, ...]:
    """The evidence that would join these two if there were no others."""
    groups = group_dossiers([a, b])
    return tuple(e for evidence in groups[0].why.values() for e in evidence) if len(groups) == 1 else ()


def _note(other: Key, evidence: tuple[LinkEvidence, ...]) -> LinkNote:
    parts = "; ".join(f"{e.what} ({e.weight:+.0f})" for e in evidence)
    text = f"Mogelijk dezelfde zwangerschap; een mens moet dit bevestigen: {parts}."
    return LinkNote(other[0], other[1], "proposed", "automatic", text, evidence)
