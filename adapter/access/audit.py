"""Audit events with the fields of NEN 7513, in the words of FHIR AuditEvent (IHE Basic Audit Log Patterns)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from adapter.access.identity import Context, Purpose
from adapter.access.policy import Action, DeniedError, Grant, Policy
from adapter.access.redact import redact
from adapter.model.wire import from_json, to_json

SOURCE = "adapter"


class EventType(StrEnum):
    """Kinds of event to log (NEN 7513): what was done to whose data."""

    READ = "read"
    SEARCH = "search"
    RECEIVE = "receive"  # transfer from another system
    LINK = "link"  # merge or split
    DECIDE = "decide"
    REMOVE = "remove"
    EXPORT = "export"
    DENIED = "denied"
    AUDIT_READ = "audit-read"  # looking at the log is logged
    START = "start"  # of the program; not about a patient


class Outcome(StrEnum):
    """How it ended (FHIR AuditEvent.outcome)."""

    SUCCESS = "0"
    MINOR_FAILURE = "4"
    SERIOUS_FAILURE = "8"
    MAJOR_FAILURE = "12"


@dataclass(frozen=True, slots=True)
class Entity:
    """What it was about: kind of data, and its reference (an id of ours, or `source:Type/id`); never a BSN."""

    kind: str
    reference: str


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line of the audit log. Every text in it has been through `redact`."""

    type: EventType
    action: Action
    recorded: datetime
    outcome: Outcome
    user: str
    user_name: str
    organisation: str | None
    roles: tuple[str, ...]
    purpose: Purpose
    requestor: bool = True  # false: the program acted, on nobody's request
    demonstration: bool = False
    network: str = ""
    request_id: str = ""
    patient: str | None = None  # our id of the woman: a pseudonym
    entities: tuple[Entity, ...] = ()
    query: str | None = None
    policy: str | None = None  # id|version
    reason: str | None = None  # why it was denied or failed
    subtype: str | None = None
    source: str = SOURCE

    def to_json(self) -> bytes:
        """All of it."""
        return to_json(self)


class AuditPort(Protocol):
    """Where the lines are kept."""

    def add_audit(self, events: Sequence[AuditEvent]) -> None:
        """Keep events; when this returns they are durable."""
        ...

    def audit(
        self,
        *,
        patient: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        offset: int = 0,
        limit: int = 1000,
    ) -> list[bytes]:
        """Events as JSON, newest first."""
        ...


class AuditLog:
    """Writes and reads audit events. An event that cannot be written is an error: no log, no data."""

    def __init__(self, port: AuditPort, *, site: str = SOURCE) -> None:
        self._port = port
        self._site = site

    def record(self, *events: AuditEvent) -> None:
        """Keep events, durable when this returns. Raises what the port raises."""
        self._port.add_audit([_redacted(event) for event in events])

    def event(
        self,
        context: Context,
        type: EventType,
        action: Action,
        at: datetime,
        *,
        patient: str | None = None,
        entities: Sequence[Entity] = (),
        query: str | None = None,
        grant: Grant | None = None,
        outcome: Outcome = Outcome.SUCCESS,
        reason: str | None = None,
        subtype: str | None = None,
    ) -> AuditEvent:
        """An event about this request, not kept yet."""
        actor = context.actor
        return AuditEvent(
            type=type,
            action=action,
            recorded=at,
            outcome=outcome,
            user=actor.id,
            user_name=actor.name,
            organisation=actor.organisation,
            roles=actor.roles,
            purpose=context.purpose,
            requestor=bool(context.client or context.request_id),
            demonstration=actor.demonstration,
            network=context.client,
            request_id=context.request_id,
            patient=patient,
            entities=tuple(entities),
            query=query,
            policy=grant.policy if grant else None,
            reason=reason,
            subtype=subtype,
            source=self._site,
        )

    def denied(self, context: Context, error: DeniedError, at: datetime, policy: Policy) -> None:
        """Keep that a request was denied."""
        event = self.event(
            context,
            EventType.DENIED,
            error.action,
            at,
            entities=[Entity(error.what.value, "")],
            grant=Grant("", context.purpose, error.action, error.what, f"{policy.id}|{policy.version}"),
            outcome=Outcome.MINOR_FAILURE,
            reason=error.reason.value,
        )
        self.record(event)

    def read(
        self,
        *,
        patient: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        offset: int = 0,
        limit: int = 1000,
    ) -> list[AuditEvent]:
        """Events, newest first. The caller records that it looked."""
        lines = self._port.audit(patient=patient, since=since, until=until, offset=offset, limit=limit)
        return [from_json(AuditEvent, line) for line in lines]


def _redacted(event: AuditEvent) -> AuditEvent:
    """The event without any BSN that got into its text after all."""
    text = event.to_json().decode()
    clean = redact(text)
    return event if clean == text else from_json(AuditEvent, clean)
