"""How a simulated EPD misbehaves, switchable: what real ones do on a bad day."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Quirks:
    """All off by default."""

    down: bool = False  # 503 always
    unauthorized: bool = False  # 401 always
    slow: float = 0.0  # seconds before each answer
    flaky: int = 0  # the first N requests get 503 with Retry-After: 0
    drop_after: int | None = None  # after N requests every answer is cut off half-way
    malformed_page: int | None = None  # this page of every search (1 is the first) is broken JSON or XML
    next_loop: bool = False  # `next` of a page is that page
    next_elsewhere: str | None = None  # `next` lies on this other server
    no_post_search: bool = False  # 405
    no_chained_search: bool = False  # 400
    no_lists: bool = False  # 400 for a comma list
    ignores_unknown: bool = False  # an unknown parameter is left out instead of refused
    xml_only: bool = False
    bearer: str | None = None  # this token is required
    metadata: bool = True  # False: 404
    fhir_version: str | None = None  # what /metadata says instead
    default_page: int = 50
    largest_page: int = 1000
    status_for: dict[str, int] = field(default_factory=dict)  # "Observation" or "Observation/1" -> status
    poisoned: frozenset[str] = frozenset()  # a search that names one of these references gets 500
