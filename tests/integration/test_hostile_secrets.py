"""The walls, over a region run end to end: where no BSN may stand, and what neither purpose may see of the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter import bootstrap
from adapter.access import DEMONSTRATION, AuditEvent, AuditLog, Context, DeniedError, Purpose
from adapter.asgi import build
from adapter.bootstrap.settings import load
from adapter.model.identifiers import Bsn
from adapter.service.application import UseCases
from adapter.store import KeyRing, Store
from support.hostile import NOW, Ran, adapter, bsns_of, served_region, write_few

pytestmark = [pytest.mark.integration, pytest.mark.repeats]

WOMEN = frozenset(
    {
        *("thuisbevalling-alles-binnen", "overdracht-tijdens-bevalling", "tweeling-overgedragen", "doodgeboorte"),
        *("fout-bsn-in-ziekenhuis", "nergens-een-bsn", "geen-bsn-bij-kraamzorg", "lopend-30-weken", "lopend-8-weken"),
        *("miskraam-voor-16-weken-2022", "experiment-2021-bundelbreker", "regulier-derde-lijn-buiten"),
    }
)


@dataclass(frozen=True)
class Region:
    """A region that was run, and all that was said on the way."""

    folder: Path
    bsns: set[str]
    ran: dict[str, Ran]
    asked: list[str]
    answers: dict[str, str]
    audit: list[AuditEvent]
    broken_at: int | None


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    folder = tmp_path_factory.mktemp("secrets")
    write_few(folder, WOMEN)
    bsns = bsns_of(folder)
    given = folder / "bsns.txt"
    given.write_text("\n".join(sorted(bsns)), "utf-8")
    with served_region(folder) as served:
        config = ["--config", str(served.config)]
        ran = {"run": adapter("run", "--once", "--json", *config), "table": adapter("run", "--once", *config)}
        ran["decide"] = adapter("decide", *config)
        document = json.loads(ran["run"].out)
        one = document["pregnancies"][0]["care_path"]["pregnancy"]
        ran["show"] = adapter("show", one, *config)
        answers = asyncio.run(_doors(served.config, sorted(bsns)))
        asked = [f"{s.method} {s.url} {s.headers}" for requests in served.seen.values() for s in requests]
    settings = load(served.config)
    store = Store.open(settings.store.url, KeyRing.from_keyfile(folder / "var" / "adapter.key"))
    audit, broken = AuditLog(store).read(limit=100_000), store.verify_audit()
    store.close()
    yield Region(folder, bsns, ran, asked, answers, audit, broken)


async def _doors(config: Path, bsns: list[str]) -> dict[str, str]:
    application = bootstrap.open_application(config, clock=lambda: NOW)
    answers: dict[str, str] = {}
    try:
        transport = httpx.ASGITransport(build(application))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:

            async def get(address: str) -> httpx.Response:
                answers[address] = (response := await client.get(address)).text
                return response

            listed = (await get("/api/v1/pregnancies?limit=200")).json()["pregnancies"]
            for address in ("/", "/bronnen", "/openapi.json", "/metrics", "/fhir/r4/metadata"):
                await get(address)
            for id_ in (p["pregnancy"] for p in listed):
                for rest in ("care-path", "decision", "decisions"):
                    await get(f"/api/v1/pregnancies/{id_}/{rest}")
                await get(f"/zwangerschap/{id_}")
                await get(f"/zwangerschap/{id_}/besluit")
            for number, bsn in enumerate(bsns):
                found = await client.post("/api/v1/pregnancies/_search", json={"bsn": bsn})
                answers[f"search {number}"] = found.text
                answers[f"page {number}"] = (await client.post("/", data={"zoek": bsn})).text
                answers[f"refused {number}"] = (await client.get(f"/fhir/r4/Patient?identifier={bsn}")).text
                answers[f"header {number}"] = str((await client.get("/", headers={"X-Request-ID": bsn})).headers)
        _denied(application)
    finally:
        await application.aclose()
    return answers


def _denied(application: UseCases) -> None:
    wrong = Context(DEMONSTRATION, Purpose.HPAYMT, request_id="wrong-purpose")
    with pytest.raises(DeniedError):
        application.care_path(wrong, "whatever")
    off = Context(DEMONSTRATION, Purpose.TREAT, request_id="from-elsewhere", client="192.0.2.7")
    with pytest.raises(DeniedError):
        application.find(off, Bsn("999900006"))


def with_bsn(region: Region, content: bytes) -> list[str]:
    return [bsn for bsn in region.bsns if bsn.encode() in content]


def test_the_region_was_run_and_knows_bsns(region: Region) -> None:
    assert {name: ran.status for name, ran in region.ran.items()} == dict.fromkeys(region.ran, 0)
    assert len(region.bsns) >= len(WOMEN)
    assert any('"pregnancies":[{' in text for name, text in region.answers.items() if name.startswith("search"))


def test_no_bsn_in_what_any_command_says(region: Region) -> None:
    for name, ran in region.ran.items():
        assert with_bsn(region, ran.out + ran.err) == [], name


def test_no_bsn_in_the_database_or_the_queue(region: Region) -> None:
    files = [file for file in (region.folder / "var").rglob("*") if file.is_file()]
    assert {"adapter.db"} <= {file.name for file in files}
    assert any("appendonly" in str(file) for file in files)
    assert [file.name for file in files if with_bsn(region, file.read_bytes())] == []


def test_no_bsn_in_what_the_sources_saw_of_a_request_but_its_body(region: Region) -> None:
    assert any("_search" in line for line in region.asked)
    assert [line for line in region.asked if with_bsn(region, line.encode())] == []


def test_no_bsn_in_any_answer_of_any_door(region: Region) -> None:
    assert [name for name, text in region.answers.items() if with_bsn(region, text.encode())] == []


def test_no_bsn_in_the_audit_log_and_its_chain_holds(region: Region) -> None:
    assert region.broken_at is None
    assert [e for e in region.audit if with_bsn(region, e.to_json())] == []


def test_every_read_search_decision_and_denial_is_an_event_with_its_purpose(region: Region) -> None:
    seen = {(event.type.value, event.purpose.value) for event in region.audit}
    assert {
        *(("read", "TREAT"), ("search", "TREAT"), ("read", "HPAYMT"), ("decide", "HPAYMT"), ("decide", "HOPERAT")),
        *(("denied", "HPAYMT"), ("denied", "TREAT")),
    } <= seen
    paths = [a for a in region.answers if a.endswith("care-path")]
    for address in paths:
        pregnancy = address.split("/")[4]
        about = [e for e in region.audit if any(entity.reference == pregnancy for entity in e.entities)]
        assert {e.type.value for e in about if e.request_id} >= {"read", "decide"}
        assert {e.purpose.value for e in about if e.type.value == "decide" and e.requestor} == {"HPAYMT"}
    searches = [name for name in region.answers if name.startswith("search ")]
    assert sum(e.type.value == "search" and not e.query for e in region.audit) >= len(searches)


PAYMENT_WORDS = {"tariff", "amount", "claim", "claimant_agb", "prestatie", "uzovi_contract", "fallback", "not_to_claim"}
PUBLISHED = {"eerste lijn", "tweede lijn", "derde lijn", "thuis"}
"""Words that clinical codes share with the published variables and with names of prestaties."""
CLINICAL = {"Observation", "Condition", "Procedure", "DiagnosticReport", "MedicationStatement", "Flag"}


def test_the_care_path_holds_nothing_of_payment(region: Region) -> None:
    for pregnancy in json.loads(region.ran["run"].out)["pregnancies"]:
        assert keys_of(pregnancy["care_path"]) & PAYMENT_WORDS == set()


def test_no_clinical_code_text_or_measurement_stands_in_a_decision(region: Region) -> None:
    document = json.loads(region.ran["run"].out)
    values = [v for p in document["pregnancies"] for v in values_of(p["decision"])]
    said = "\n".join(values).lower()
    texts, codes = clinical(region.folder)
    assert len(texts) > 30
    assert sorted(text for text in texts if text.lower() in said) == []
    assert sorted(codes & set(values)) == []
    keys = {key for p in document["pregnancies"] for key in keys_of(p["decision"])}
    assert keys & {"gravidity", "parity", "chorionicity", "birth_date", "woman", "children", "facts", "edd"} == set()


def clinical(folder: Path) -> tuple[set[str], set[str]]:
    """Every display or text of what was found or done, and every code, in the sources."""
    texts: set[str] = set()
    codes: set[str] = set()
    for file in folder.glob("*/dossiers.ndjson"):
        for line in file.read_text("utf-8").splitlines():
            resource = json.loads(line)
            if resource["resourceType"] in CLINICAL:
                for name in ("code", "valueCodeableConcept", "bodySite", "method", "interpretation", "reasonCode"):
                    _concept(resource.get(name), texts, codes)
                for part in resource.get("component", ()):
                    _concept(part, texts, codes)
    return {t for t in texts if len(t) > 3} - PUBLISHED, codes


def _concept(thing: Any, texts: set[str], codes: set[str]) -> None:
    if isinstance(thing, list):
        for item in thing:
            _concept(item, texts, codes)
    elif isinstance(thing, dict):
        for key, value in thing.items():
            if isinstance(value, str):
                if key in {"display", "text"}:
                    texts.add(value)
                elif key == "code":
                    codes.add(value)
            else:
                _concept(value, texts, codes)


def keys_of(data: Any) -> set[str]:
    if isinstance(data, dict):
        return set(data) | {key for value in data.values() for key in keys_of(value)}
    return {key for item in data for key in keys_of(item)} if isinstance(data, list) else set()


def values_of(data: Any) -> list[str]:
    if isinstance(data, dict):
        return [text for value in data.values() for text in values_of(value)]
    if isinstance(data, list):
        return [text for item in data for text in values_of(item)]
    return [str(data)]
