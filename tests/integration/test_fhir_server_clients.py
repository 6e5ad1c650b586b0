"""Clients that others wrote, unmodified, against a server on a port: fhirpy, and the Nictiz scripts where they are."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from support.fhir_server import SNOMED, VP, door, episode, observation, open_service, patient, put_entry, transaction

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("ADAPTER_NICTIZ", ROOT.parent / "shared" / "nictiz"))
SCRIPTS = SHARED / "testscripts" / "geboortezorg-1-0" / "MedMij" / "Cert"
RUNNER = SHARED.parent / "tools" / "testscript.py"
TODAY = "2026-11-22"


@contextmanager
def listening(folder: Path):
    """The endpoint on a port of its own, in a thread."""
    with open_service(folder) as service, socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(door(service), access_log=False, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/fhir/stu3"
        finally:
            server.should_exit = True
            thread.join(30)


def test_fhirpy_works_unmodified(tmp_path):
    fhirpy = pytest.importorskip("fhirpy")
    with listening(tmp_path) as url:
        client = fhirpy.SyncFHIRClient(url, authorization=VP["Authorization"])
        woman = client.resource("Patient", **patient())
        woman.save()
        assert woman.serialize()["meta"]["versionId"] == "1"
        bundle = client.resource(
            "Bundle", **transaction(*map(put_entry, (episode(), observation("o1"), observation("o2"))))
        )
        bundle.save()
        found = client.resources("Observation").search(context="EpisodeOfCare/e1").fetch_all()
        assert sorted(o.id for o in found) == ["o1", "o2"]
        one = client.resources("EpisodeOfCare").search(type=f"{SNOMED}|364320009", patient="Patient/w1").first()
        assert one.id == "e1"
        assert one["patient"].to_resource().id == "w1"
        assert client.resources("Observation").search(patient="w1").limit(1).fetch()[0].id == "o1"
        assert sum(1 for _ in client.resources("Observation").search(patient="w1").limit(1)) == 2
        assert client.resources("Observation").search(patient="w1").count() == 2
        assert client.resources("EpisodeOfCare").include("EpisodeOfCare", "patient").fetch_raw().total == 1
        woman["gender"] = "female"
        woman.save()
        woman.refresh()
        assert woman["meta"]["versionId"] == "2"
        with pytest.raises(fhirpy.base.exceptions.ResourceNotFound):
            client.reference("Patient", "nobody").to_resource()


@pytest.mark.skipif(not (SCRIPTS.is_dir() and RUNNER.is_file()), reason="no Nictiz test scripts here (ADAPTER_NICTIZ)")
def test_the_nictiz_scripts_for_a_server_pass(tmp_path):
    with listening(tmp_path) as url:
        runner = [sys.executable, str(RUNNER)]
        load = [*runner, "load", "--server", url, "--token", "demo.source.vp", "--t", TODAY, str(SCRIPTS)]
        loaded = subprocess.run(load, capture_output=True, text=True, check=False, timeout=300)
        assert loaded.returncode == 0, loaded.stdout[-2000:]
        women = ("HANNAHXXX-KOOIJ", "JAMILAJXXX-KWEE", "JULIAJXXX-LAARHOVEN")
        tokens = [word for woman in women for word in ("--token", f"{woman}=demo.woman.vp.{woman}")]
        ask = [*runner, "--server", url, *tokens, "--t", TODAY, str(SCRIPTS / "XIS-Server")]
        asked = subprocess.run(ask, capture_output=True, text=True, check=False, timeout=300)
        last = asked.stdout.strip().splitlines()[-1]
        assert asked.returncode == 0, asked.stdout[-3000:]
        # JSON and XML: 687 of 717 each; the other 30 need a validator of profiles.
        assert "1374 passed, 0 failed, 0 errors, 0 warnings, 60 skipped (profile 60)" in last
