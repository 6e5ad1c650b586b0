"""The FHIR endpoints under what faulty and hostile clients send: never a 500, never a hang, never a BSN that leaks.

`make fuzz` goes on for ten minutes (FUZZ_SECONDS), from a new seed each time; `make test` a few seconds from one seed.
A fault names its seed: `FUZZ_SEED=… FUZZ_SECONDS=60 pytest tests/fuzz/test_fuzz_fhir.py` asks the same again.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import sys
import time
from collections import Counter
from random import Random
from urllib.parse import unquote

import pytest

from adapter import bootstrap, fhir
from adapter.asgi import build
from adapter.model.sources import FhirVersion, Media
from support.asgi import Asked, Told, ask
from support.fhir_requests import Requests
from support.mutate import BSNS
from support.real_server import CONFIG, REGISTER

SECONDS = float(os.environ.get("FUZZ_SECONDS", "12"))
SEED = int(os.environ.get("FUZZ_SEED", str(int(time.time())) if "FUZZ_SECONDS" in os.environ else "20261122"))
MOST_SECONDS = 20.0
"""For one answer, on a machine with other work."""


class Fault(AssertionError):
    """What a request should not have brought about."""


def holds(text: str) -> bool:
    """Whether a BSN that was sent stands in it; as a part of a longer number it is none."""
    return any(bsn in text for bsn in BSNS) and bool(re.search(rf"(?<!\d)(?:{'|'.join(BSNS)})(?!\d)", text))


def media_of(told: Told) -> Media | None:
    kind = told.header("content-type")
    return Media.XML if "fhir+xml" in kind else Media.JSON if "fhir+json" in kind else None


def judge(asked: Asked, told: Told) -> None:
    """Raises `Fault` for an answer that is not as promised."""
    if told.status >= 500 and told.status != 501:
        raise Fault(f"status {told.status}")
    for name, value in told.headers:
        if holds(value):
            raise Fault(f"a BSN in the header {name}")
    body = gzip.decompress(told.body) if told.header("content-encoding") == "gzip" else told.body
    if asked.method == "HEAD" or not asked.path.startswith(b"/fhir/"):
        return
    media, version = media_of(told), FhirVersion.STU3 if asked.path.startswith(b"/fhir/stu3") else FhirVersion.R4
    if told.status >= 400:
        _outcome(body, media, version)
    elif body:
        if media is None:
            raise Fault(f"content type {told.header('content-type')!r}")
        problem = fhir.check(body, media, version).problem
        if problem:
            raise Fault(f"the answer is no valid resource: {problem}")
        _links(body, media, version)


def _outcome(body: bytes, media: Media | None, version: FhirVersion) -> None:
    if media is None:
        raise Fault("an error without a FHIR content type")
    if holds(body.decode()):
        raise Fault("a BSN in an error")
    read = fhir.read(body, media, version)
    if read.get("resourceType") != "OperationOutcome" or not all(i.get("code") for i in read["issue"]):
        raise Fault("an error that is no OperationOutcome with a code")
    problem = fhir.check(body, media, version).problem
    if problem:
        raise Fault(f"the OperationOutcome is not valid: {problem}")


def _links(body: bytes, media: Media, version: FhirVersion) -> None:
    read = fhir.read(body, media, version)
    if read.get("resourceType") != "Bundle":
        return
    said = [link["url"] for link in read.get("link", ())]
    for entry in read.get("entry", ()):
        said += [entry.get("fullUrl", ""), entry.get("response", {}).get("location", "")]
        if "outcome" in entry.get("response", {}):
            said.append(json.dumps(entry["response"]["outcome"]))
    if any(holds(unquote(text)) for text in said):
        raise Fault("a BSN in an address, or in the outcome of an entry")


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "nothing").mkdir()
    (tmp_path / "adapter.toml").write_text(CONFIG)
    (tmp_path / "igo.toml").write_text(REGISTER)
    return tmp_path / "adapter.toml"


async def hunt(app: object, seconds: float, seed: int) -> tuple[Counter[int], list[str]]:
    """Ask until time is up; gives what statuses came, and the faults, each once."""
    rng = Random(seed)
    requests = Requests(rng)
    for asked in requests.load():
        told = await ask(app, asked, MOST_SECONDS)
        assert told.status == 200, told.body
    seen: Counter[int] = Counter()
    faults: dict[str, str] = {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        asked = requests.next()
        try:
            told = await ask(app, asked, MOST_SECONDS)
            seen[told.status] += 1
            judge(asked, told)
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            faults.setdefault(what[:80], f"{what}\n{asked}\n{getattr(told, 'body', b'')[:600]!r}")
            if len(faults) > 30:
                break
    return seen, list(faults.values())


def test_whatever_is_sent(settings, capfd):
    async def run() -> tuple[Counter[int], list[str]]:
        application = bootstrap.open_application(settings)
        try:
            return await hunt(build(application), SECONDS, SEED)
        finally:
            await application.aclose()

    seen, faults = asyncio.run(run())
    out, err = capfd.readouterr()
    sys.stderr.write(f"{sum(seen.values())} requests, seed {SEED}: {dict(sorted(seen.items()))}\n")
    assert not faults, f"{len(faults)} faults, seed {SEED}\n" + "\n\n".join(faults) + out[-2000:] + err[-2000:]
    assert not holds(out + err), "a BSN in the log"
    assert {200, 201, 400, 404, 405} <= seen.keys()
