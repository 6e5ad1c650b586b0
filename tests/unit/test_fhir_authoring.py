"""What we write ourselves is valid in both FHIR versions; references; JSON out."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from adapter import fhir
from adapter.model.sources import FhirVersion, Media

BOTH = pytest.mark.parametrize("version", list(FhirVersion))
PATIENT = {"resourceType": "Patient", "id": "a", "active": True}


def valid(resource, version):
    body = fhir.to_json(resource)
    assert fhir.check(body, Media.JSON, version).problem is None
    assert (
        fhir.check(fhir.to_xml(fhir.read_exact(body, Media.JSON, version), version), Media.XML, version).problem is None
    )
    return body


@BOTH
def test_an_operation_outcome_is_valid(version):
    issues = [fhir.Issue("error", "invalid", "text", ("Patient.name",)), fhir.Issue("information", "informational", "")]
    body = valid(fhir.operation_outcome(issues), version)
    assert body == (
        b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","diagnostics":"text",'
        b'"expression":["Patient.name"]},{"severity":"information","code":"informational"}]}'
    )


def test_an_issue_has_known_codes_and_an_outcome_has_issues():
    with pytest.raises(ValueError, match="severity"):
        fhir.Issue("bad", "invalid", "")
    with pytest.raises(ValueError, match="code"):
        fhir.Issue("error", "bad", "")
    with pytest.raises(ValueError, match="at least one"):
        fhir.operation_outcome([])


@BOTH
def test_a_searchset_is_valid_and_puts_bytes_in_unchanged(version):
    quantity = b'"valueQuantity":{"value":1.50}'
    stored = b'{ "resourceType":"Observation", "id":"o", "status":"final","code":{"text":"x"},%s}' % quantity
    bundle = fhir.searchset(
        [fhir.Hit(stored, "http://x/fhir/Observation/o"), fhir.Hit(PATIENT, "http://x/fhir/Patient/a", "include")],
        total=9,
        self_url="http://x/fhir/Observation?token=t",
        next_url="http://x/fhir?page=2",
    )
    body = valid(bundle, version)
    assert stored in body
    assert b'value="1.50"' in fhir.to_xml(bundle, version)
    page = fhir.split(body, Media.JSON, version)
    assert (page.total, page.next) == (9, "http://x/fhir?page=2")
    assert [(e.type, e.id, e.full_url, e.mode) for e in page.entries] == [
        ("Observation", "o", "http://x/fhir/Observation/o", "match"),
        ("Patient", "a", "http://x/fhir/Patient/a", "include"),
    ]


@BOTH
def test_an_empty_searchset_is_valid(version):
    valid(fhir.searchset([], total=0, self_url="http://x"), version)
    assert "total" not in fhir.searchset([], total=None, self_url="http://x")


@BOTH
def test_a_capability_statement_is_valid(version):
    resources = [
        fhir.ResourceInteractions("Patient", search={"identifier": "token"}),
        fhir.ResourceInteractions("Observation", ("read",), includes=("Observation:subject",)),
    ]
    for given in ({}, {"url": "http://x/fhir", "system": ("transaction", "batch")}):
        statement = fhir.capability_statement(
            version, resources, name="Adapter", software_version="1", on=date(2024, 7, 29), **given
        )
        valid(statement, version)
        assert statement["fhirVersion"].startswith(version.value)


def test_json_out_keeps_decimals_and_refuses_what_is_no_json():
    assert fhir.to_json({"a": Decimal("1.50"), "b": msgspec.Raw(b"1.0")}) == b'{"a":1.50,"b":1.0}'
    with pytest.raises(fhir.FhirError, match="JSON"):
        fhir.to_json({"a": object()})


def test_reading_is_fast_or_exact_and_refuses_what_is_no_object():
    body = b'\xef\xbb\xbf{"a": 1.50, "b": 2}'
    assert fhir.read(body, Media.JSON, FhirVersion.R4) == {"a": 1.5, "b": 2}
    assert fhir.to_json(fhir.read_exact(body, Media.JSON, FhirVersion.R4)) == b'{"a":1.50,"b":2}'
    for bad in (b"[]", b"{", b"", b"[" * 100_000, b'{"a": 1' + b"0" * 5000 + b"}", b"\xff"):
        for read in (fhir.read, fhir.read_exact):
            with pytest.raises(fhir.FhirError):
                read(bad, Media.JSON, FhirVersion.R4)


def test_references_are_found_with_their_path():
    resource = {
        "resourceType": "Observation",
        "subject": {"reference": "Patient/1", "display": "x"},
        "performer": [{"reference": "Practitioner/2"}, {"display": "nobody"}],
        "extension": [{"url": "x", "valueReference": {"reference": "http://x/fhir/Organization/3"}}],
        "contained": [{"resourceType": "Specimen", "subject": {"reference": "#a"}}],
        "reference": "no reference",
    }
    assert list(fhir.references(resource)) == [
        ("subject", "Patient/1"),
        ("performer[0]", "Practitioner/2"),
        ("extension[0].valueReference", "http://x/fhir/Organization/3"),
        ("contained[0].subject", "#a"),
    ]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Patient/1", "Patient/1"),
        ("Patient/1/_history/2", "Patient/1"),
        ("http://x/fhir/Patient/1", "Patient/1"),
        ("https://x:8080/fhir/r3/Patient/a-B.9/_history/2", "Patient/a-B.9"),
        ("#p", None),
        ("urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7", None),
        ("urn:oid:1.2.3", None),
        ("Patient?identifier=x", None),
        ("http://x/fhir/Patient?identifier=x/Patient/1", None),
        ("Patient/", None),
        ("patient/1", None),
        ("Patient/1/2", None),
        ("ftp://x/Patient/1", None),
        ("x/Patient/1", None),
        ("Patient/" + "x" * 65, None),
        ("", None),
    ],
)
def test_relative_references(reference, expected):
    assert fhir.relative(reference) == expected
