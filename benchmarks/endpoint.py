"""The FHIR endpoint: read by id, search by episode, intake by transaction; requests or resources a second, and latency.

Method: a store of N made-up women (28 resources each, STU3, about 900 bytes a resource), each linked to a woman and a
pregnancy, is filled directly; then `adapter serve` serves it in as many processes as `--workers`, on SQLite. Who asks
is a registered system (SMART Backend Services): it gets a token with its own key and shows it with each request, so
authentication, limits, policy and durable audit are on; the limits are set so high that nothing is turned away. wrk
(without it, a client of our own in Python, which is slower than the server) asks at random over all women with 32
connections from the same machine, so it takes part of the same cores: as fast as it goes, and then with pauses, at
about the rate that is aimed for, since how long an answer takes where nothing more can be taken on says little.
Transactions of one dossier each are sent by a client of Python with 4 connections: what was answered is counted,
while linking and deciding goes on in the server.
Each rate is also given per second of processor time that the server used (`cpu_ms`: its inverse): that is the figure
to compare on a machine with other work, as far as others leave its caches alone.

    python benchmarks/endpoint.py [--women 10000] [--workers 2] [--seconds 10] [--folder KEEP] [--only read]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from adapter.model.sources import FhirVersion, Media, Received
from adapter.store import KeyRing, LinkRow, Store

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
[access]
issuer = "{issuer}"
[access.limits]
per_minute = 100000000
burst = 10000000
[[access.client]]
id = "epd"
name = "EPD"
agb = "08001234"
source = "vp"
scopes = ["system/*.cruds"]
jwks_file = "epd.jwks.json"
"""
KEY = ECKey.generate_key("P-384", {"kid": "epd", "use": "sig"})
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
WRK = """
math.randomseed({seed})
wrk.headers["Authorization"] = "Bearer {token}"
request = function()
  return wrk.format("GET", string.format("{path}", math.random(0, {women} - 1)))
end
"""
PACED = """
delay = function()
  return math.random(0, 2 * {pause})
end
"""
"""Each connection waits, half of the time longer than this, between an answer and its next request: not all at once."""
CONNECTIONS = 32
SNOMED = "http://snomed.info/sct"
FILL = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore. "


def dossier(at: int, prefix: str = "b") -> list[dict[str, Any]]:
    """The resources of one woman."""
    woman, episode = f"{prefix}w{at}", f"{prefix}e{at}"
    about = {"subject": {"reference": f"Patient/{woman}", "display": "A. Bakker"}}
    context = {"reference": f"EpisodeOfCare/{episode}", "display": "dossier"}

    def seen(number: int) -> dict[str, Any]:
        return {
            "resourceType": "Observation",
            "id": f"{prefix}o{at}-{number}",
            "meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/bc-PregnancyObservation"]},
            "status": "final",
            "code": {"coding": [{"system": SNOMED, "code": "57036006", "display": "Zwangerschapsduur"}]},
            **about,
            "context": context,
            "effectiveDateTime": f"2026-03-{number % 28 + 1:02d}T10:00:00+01:00",
            "valueQuantity": {"value": 100 + number, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"},
            "comment": (FILL * 4).strip(),
        }

    identifier = [{"system": "urn:oid:2.16.840.1.113883.2.4.3.11.999.7.6", "value": f"{prefix}{at}"}]
    code = {"coding": [{"system": SNOMED, "code": "364320009", "display": "Zwangerschapsdossier"}]}
    pregnancy = {"coding": [{"system": SNOMED, "code": "118185001", "display": "Zwangerschap"}]}
    name = [{"family": f"Bakker{at}", "given": [f"Anna{at % 997}"]}]
    born = f"{1980 + at % 20}-{at % 12 + 1:02d}-{at % 28 + 1:02d}"
    return [
        {"resourceType": "Patient", "id": woman, "identifier": identifier, "name": name, "birthDate": born},
        {
            "resourceType": "EpisodeOfCare",
            "id": episode,
            "identifier": identifier,
            "status": "active",
            "type": [code],
            "patient": {"reference": f"Patient/{woman}"},
            "period": {"start": "2026-01-10"},
        },
        {
            "resourceType": "Condition",
            "id": f"{prefix}p{at}",
            "clinicalStatus": "active",
            "code": pregnancy,
            **about,
            "context": context,
        },
        *(
            {
                "resourceType": "Encounter",
                "id": f"{prefix}c{at}-{n}",
                "status": "finished",
                **about,
                "episodeOfCare": [context],
                "period": {"start": f"2026-03-0{n + 1}T10:00:00+01:00"},
            }
            for n in range(5)
        ),
        *(seen(n) for n in range(20)),
    ]


def fill(folder: Path, women: int) -> None:
    """Make the store."""
    store = Store.open(f"sqlite:///{folder / 'adapter.db'}", KeyRing.create(folder / "adapter.key"))
    at = datetime.now(UTC)
    for start in range(0, women, 100):
        batch = []
        for number in range(start, min(women, start + 100)):
            for resource in dossier(number):
                body = json.dumps(resource, separators=(",", ":")).encode()
                kind, id = resource["resourceType"], resource["id"]
                woman = f"Patient/bw{number}"
                one = Received(
                    "vp", FhirVersion.STU3, Media.JSON, kind, id, None, body, woman, woman, None, f"{kind}{id}"
                )
                batch.append(one)
        store.append(batch, at)
        store.add_links([link for number in range(start, min(women, start + 100)) for link in linked(number, at)])
    store.close()


def linked(number: int, at: datetime) -> list[LinkRow]:
    """What linking would have found: her record is hers, her dossier her pregnancy's."""
    found = (("woman", f"Patient/bw{number}"), ("pregnancy", f"EpisodeOfCare/be{number}"))
    return [LinkRow(kind, "vp", reference, str(uuid.uuid4()), "automatic", b"[]", at) for kind, reference in found]


def configure(folder: Path, base: str) -> None:
    """Write the configuration, with the one system that may ask."""
    (folder / "nothing").mkdir(exist_ok=True)
    (folder / "adapter.toml").write_text(CONFIG.format(issuer=base))
    (folder / "igo.toml").write_text(REGISTER)
    (folder / "epd.jwks.json").write_text(json.dumps({"keys": [KEY.as_dict(private=False)]}))


def token(base: str) -> str:
    """A token for the system; it lasts for five minutes at most."""
    now, address = int(time.time()), f"{base}/oauth/token"
    claims = {"iss": "epd", "sub": "epd", "aud": address, "iat": now, "exp": now + 240, "jti": str(uuid.uuid4())}
    signed = jwt.encode({"alg": "ES384", "kid": "epd"}, claims, KEY, registry=JWSRegistry(algorithms=["ES384"]))
    form = {
        "grant_type": "client_credentials",
        "scope": "system/*.cruds",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": signed,
    }
    answer = httpx.post(address, data=form, timeout=120)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def serve(folder: Path, workers: int, port: int) -> subprocess.Popen[bytes]:
    """`adapter serve`, in so many processes."""
    command = [sys.executable, "-m", "adapter", "serve", "--config", str(folder / "adapter.toml")]
    command += ["--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    until, answered = time.monotonic() + 120, 0
    while answered < 4 * workers:  # each answers once, at least
        try:
            answered += httpx.get(f"http://127.0.0.1:{port}/fhir/stu3/metadata", timeout=60).is_success
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
    return process


def family(process: subprocess.Popen[bytes]) -> list[int]:
    """The process and all that came of it."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [process.pid]
    for pid in found:  # it grows meanwhile
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def spent(server: subprocess.Popen[bytes]) -> float:
    """Seconds of processor time of the server so far, with all its processes."""
    ticks = 0
    for pid in family(server):
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wrk(
    folder: Path, base: str, path: str, women: int, seconds: int, server: subprocess.Popen[bytes], pause: int = 0
) -> dict[str, Any]:
    """Ask with wrk; `pause`: milliseconds between an answer and the next request, 0 to ask as fast as it goes."""
    script = folder / "ask.lua"
    text = WRK.format(seed=random.randrange(10**6), path=path, women=women, token=token(base))
    script.write_text(text + (PACED.format(pause=pause) if pause else ""))
    before = spent(server)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script), base]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = spent(server) - before
    lines = {line.split()[0]: line.split() for line in text.splitlines() if line.split()}
    rate = float(lines["Requests/sec:"][1])
    wrong = [line.strip() for line in text.splitlines() if "Non-2xx" in line or "Socket errors" in line]
    return {
        "requests_per_second": rate,
        "p50": lines["50%"][1],
        "p99": lines["99%"][1],
        **cost(rate * seconds, used),
        "wrong": wrong,
    }


def cost(done: float, used: float) -> dict[str, Any]:
    """What one request or resource took of the server."""
    return {"per_second_of_processor": round(done / used), "cpu_ms": round(1000 * used / done, 3)} if used else {}


async def by_hand(base: str, path: str, women: int, seconds: int, server: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Ask without wrk: as many connections, each one request at a time."""
    host, _, port = base.removeprefix("http://").partition(":")
    shown = await asyncio.to_thread(token, base)
    before, until, took, wrong = spent(server), time.perf_counter() + seconds, list[float](), list[str]()

    async def one() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        while time.perf_counter() < until:
            at = time.perf_counter()
            address = path % random.randrange(women)
            head = f"GET {address} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {shown}\r\n\r\n"
            writer.write(head.encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = next(line for line in head.splitlines() if line.lower().startswith("content-length:"))
            await reader.readexactly(int(length.partition(":")[2]))
            took.append(time.perf_counter() - at)
            if " 200 " not in head.splitlines()[0]:
                wrong.append(head.splitlines()[0])
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    used = spent(server) - before
    took.sort()
    return {
        "requests_per_second": round(len(took) / seconds, 2),
        "p50": f"{took[len(took) // 2] * 1000:.2f}ms",
        "p99": f"{took[len(took) * 99 // 100] * 1000:.2f}ms",
        **cost(len(took), used),
        "wrong": sorted(set(wrong)),
    }


async def transactions(base: str, seconds: int, server: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Send dossiers, four at a time."""
    sent = 0
    prefix = f"t{random.randrange(10**6)}x"
    numbers = iter(range(10**6))
    took: list[float] = []

    async def one(client: httpx.AsyncClient) -> None:
        nonlocal sent
        while time.perf_counter() - started < seconds:
            resources = dossier(next(numbers), prefix)
            entries = [
                {"resource": r, "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}"}}
                for r in resources
            ]
            body = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
            at = time.perf_counter()
            response = await client.post(f"{base}/fhir/stu3", content=body, timeout=120)
            took.append(time.perf_counter() - at)
            if response.status_code != 200:
                raise SystemExit(response.text[:500])
            sent += len(resources)

    shown = await asyncio.to_thread(token, base)
    before, started = spent(server), time.perf_counter()
    headers = {"Content-Type": "application/fhir+json", "Authorization": f"Bearer {shown}"}
    async with httpx.AsyncClient(headers=headers) as client:
        await asyncio.gather(*(one(client) for _ in range(4)))
    elapsed, used = time.perf_counter() - started, spent(server) - before
    took.sort()
    return {
        "resources_per_second": round(sent / elapsed),
        **cost(sent, used),
        "p50_ms": round(took[len(took) // 2] * 1000),
        "p99_ms": round(took[len(took) * 99 // 100] * 1000),
    }


def main() -> None:
    """Run it and print the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--women", type=int, default=10_000)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--seconds", type=int, default=10)
    options.add_argument("--folder", type=Path, help="keep the store here, or use the one that is there")
    options.add_argument("--only", default="read,search_by_episode,transaction", help="which of them")
    given = options.parse_args()
    folder = (given.folder or Path(tempfile.mkdtemp())).resolve()
    folder.mkdir(exist_ok=True)
    if not (folder / "adapter.db").exists():
        fill(folder, given.women)
        os.sync()  # or the disk is still at that while the first requests are measured
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    configure(folder, base)
    server = serve(folder, given.workers, port)
    found: dict[str, Any] = {"women": given.women, "workers": given.workers, "cores": os.cpu_count()}
    try:
        for name, path, aim, expected in (  # at that rate an answer takes about so many milliseconds
            ("read", "/fhir/stu3/Observation/bo%d-7", 3000, 7),
            ("search_by_episode", "/fhir/stu3/Observation?context=EpisodeOfCare/be%d", 600, 12),
        ):
            if name not in given.only:
                continue
            if shutil.which("wrk"):
                found[name] = wrk(folder, base, path, given.women, given.seconds, server)
                pause = max(1, round(CONNECTIONS * 1000 / aim) - expected)
                found[f"{name}_at_about_{aim}"] = wrk(folder, base, path, given.women, given.seconds, server, pause)
            else:
                found[name] = asyncio.run(by_hand(base, path, given.women, given.seconds, server))
        if "transaction" in given.only:
            found["transaction"] = asyncio.run(transactions(base, given.seconds, server))
    finally:
        server.terminate()
        server.wait()
        if given.folder is None:
            shutil.rmtree(folder)
    found["load_average"] = os.getloadavg()
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
