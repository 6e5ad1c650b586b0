"""What the service asks of a connector, and what it gets back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from adapter.model.identifiers import Bsn
from adapter.model.sources import Problem, Received, SourceInfo, SourceState

Deliver = Callable[[list[Received]], Awaitable[None]]
"""Takes resources as they come; the connector waits for it before it fetches on."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What to pull: every dossier the source lets us discover, and the women with these BSNs.

    `status`: of the dossiers that are discovered (EpisodeOfCare.status); all of them when empty.
    """

    discover: bool
    bsns: tuple[Bsn, ...] = ()
    status: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WomanAnswer:
    """How the source answered for one woman. Asked by BSN and not known there: `answered`, reference None."""

    reference: str | None
    bsn: Bsn | None
    state: SourceState
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class PullOutcome:
    """How one pull went. What was delivered before a failure stays delivered and is in `resources`."""

    state: SourceState
    resources: int
    women: tuple[WomanAnswer, ...]
    problems: tuple[Problem, ...]


class Connector(Protocol):
    """One source. `pull` raises only what `deliver` raises; all else is in the outcome."""

    info: SourceInfo

    async def pull(self, ask: Ask, deliver: Deliver) -> PullOutcome:
        """Fetch what is asked for and hand it over in lists of bounded length."""
        ...

    async def aclose(self) -> None:
        """Let go of what is held open."""
        ...
