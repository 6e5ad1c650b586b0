"""Who did not answer: sources, organisations that the data name, and members without a source.

None of them ever counts as "no care outside the IGO".
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
    for source in projection.sources:
        if source.state is not SourceState.ANSWERED:
            yield Silent(words.name(source.organisation), words.STATE[source.state], _may(source, membership, window))


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
            yield Silent(member.name, "is lid van de IGO en heeft geen bron", member.discipline in OBSTETRIC)
