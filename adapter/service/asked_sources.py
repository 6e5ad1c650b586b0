"""How complete the picture of one woman is: every source and how it answered for her, and who was never asked.

Silence is not absence: a source that failed or refused, a member of the IGO without a source, and an organisation that
the data name but that is no source of ours, all stand in the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from adapter.model.carepath import PathSource
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.facts import SourceFacts
from adapter.model.identifiers import Bsn
from adapter.model.moments import day_of
from adapter.model.sources import RecordKey, SourceState
from adapter.service.rooms import Rooms, SourceSetup, as_member
from adapter.store import Answer

_NO_BSN = "zonder BSN kan deze bron niet naar haar worden gevraagd"
_NOT_YET = "nog niet naar haar gevraagd"
_NO_SOURCE_MEMBER = "lid van de IGO zonder aangesloten bron"
_NO_SOURCE_NAMED = "wordt in de gegevens genoemd, maar is geen aangesloten bron"
_NOT_CARE = frozenset({OrganisationKind.ZORGVERZEKERAAR, OrganisationKind.OVERIG})


def path_sources(
    rooms: Rooms, records: Sequence[RecordKey], facts: Sequence[SourceFacts], known_at: datetime | None
) -> tuple[PathSource, ...]:
    """The sources of one woman's care path, with their state."""
    bsn = next((f.woman.bsn for f in facts if f.woman.bsn), None)
    answers = {a.source: a for a in rooms.store.answers_for(records, bsn, known_at)}
    configured = [_one(setup, records, facts, answers.get(setup.info.id), bsn) for setup in rooms.sources.values()]
    asked = {s.organisation.id for s in configured}
    unasked: dict[str, PathSource] = {}
    for organisation, why in (*_members(rooms, facts), *_named(rooms, facts)):
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
    problem = None if answer.state is SourceState.ANSWERED else answer.problem
    return PathSource(source, organisation, answer.state, answer.at, resources, problem)


def _members(rooms: Rooms, facts: Sequence[SourceFacts]) -> Iterable[tuple[Organisation, str]]:
    """Members of the IGO in the time of her dossiers that no source of ours holds the records of."""
    days = [day_of(m) for f in facts for d in f.dossiers for m in (d.span.start, d.span.end) if m]
    first, last = min(days, default=date.min), max(days, default=date.max)
    for member in rooms.igo.members:
        if member.since <= last and (member.until is None or first <= member.until):
            yield as_member(member), _NO_SOURCE_MEMBER


def _named(rooms: Rooms, facts: Sequence[SourceFacts]) -> Iterable[tuple[Organisation, str]]:
    for found in facts:
        for organisation in found.organisations:
            joined = rooms.joined(organisation)
            if joined.kind not in _NOT_CARE:
                yield joined, _NO_SOURCE_NAMED
