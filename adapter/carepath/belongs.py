"""Which statements, acts, referrals and children belong to this pregnancy.

In order: the dossier an item points to decides; else the pregnancy Condition it points to; else, where it points to
neither, time: inside this pregnancy's span when she has other pregnancies, simply taken when this is her only one.
What cannot be placed is not guessed at: it is kept apart and shown as undecided. Insurance, blood group, rhesus
factors, allergies and alerts are the woman's: always taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from adapter.carepath.given import PregnancyInput
from adapter.carepath.times import TERM_DAYS, plausible
from adapter.model.evidence import Evidence
from adapter.model.facts import (
    Act,
    Dossier,
    Measured,
    Noted,
    Person,
    ReferralMade,
    SourceFacts,
    Statement,
    StatementKind,
)
from adapter.model.moments import Moment, Span, day_of

_OF_THE_WOMAN = frozenset(
    {
        StatementKind.INSURER,
        StatementKind.INSURED,
        StatementKind.BLOOD_GROUP,
        StatementKind.RHESUS,
        StatementKind.RHESUS_C,
    }
)
_NOTED_OF_THE_WOMAN = frozenset({"allergy", "alert"})
_END = frozenset({StatementKind.BIRTH, StatementKind.END_OF_PREGNANCY})
_POST_TERM = 14  # days: birth after 42+0 hardly occurs
_VIABLE_FROM = 84  # days: no child of this pregnancy is born before 12+0


@dataclass(frozen=True, slots=True)
class Mine:
    """Everything that is of this pregnancy, on whatever day; `undecided` could be of another of her pregnancies."""

    statements: tuple[Statement, ...]
    acts: tuple[Act, ...]
    referrals: tuple[ReferralMade, ...]
    dossiers: tuple[Dossier, ...]
    children: tuple[Person, ...]
    undecided: tuple[Evidence, ...]
    measured: tuple[Measured, ...] = ()
    noted: tuple[Noted, ...] = ()


@dataclass(frozen=True, slots=True)
class _Binding:
    """What points to this pregnancy, and what to another, at one source."""

    ours: frozenset[str]
    others: frozenset[str]

    def of(self, dossier: str | None, pregnancy: str | None) -> bool | None:
        """True: ours; False: another pregnancy's; None: it points to neither."""
        for reference in (dossier, pregnancy):
            if reference is not None and reference in self.ours:
                return True
            if reference is not None and reference in self.others:
                return False
        return None


def _binding(facts: SourceFacts, given: PregnancyInput) -> _Binding:
    ours = {ref for source, ref in given.dossiers if source == facts.source}
    others = {ref for source, ref in given.other_dossiers if source == facts.source}
    others |= {d.reference for d in facts.dossiers if d.reference not in ours}
    conditions: dict[bool, set[str]] = {True: set(), False: set()}
    for dossier in facts.dossiers:
        conditions[dossier.reference in ours].update(dossier.conditions)
    return _Binding(
        frozenset(ours | conditions[True]), frozenset((others | conditions[False]) - ours - conditions[True])
    )


def select(given: PregnancyInput, settle_days: int) -> Mine:
    """All that is of this pregnancy. `settle_days`: how long after the birth care still belongs to it."""
    bindings = [(f, _binding(f, given)) for f in given.facts]
    dossiers = tuple(d for f, b in bindings for d in f.dossiers if (f.source, d.reference) in given.dossiers)
    alone = not given.other_dossiers and all(
        (f.source, d.reference) in given.dossiers for f, _ in bindings for d in f.dossiers
    )
    bound = [s for f, b in bindings for s in f.statements if b.of(s.dossier, s.pregnancy)]
    span = _span(bound, dossiers, settle_days)
    undecided: list[Evidence] = []
    statements: list[Statement] = []
    acts: list[Act] = []
    referrals: list[ReferralMade] = []
    children: list[Person] = []
    measured: list[Measured] = []
    noted: list[Noted] = []
    for facts, binding in bindings:
        place = _Place(binding, span, alone, bool(binding.ours) and not binding.others, undecided)
        statements += [s for s in facts.statements if s.kind in _OF_THE_WOMAN or place.takes(s, _time_of(s))]
        acts += [a for a in facts.acts if place.takes(a, _start(a.when))]
        referrals += [r for r in facts.referrals if place.takes(r, r.at)]
        measured += [m for m in facts.measured if place.takes(m, m.at)]
        noted += [n for n in facts.noted if n.kind in _NOTED_OF_THE_WOMAN or place.takes(n, n.at)]
        children += _children(facts, binding, span, alone)
    return Mine(
        tuple(statements),
        tuple(acts),
        tuple(referrals),
        dossiers,
        tuple(children),
        tuple(dict.fromkeys(undecided)),
        tuple(measured),
        tuple(noted),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Decides on the items of one source."""

    binding: _Binding
    span: Span | None
    alone: bool
    only_ours_here: bool
    undecided: list[Evidence]

    def takes(self, item: Statement | Act | ReferralMade | Measured | Noted, at: Moment | None) -> bool:
        bound = self.binding.of(item.dossier, item.pregnancy)
        if bound is not None:
            return bound
        if self.alone:
            return True
        if at is not None and self.span is not None and plausible(at):
            return self.span.covers(day_of(at))
        if not self.only_ours_here:
            self.undecided.append(item.evidence)
        return self.only_ours_here


def _time_of(statement: Statement) -> Moment | None:
    if statement.at is not None:
        return statement.at
    return statement.value if isinstance(statement.value, date) else None


def _start(when: Span | None) -> Moment | None:
    return None if when is None else when.start or when.end


def _span(statements: Iterable[Statement], dossiers: Iterable[Dossier], settle_days: int) -> Span | None:
    """From the first day this pregnancy can have begun to the last day its care can be given; None: nothing known."""
    starts: list[date] = []
    ends: list[date] = []
    due: list[date] = []
    for s in statements:
        if isinstance(s.value, date) and plausible(s.value):
            if s.kind is StatementKind.EDD:
                due.append(day_of(s.value))
            elif s.kind is StatementKind.LMP:
                starts.append(day_of(s.value))
            elif s.kind in _END:
                ends.append(day_of(s.value))
    starts += [day - timedelta(days=TERM_DAYS) for day in due]
    if not ends:
        ends = [day + timedelta(days=_POST_TERM) for day in due]
    spans = [d.span for d in dossiers]
    starts += [day_of(s.start) for s in spans if s.start is not None and plausible(s.start)]
    settled = [day + timedelta(days=settle_days) for day in ends]
    settled += [day_of(s.end) for s in spans if s.end is not None and plausible(s.end)]
    if not starts and not settled:
        return None
    return Span(min(starts, default=None), max(settled, default=None))


def _children(facts: SourceFacts, binding: _Binding, span: Span | None, alone: bool) -> list[Person]:
    items: list[Statement | Act] = [*facts.statements, *facts.acts]
    about = {i.about: bound for i in items if i.about and (bound := binding.of(i.dossier, i.pregnancy)) is not None}
    return [c for c in facts.children if _is_ours(c, about.get(c.reference), span, alone)]


def _is_ours(child: Person, bound: bool | None, span: Span | None, alone: bool) -> bool:
    if bound is not None:
        return bound
    born = child.birth_date
    if born is None or not plausible(born) or span is None:
        return alone
    if span.start is not None and day_of(born) < day_of(span.start) + timedelta(days=_VIABLE_FROM):
        # An elder child, unless we only know this pregnancy from the day it was born.
        return alone and day_of(born) >= day_of(span.start)
    return span.covers(day_of(born))
