"""What every use case works with: the rooms, as they were wired."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from adapter.access import AuditLog, Policy
from adapter.carepath import Zorgpad
from adapter.claims import Catalogue
from adapter.connectors import Connector
from adapter.facts import Dialect
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.register import Igo, Member
from adapter.model.sources import SourceInfo
from adapter.rules import RuleBook
from adapter.service.rulekeeper import RuleKeeper
from adapter.store import Store

if TYPE_CHECKING:
    from adapter.service.consents.lookups import Lookups

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class SourceSetup:
    """One configured source: how to reach it, how to read it, and which women to ask it for."""

    info: SourceInfo
    connector: Connector
    dialect: Dialect
    follow: bool
    listed: tuple[str, ...] = ()  # BSNs as text, only for women = "list"
    sends: bool = False  # it sends by itself, and is never asked


@dataclass(slots=True)
class Rooms:
    """The rooms of the house and the versions of their data, wired once at start.

    Only `rules` changes afterwards: the keeper puts a newer good set there when the files change. `lookups` is set
    while the application is built.
    """

    store: Store
    sources: Mapping[str, SourceSetup]
    igo: Igo
    rules: RuleBook
    catalogue: Catalogue
    zorgpad: Zorgpad
    mappings_version: str
    audit: AuditLog
    policy: Policy
    clock: Clock
    keeper: RuleKeeper | None = None
    mappings: Path = Path("mappings")  # the folder of all these files
    lookups: Lookups | None = None  # set where a ground is required: which source may be asked for whom

    def joined(self, organisation: Organisation) -> Organisation:
        """The organisation under one identity: only the register (and our own sources) join an AGB code and a URA."""
        for member in self.igo.members:
            if member.is_organisation(organisation):
                return as_member(member, organisation)
        for setup in self.sources.values():
            known = setup.info.organisation
            if _same(known, organisation):
                return merged(known, organisation)
        return organisation


KIND_OF_DISCIPLINE = {
    "verloskunde": OrganisationKind.VERLOSKUNDIGENPRAKTIJK,
    "gynaecologie": OrganisationKind.ZIEKENHUIS,
    "ziekenhuis": OrganisationKind.ZIEKENHUIS,
    "kraamzorg": OrganisationKind.KRAAMZORG,
    "echoscopie": OrganisationKind.ECHOCENTRUM,
    "laboratorium": OrganisationKind.LABORATORIUM,
}


def as_member(member: Member, seen: Organisation | None = None) -> Organisation:
    """A member of the IGO as an organisation; what a source says of it (name, kind) goes first."""
    agb = member.agb.value if member.agb else None
    ura = member.ura.value if member.ura else None
    known = Organisation("", agb, ura, member.name, KIND_OF_DISCIPLINE[member.discipline])
    return merged(known, seen or known)


def merged(known: Organisation, seen: Organisation) -> Organisation:
    """One organisation from what two say of it: codes and kind as far as either knows them, the name as seen."""
    agb, ura = known.agb or seen.agb, known.ura or seen.ura
    identity = f"agb:{agb}" if agb else f"ura:{ura}" if ura else seen.id
    kind = known.kind if seen.kind is OrganisationKind.ONBEKEND else seen.kind
    return Organisation(identity, agb, ura, seen.name or known.name, kind)


def _same(a: Organisation, b: Organisation) -> bool:
    return (a.agb is not None and a.agb == b.agb) or (a.ura is not None and a.ura == b.ura)
