"""The official Nictiz material passes the edge check, and goes through XML and JSON without loss."""

import json
import os
from pathlib import Path

import pytest
from lxml import etree

from adapter import fhir
from adapter.model.sources import FhirVersion, Media

NICTIZ = Path(os.environ.get("ADAPTER_NICTIZ") or Path(__file__).parents[3] / "shared" / "nictiz")
XHTML = "{http://www.w3.org/1999/xhtml}div"


def files(folder, pattern):
    found = sorted((NICTIZ / folder).glob(pattern))
    if not found:
        pytest.skip(f"no Nictiz material here: set ADAPTER_NICTIZ to a folder with {folder}/{pattern}")
    return found


def without_narrative(resource):
    """The narrative is XML inside JSON: its quotes and entities may be written differently."""
    if isinstance(resource, dict):
        return {key: without_narrative(value) for key, value in resource.items() if key != "div"}
    return [without_narrative(item) for item in resource] if isinstance(resource, list) else resource


def narratives(node):
    return [etree.tostring(div, method="c14n2", strip_text=True, with_tail=False) for div in node.iter(XHTML)]


def test_every_resource_of_the_cases_passes_the_check():
    resources = [path for path in files("cases", "*/*.json") if path.name != "_bundle.json"]
    checks = {path: fhir.check(path.read_bytes(), Media.JSON, FhirVersion.STU3) for path in resources}
    assert {path.name: result.problem for path, result in checks.items() if result.problem} == {}
    assert all(path.stem == f"{result.type}-{result.id}" for path, result in checks.items())


def test_the_cases_as_bundles_are_cut_into_the_same_resources():
    for path in files("cases", "*/_bundle.json"):
        body = path.read_bytes()
        page = fhir.split(body, Media.JSON, FhirVersion.STU3)
        assert page.problems == ()
        sent = [entry["resource"] for entry in json.loads(body)["entry"]]
        assert [json.loads(entry.body) for entry in page.entries] == sent
        assert all(entry.body in body for entry in page.entries)


def test_the_cases_go_to_xml_and_back_without_loss():
    for path in files("cases", "*/*.json"):
        resource = fhir.read_exact(path.read_bytes(), Media.JSON, FhirVersion.STU3)
        again = fhir.from_xml(fhir.to_xml(resource, FhirVersion.STU3), FhirVersion.STU3)
        assert fhir.content_hash(without_narrative(again)) == fhir.content_hash(without_narrative(resource)), path.name


@pytest.mark.parametrize(
    ("folder", "version"),
    [
        ("examples/nl-core-r4", FhirVersion.R4),
        ("examples/zib2017-stu3", FhirVersion.STU3),
        ("examples/geboortezorg-stu3", FhirVersion.STU3),
    ],
)
def test_the_examples_pass_the_check_and_go_through_json_and_back_without_loss(folder, version):
    for path in files(folder, "**/*.xml"):
        body = path.read_bytes()
        if b"${DATE" in body or b"fhir_comments" in body:
            continue  # a placeholder of a test script, not FHIR
        assert fhir.check(body, Media.XML, version).problem is None, path.name
        resource = fhir.from_xml(body, version)
        as_json = fhir.to_json(resource)
        checked = fhir.check(as_json, Media.JSON, version)
        assert checked.problem is None, path.name
        assert checked.hash == fhir.check(body, Media.XML, version).hash
        written = fhir.to_xml(fhir.read_exact(as_json, Media.JSON, version), version)
        assert fhir.content_hash(fhir.from_xml(written, version)) == checked.hash, path.name
        assert narratives(etree.fromstring(written)) == narratives(etree.fromstring(body)), path.name


def test_stu3_and_r4_are_told_apart():
    resources = [path for path in files("cases", "*/*.json") if path.name.startswith(("Procedure", "Observation"))]
    old = [json.loads(path.read_bytes()) for path in resources]
    with_context = [resource for resource in old if "context" in resource]
    assert with_context
    for resource in with_context:
        assert ".context" in fhir.check(json.dumps(resource).encode(), Media.JSON, FhirVersion.R4).problem
