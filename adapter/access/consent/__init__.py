"""Grounds for sharing a woman's data between two organisations: own record, referral, explicit consent, or none."""

from __future__ import annotations

from adapter.access.consent.grounds import (
    ConsentRecord,
    Ground,
    GroundCode,
    GroundKind,
    Party,
    ReferralSeen,
    ground,
)

__all__ = [
    "ConsentRecord",
    "Ground",
    "GroundCode",
    "GroundKind",
    "Party",
    "ReferralSeen",
    "ground",
]
