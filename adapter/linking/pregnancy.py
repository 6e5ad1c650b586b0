"""Which dossiers of one woman are about the same pregnancy?

A reference between the dossiers decides, and so does the end of the pregnancy: on the same days it is the same one, on
other days another. Otherwise: best due dates within 21 days of each other and episodes that could
belong to one pregnancy. A dossier without any date joins the only pregnancy it overlaps. `groupIdentifier` counts as a
hint within one step: its published example contradicts its own definition (bc-episodeofcare-groupIdentifier).
The status of a Condition or an EpisodeOfCare is never evidence: it follows the dossier, not the pregnancy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeGuard

from adapter.model.carepath import LinkEvidence
from adapter.model.evidence import Evidence
from adapter.model.facts import Dossier, SourceFacts, Statement, StatementKind
from adapter.model.moments import Moment, day_of, plausible

DUE_DATE_TOLERANCE = timedelta(days=21)
TERM = timedelta(days=280)
EARLIEST_CARE = timedelta(days=300)  # before the due date: care before conception still belongs to this pregnancy
LATEST_CARE = timedelta(days=90)  # after the due date: 42 weeks, and six weeks of postnatal care

_REFERENCE = 100.0
_SAME_END = 120.0  # no woman ends two pregnancies within days: it holds against due dates that differ
_DUE_DATE = 20.0
_EPISODE = 8.0
_GROUP = 6.0

_BASIS_ORDER = {"definitive": 0, "conception": 1, "ultrasound": 2, "lmp": 3, "stated": 4}

_OF_A_DOSSIER = frozenset(("Condition", "EpisodeOfCare", "Encounter", "Procedure"))

DossierKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class DossierDates:
    """What a dossier says about when its pregnancy is: best due date, birth or end, and the days it covers."""

    key: DossierKey
    due: date | None
    due_basis: str | None
    ended: date | None
    first: date | None
    last: date | None
    group: str | None
    references: frozenset[str]  # ids of its own resources and of those it points to
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class PregnancyGroup:
    """The dossiers of one pregnancy, and why each of them belongs to it."""

    dossiers: tuple[DossierKey, ...]
    why: dict[DossierKey, tuple[LinkEvidence, ...]]
    first_day: date | None


def dates_of(facts: SourceFacts) -> tuple[DossierDates, ...]:
    """The dates of every dossier in one source's facts about a woman."""
    return tuple(_dates(facts, dossier) for dossier in facts.dossiers)


def _dates(facts: SourceFacts, dossier: Dossier) -> DossierDates:
    mine = [s for s in facts.statements if belongs(s, dossier, only=len(facts.dossiers) == 1)]
    due, basis, evidence = _due_date(mine)
    ends = [s for s in mine if s.kind in (StatementKind.END_OF_PREGNANCY, StatementKind.BIRTH)]
    ended = min((day_of(s.value) for s in ends if _usable(s.value)), default=None)
    acts = [a for a in facts.acts if a.dossier == dossier.reference and a.when]
    days = [day_of(m) for a in acts if a.when for m in (a.when.start, a.when.end) if _usable(m)]
    days += [day_of(m) for m in (dossier.span.start, dossier.span.end) if _usable(m)]
    days += [ended] if ended else []
    return DossierDates(
        key=(facts.source, dossier.reference),
        due=due,
        due_basis=basis,
        ended=ended,
        first=min(days, default=None),
        last=max(days, default=None),
        group=dossier.group_identifier[1] if dossier.group_identifier else None,
        references=_references(facts, dossier),
        evidence=evidence or (dossier.evidence,),
    )


def _usable(value: object) -> TypeGuard[Moment]:
    """Whether it is a moment that can be one of a pregnancy; a placeholder (0001, 9999) says nothing of time."""
    return isinstance(value, date) and plausible(value)


def belongs(statement: Statement, dossier: Dossier, *, only: bool) -> bool:
    """Whether a statement is about this dossier's pregnancy. `only`: the source has no other dossier of hers."""
    if statement.dossier is not None:
        return statement.dossier == dossier.reference
    if statement.pregnancy is not None:
        return statement.pregnancy in dossier.conditions
    return only


def _due_date(statements: Sequence[Statement]) -> tuple[date | None, str | None, tuple[Evidence, ...]]:
    dues = [s for s in statements if s.kind is StatementKind.EDD and _usable(s.value)]
    if dues:
        best = min(dues, key=lambda s: (_BASIS_ORDER.get(s.basis or "stated", 9), -_ordinal(s)))
        return _day(best), best.basis, (best.evidence,)
    for statement in statements:
        if statement.kind is StatementKind.LMP and _usable(statement.value):
            return _day(statement) + TERM, "lmp", (statement.evidence,)
    for statement in statements:
        if (
            statement.kind is StatementKind.GESTATIONAL_AGE
            and _usable(statement.at)
            and isinstance(statement.value, int | float)
            and 0 <= statement.value < 400
        ):
            due = day_of(statement.at) + TERM - timedelta(days=int(statement.value))
            return due, "gestational_age", (statement.evidence,)
    return None, None, ()


def _day(statement: Statement) -> date:
    value = statement.value
    if not isinstance(value, date):
        raise TypeError(f"{statement.kind} holds no day")
    return day_of(value)


def _ordinal(statement: Statement) -> int:
    return day_of(statement.at).toordinal() if statement.at else 0


def _references(facts: SourceFacts, dossier: Dossier) -> frozenset[str]:
    only = len(facts.dossiers) == 1
    mine = {s.evidence.reference for s in facts.statements if belongs(s, dossier, only=only)}
    mine |= {a.evidence.reference for a in facts.acts if a.dossier == dossier.reference}
    mine |= {dossier.reference, *dossier.conditions}
    pointed = {target for origin, target in facts.references if origin in mine}
    return frozenset(r for r in mine | pointed if unique_id(r))


def unique_id(reference: str) -> bool:
    """Whether a reference is to a part of a dossier, by an id unique enough to mean the same in another source."""
    kind, _, identifier = reference.rpartition("/")
    digits = identifier.replace("-", "")
    return kind in _OF_A_DOSSIER and len(digits) >= 28 and all(c in "0123456789abcdefABCDEF" for c in digits)


def group_dossiers(dossiers: Iterable[DossierDates]) -> tuple[PregnancyGroup, ...]:
    """Put the dossiers of one woman together per pregnancy, earliest first; the order of the input does not matter."""
    ordered = sorted(dossiers, key=_surest_first)
    groups: list[list[DossierDates]] = []
    why: dict[DossierKey, tuple[LinkEvidence, ...]] = {}
    for dossier in ordered:
        best: tuple[float, list[DossierDates], tuple[LinkEvidence, ...]] | None = None
        for group in groups:
            evidence = _strongest(dossier, group)
            total = _total(evidence)
            if total > 0 and (best is None or total > best[0]):
                best = (total, group, evidence)
        if best is None:
            groups.append([dossier])
            why[dossier.key] = ()
        else:
            best[1].append(dossier)
            why[dossier.key] = best[2]
    made = [_made(group, why) for group in groups]
    return tuple(sorted(made, key=lambda g: (g.first_day or date.max, g.dossiers)))


def _surest_first(dossier: DossierDates) -> tuple[bool, bool, date, DossierKey]:
    """Those that tell of an end before those that only expect one, so that a mistyped due date is seen as such."""
    return (dossier.due is None, dossier.ended is None, dossier.due or dossier.first or date.max, dossier.key)


def _made(group: list[DossierDates], why: dict[DossierKey, tuple[LinkEvidence, ...]]) -> PregnancyGroup:
    first = min((day for d in group if (day := d.first or (d.due and d.due - TERM))), default=None)
    keys = tuple(sorted(d.key for d in group))
    return PregnancyGroup(keys, {k: why[k] for k in keys}, first)


def _strongest(dossier: DossierDates, group: list[DossierDates]) -> tuple[LinkEvidence, ...]:
    """The best evidence with any dossier of a group; a contradiction outweighs all but a reference or a same end.

    Nor does a due date count against it that the group holds for mistaken: one that differs from that of the others,
    though a reference or a same end ties it to them.
    """
    found = [(_same(dossier, other), other) for other in group]
    best, nearest = max(found, key=lambda f: _total(f[0]))
    against = [(evidence, other) for evidence, other in found if _total(evidence) <= -_DUE_DATE]
    if not against or _total(best) >= _REFERENCE:
        return best
    worst, _ = min(against, key=lambda f: _total(f[0]))
    mistaken = all(_total(_same(nearest, other)) >= _REFERENCE for _, other in against)
    return best if mistaken and _total(best) > 0 and _total(worst) > -_REFERENCE else worst


def _total(evidence: Iterable[LinkEvidence]) -> float:
    return sum(e.weight for e in evidence)


def _same(a: DossierDates, b: DossierDates) -> tuple[LinkEvidence, ...]:
    both = (*a.evidence, *b.evidence)
    if a.references & b.references:
        return (LinkEvidence("de dossiers verwijzen naar elkaar", _REFERENCE, both),)
    if a.ended and b.ended and abs(a.ended - b.ended) > timedelta(days=3):
        return (LinkEvidence("de zwangerschappen eindigden op andere dagen", -_REFERENCE, both),)
    evidence: list[LinkEvidence] = []
    if a.ended and b.ended:
        evidence.append(LinkEvidence("de zwangerschap eindigde volgens beide op dezelfde dag", _SAME_END, both))
    if a.due and b.due:
        apart = abs((a.due - b.due).days)
        if apart > DUE_DATE_TOLERANCE.days:
            return (*evidence, LinkEvidence(f"uitgerekende data {apart} dagen uit elkaar", -_DUE_DATE, both))
        evidence.append(LinkEvidence(f"uitgerekende data {apart} dagen uit elkaar", _DUE_DATE, both))
        if _disjoint(a, b):
            return (LinkEvidence("de ene zwangerschap was voorbij voor de andere begon", -_REFERENCE, both),)
    elif _fits(a, b):
        evidence.append(LinkEvidence("het dossier valt binnen de zwangerschap", _EPISODE, both))
    if a.group and b.group and _near(a.group, b.group) and evidence:
        evidence.append(LinkEvidence("vrijwel hetzelfde groepsnummer", _GROUP, both))
    return tuple(evidence)


def _disjoint(a: DossierDates, b: DossierDates) -> bool:
    """A pregnancy that ended before the other one could have begun: short intervals after a miscarriage."""
    for one, other in ((a, b), (b, a)):
        if one.ended and other.due and one.ended < other.due - TERM + timedelta(days=7):
            return True
    return False


def _fits(a: DossierDates, b: DossierDates) -> bool:
    """Whether a dossier without a due date could be about the same pregnancy as the other."""
    dated, undated = (a, b) if a.due else (b, a)
    if dated.due is None:
        return bool(a.first and b.first and a.last and b.last and a.first <= b.last and b.first <= a.last)
    begin, end = dated.due - EARLIEST_CARE, dated.due + LATEST_CARE
    if dated.ended:
        end = dated.ended + LATEST_CARE
    if undated.ended:
        return dated.due - timedelta(days=260) <= undated.ended <= dated.due + timedelta(days=28)
    if undated.first is None or undated.last is None:
        return False
    return begin <= undated.first and undated.last <= end


def _near(a: str, b: str) -> bool:
    return a == b or (a.isdigit() and b.isdigit() and abs(int(a) - int(b)) <= 1)
