"""Referrals: who sent her to whom, and whether it moves responsibility."""

from __future__ import annotations

from adapter.facts.binding import Binder
from adapter.facts.organisations import Organisations
from adapter.facts.record import Item, Record
from adapter.model.evidence import Organisation
from adapter.model.facts import ReferralKind, ReferralMade

REFERRAL_TYPES = frozenset({"ReferralRequest", "ServiceRequest"})


def read_referrals(record: Record, organisations: Organisations, binder: Binder, item: Item) -> list[ReferralMade]:
    """The referral of a ReferralRequest (STU3), or of a ServiceRequest (R4) that is one: one per receiver."""
    kind = _kind(record, item)
    if kind is None or not record.counts(item):
        return []
    bound = binder.bind(item)
    sender = sender_of(record, organisations, item)
    receivers: list[Organisation | None] = []
    for reference in record.dialect.part(item.json, "receiver"):
        found, _ = organisations.of_reference(reference)
        if found is not None and found not in receivers:
            receivers.append(found)
    whose = sender or organisations.managing(bound.dossier) or record.source.organisation
    status, _ = record.dialect.text(item.json, "status")
    return [
        ReferralMade(
            kind=kind,
            at=record.moment(item, "at"),
            sender=sender,
            receiver=receiver,
            evidence=record.evidence(
                item, "type" if item.type == "ReferralRequest" else "code", whose.agb or whose.ura or whose.id
            ),
            dossier=bound.dossier,
            pregnancy=bound.pregnancy,
            state=status or "unknown",
        )
        for receiver in receivers or [None]
    ]


def sender_of(record: Record, organisations: Organisations, item: Item) -> Organisation | None:
    """The organisation that asks: that on whose behalf, else the requester's own."""
    for part in ("sender_behalf", "sender"):
        for reference in record.dialect.part(item.json, part):
            found, _ = organisations.of_reference(reference)
            if found is not None:
                return found
    return None


def _kind(record: Record, item: Item) -> ReferralKind | None:
    """None: not a referral (in R4 an order for a test is a ServiceRequest too)."""
    kinds = record.dialect.referral_kinds
    for concept in record.dialect.part(item.json, "code"):
        for code in record.dialect.codes_of(concept):
            if code in kinds:
                return kinds[code]
    return ReferralKind.OVERIG if item.type == "ReferralRequest" else None
