"""On what ground the data that one organisation holds may be shown to another.

Own record; a referral between the two (veronderstelde toestemming: towards a known addressee, from an agreed referral
or hand-over; Nuts bolt Zorginzage 2022, annex A); explicit consent; or none. Verloskunde and kraamzorg are two separate
treatment agreements without a referral: between them explicit consent alone counts (same annex). None is the default.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from adapter.access.consent.precedence import ConsentRecord, Party, weightiest
from adapter.model.evidence import OrganisationKind

__all__ = ["ConsentRecord", "Ground", "GroundCode", "GroundKind", "Party", "ReferralSeen", "ground"]


class GroundKind(StrEnum):
    """The grounds; `none` is no ground."""

    OWN = "own"
    REFERRAL = "referral"
    EXPLICIT = "explicit"
    NONE = "none"


class GroundCode(StrEnum):
    """Why there is a ground or not, for the log."""

    OWN = "own"
    REFERRAL = "referral"
    CONSENT = "consent"
    OBJECTION = "objection"
    EXPLICIT_ONLY = "explicit-only"  # a referral does not do between these two
    UNKNOWN_KIND = "unknown-kind"  # it may be one of those two: not presumed
    UNCONFIRMED = "unconfirmed"  # the referral stands in the record of who asks, not of who holds
    NO_DOSSIER = "no-dossier"  # who asks holds her name and no care
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ReferralSeen:
    """A referral that a record holds. It counts from its day up to and including `until` (None: without end).

    `recorder`: the organisation in whose record it stands. Consent is presumed by who holds the data, so where
    this is given, it counts for what that organisation holds, and for nobody else's data. None: for both sides.
    """

    sender: frozenset[str]
    receiver: frozenset[str]
    on: date
    reference: str
    until: date | None = None
    recorder: frozenset[str] | None = None

    def between(self, holder: Party, reader: Party, day: date) -> bool:
        """Whether it went from the one to the other, or back, by the holder's own record, and counts on that day."""
        return self.by(holder) and self.stated(holder, reader, day)

    def by(self, holder: Party) -> bool:
        """Whether it counts for what this organisation holds."""
        return self.recorder is None or bool(self.recorder & holder.identities)

    def stated(self, holder: Party, reader: Party, day: date) -> bool:
        """Whether it went from the one to the other, or back, whoever recorded it, and counts on that day."""
        forth = bool(self.sender & holder.identities and self.receiver & reader.identities)
        back = bool(self.sender & reader.identities and self.receiver & holder.identities)
        return (forth or back) and self.on <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground, why (Dutch), and the consent or referral it rests on (`Type/id`).

    It speaks of the whole exchange. Where consents for some kinds of data or for one pregnancy make it otherwise,
    `apart` says so: ask `of` for each resource that is shown.
    """

    kind: GroundKind
    why: str
    reference: str | None = None
    code: GroundCode = GroundCode.NOTHING
    apart: tuple[tuple[str | None, str | None, Ground], ...] = ()  # (kind of data, pregnancy, the ground there)

    @property
    def allowed(self) -> bool:
        """Whether all may be shown, save what is `apart`."""
        return self.kind is not GroundKind.NONE

    @property
    def partly(self) -> bool:
        """Whether anything at all may be shown."""
        return self.allowed or any(ground.allowed for _, _, ground in self.apart)

    def of(self, kind: str, pregnancy: str | None = None) -> Ground:
        """The ground for one kind of data (FHIR resource type) of one pregnancy (None: of none in particular)."""
        parts = {(k, p): ground for k, p, ground in self.apart}
        for key in ((kind, pregnancy), (None, pregnancy), (kind, None)):
            if key in parts:
                return parts[key]
        return self


_EXPLICIT_ONLY = frozenset({OrganisationKind.VERLOSKUNDIGENPRAKTIJK, OrganisationKind.KRAAMZORG})

_OWN = Ground(GroundKind.OWN, "eigen dossier van deze organisatie", code=GroundCode.OWN)
_WHY = {
    GroundCode.NOTHING: "geen verwijzing tussen deze organisaties en geen toestemming van de vrouw",
    GroundCode.UNCONFIRMED: "de verwijzing staat niet in het dossier van die organisatie, "
    "en er is geen toestemming van de vrouw",
    GroundCode.EXPLICIT_ONLY: "tussen verloskunde en kraamzorg is uitdrukkelijke toestemming nodig; die is er niet",
    GroundCode.UNKNOWN_KIND: "de soort organisatie is onbekend, dus een verwijzing is niet genoeg; "
    "uitdrukkelijke toestemming is er niet",
    GroundCode.OBJECTION: "de vrouw heeft bezwaar gemaakt tegen delen tussen deze organisaties",
    GroundCode.REFERRAL: "verwijzing of overdracht tussen deze organisaties (veronderstelde toestemming)",
    GroundCode.CONSENT: "uitdrukkelijke toestemming van de vrouw",
}


def ground(
    holder: Party,
    reader: Party,
    consents: Collection[ConsentRecord],
    referrals: Collection[ReferralSeen],
    at: date,
) -> Ground:
    """The ground on which `reader` may see what `holder` keeps of the woman whose consents and referrals these are.

    Never raises: what is not known is no ground.
    """
    if holder.identities & reader.identities:
        return _OWN
    held = [c for c in consents if c.holds_on(at)]
    presumed = _presumed(holder, reader, referrals, at)

    def one(kind: str | None, pregnancy: str | None) -> Ground:
        said = weightiest([c for c in held if c.about(holder, reader, kind, pregnancy)])
        return presumed if said is None else _said(said)

    general = one(None, None)
    kinds = sorted({k for c in held for k in c.kinds or ()})
    pregnancies = sorted({c.pregnancy for c in held if c.pregnancy is not None})
    pairs = [(k, p) for p in (None, *pregnancies) for k in (None, *kinds) if (k, p) != (None, None)]
    return replace(general, apart=tuple((k, p, one(k, p)) for k, p in pairs))


def _presumed(holder: Party, reader: Party, referrals: Collection[ReferralSeen], at: date) -> Ground:
    pair = {holder.kind, reader.kind}
    if pair == _EXPLICIT_ONLY:
        return _none(GroundCode.EXPLICIT_ONLY)
    stated = [r for r in referrals if r.stated(holder, reader, at)]
    seen = [r for r in stated if r.by(holder)]
    if not seen:
        return _none(GroundCode.UNCONFIRMED if stated else GroundCode.NOTHING)
    if OrganisationKind.ONBEKEND in pair and pair - {OrganisationKind.ONBEKEND} <= _EXPLICIT_ONLY:
        return _none(GroundCode.UNKNOWN_KIND)
    latest = max(seen, key=lambda r: (r.on, r.reference))
    return Ground(GroundKind.REFERRAL, _WHY[GroundCode.REFERRAL], latest.reference, GroundCode.REFERRAL)


def _said(consent: ConsentRecord) -> Ground:
    reference = f"Consent/{consent.id.partition('#')[0]}"  # one Consent may hold several rules
    if not consent.permit:
        return Ground(GroundKind.NONE, _WHY[GroundCode.OBJECTION], reference, GroundCode.OBJECTION)
    return Ground(GroundKind.EXPLICIT, _WHY[GroundCode.CONSENT], reference, GroundCode.CONSENT)


def _none(code: GroundCode) -> Ground:
    return Ground(GroundKind.NONE, _WHY[code], code=code)
