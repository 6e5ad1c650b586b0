"""Who did not answer: sources, organisations that the data name, and members without a source.

Their silence never makes anything definitief. It counts as "no care outside the IGO" only of who was a member on every
day of the phase: care by members never breaks a bundle (our own reading, see `mappings/rules/selectie.yaml`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.model.evidence import RESPONSIBLE_KINDS, Organisation, OrganisationKind
from adapter.model.projection import ClaimsProjection, ProjectedSource
from adapter.model.register import Member
from adapter.model.sources import SourceState
from adapter.selection import words
from adapter.selection.case import Silent
from adapter.selection.membership import OBSTETRIC, Membership
from adapter.selection.window import Window


@dataclass(slots=True)
class Unheard:
    """Who did not answer, over the whole pregnancy: sources without an answer, and members that no source stands for.

    `named`: ids of the organisations that the data of this pregnancy name.
    """

    sources: tuple[ProjectedSource, ...]
    members: tuple[Member, ...]
    named: frozenset[str]


def unheard(projection: ClaimsProjection, membership: Membership) -> Unheard:
    """Who did not answer, before any phase is looked at."""
    stood_for = {id(m) for source in projection.sources for m in membership.members(source.organisation)}
    return Unheard(
        tuple([s for s in projection.sources if s.state is not SourceState.ANSWERED]),
        tuple([m for m in membership.igo.members if id(m) not in stood_for]),
        named_in(projection),
    )


def silent(unheard: Unheard, membership: Membership, window: Window) -> tuple[Silent, ...]:
    """Everybody whose answer is missing for the phase in this window."""
    if not unheard.sources and not unheard.members:
        return ()
    return (*_sources(unheard, membership, window), *_members_without_source(unheard, window))


def _sources(unheard: Unheard, membership: Membership, window: Window) -> Iterator[Silent]:
    first, last = window.first, window.last
    for source in unheard.sources:
        organisation = source.organisation
        between = membership.between(organisation, first, last)
        if between == "nee" and _only_as_member(source, unheard.named, membership):
            continue
        outside = between != "ja" or membership.throughout(organisation, first, last) != "ja"
        may = between != "nee" and _could_be_responsible(organisation, membership)
        yield Silent(words.name(organisation), words.STATE[source.state], may, outside)


def named_in(projection: ClaimsProjection) -> frozenset[str]:
    """Ids of the organisations that the data of this pregnancy name, whatever answered."""
    found = [act.organisation for act in projection.acts]
    found += [held.organisation for held in projection.responsibility]
    found += [o for r in projection.referrals for o in (r.sender, r.receiver) if o is not None]
    found += [*projection.kraamzorg.organisations, *([o] if (o := projection.birth_organisation) else [])]
    return frozenset([organisation.id for organisation in found])


def _only_as_member(source: ProjectedSource, named: frozenset[str], membership: Membership) -> bool:
    """Whether it is listed only because it was once, or will be, a member, and has no source."""
    known = bool(membership.members(source.organisation))
    return known and source.source is None and source.organisation.id not in named


def _could_be_responsible(organisation: Organisation, membership: Membership) -> bool:
    members = membership.members(organisation)
    if members:
        return any(member.discipline in OBSTETRIC for member in members)
    return organisation.kind in RESPONSIBLE_KINDS or organisation.kind is OrganisationKind.ONBEKEND


def _members_without_source(unheard: Unheard, window: Window) -> Iterator[Silent]:
    for member in unheard.members:
        if member.since <= window.last and (member.until is None or member.until >= window.first):
            always = member.active_on(window.first) and member.active_on(window.last)
            why = "is lid van de IGO en heeft geen bron"
            yield Silent(member.name, why, member.discipline in OBSTETRIC, not always)
