"""What can go wrong between us and a source. No message holds a URL, a query or a BSN."""

from __future__ import annotations

from adapter.model.sources import SourceState


class ConfigurationError(ValueError):
    """A source cannot be reached as it is configured; the message says which key and what is possible."""


class SourceError(Exception):
    """Base: a call to a source that gave nothing usable. `what` is a Dutch sentence for the report."""

    state = SourceState.FAILED

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


class FailedError(SourceError):
    """The source could not answer: unreachable, 5xx after retries, a page that cannot be read."""


class UnreachableError(FailedError):
    """Not reached, cut off, or 429/502/503/504, also after retries: perhaps the whole source is down."""

    wait: float | None = None  # seconds, where the source said so


class RefusedError(SourceError):
    """The source will not answer us: 401, 403, or a FHIR version we do not read."""

    state = SourceState.REFUSED


class UnauthorizedError(RefusedError):
    """401: we are not let in at all."""


class NotOfferedError(SourceError):
    """The source does not know this search (400, 404, 405, 410, 501 …): a warning, not a failure."""


class MissingError(SourceError):
    """A resource that is referred to is not there (404, 410)."""


class StopError(SourceError):
    """Asking on makes no sense for the whole source; `cause` is what happened."""

    def __init__(self, cause: SourceError) -> None:
        super().__init__(cause.what, cause.advice)
        self.state = cause.state
