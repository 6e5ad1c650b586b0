"""Audit events with the fields of NEN 7513, in the words of FHIR AuditEvent (IHE Basic Audit Log Patterns)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, cast

import msgspec

from adapter.access.identity import ActorKind, Context, Purpose
from adapter.access.policy import Action, DeniedError, Grant, Policy
from adapter.access.redact import may_hold_bsn, redact
from adapter.model.wire import from_json

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
    LOGIN = "login"  # of a person, and logout
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


EMERGENCY = "ETREAT"
"""The purpose of use under noodtoegang (HL7 v3-ActReason)."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line of the audit log. Every text in it has been through `redact`.

    `organisation`: the care organisation responsible for who asks (`ura:…` or `agb:…`). `client`: the system through
    which was asked. `token`: what names the token that was shown (a `jti`). `emergency`: the reason given for
    noodtoegang. `checks`: what was looked at before it was allowed: the ground, the consent, the treatment relation.
    """

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
    checks: tuple[str, ...] = ()
    kind: ActorKind = ActorKind.PERSON
    client: str | None = None
    token: str | None = None
    emergency: str | None = None

    @property
    def purpose_of_use(self) -> str:
        """The purpose as NEN 7513 wants it: emergency access is a purpose of its own (HL7 v3-ActReason)."""
        return EMERGENCY if self.emergency is not None else self.purpose.value

    @property
    def is_emergency(self) -> bool:
        """Whether this was done under noodtoegang."""
        return self.emergency is not None

    def to_json(self) -> bytes:
        """All that says something; what is left out has its default."""
        given = ((name, getattr(self, name), default) for name, default in _FIELDS)
        return _ENCODE({name: value for name, value, default in given if value != default})

    @property
    def marks(self) -> tuple[str, str, str, str, str]:
        """What the line is found by without opening it: who, kind, action, outcome, noodtoegang."""
        emergency = "1" if self.is_emergency else ""
        return self.user, self.type.value, self.action.value, self.outcome.value, emergency

    def texts(self) -> list[str]:
        """Every text that came from outside."""
        given = (self.user, self.user_name, self.organisation, self.network, self.request_id, self.patient, self.query)
        more = (self.reason, self.subtype, self.client, self.token, self.emergency, *self.roles, *self.checks)
        named = (text for entity in self.entities for text in (entity.kind, entity.reference))
        return [text for text in (*given, *more, *named) if text]


_FIELDS = tuple((field.name, field.default) for field in fields(AuditEvent))
_ENCODE = msgspec.json.Encoder().encode


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
        self._port.add_audit(self.lines(events))

    def lines(self, events: Iterable[AuditEvent]) -> list[AuditEvent]:
        """The events as they may be kept: without any BSN that got into their text after all."""
        return [_redacted(event) for event in events]

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
        checks: Sequence[str] = (),
    ) -> AuditEvent:
        """An event about this request, not kept yet."""
        actor = context.actor
        opened = context.emergency.of(patient, at) if context.emergency is not None else None
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
            checks=tuple(checks),
            kind=actor.kind,
            client=actor.client,
            token=context.token,
            emergency=opened.reason if opened is not None else None,
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


class _Written:
    """An event that was written down once: the store keeps those very bytes."""

    __slots__ = ("_body", "_event")

    def __init__(self, event: AuditEvent, body: bytes) -> None:
        self._event = event
        self._body = body

    def to_json(self) -> bytes:
        return self._body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._event, name)

    def __eq__(self, other: object) -> bool:
        return self._event == other

    def __hash__(self) -> int:
        return hash(self._event)


def _redacted(event: AuditEvent) -> AuditEvent:
    """The event without any BSN that got into its text after all."""
    body = event.to_json()
    if not may_hold_bsn(body):
        return cast(AuditEvent, _Written(event, body))
    text = "\n".join(event.texts())
    if redact(text) == text:
        return event
    return from_json(AuditEvent, redact(event.to_json().decode()))
