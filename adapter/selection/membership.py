"""Who is a member of the IGO, and when. An organisation that cannot be told from a member is neither in nor out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.register import Igo, Member, Practitioner

Answer = Literal["ja", "nee", "onbekend"]
PersonAnswer = Literal["ja", "nee", "onbekend", "niet_gesteld"]

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
    """Membership of one IGO, asked many times: which entries of the register an organisation is, is kept."""

    __slots__ = ("_could", "_is", "_named", "igo")

    def __init__(self, igo: Igo) -> None:
        self.igo = igo
        self._is: dict[tuple[str | None, str | None], tuple[Member, ...]] = {}
        self._named: dict[tuple[str | None, str | None], tuple[Practitioner, ...]] = {}
        self._could: dict[tuple[bool, bool, OrganisationKind], tuple[Member, ...]] = {}

    def between(self, organisation: Organisation, first: date, last: date) -> Answer:
        """Whether it was a member on at least one day from `first` up to and including `last`."""
        for member in self.members(organisation):
            if member.since <= last and (member.until is None or member.until >= first):
                return "ja"
        for member in self._candidates(organisation):
            if member.since <= last and (member.until is None or member.until >= first):
                return "onbekend"
        return "nee"

    def throughout(self, organisation: Organisation, first: date, last: date) -> Answer:
        """For care on an unknown day in that time: a member on every day, on none, or it cannot be said."""
        if any(m.active_on(first) and m.active_on(last) for m in self.members(organisation)):
            return "ja"
        return "nee" if self.between(organisation, first, last) == "nee" else "onbekend"

    def person(self, organisation: Organisation, codes: tuple[str, ...], first: date, last: date) -> PersonAnswer:
        """Whether one of the persons with these AGB codes took part, giving care for that organisation in that time.

        `niet_gesteld`: the register names nobody for it, and none of them otherwise. Where the day is not known,
        `first` and `last` are those of the time in which it lies: who took part on both is `ja`, on neither `nee`.
        """
        mine = [p for p in self.igo.practitioners if p.agb.value in codes and (not p.bound or p.is_for(organisation))]
        if any(p.active_on(first) and p.active_on(last) for p in mine):
            return "ja"
        if not self._bound_to(organisation):
            return "niet_gesteld"
        if not codes or any(p.since <= last and (p.until is None or p.until >= first) for p in mine):
            return "onbekend"
        return "nee"

    def _bound_to(self, organisation: Organisation) -> tuple[Practitioner, ...]:
        """Who the register names for this organisation, whenever."""
        key = (organisation.agb, organisation.ura)
        found = self._named.get(key)
        if found is None:
            found = self._named[key] = tuple(p for p in self.igo.practitioners if p.is_for(organisation))
        return found

    def members(self, organisation: Organisation) -> tuple[Member, ...]:
        """The entries of the register that are this organisation, whenever they were members."""
        key = (organisation.agb, organisation.ura)
        found = self._is.get(key)
        if found is None:
            found = self._is[key] = tuple(m for m in self.igo.members if m.is_organisation(organisation))
        return found

    def active(self, first: date, last: date) -> Iterator[Member]:
        """The members on at least one day in that time."""
        return (m for m in self.igo.members if m.since <= last and (m.until is None or m.until >= first))

    def _candidates(self, organisation: Organisation) -> tuple[Member, ...]:
        """Members that this organisation might be: no shared kind of code to compare, and of a fitting discipline."""
        key = (organisation.agb is None, organisation.ura is None, organisation.kind)
        found = self._could.get(key)
        if found is None:
            fitting = _COULD_BE.get(organisation.kind)
            found = self._could[key] = tuple(
                member
                for member in self.igo.members
                if not _comparable(member, organisation) and (fitting is None or member.discipline in fitting)
            )
        return found


class _Last:
    """The membership asked last. A register is one object for as long as it stands, so who it is says enough."""

    kept: Membership | None = None


def membership_of(igo: Igo) -> Membership:
    """The membership of that IGO; kept while the same register is asked again."""
    kept = _Last.kept
    if kept is None or kept.igo is not igo:
        kept = _Last.kept = Membership(igo)
    return kept


def _comparable(member: Member, organisation: Organisation) -> bool:
    by_agb = member.agb is not None and organisation.agb is not None
    return by_agb or (member.ura is not None and organisation.ura is not None)
