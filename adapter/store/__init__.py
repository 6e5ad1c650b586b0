"""Source versions as received, links, decisions, audit events, outbox: SQLite or PostgreSQL."""

from __future__ import annotations

from adapter.store.answers import Answer
from adapter.store.audit import AuditHead, AuditLine, AuditQuestion, AuditRow
from adapter.store.audit_keeping import AuditProof
from adapter.store.consents import ConsentRow, HeldConsent
from adapter.store.errors import (
    ConflictError,
    KeyRingError,
    NewerDatabaseError,
    StoreError,
    StoreUnavailableError,
    StoreUrlError,
    TamperedError,
    VersionConflictError,
    WrongMasterKeyError,
)
from adapter.store.judgements import Judged, Judgement
from adapter.store.keys import KeyRing
from adapter.store.links import LinkRow
from adapter.store.notes import Note
from adapter.store.outbox import Intent
from adapter.store.records import Removal
from adapter.store.standing import AskedRow, StandingRow
from adapter.store.store import Store
from adapter.store.versions import record_intent, record_of_intent

__all__ = [
    "Answer",
    "AskedRow",
    "AuditHead",
    "AuditLine",
    "AuditProof",
    "AuditQuestion",
    "AuditRow",
    "ConflictError",
    "ConsentRow",
    "HeldConsent",
    "Intent",
    "Judged",
    "Judgement",
    "KeyRing",
    "KeyRingError",
    "LinkRow",
    "NewerDatabaseError",
    "Note",
    "Removal",
    "StandingRow",
    "Store",
    "StoreError",
    "StoreUnavailableError",
    "StoreUrlError",
    "TamperedError",
    "VersionConflictError",
    "WrongMasterKeyError",
    "record_intent",
    "record_of_intent",
]
