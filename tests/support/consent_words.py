"""Organisations, referrals and consents in the words of the situations they are told in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime

from adapter.access.consent import ConsentRecord, Ground, Party, ReferralSeen, ground
from adapter.model.evidence import OrganisationKind

DAY = date(2026, 3, 10)
BEFORE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

PRAKTIJK = Party(frozenset({"agb:08000101"}), OrganisationKind.VERLOSKUNDIGENPRAKTIJK)
ANDERE_PRAKTIJK = Party(frozenset({"agb:08000102"}), OrganisationKind.VERLOSKUNDIGENPRAKTIJK)
ZIEKENHUIS = Party(frozenset({"agb:06000201", "ura:90000201"}), OrganisationKind.ZIEKENHUIS)
ANDER_ZIEKENHUIS = Party(frozenset({"agb:06000202"}), OrganisationKind.ZIEKENHUIS)
KRAAMZORG = Party(frozenset({"agb:41000301"}), OrganisationKind.KRAAMZORG)
ECHOCENTRUM = Party(frozenset({"agb:53000401"}), OrganisationKind.ECHOCENTRUM)
ONBEKEND = Party(frozenset({"agb:99000501"}), OrganisationKind.ONBEKEND)


def verwijzing(van: Party, naar: Party, op: date = date(2026, 2, 1), tot: date | None = None) -> ReferralSeen:
    """A referral from one organisation to another."""
    return ReferralSeen(van.identities, naar.identities, op, "ReferralRequest/v1", tot)


def toestemming(
    bron: Party | None = None,
    lezer: Party | None = None,
    *,
    id: str = "c1",
    bronsoort: OrganisationKind | None = None,
    lezersoort: OrganisationKind | None = None,
    soorten: Collection[str] | None = None,
    vanaf: date | None = None,
    tot: date | None = None,
    zwangerschap: str | None = None,
    ingetrokken: datetime | None = None,
    ja: bool = True,
) -> ConsentRecord:
    """What she said, for one source and reader or a kind of them; None: any."""
    return ConsentRecord(
        id,
        "vrouw-1",
        bron.identities if bron else None,
        frozenset({bronsoort}) if bronsoort else None,
        lezer.identities if lezer else None,
        frozenset({lezersoort}) if lezersoort else None,
        ja,
        frozenset(soorten) if soorten is not None else None,
        vanaf,
        tot,
        zwangerschap,
        "praktijk",
        BEFORE,
        ingetrokken,
    )


def bezwaar(bron: Party | None = None, lezer: Party | None = None, **meer: object) -> ConsentRecord:
    """Her objection."""
    return toestemming(bron, lezer, ja=False, **meer)  # type: ignore[arg-type]


def grond(
    bron: Party,
    lezer: Party,
    *,
    gezegd: Collection[ConsentRecord] = (),
    verwezen: Collection[ReferralSeen] = (),
    op: date = DAY,
) -> Ground:
    """The ground on which `lezer` may see what `bron` holds."""
    return ground(bron, lezer, gezegd, verwezen, op)
