"""Registered systems with a whole application: two workers that share Redis and the store, and a client of others."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from adapter import bootstrap
from adapter.asgi import build
from support.fhir_server import encounter, episode, observation, patient, put_entry, transaction
from support.systems_configured import DUE, PREGNANCY, configured, form

pytestmark = pytest.mark.integration


async def test_care_and_payment_each_with_a_token_of_its_own(tmp_path):
    application = bootstrap.open_application(configured(tmp_path, "http://localhost"))
    transport = httpx.ASGITransport(build(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        tokens = {}
        for id, scope in (("epd-groen", "system/*.cruds"), ("igo", "system/*.rs")):
            answer = await http.post("/oauth/token", data=form("http://localhost", scope, id))
            assert answer.status_code == 200, answer.text
            tokens[id] = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        dossier = [patient(), episode(period={"start": "2026-02-01"}), PREGNANCY, encounter("c1"), DUE]
        sent = await http.post("/fhir/stu3", json=transaction(*map(put_entry, dossier)), headers=tokens["epd-groen"])
        assert sent.status_code == 200, sent.text
        await application.fhir.aclose()  # what follows from it is done
        asked = {
            "Patient/w1/$care-path?as_of=2026-05-01": ("epd-groen", "igo"),
            "Patient/w1/$igo-selection?as_of=2026-05-01": ("igo", "epd-groen"),
            "Observation/due": ("epd-groen", "igo"),
        }
        for address, (may, may_not) in asked.items():
            assert (await http.get(f"/fhir/stu3/{address}", headers=tokens[may])).status_code == 200, address
            assert (await http.get(f"/fhir/stu3/{address}", headers=tokens[may_not])).status_code == 403, address
    await application.aclose()


async def test_two_workers_refuse_the_same_assertion_and_take_each_others_tokens(tmp_path):
    config = configured(tmp_path, "http://localhost")
    workers = [bootstrap.open_application(config) for _ in range(2)]
    clients = [
        httpx.AsyncClient(transport=httpx.ASGITransport(build(worker)), base_url="http://localhost")
        for worker in workers
    ]
    try:
        sent = form("http://localhost")
        first = await clients[0].post("/oauth/token", data=sent)
        assert first.status_code == 200, first.text
        again = [await client.post("/oauth/token", data=sent) for client in clients]
        assert [(a.status_code, a.json()["error"]) for a in again] == [(401, "invalid_client")] * 2
        assert "used before" in again[1].json()["error_description"]
        who = {"Authorization": f"Bearer {first.json()['access_token']}"}
        for client in clients:
            assert (await client.get("/fhir/stu3/Patient", headers=who)).status_code == 200
        keys = [(await client.get("/oauth/jwks")).json() for client in clients]
        assert keys[0] == keys[1]
        assert (await clients[0].get("/api/v1/pregnancies")).status_code == 401
        assert (await clients[0].get("/api/v1/pregnancies", headers=who)).status_code == 200
        reading = (await clients[0].post("/oauth/token", data=form("http://localhost", "system/Patient.r"))).json()
        narrow = {"Authorization": f"Bearer {reading['access_token']}"}
        refused = await clients[0].get("/api/v1/pregnancies", headers=narrow)
        assert (refused.status_code, "insufficient_scope" in refused.text) == (403, True)
    finally:
        for client, worker in zip(clients, workers, strict=True):
            await client.aclose()
            await worker.aclose()


@contextmanager
def listening(folder: Path):
    """All doors of an application on a port of its own, in a thread; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
        application = bootstrap.open_application(configured(folder, issuer))
        server = uvicorn.Server(uvicorn.Config(build(application), access_log=False, log_level="error", lifespan="off"))

        async def run() -> None:
            await server.serve(sockets=[listener])
            await application.aclose()

        thread = threading.Thread(target=asyncio.run, args=[run()], daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield issuer
        finally:
            server.should_exit = True
            thread.join(30)


def test_fhirpy_with_a_token(tmp_path):
    fhirpy = pytest.importorskip("fhirpy")
    with listening(tmp_path) as issuer:
        said = httpx.get(f"{issuer}/fhir/stu3/.well-known/smart-configuration").json()
        token = httpx.post(said["token_endpoint"], data=form(issuer)).json()["access_token"]
        client = fhirpy.SyncFHIRClient(f"{issuer}/fhir/stu3", authorization=f"Bearer {token}")
        client.resource("Patient", **patient()).save()
        client.resource("Bundle", **transaction(put_entry(episode()), put_entry(observation("o1")))).save()
        assert client.resources("Observation").search(context="EpisodeOfCare/e1").first().id == "o1"
        assert client.reference("Patient", "w1").to_resource()["meta"]["versionId"] == "1"
        nobody = fhirpy.SyncFHIRClient(f"{issuer}/fhir/stu3", authorization="Bearer x")
        with pytest.raises(fhirpy.base.exceptions.AuthorizationError):
            nobody.resources("Patient").fetch()


def test_from_a_new_key_to_a_token_on_the_command_line(tmp_path):
    folder = tmp_path / "keys"
    adapter = [sys.executable, "-m", "adapter"]
    made = subprocess.run(
        [*adapter, "dev", "keys", "--client", "epd-groen", "--out", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert (folder / "epd-groen.private.json").stat().st_mode & 0o077 == 0
    assert "d" not in json.loads((folder / "epd-groen.jwks.json").read_text())["keys"][0]
    (tmp_path / "run").mkdir()
    with listening(tmp_path / "run") as issuer:
        (tmp_path / "run" / "epd-groen.jwks.json").write_bytes((folder / "epd-groen.jwks.json").read_bytes())
        asked = subprocess.run(
            [*adapter, "dev", "token", "--client", "epd-groen", "--key", str(folder / "epd-groen.private.json"),
             "--base", f"{issuer}/fhir/stu3", "--scope", "system/*.rs"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert asked.returncode == 0, asked.stderr
        shown = as_in_the_docs(issuer, folder)
        assert shown.stdout.count(".") == 2, shown.stderr
        who = {"Authorization": f"Bearer {asked.stdout.strip()}"}
        assert httpx.get(f"{issuer}/fhir/stu3/Patient", headers=who).status_code == 200


def as_in_the_docs(issuer: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the example of docs/access.md."""
    text = (Path(__file__).parents[2] / "docs" / "access.md").read_text("utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    code = code.replace("https://adapter.example", issuer).replace("keys/", f"{folder}/")
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
