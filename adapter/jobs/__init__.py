"""Work that runs later or elsewhere: Redis Streams and workers."""

from __future__ import annotations

from adapter.jobs.embedded import EmbeddedServer, embedded
from adapter.jobs.errors import EmbeddedServerError, JobsError
from adapter.jobs.once import Once
from adapter.jobs.queue import BatchHandler, DeadJob, Depth, Handler, Job, Queue, Timing

__all__ = [
    "BatchHandler",
    "DeadJob",
    "Depth",
    "EmbeddedServer",
    "EmbeddedServerError",
    "Handler",
    "Job",
    "JobsError",
    "Once",
    "Queue",
    "Timing",
    "embedded",
]
