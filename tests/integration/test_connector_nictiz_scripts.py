"""Nictiz' qualification scripts for a client (PHR-Client), which play the server: our connector against them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("ADAPTER_NICTIZ", ROOT.parent / "shared" / "nictiz"))
SCRIPTS = SHARED / "testscripts" / "geboortezorg-1-0" / "MedMij" / "Cert" / "PHR-Client"
RUNNER = SHARED.parent / "tools" / "testscript.py"
CLIENT = ROOT / "tests" / "support" / "phr_client.py"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.skipif(not (SCRIPTS.is_dir() and RUNNER.is_file()), reason="no Nictiz test scripts here (ADAPTER_NICTIZ)")
@pytest.mark.parametrize("media", ["json", "xml"])
def test_the_nictiz_scripts_for_a_client_pass(media):
    command = [sys.executable, str(RUNNER), "--role", "client", "--port", str(free_port()), "--t", "2026-11-22"]
    command += ["--exec", f"{sys.executable} {CLIENT}", str(SCRIPTS)]
    environment = {**os.environ, "TEST_FORMAT": media, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    last = done.stdout.strip().splitlines()[-1]
    assert "331 passed, 0 failed, 0 errors, 0 warnings, 0 skipped (none), 30/30 operations" in last
