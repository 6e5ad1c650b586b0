"""The `push` connector: an EPD that sends by itself. There is nothing to ask it."""

from __future__ import annotations

from adapter.connectors.config import SourceConfig
from adapter.connectors.ports import Ask, Deliver, PullOutcome
from adapter.model.sources import SourceState


class PushConnector:
    """One EPD that writes to our FHIR endpoint, and has none for us."""

    def __init__(self, config: SourceConfig) -> None:
        self.info = config.info

    async def aclose(self) -> None:
        """Nothing is held open."""

    async def pull(self, ask: Ask, deliver: Deliver) -> PullOutcome:
        """Nobody is asked, of whomever: what it does not send stays unknown."""
        return PullOutcome(SourceState.NOT_ASKED, 0, (), ())
