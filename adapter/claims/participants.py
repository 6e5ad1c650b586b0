"""The members that gave care in a phase: who must not claim beside the integral prestatie, or claims instead of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from adapter.model.decision import PhaseSelection
from adapter.model.evidence import Organisation
from adapter.model.moments import day_of
from adapter.model.projection import ClaimsProjection, ProjectedAct
from adapter.model.register import Igo, Member


@dataclass(slots=True)
class Participant:
    """One member (in one discipline), its care in the phase, and whether it was responsible there."""

    member: Member
    organisation: Organisation
    responsible: bool = False
    acts: list[ProjectedAct] = field(default_factory=list)

    @property
    def agb(self) -> str | None:
        """The AGB code: the register's, else the one the sources give."""
        return self.member.agb.value if self.member.agb is not None else self.organisation.agb

    @property
    def kinds(self) -> set[str]:
        """The kinds of care it gave."""
        return {act.kind.value for act in self.acts}


def days_of(phase: PhaseSelection, as_of: date) -> tuple[date, date]:
    """First and last day of a phase that has begun; a running one counts up to the day asked about."""
    last = day_of(phase.end) if phase.end is not None else as_of
    return (day_of(phase.start) if phase.start is not None else last), last


def participants(projection: ClaimsProjection, phase: PhaseSelection, igo: Igo) -> list[Participant]:
    """The members that gave care in this phase, in the order of the register.

    Care that selection found not to be a member's, by the person who gave it, makes its organisation none here either.
    """
    first, last = days_of(phase, projection.as_of)
    known = _register(igo)
    found: dict[int, Participant] = {}  # by place in the register: the hash of a member costs more than all the rest

    def note(organisation: Organisation, start: date, end: date) -> list[Participant]:
        noted = []
        for place, member in known.members(organisation):
            if member.since <= end and (member.until is None or member.until >= start):
                participant = found.get(place)
                if participant is None:
                    participant = found[place] = Participant(member, organisation)
                noted.append(participant)
        return noted

    for act in projection.acts:
        if act.phase == phase.phase and act.evidence not in phase.not_of_members:
            for participant in note(act.organisation, act.day or first, act.day or last):
                participant.acts.append(act)
    for organisation in phase.responsible:
        for participant in note(organisation, first, last):
            participant.responsible = True
    if phase.phase == "postnataal" or (phase.phase == "prenataal" and projection.kraamzorg.requested):
        for organisation in projection.kraamzorg.organisations:
            note(organisation, first, last)
    return [found[place] for place in sorted(found)]


class _Register:
    """The entries of one register by organisation, found once."""

    def __init__(self, igo: Igo) -> None:
        self.igo = igo
        self._found: dict[tuple[str | None, str | None], tuple[tuple[int, Member], ...]] = {}

    def members(self, organisation: Organisation) -> tuple[tuple[int, Member], ...]:
        key = (organisation.agb, organisation.ura)
        found = self._found.get(key)
        if found is None:
            mine = enumerate(self.igo.members)
            found = self._found[key] = tuple((at, m) for at, m in mine if m.is_organisation(organisation))
        return found


_last: list[_Register] = []


def _register(igo: Igo) -> _Register:
    """That of the register asked last is kept: it is nearly always the same one."""
    for kept in _last:
        if kept.igo is igo:
            return kept
    made = _Register(igo)
    _last[:] = [made, *_last[:1]]
    return made
