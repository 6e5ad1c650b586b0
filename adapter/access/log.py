"""The technical log: a catalogue of events, each with the fields it may carry. What is not listed cannot be logged.

A log line is for operations; who saw what stands in the audit log. Lines go to standard error, as JSON or readable.
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TextIO

import structlog

from adapter.access.redact import redact

Field = str | int | float | bool | None


class Level(IntEnum):
    """How much it matters (as in `logging`)."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of log line: a steady id, its level, and the fields that it may carry."""

    id: str
    level: Level
    fields: frozenset[str]

    def log(self, **values: Field) -> None:
        """Write the line. Raises `TypeError` for a field that is not listed or a value that is not plain: nothing is
        dropped in silence, and no object can bring more along than its caller meant.
        """
        unknown = sorted(set(values) - self.fields)
        if unknown:
            raise TypeError(f"event {self.id!r} may not carry {', '.join(unknown)}")
        for name, value in values.items():
            if not isinstance(value, str | int | float | bool | None):
                raise TypeError(f"event {self.id!r}: {name} is {type(value).__name__}, not a plain value")
        structlog.get_logger().log(int(self.level), self.id, **values)


def _event(id: str, level: Level, *fields: str) -> Event:
    return Event(id, level, frozenset(fields))


STARTED = _event("program.started", Level.INFO, "version", "host", "port", "store", "jobs", "demonstration")
STOPPED = _event("program.stopped", Level.INFO, "seconds")
PULL_STARTED = _event("pull.started", Level.INFO, "source", "women")
PULL_ENDED = _event("pull.ended", Level.INFO, "source", "state", "resources", "new_versions", "invalid", "seconds")
SOURCE_FAILED = _event("source.failed", Level.WARNING, "source", "where", "what", "advice")
RESOURCE_INVALID = _event("resource.invalid", Level.WARNING, "source", "reference", "what")
REQUEST = _event("http.request", Level.INFO, "request_id", "method", "route", "status", "seconds")
REQUEST_FAILED = _event("http.failed", Level.ERROR, "request_id", "method", "route", "error", "where")
TURNED_AWAY = _event("http.turned-away", Level.WARNING, "request_id", "method", "reason")
DENIED = _event("access.denied", Level.WARNING, "request_id", "reason", "action", "what", "purpose")
TOKEN_REFUSED = _event("access.token-refused", Level.WARNING, "request_id", "client", "error")
LOGIN_REFUSED = _event("login.refused", Level.WARNING, "request_id", "reason", "what")
TELLING_FAILED = _event("subscription.failed", Level.WARNING, "error", "waiting")
JOB_DONE = _event("job.done", Level.INFO, "kind", "key", "seconds")
JOB_FAILED = _event("job.failed", Level.WARNING, "kind", "key", "error", "delivery")
JOB_DEAD = _event("job.dead", Level.ERROR, "kind", "key", "error", "delivery")
QUEUE_DOWN = _event("queue.down", Level.ERROR, "what")
STORE_FAILED = _event("store.failed", Level.ERROR, "what")
REBUILT = _event("woman.rebuilt", Level.INFO, "woman", "records", "pregnancies", "decisions", "seconds")
RECORD_REMOVED = _event("record.removed", Level.INFO, "source", "reason")
RULES_LOADED = _event("rules.loaded", Level.INFO, "version", "before")
RULES_REFUSED = _event("rules.refused", Level.ERROR, "faults", "first", "in_force")
AUDIT_BROKEN = _event("audit.broken", Level.ERROR, "line")

CATALOGUE: tuple[Event, ...] = tuple(value for value in globals().copy().values() if isinstance(value, Event))
"""Every event there is."""


def configure(*, json: bool = False, level: Level = Level.INFO, stream: TextIO | None = None) -> None:
    """Set up logging, once, at the start of the program: to standard error unless `stream` says otherwise."""
    renderer: Any = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _guard,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(int(level)),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr if stream is None else stream),
        cache_logger_on_first_use=False,
    )


def _guard(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask any BSN in any text: listed fields are texts too, and texts come from outside."""
    for name, value in line.items():
        if isinstance(value, str):
            line[name] = redact(value)
        elif type(value) is int and redact(str(value)) != str(value):
            line[name] = redact(str(value))
    return line
