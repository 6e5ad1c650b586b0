"""How long one full view takes: 4 sources, some 300 resources, as JSON and as the page, warm and cold.

    .venv/bin/python -P benchmarks/view.py [--rounds 300] [--resources 300]

Makes a pregnancy of that size (one midwife, one hospital, one ultrasound centre, one kraamzorg organisation, each a
folder of FHIR files), pulls it, and asks the doors in this process over ASGI: no network, no browser. Cold: a new
process's first answer after opening the application (the store is in the page cache). Prints milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

from adapter.asgi import build
from adapter.bootstrap import open_application

EDD = date(2024, 10, 5)
START = EDD - timedelta(days=280)
BSN = "999911120"  # a test number
SOURCES = (
    ("vp", "08999901", "verloskunde"),
    ("zh", "06999901", "ziekenhuis"),
    ("echo", "90999951", "echoscopie"),
    ("kz", "33999901", "kraamzorg"),
)
SCT, LOINC = "http://snomed.info/sct", "http://loinc.org"

CONFIG = """
[store]
url = "sqlite:///adapter.db"
[igo]
register = "igo.toml"
"""
SOURCE = """
[[source]]
id = "{id}"
name = "{id}"
agb = "{agb}"
kind = "files"
path = "{id}"
fhir_version = "3.0"
dialect = "nictiz-geboortezorg-stu3"
"""
IGO = """
[igo]
agb = "53000001"
name = "IGO"
[igo.rules]
"""


def resource(kind: str, id_: str, **content: Any) -> dict[str, Any]:
    """One STU3 resource."""
    return {"resourceType": kind, "id": id_, **content}


def concept(system: str, code: str, display: str) -> dict[str, Any]:
    """A coded value."""
    return {"coding": [{"system": system, "code": code, "display": display}]}


def dossier(source: str, agb: str, count: int) -> Iterator[dict[str, Any]]:
    """About so many resources: the woman, her dossier, and at each visit the contact and what was measured."""
    me, episode = {"reference": "Patient/w"}, {"reference": "EpisodeOfCare/e"}
    identifier = [{"system": "http://fhir.nl/fhir/NamingSystem/agb-z", "value": agb}]
    bsn = [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": BSN}]
    yield resource("Organization", "o", identifier=identifier, name=source)
    name = [{"text": "Sanne Bakker", "family": "Bakker", "given": ["Sanne"]}]
    yield resource("Patient", "w", identifier=bsn, name=name, birthDate="1991-03-14", gender="female")
    kind = [concept(SCT, "364320009", "zwangerschap")]
    period = {"start": (START + timedelta(weeks=8)).isoformat()}
    managing = {"reference": "Organization/o"}
    yield resource(
        "EpisodeOfCare", "e", status="active", type=kind, patient=me, managingOrganization=managing, period=period
    )
    due = concept(SCT, "161714006", "uitgerekende datum")
    on = (START + timedelta(weeks=8)).isoformat()
    yield resource(
        "Observation", "edd", status="final", code=due, subject=me, context=episode, effectiveDateTime=on,
        valueDateTime=EDD.isoformat(),
    )  # fmt: skip
    made, visit = 4, 0
    while made < count:
        day = (START + timedelta(weeks=8, days=visit * 3 % 210)).isoformat()
        contact = {"reference": f"Encounter/c{visit}"}
        checks = [concept(SCT, "424525001", "controle")]
        yield resource(
            "Encounter", f"c{visit}", status="finished", type=checks, subject=me, episodeOfCare=[episode],
            period={"start": f"{day}T09:00:00+02:00"}, serviceProvider=managing,
        )  # fmt: skip
        pressure = [
            {"code": concept(LOINC, "8480-6", "systolic"), "valueQuantity": quantity(110 + visit % 30, "mm[Hg]")},
            {"code": concept(LOINC, "8462-4", "diastolic"), "valueQuantity": quantity(65 + visit % 20, "mm[Hg]")},
        ]
        shared = {"status": "final", "subject": me, "context": contact, "effectiveDateTime": day}
        yield resource(
            "Observation", f"bp{visit}", code=concept(LOINC, "85354-9", "bloeddruk"), component=pressure, **shared
        )
        weight = quantity(64 + visit / 4, "kg")
        yield resource(
            "Observation", f"w{visit}", code=concept(LOINC, "29463-7", "gewicht"), valueQuantity=weight, **shared
        )
        made, visit = made + 3, visit + 1


def quantity(value: float, unit: str) -> dict[str, Any]:
    """An amount in UCUM."""
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def write(folder: Path, resources: int) -> Path:
    """The region of one woman."""
    register = [IGO]
    config = [CONFIG]
    for id_, agb, discipline in SOURCES:
        (folder / id_).mkdir()
        lines = (json.dumps(one) for one in dossier(id_, agb, resources // len(SOURCES)))
        (folder / id_ / "all.ndjson").write_text("\n".join(lines), "utf-8")
        config.append(SOURCE.format(id=id_, agb=agb))
        register.append(f'[[member]]\nname = "{id_}"\nagb = "{agb}"\ndiscipline = "{discipline}"\nfrom = 2020-01-01\n')
    (folder / "igo.toml").write_text("\n".join(register), "utf-8")
    path = folder / "adapter.toml"
    path.write_text("\n".join(config), "utf-8")
    return path


async def measured(client: httpx.AsyncClient, address: str, rounds: int) -> list[tuple[float, float]]:
    """Milliseconds of each of so many answers: by the clock, and of processor (which a busy machine changes less)."""
    found = []
    for _ in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        answer = await client.get(address)
        found.append(((time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000))
        answer.raise_for_status()
    return found


async def main() -> None:
    """Pull once, then measure."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rounds", type=int, default=300)
    given.add_argument("--resources", type=int, default=300)
    options = given.parse_args()
    with tempfile.TemporaryDirectory() as name:
        config = write(Path(name), options.resources)
        application = open_application(config)
        await application.pull()
        await application.aclose()
        for kind in ("json", "page"):
            await report(config, kind, options.rounds)


async def report(config: Path, kind: str, rounds: int) -> None:
    """One line of figures, of an application that was just opened."""
    application = open_application(config)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(build(application)), base_url="http://localhost")
    store = application._rooms.store
    pregnancy = next(row.target for row in store.links("pregnancy") if row.target)
    address = f"/zwangerschap/{pregnancy}" if kind == "page" else f"/api/v1/pregnancies/{pregnancy}/care-path"
    ((cold, _),) = await measured(client, address, 1)
    size = len((await client.get(address)).content)
    both = await measured(client, address, rounds)
    warm, used = sorted(clock for clock, _ in both), statistics.median(cpu for _, cpu in both)
    p50, p99 = statistics.median(warm), warm[int(len(warm) * 0.99)]
    told = f"cold {cold:.1f} ms, warm p50 {p50:.1f} ms, p99 {p99:.1f} ms (processor {used:.1f} ms)"
    print(f"{kind}: {told}, {size / 1000:.0f} kB, {rounds} rounds")
    await client.aclose()
    await application.aclose()


if __name__ == "__main__":
    asyncio.run(main())
