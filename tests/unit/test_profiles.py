"""The published CapabilityStatements: valid FHIR, and what `/metadata` says."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from adapter import fhir
from adapter.api.fhir.door import Door
from adapter.model.sources import FhirVersion, Media
from adapter.service.entrance import Demonstration

ROOT = Path(__file__).parents[2]
PROFILES = SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "profiles.py")))
ENDPOINTS = {"stu3": FhirVersion.STU3, "r4": FhirVersion.R4}


@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_published_resource_is_valid(name):
    files = list((ROOT / "profiles" / name).glob("*.json"))
    assert files
    for file in files:
        checked = fhir.check(file.read_bytes(), Media.JSON, ENDPOINTS[name])
        assert checked.problem is None
        assert file.name == f"{checked.type}-{checked.id}.json"


@pytest.mark.parametrize("name", ENDPOINTS)
async def test_it_says_what_metadata_says(name):
    door = Door(SimpleNamespace(entrance=Demonstration()), ENDPOINTS[name], f"/fhir/{name}")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://localhost") as client:
        served = (await client.get(f"/fhir/{name}/metadata")).json()
    published = json.loads(PROFILES.file_of(name).read_text("utf-8"))
    assert published == PROFILES.published(name), "run docs/profiles.py"
    assert served["implementation"].pop("url") == f"http://localhost/fhir/{name}"
    assert {key: value for key, value in published.items() if key not in {"id", "url"}} == served


@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_operations_are_published_as_they_are_declared(name):
    statement = json.loads(PROFILES.file_of(name).read_text("utf-8"))["rest"][0]
    offered = [o for r in (statement, *statement["resource"]) for o in r.get("operation", [])]
    pointed = {o["definition"] if isinstance(o["definition"], str) else o["definition"]["reference"] for o in offered}
    found = PROFILES.definitions(name)
    assert {resource["url"] for resource in found.values()} == pointed
    for file, resource in found.items():
        assert json.loads(file.read_text("utf-8")) == resource, "run docs/profiles.py"


def test_the_two_have_an_identity_of_their_own():
    urls = [json.loads(PROFILES.file_of(name).read_text("utf-8"))["url"] for name in ENDPOINTS]
    assert len(set(urls)) == 2
    assert all(url.startswith("urn:uuid:") for url in urls)
