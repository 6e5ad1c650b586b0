"""Audit events: complete, kept before anything else happens, without a BSN; and the technical log's catalogue."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from adapter.access import (
    DEMONSTRATION,
    Action,
    AuditEvent,
    AuditLog,
    Context,
    Denial,
    DeniedError,
    Entity,
    EventType,
    Outcome,
    Policy,
    Purpose,
    Resource,
    log,
)
from adapter.access.redact import MASK, redact

AT = datetime(2024, 5, 1, 8, tzinfo=UTC)
CONTEXT = Context(DEMONSTRATION, Purpose.TREAT, "request-1", "127.0.0.1")
BSN = "999900006"  # a test number that passes the 11-proef


class Memory:
    def __init__(self) -> None:
        self.lines: list[AuditEvent] = []

    def add_audit(self, events: Sequence[AuditEvent]) -> None:
        self.lines += events

    def audit(self, **_: Any) -> list[bytes]:
        return [event.to_json() for event in reversed(self.lines)]


def test_an_event_says_who_what_why_when_and_under_which_policy() -> None:
    memory, policy = Memory(), Policy()
    audit = AuditLog(memory)
    grant = policy.require(CONTEXT, Action.READ, Resource.CARE_PATH)
    entities = [Entity("pregnancy", "p-1")]
    audit.record(audit.event(CONTEXT, EventType.READ, Action.READ, AT, patient="w-1", entities=entities, grant=grant))
    (event,) = audit.read()
    assert event == memory.lines[0]
    assert (event.user, event.purpose, event.patient, event.policy) == (
        "demonstratie",
        Purpose.TREAT,
        "w-1",
        "adapter-default|2",
    )
    assert (event.recorded, event.network, event.request_id) == (AT, "127.0.0.1", "request-1")
    assert event.demonstration
    assert event.requestor
    assert event.outcome is Outcome.SUCCESS


def test_a_denial_is_an_event_too() -> None:
    memory = Memory()
    error = DeniedError(Denial.NOT_GRANTED, CONTEXT, Action.READ, Resource.AUDIT)
    AuditLog(memory).denied(CONTEXT, error, AT, Policy())
    (event,) = memory.lines
    assert (event.type, event.reason, event.outcome) == (EventType.DENIED, "not-granted", Outcome.MINOR_FAILURE)


def test_a_bsn_in_a_query_never_reaches_the_log() -> None:
    memory = Memory()
    audit = AuditLog(memory)
    query = f"identifier=http://fhir.nl/fhir/NamingSystem/bsn|{BSN}"
    audit.record(audit.event(CONTEXT, EventType.SEARCH, Action.EXECUTE, AT, query=query))
    assert BSN not in memory.lines[0].to_json().decode()
    assert MASK in (memory.lines[0].query or "")


@pytest.mark.parametrize(
    "text",
    [
        BSN,
        f"bsn={BSN}&x",
        f'"{BSN}"',
        f"({BSN})",
        f"urn:{BSN}:",
        f"bsn{BSN}",
        f"bsn%7C{BSN}",
        f"a%20{BSN}%20b",
        f"Febe{BSN}beschikbaar",
        f"0d47c1aa-0000-4000-8000-0123456789ab {BSN}",
    ],
)
def test_redact_masks_a_bsn_wherever_it_stands(text: str) -> None:
    assert BSN not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "999900007",
        f"1{BSN}",
        f"{BSN}1",
        f"0d47c1aa-0000-4000-8000-a{BSN}bc",
        f"0123456789abcdef{BSN}abcdef0",
        "2024-05-01T08:00:00.123456Z",
    ],
)
def test_redact_leaves_other_numbers_alone(text: str) -> None:
    assert redact(text) == text


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    log.configure(json=True, stream=stream)
    yield stream
    structlog.reset_defaults()


def test_a_listed_field_is_logged(lines: io.StringIO) -> None:
    log.PULL_ENDED.log(source="vp-groen", state="answered", resources=31)
    line = json.loads(lines.getvalue())
    assert (line["event"], line["level"], line["source"]) == ("pull.ended", "info", "vp-groen")


def test_a_field_that_is_not_listed_cannot_be_logged(lines: io.StringIO) -> None:
    with pytest.raises(TypeError, match=r"pull\.ended.*may not carry name"):
        log.PULL_ENDED.log(source="vp-groen", name="A. de Vries")
    with pytest.raises(TypeError, match="plain"):
        log.PULL_ENDED.log(source=["vp-groen"])  # type: ignore[arg-type]
    assert lines.getvalue() == ""


def test_a_bsn_in_a_listed_field_is_masked(lines: io.StringIO) -> None:
    log.SOURCE_FAILED.log(source="vp-groen", what=f"404 for Patient?identifier={BSN}", where=BSN)
    log.PULL_STARTED.log(source="vp-groen", women=int(BSN))
    assert BSN not in lines.getvalue()


def test_ids_in_the_catalogue_are_unique() -> None:
    assert len({event.id for event in log.CATALOGUE}) == len(log.CATALOGUE) > 10


def test_readable_lines_and_levels() -> None:
    stream = io.StringIO()
    log.configure(level=log.Level.WARNING, stream=stream)
    log.PULL_STARTED.log(source="vp-groen")
    log.SOURCE_FAILED.log(source="vp-groen", what="no answer")
    structlog.reset_defaults()
    assert "source.failed" in stream.getvalue()
    assert "pull.started" not in stream.getvalue()
