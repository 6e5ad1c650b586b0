"""The day asked about: what lies after it is not there yet.

A statement counts from its own time; an event (birth, start of labour …) from the day it says it happened; what an
undated statement says about the birth counts from the birth. Planned acts stay, as planned. Dossier periods are cut.
Organisations get the identity that the register knows, and the kind that any source gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from adapter.carepath.belongs import Mine, select
from adapter.carepath.given import PathSettings, PregnancyInput
from adapter.carepath.natures import NATAL, POSTNATAL
from adapter.carepath.times import plausible
from adapter.model.evidence import Evidence, Organisation, OrganisationKind
from adapter.model.facts import Act, Dossier, Measured, Noted, Person, ReferralMade, Statement, StatementKind
from adapter.model.moments import Moment, Span, day_of
from adapter.model.sources import SourceState

K = StatementKind
F = TypeVar("F", Measured, Noted)
EVENTS = frozenset({K.BIRTH, K.LABOUR_START, K.OPERATION_START, K.PLACENTA_BIRTH, K.END_OF_PREGNANCY, K.LMP})
_FROM_THE_END = frozenset({K.OUTCOME, K.PLACE_OF_BIRTH, K.DELIVERY_TYPE})


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is of this pregnancy, as it stood on the day asked about."""

    statements: dict[StatementKind, tuple[Statement, ...]]
    acts: tuple[Act, ...]
    referrals: tuple[ReferralMade, ...]
    dossiers: tuple[Dossier, ...]
    children: tuple[Person, ...]
    women: tuple[Person, ...]
    undecided: tuple[Evidence, ...]
    implausible: tuple[Evidence, ...]
    silent: tuple[Organisation, ...]  # whose sources did not answer, or were never asked
    measured: tuple[Measured, ...] = ()
    noted: tuple[Noted, ...] = ()
    child_ids: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def said(self, *kinds: StatementKind) -> tuple[Statement, ...]:
        """The statements of these kinds."""
        return tuple(s for kind in kinds for s in self.statements.get(kind, ()))


def choose(given: PregnancyInput, settings: PathSettings, as_of: date) -> Chosen:
    """What is of this pregnancy and not after `as_of`."""
    mine = select(given, settings.postnatal_end_days)
    who = _identities(given, mine, settings.join)
    ended = _ended(mine)
    later = ended is not None and ended > as_of
    statements: dict[StatementKind, list[Statement]] = defaultdict(list)
    implausible: list[Evidence] = []
    for s in mine.statements:
        if not _sane(s):
            implausible.append(s.evidence)
        elif not _after(s, as_of, later):
            statements[s.kind].append(_sane_times(s))
    acts = (_named(a, who) for a in map(_sane_act, mine.acts) if not _act_after(a, as_of, later))
    return Chosen(
        statements={kind: tuple(many) for kind, many in statements.items()},
        acts=tuple(_going_on(a, as_of) for a in acts),
        referrals=tuple(_named_referral(r, who) for r in mine.referrals if not _past(r.at, as_of)),
        dossiers=tuple(_cut(d, who, as_of) for d in mine.dossiers if not _past(d.span.start, as_of)),
        children=tuple(c for c in map(_sane_child, mine.children) if not _child_after(c, as_of, later)),
        women=tuple(f.woman for f in given.facts),
        undecided=mine.undecided,
        implausible=tuple(implausible),
        silent=tuple(who(s.organisation) for s in given.sources if s.state is not SourceState.ANSWERED),
        measured=tuple(_named_item(m, who) for m in mine.measured if not _past(m.at, as_of)),
        noted=tuple(_named_item(n, who) for n in mine.noted if not _past(n.at, as_of)),
        child_ids=given.children,
    )


def _past(moment: Moment | None, as_of: date) -> bool:
    """Whether it lies after the day asked about; an implausible time is no time."""
    return moment is not None and plausible(moment) and day_of(moment) > as_of


def _sane(s: Statement) -> bool:
    return not isinstance(s.value, date) or plausible(s.value)


def _after(s: Statement, as_of: date, ends_later: bool) -> bool:
    if _past(s.at, as_of):
        return True
    if s.valid is not None and _past(s.valid.start, as_of):
        return True
    if s.kind in EVENTS and isinstance(s.value, date):
        return _past(s.value, as_of)
    return ends_later and s.at is None and s.kind in _FROM_THE_END


def _act_after(a: Act, as_of: date, ends_later: bool) -> bool:
    if a.state == "planned":
        return False
    start = None if a.when is None else a.when.start or a.when.end
    if start is None:
        return ends_later and (a.kind in NATAL or a.kind in POSTNATAL)
    return _past(start, as_of)


def _going_on(a: Act, as_of: date) -> Act:
    """An act that ended after the day asked about was going on."""
    if a.when is None or a.state not in ("done", "in_progress") or not _past(a.when.end, as_of):
        return a
    return replace(a, when=Span(a.when.start, None), state="in_progress")


def _ended(mine: Mine) -> date | None:
    """The last day on which anything says the pregnancy ended, also after the day asked about."""
    days = [
        day_of(s.value)
        for s in mine.statements
        if s.kind in (K.BIRTH, K.END_OF_PREGNANCY) and isinstance(s.value, date) and plausible(s.value)
    ]
    days += [day_of(c.birth_date) for c in mine.children if c.birth_date is not None and plausible(c.birth_date)]
    return max(days, default=None)


def _child_after(c: Person, as_of: date, ends_later: bool) -> bool:
    return ends_later if c.birth_date is None else _past(c.birth_date, as_of)


def _sane_moment(moment: Moment | None) -> Moment | None:
    """None for a placeholder: an insurance until 9999-12-31 has no end."""
    return moment if moment is not None and plausible(moment) else None


def _sane_span(span: Span | None) -> Span | None:
    if span is None or all(m is None or plausible(m) for m in (span.start, span.end)):
        return span
    return Span(_sane_moment(span.start), _sane_moment(span.end))


def _sane_times(s: Statement) -> Statement:
    at, valid = _sane_moment(s.at), _sane_span(s.valid)
    return s if at is s.at and valid is s.valid else replace(s, at=at, valid=valid)


def _sane_child(c: Person) -> Person:
    return c if c.birth_date is None or plausible(c.birth_date) else replace(c, birth_date=None)


def _sane_act(a: Act) -> Act:
    when = _sane_span(a.when)
    return a if when is a.when else replace(a, when=when)


def _cut(d: Dossier, who: Callable[[Organisation], Organisation], as_of: date) -> Dossier:
    start = _sane_moment(d.span.start)
    end = None if _past(d.span.end, as_of) else _sane_moment(d.span.end)
    # A dossier that was closed later was open on the day asked about.
    status = "active" if end is None and d.span.end is not None and plausible(d.span.end) else d.status
    return replace(d, organisation=who(d.organisation), span=Span(start, end), status=status)


def _named(a: Act, who: Callable[[Organisation], Organisation]) -> Act:
    organisation = who(a.organisation)
    if organisation is a.organisation and a.referrer is None and not a.other_organisations:
        return a
    others = tuple(o for o in map(who, a.other_organisations) if o.id != organisation.id)
    referrer = None if a.referrer is None else who(a.referrer)
    return replace(a, organisation=organisation, referrer=referrer, other_organisations=others)


def _named_item(item: F, who: Callable[[Organisation], Organisation]) -> F:
    organisation, at = who(item.organisation), _sane_moment(item.at)
    same = organisation is item.organisation and at is item.at
    return item if same else replace(item, organisation=organisation, at=at)


def _named_referral(r: ReferralMade, who: Callable[[Organisation], Organisation]) -> ReferralMade:
    sender = None if r.sender is None else who(r.sender)
    receiver = None if r.receiver is None else who(r.receiver)
    return replace(r, sender=sender, receiver=receiver, at=_sane_moment(r.at))


def _identities(
    given: PregnancyInput, mine: Mine, join: Callable[[Organisation], Organisation]
) -> Callable[[Organisation], Organisation]:
    """One organisation object per organisation: joined by the register, with the name and kind that is known."""
    known: dict[str, Organisation] = {}
    joined: dict[Organisation, str] = {}

    def learn(organisation: Organisation) -> None:
        if organisation in joined:
            return
        one = join(organisation)
        joined[organisation] = one.id
        known[one.id] = _richer(known[one.id], one) if one.id in known else one

    for organisation in _everyone(given, mine):
        learn(organisation)

    def who(organisation: Organisation) -> Organisation:
        learn(organisation)
        return known[joined[organisation]]

    return who


def _everyone(given: PregnancyInput, mine: Mine) -> Iterable[Organisation]:
    for facts in given.facts:
        yield from facts.organisations
    for source in given.sources:
        yield source.organisation
    for dossier in mine.dossiers:
        yield dossier.organisation
    for measured in mine.measured:
        yield measured.organisation
    for noted in mine.noted:
        yield noted.organisation
    for act in mine.acts:
        yield act.organisation
        yield from act.other_organisations
    for referral in mine.referrals:
        yield from (o for o in (referral.sender, referral.receiver) if o is not None)


def _richer(a: Organisation, b: Organisation) -> Organisation:
    kind = a.kind if a.kind is not OrganisationKind.ONBEKEND else b.kind
    return Organisation(a.id, a.agb or b.agb, a.ura or b.ura, a.name or b.name, kind)
