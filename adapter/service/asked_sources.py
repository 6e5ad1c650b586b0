"""How complete the picture of one pregnancy is: every source and how it answered, and who was never asked.

Silence is not absence: a source that failed or refused, a member of the IGO without a source, and an organisation that
the data name but that is no source of ours, all stand in the list. Members count in the pregnancy's own time, from the
first care to the end of the postnatal phase; what is named in her other pregnancies only is asked about there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from adapter.linking import TERM, dates_of
from adapter.model.carepath import PathSource
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.facts import SourceFacts
from adapter.model.identifiers import Bsn
from adapter.model.moments import day_of, plausible
from adapter.model.register import Member
from adapter.model.sources import RecordKey, SourceState
from adapter.service.rooms import Rooms, SourceSetup, as_member
from adapter.store import Answer

_NO_BSN = "zonder BSN kan deze bron niet naar haar worden gevraagd"
_NOT_YET = "nog niet naar haar gevraagd"
_NOT_SENT = "stuurt zelf, en heeft van deze zwangerschap geen dossier gestuurd"
_NO_SOURCE_NAMED = "wordt in de gegevens genoemd, maar is geen aangesloten bron"
_NOT_CARE = frozenset({OrganisationKind.ZORGVERZEKERAAR, OrganisationKind.OVERIG})


_DOUBTFUL = timedelta(days=42)  # a pregnancy of which no end is known is over six weeks after the due date


def path_sources(
    rooms: Rooms,
    records: Sequence[RecordKey],
    facts: Sequence[SourceFacts],
    dossiers: Collection[tuple[str, str]],
    known_at: datetime | None,
) -> tuple[PathSource, ...]:
    """The sources of one pregnancy's care path, with their state. `dossiers`: (source, reference) of this pregnancy."""
    bsn = next((f.woman.bsn for f in facts if f.woman.bsn), None)
    answers = {a.source: a for a in rooms.store.answers_for(records, bsn, known_at)}
    told = (
        _sent(rooms, setup, records, facts, dossiers, known_at)
        if setup.sends
        else _one(setup, records, facts, answers.get(setup.info.id), bsn)
        for setup in rooms.sources.values()
    )
    configured = [replace(source, organisation=rooms.joined(source.organisation)) for source in told]
    asked = {s.organisation.id for s in configured}
    unasked: dict[str, PathSource] = {}
    today = day_of(known_at or rooms.clock())
    for organisation, why in (*_members(rooms, facts, dossiers, today), *_named(rooms, facts, dossiers)):
        if organisation.id not in asked and organisation.id not in unasked:
            unasked[organisation.id] = PathSource(None, organisation, SourceState.NOT_ASKED, None, 0, why)
    return (*configured, *unasked.values())


def _one(
    setup: SourceSetup,
    records: Sequence[RecordKey],
    facts: Sequence[SourceFacts],
    answer: Answer | None,
    bsn: Bsn | None,
) -> PathSource:
    source, organisation = setup.info.id, setup.info.organisation
    resources = sum(f.resources for f in facts if f.source == source)
    if answer is None:
        return PathSource(source, organisation, SourceState.NOT_ASKED, None, resources, _NOT_YET)
    about_her = answer.woman is not None or answer.bsn is not None or any(r.source == source for r in records)
    if answer.state is SourceState.ANSWERED and not about_her and (bsn is None or not setup.follow):
        why = _NO_BSN if bsn is None else _NOT_YET
        return PathSource(source, organisation, SourceState.NOT_ASKED, answer.at, 0, why)
    problem = _unused(source, facts) if answer.state is SourceState.ANSWERED else answer.problem
    return PathSource(source, organisation, answer.state, answer.at, resources, problem)


def _sent(
    rooms: Rooms,
    setup: SourceSetup,
    records: Sequence[RecordKey],
    facts: Sequence[SourceFacts],
    dossiers: Collection[tuple[str, str]],
    known_at: datetime | None,
) -> PathSource:
    """A source that is never asked has answered when it sent a dossier of this pregnancy, as of what it sent last.

    Who she is, or what care she had before, says nothing of the care that she has.
    """
    source, organisation = setup.info.id, setup.info.organisation
    resources = sum(f.resources for f in facts if f.source == source)
    if all(of != source for of, _ in dossiers):
        return PathSource(source, organisation, SourceState.NOT_ASKED, None, resources, _NOT_SENT)
    sent = (rooms.store.search.last_in(record, known_at) for record in records if record.source == source)
    at = max((at for at in sent if at is not None), default=None)
    return PathSource(source, organisation, SourceState.ANSWERED, at, resources, _unused(source, facts))


def _unused(source: str, facts: Sequence[SourceFacts]) -> str | None:
    """What this source sent of her that could not be used, and so is in no view."""
    problems = [p for f in facts if f.source == source for p in f.problems]
    if not problems:
        return None
    count = "1 gegeven is" if len(problems) == 1 else f"{len(problems)} gegevens zijn"
    return f"{count} niet gebruikt; {problems[0].where}: {problems[0].what}"


def _members(
    rooms: Rooms, facts: Sequence[SourceFacts], dossiers: Collection[tuple[str, str]], today: date
) -> Iterable[tuple[Organisation, str]]:
    """Members of the IGO in the time of this pregnancy that no source of ours holds the records of."""
    first, last = _time_of(facts, dossiers, rooms.igo.rules.postnatal_end_days)
    last = min(last, today)
    for member in rooms.igo.members:
        if member.since <= last and (member.until is None or first <= member.until):
            yield as_member(member), _no_source(member, first, last)


def _no_source(member: Member, first: date, last: date) -> str:
    """Of who was a member for a part of that time only, which part: in the rest it is not missed."""
    since = f" vanaf {_on(member.since)}" if member.since > first else ""
    until = f" tot en met {_on(member.until)}" if member.until is not None and member.until < last else ""
    return f"lid van de IGO{since}{until}, zonder aangesloten bron"


def _on(day: date) -> str:
    return f"{day:%d-%m-%Y}"


def _time_of(
    facts: Sequence[SourceFacts], dossiers: Collection[tuple[str, str]], postnatal_days: int
) -> tuple[date, date]:
    """From the first care to the end of the postnatal phase, as her dossiers say it; all time where they do not."""
    dates = [d for f in facts for d in dates_of(f) if d.key in dossiers]
    first = min((d.first for d in dates if d.first and plausible(d.first)), default=date.min)
    ended = max((d.ended for d in dates if d.ended and plausible(d.ended)), default=None)
    due = max((d.due for d in dates if d.due and plausible(d.due)), default=None)
    over = ended or (due + _DOUBTFUL if due else first + TERM + _DOUBTFUL if first > date.min else None)
    return first, date.max if over is None else over + timedelta(days=postnatal_days)


def _named(
    rooms: Rooms, facts: Sequence[SourceFacts], dossiers: Collection[tuple[str, str]]
) -> Iterable[tuple[Organisation, str]]:
    for found in facts:
        elsewhere = _named_elsewhere(found, dossiers)
        for organisation in found.organisations:
            joined = rooms.joined(organisation)
            if joined.kind not in _NOT_CARE and organisation not in elsewhere:
                yield joined, _NO_SOURCE_NAMED


def _named_elsewhere(facts: SourceFacts, dossiers: Collection[tuple[str, str]]) -> set[Organisation]:
    """Organisations that only the dossiers of her other pregnancies name."""
    others = {d.reference for d in facts.dossiers if (facts.source, d.reference) not in dossiers}
    if not others:
        return set()
    named: list[tuple[str | None, Organisation | None]] = [(d.reference, d.organisation) for d in facts.dossiers]
    for act in facts.acts:
        named += [(act.dossier, o) for o in (act.organisation, act.referrer, *act.other_organisations)]
    for referral in facts.referrals:
        named += [(referral.dossier, referral.sender), (referral.dossier, referral.receiver)]
    here = {o for dossier, o in named if o is not None and dossier not in others}
    return {o for dossier, o in named if o is not None and dossier in others} - here
