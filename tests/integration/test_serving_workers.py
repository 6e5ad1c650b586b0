"""`adapter serve --workers`: several processes, one address, one store; all end together."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

CONFIG = """
[store]
url = "sqlite:///adapter.db"
[[source]]
id = "vp"
name = "EPD"
agb = "08001234"
kind = "files"
path = "nothing"
fhir_version = "3.0"
dialect = "nictiz-geboortezorg-stu3"
[igo]
register = "igo.toml"
"""
REGISTER = """
[igo]
name = "IGO"
agb = "53000001"
[[member]]
name = "EPD"
agb = "08001234"
discipline = "verloskunde"
from = 2017-01-01
"""
VP = {"Authorization": "Bearer demo.source.vp", "Content-Type": "application/fhir+json"}


@pytest.fixture
def server(tmp_path):
    (tmp_path / "nothing").mkdir()
    (tmp_path / "adapter.toml").write_text(CONFIG)
    (tmp_path / "igo.toml").write_text(REGISTER)
    command = [sys.executable, "-m", "adapter", "serve", "--config", "adapter.toml", "--port", "0", "--workers", "2"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        found = re.search(r"http://\S+:\d+", process.stderr.readline())
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield process, found[0]
    finally:
        process.terminate()
        process.wait(40)
        process.stderr.close()


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
