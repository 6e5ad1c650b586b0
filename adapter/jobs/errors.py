"""What can go wrong with the queue."""

from __future__ import annotations


class JobsError(Exception):
    """Redis cannot be reached or refused a command. Nothing is lost: intents stand in the store's outbox."""


class EmbeddedServerError(JobsError):
    """The embedded server could not be started; the message says why and what to do."""
