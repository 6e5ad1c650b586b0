"""Who did not answer: sources, organisations that the data name, and members without a source.

Their silence never makes anything definitief. It counts as "no care outside the IGO" only of who was a member on every
day of the phase: care by members never breaks a bundle (our own reading, see `mappings/rules/selectie.yaml`).
"""

from __future__ import annotations

from collections.abc import Iterator

from adapter.model.evidence import RESPONSIBLE_KINDS, OrganisationKind
from adapter.model.projection import ClaimsProjection, ProjectedSource
from adapter.model.register import Member
from adapter.model.sources import SourceState
from adapter.selection import words
from adapter.selection.case import Silent
from adapter.selection.membership import OBSTETRIC, Membership
from adapter.selection.window import Window


def silent(projection: ClaimsProjection, membership: Membership, window: Window) -> tuple[Silent, ...]:
    """Everybody whose answer is missing for the phase in this window."""
    return (
        *_sources(projection, membership, window),
        *_members_without_source(projection, membership, window),
    )


def _sources(projection: ClaimsProjection, membership: Membership, window: Window) -> Iterator[Silent]:
    named = _named(projection)
    for source in projection.sources:
        if source.state is SourceState.ANSWERED or _elsewhen(source, named, membership, window):
            continue
        member = membership.throughout(source.organisation, window.first, window.last)
        responsible = _may(source, membership, window)
        yield Silent(words.name(source.organisation), words.STATE[source.state], responsible, member != "ja")


def _named(projection: ClaimsProjection) -> frozenset[str]:
    """Organisations that the data of this pregnancy name."""
    found = [act.organisation for act in projection.acts]
    found += [held.organisation for held in projection.responsibility]
    found += [o for r in projection.referrals for o in (r.sender, r.receiver) if o is not None]
    found += [*projection.kraamzorg.organisations, *([o] if (o := projection.birth_organisation) else [])]
    return frozenset(organisation.id for organisation in found)


def _elsewhen(source: ProjectedSource, named: frozenset[str], membership: Membership, window: Window) -> bool:
    """Whether it is listed only as a member without a source, and was no member on any day of this phase."""
    if source.source is not None or source.organisation.id in named or not membership.members(source.organisation):
        return False
    return membership.between(source.organisation, window.first, window.last) == "nee"


def _may(source: ProjectedSource, membership: Membership, window: Window) -> bool:
    organisation = source.organisation
    if membership.between(organisation, window.first, window.last) == "nee":
        return False
    members = membership.members(organisation)
    if members:
        return any(member.discipline in OBSTETRIC for member in members)
    return organisation.kind in RESPONSIBLE_KINDS or organisation.kind is OrganisationKind.ONBEKEND


def _members_without_source(projection: ClaimsProjection, membership: Membership, window: Window) -> Iterator[Silent]:
    seen: set[Member] = set()
    for source in projection.sources:
        seen.update(membership.members(source.organisation))
    for member in membership.active(window.first, window.last):
        if member not in seen:
            always = member.active_on(window.first) and member.active_on(window.last)
            why = "is lid van de IGO en heeft geen bron"
            yield Silent(member.name, why, member.discipline in OBSTETRIC, not always)
