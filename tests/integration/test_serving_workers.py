"""`adapter serve --workers`: several processes, one address, one store; all end together."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from support.real_server import running

VP = {"Authorization": "Bearer demo.source.vp", "Content-Type": "application/fhir+json"}


@pytest.fixture
def server(tmp_path):
    with running(tmp_path, "--workers", "2") as server:
        yield server.process, server.base


def children(process):
    text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    names = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in map(int, text.split())}
    return [pid for pid, name in names.items() if "resource_tracker" not in name]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at /proc")
def test_two_processes_serve_one_store_and_end_together(server):
    process, base = server
    with httpx.Client(base_url=f"{base}/fhir/stu3", headers=VP, timeout=60) as client:
        for n in range(6):
            woman = {"resourceType": "Patient", "id": f"w{n}"}
            made = client.put(f"/Patient/w{n}", content=json.dumps(woman))
            assert made.status_code == 201
    for n in range(6):  # a connection each: whichever process takes it knows what the other wrote
        assert httpx.get(f"{base}/fhir/stu3/Patient/w{n}", timeout=60).status_code == 200
    pids = children(process)
    assert len(pids) == 2
    process.send_signal(signal.SIGTERM)
    assert process.wait(40) == 0
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at /proc")
def test_where_one_dies_the_others_do_not_go_on(server):
    process, base = server
    assert httpx.get(f"{base}/fhir/stu3/metadata", timeout=60).status_code == 200
    pids = children(process)
    os.kill(pids[0], signal.SIGKILL)
    assert process.wait(40) == 1
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
