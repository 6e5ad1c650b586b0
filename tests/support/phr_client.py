"""A client for Nictiz' PHR-Client scripts: our connector, unmodified, told by the variables that the runner sets."""

from __future__ import annotations

import asyncio
import os

from adapter.connectors import Ask, Auth, PullOutcome, SourceConfig, connect
from adapter.model.evidence import Organisation
from adapter.model.sources import Received, SourceInfo, SourceState

CURRENT, EARLIER = ("active",), ("finished",)
STATUS = {"1-1": CURRENT, "1-2": EARLIER, "1-3": (), "1-4": CURRENT, "1-5": EARLIER}  # as the scenarios describe


async def fetch() -> PullOutcome:
    """What the scenario asks for."""
    info = SourceInfo("phr", "PHR", Organisation("agb:08000000"), "nictiz-geboortezorg-stu3")
    auth = Auth("bearer", token_env="TESTSCRIPT_TOKEN")
    url, media = os.environ["TESTSCRIPT_URL"], os.environ.get("TEST_FORMAT", "json")
    config = SourceConfig(info, "fhir", url, women="token", auth=auth, format=media)

    async def deliver(items: list[Received]) -> None:
        assert all(one.media.value.endswith(media) for one in items)

    scenario = os.environ["TESTSCRIPT_ID"][-3:]
    return await connect(config).pull(Ask(discover=True, status=STATUS[scenario]), deliver)


if __name__ == "__main__":
    assert asyncio.run(fetch()).state is SourceState.ANSWERED
