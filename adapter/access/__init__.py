"""Who may, for what purpose, and the audit event of every read, search and decision."""

from __future__ import annotations

from adapter.access.audit import AuditEvent, AuditLog, AuditPort, Entity, EventType, Outcome
from adapter.access.binding import Binding, binding_allowed, is_loopback
from adapter.access.identity import (
    DEMONSTRATION,
    SYSTEM,
    Actor,
    ActorKind,
    Context,
    Emergency,
    Identified,
    Opened,
    Purpose,
    Role,
    UnauthenticatedError,
    UnavailableError,
)
from adapter.access.policy import GRANTS, Action, Denial, DeniedError, Grant, Policy, Resource

__all__ = [
    "DEMONSTRATION",
    "GRANTS",
    "SYSTEM",
    "Action",
    "Actor",
    "ActorKind",
    "AuditEvent",
    "AuditLog",
    "AuditPort",
    "Binding",
    "Context",
    "Denial",
    "DeniedError",
    "Emergency",
    "Entity",
    "EventType",
    "Grant",
    "Identified",
    "Opened",
    "Outcome",
    "Policy",
    "Purpose",
    "Resource",
    "Role",
    "UnauthenticatedError",
    "UnavailableError",
    "binding_allowed",
    "is_loopback",
]
