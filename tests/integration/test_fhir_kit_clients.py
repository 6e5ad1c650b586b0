"""Clients that others wrote, unmodified, against a real server: fhir-kit-client (npm), SMART's fhirclient (PyPI)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.real_server import running

CLIENTS = Path(__file__).parents[1] / "clients"
ROOT = CLIENTS.parents[1]
DONE = ["capability", "transaction", "read", "search", "post-search", "conditional-create", "update", "paging"]
DONE += ["resolve", "operation"]


def node_modules() -> Path:
    """A folder with the clients of package.json, filled once; the test is skipped where that cannot be done."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no node and npm here")
    lock = (CLIENTS / "package-lock.json").read_bytes()
    kept = Path(os.environ.get("TEST_NPM", ROOT / "var" / "npm")) / hashlib.sha256(lock).hexdigest()[:12]
    if not (kept / "node_modules" / "fhir-kit-client").is_dir():
        fresh = kept.with_name(f"{kept.name}.{os.getpid()}")
        fresh.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(CLIENTS / name, fresh / name)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            subprocess.run(command, cwd=fresh, check=True, capture_output=True, timeout=120)
        except (subprocess.SubprocessError, OSError) as error:
            shutil.rmtree(fresh)
            pytest.skip(f"npm cannot install the clients here ({type(error).__name__})")
        if not kept.exists():
            fresh.rename(kept)
    return kept


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("clients")) as server:
        yield server


def test_fhir_kit_client_works_unmodified(server):
    folder = node_modules()
    shutil.copy(CLIENTS / "fhir_kit.mjs", folder / "fhir_kit.mjs")
    command = ["node", "fhir_kit.mjs", f"{server.base}/fhir/stu3", "demo.source.vp"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == DONE
    assert not [line for line in server.said if "999911120" in line]


def test_smart_fhirclient_works_unmodified(server):
    pytest.importorskip("fhirclient")
    from fhirclient import client
    from fhirclient import server as remote
    from fhirclient.models import encounter, episodeofcare, observation, patient

    made = client.FHIRClient({"app_id": "epd", "api_base": f"{server.base}/fhir/r4"})
    made.server.session.headers["Authorization"] = "Bearer demo.source.zh"
    assert made.server.capabilityStatement.fhirVersion == "4.0.1"

    woman = patient.Patient({"id": "z1", "resourceType": "Patient", "birthDate": "1990-01-01"})
    assert woman.update(made.server)["meta"]["versionId"] == "1"
    dossier = episodeofcare.EpisodeOfCare({"id": "z2", "status": "active", "patient": {"reference": "Patient/z1"}})
    dossier.update(made.server)
    for _ in range(3):
        code = {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}
        kilos = {"value": 71.50, "unit": "kg"}
        seen = {"status": "final", "code": code, "subject": {"reference": "Patient/z1"}, "valueQuantity": kilos}
        assert observation.Observation(seen).create(made.server)["id"]

    read = patient.Patient.read("z1", made.server)
    assert read.birthDate.isostring == "1990-01-01"
    assert read.meta.versionId == "1"
    search = observation.Observation.where({"patient": "Patient/z1", "_count": "2"})
    assert len(list(search.perform_resources_iter(made.server))) == 3  # over two pages
    assert next(search.perform_iter(made.server)).total == 3
    found = episodeofcare.EpisodeOfCare.where({"patient": "z1"}).include("patient").perform_resources_iter(made.server)
    assert {one.resource_type for one in found} == {"EpisodeOfCare", "Patient"}
    assert not list(encounter.Encounter.where({"patient": "z1"}).perform_resources_iter(made.server))
    read.gender = "female"
    assert read.update()["meta"]["versionId"] == "2"
    with pytest.raises(remote.FHIRNotFoundException):
        patient.Patient.read("nobody", made.server)
    anybody = client.FHIRClient({"app_id": "epd", "api_base": f"{server.base}/fhir/r4"})
    with pytest.raises(remote.FHIRPermissionDeniedException):  # who is no source may not send
        patient.Patient({"id": "z9"}).update(anybody.server)
    assert json.loads(made.server.session.get(f"{server.base}/fhir/r4/Observation?patient=z1").text)["total"] == 3
    made.server.session.close()
    anybody.server.session.close()
