"""Nictiz' qualification scripts for a client (PHR-Client), which play the server: our connector against them."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from adapter.connectors import Ask, Auth, SourceConfig, connect
from adapter.model.evidence import Organisation
from adapter.model.sources import Received, SourceInfo, SourceState

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("ADAPTER_NICTIZ", ROOT.parent / "shared" / "nictiz"))
pytestmark = pytest.mark.repeats
SCRIPTS = SHARED / "testscripts" / "geboortezorg-1-0" / "MedMij" / "Cert" / "PHR-Client"
RUNNER = SHARED.parent / "tools" / "testscript.py"
CLIENT = ROOT / "tests" / "support" / "phr_client.py"
CURRENT, EARLIER = ("active",), ("finished",)
STATUS = {"1-1": CURRENT, "1-2": EARLIER, "1-3": (), "1-4": CURRENT, "1-5": EARLIER}  # as the scenarios describe


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def fetch(url: str, scenario: str, media: str) -> None:
    """What the scenario asks for."""
    info = SourceInfo("phr", "PHR", Organisation("agb:08000000"), "nictiz-geboortezorg-stu3")
    auth = Auth("bearer", token_env="TESTSCRIPT_TOKEN")
    config = SourceConfig(info, "fhir", url, women="token", auth=auth, format=media)

    async def deliver(items: list[Received]) -> None:
        assert all(one.media.value.endswith(media) for one in items)

    outcome = await connect(config).pull(Ask(discover=True, status=STATUS[scenario]), deliver)
    assert outcome.state is SourceState.ANSWERED


@pytest.mark.skipif(not (SCRIPTS.is_dir() and RUNNER.is_file()), reason="no Nictiz test scripts here (ADAPTER_NICTIZ)")
@pytest.mark.parametrize("media", ["json", "xml"])
async def test_the_nictiz_scripts_for_a_client_pass(media, monkeypatch):
    async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told = json.loads(await reader.readline())
        monkeypatch.setenv("TESTSCRIPT_TOKEN", told["TESTSCRIPT_TOKEN"])
        try:
            await fetch(told["TESTSCRIPT_URL"], told["TESTSCRIPT_ID"][-3:], media)
            writer.write(b"done\n")
        finally:
            writer.close()

    async with await asyncio.start_server(asked, "127.0.0.1", 0) as server:
        client = f"{sys.executable} -I -S {CLIENT} {server.sockets[0].getsockname()[1]}"
        command = [str(RUNNER), "--role", "client", "--port", str(free_port()), "--t", "2026-11-22", "--exec", client]
        runner = await asyncio.create_subprocess_exec(sys.executable, *command, str(SCRIPTS), stdout=PIPE, stderr=PIPE)
        out, err = (text.decode() for text in await asyncio.wait_for(runner.communicate(), 300))
    assert runner.returncode == 0, out[-3000:] + err[-1000:]
    last = out.strip().splitlines()[-1]
    assert "331 passed, 0 failed, 0 errors, 0 warnings, 0 skipped (none), 30/30 operations" in last
