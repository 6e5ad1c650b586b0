"""Who is a member of the IGO, and when. An organisation that cannot be told from a member is neither in nor out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.register import Igo, Member

Answer = Literal["ja", "nee", "onbekend"]

OBSTETRIC = frozenset({"verloskunde", "gynaecologie", "ziekenhuis"})
"""Disciplines of members that can be responsible for obstetric care."""

_COULD_BE: dict[OrganisationKind, frozenset[str]] = {
    OrganisationKind.VERLOSKUNDIGENPRAKTIJK: frozenset({"verloskunde", "echoscopie"}),
    OrganisationKind.ZIEKENHUIS: frozenset({"ziekenhuis", "gynaecologie", "laboratorium", "echoscopie"}),
    OrganisationKind.HUISARTS: frozenset({"verloskunde"}),
    OrganisationKind.KRAAMZORG: frozenset({"kraamzorg"}),
    OrganisationKind.ECHOCENTRUM: frozenset({"echoscopie", "verloskunde"}),
    OrganisationKind.LABORATORIUM: frozenset({"laboratorium", "ziekenhuis"}),
    OrganisationKind.ZORGVERZEKERAAR: frozenset(),
}


class Membership:
    """Membership of one IGO, asked many times: the answers for an organisation are kept."""

    __slots__ = ("_could", "_igo", "_is")

    def __init__(self, igo: Igo) -> None:
        self._igo = igo
        self._is: dict[tuple[str | None, str | None], tuple[Member, ...]] = {}
        self._could: dict[Organisation, tuple[Member, ...]] = {}

    def between(self, organisation: Organisation, first: date, last: date) -> Answer:
        """Whether it was a member on at least one day from `first` up to and including `last`."""
        if any(_active(member, first, last) for member in self.members(organisation)):
            return "ja"
        if any(_active(member, first, last) for member in self._candidates(organisation)):
            return "onbekend"
        return "nee"

    def throughout(self, organisation: Organisation, first: date, last: date) -> Answer:
        """For care on an unknown day in that time: a member on every day, on none, or it cannot be said."""
        if any(m.active_on(first) and m.active_on(last) for m in self.members(organisation)):
            return "ja"
        return "nee" if self.between(organisation, first, last) == "nee" else "onbekend"

    def members(self, organisation: Organisation) -> tuple[Member, ...]:
        """The entries of the register that are this organisation, whenever they were members."""
        key = (organisation.agb, organisation.ura)
        found = self._is.get(key)
        if found is None:
            found = self._is[key] = tuple(m for m in self._igo.members if m.is_organisation(organisation))
        return found

    def active(self, first: date, last: date) -> Iterator[Member]:
        """The members on at least one day in that time."""
        return (member for member in self._igo.members if _active(member, first, last))

    def _candidates(self, organisation: Organisation) -> tuple[Member, ...]:
        """Members that this organisation might be: no shared kind of code to compare, and of a fitting discipline."""
        found = self._could.get(organisation)
        if found is None:
            fitting = _COULD_BE.get(organisation.kind)
            found = self._could[organisation] = tuple(
                member
                for member in self._igo.members
                if not _comparable(member, organisation) and (fitting is None or member.discipline in fitting)
            )
        return found


def _active(member: Member, first: date, last: date) -> bool:
    return member.since <= last and (member.until is None or member.until >= first)


def _comparable(member: Member, organisation: Organisation) -> bool:
    by_agb = member.agb is not None and organisation.agb is not None
    return by_agb or (member.ura is not None and organisation.ura is not None)
