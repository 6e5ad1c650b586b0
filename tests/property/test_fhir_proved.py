"""What is found good without asking the models, the models find good too: whatever is changed, wherever."""

from __future__ import annotations

import copy
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter import fhir
from adapter.fhir.jsontext import loads_strict
from adapter.fhir.plain import PLAIN
from adapter.fhir.shapes import model_of, shape_of_resource
from adapter.fhir.structure import walk
from adapter.model.sources import FhirVersion, Media
from adapter.simulation import generate
from support.examples import many

STU3, R4 = FhirVersion.STU3, FhirVersion.R4
MOMENT = r"(19|20)\d\d-[01]\d-[0-3]\d(T[0-2]\d:[0-5]\d:[0-6]\d(\.\d{1,7})?(Z|[+-][01]\d:\d\d))?"
REFERENCES = ["Patient/1", "http://x.nl/fhir/Patient/2/_history/3", "#a", "urn:uuid:1", "Patient?x=1", 'a"b', "x/y"]
LEAVES = st.sampled_from(
    [None, True, 0, -1, 1, 2**31, 1.5, "", " ", "a", "a b", " a", "a  b", "a\nb", "\u00e9", "\u2028", "\x7f", "http://x.nl/y",
     "urn:oid:1.2", "urn:oid:x", "2024", "2024-13", "2024-02-30", "2024-02-29", "2024-02-29T10:00:00Z", "1900-01-01",
     "2024-02-29T10:00:00", "2024-02-29T24:00:00Z", "2024-02-29T10:00:60Z", "0000-01-01", "12:00:00", "final", [], {},
     ["a"], [None], {"extension": []}, {"id": "a"}, {"system": "http://x.nl", "code": "a"}, {"resourceType": "Patient"}]
).map(copy.deepcopy)  # fmt: skip


@pytest.fixture(scope="module")
def primed():
    """One resource of each type and version that the simulated EPDs hold, all of them checked before."""
    found = {}
    for case in generate(4, 12).cases():
        for source, resources in case.holdings().items():
            version = R4 if source == "zh-delta" else STU3
            for resource in resources:
                text = json.dumps(resource).encode()
                assert fhir.check(text, Media.JSON, version).problem is None
                found.setdefault((version, resource["resourceType"], len(resource)), text)
    return [(version, text) for (version, *_), text in found.items()]


def test_equal_builds_are_proved_and_asked_no_more(primed):
    good = [walk(loads_strict(text), version).good for version, text in primed]
    assert sum(good) > 0.9 * len(good)


@settings(deadline=None, max_examples=many(150))
@given(data=st.data())
def test_the_models_agree(primed, data):
    version, text = data.draw(st.sampled_from(primed))
    resource = loads_strict(text)
    for _ in range(data.draw(st.integers(1, 3))):
        _change(resource, data)
    kind = resource.get("resourceType")
    if walk(resource, version).good:
        model_of(kind, version).model_validate(copy.deepcopy(resource))


def _change(resource, data):
    """One value somewhere becomes another, goes, or comes in beside it."""
    place, names = resource, ["id", "status", "value", "valueString", "code", "_status", "extension", "period"]
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner = place[key]
        if not (isinstance(inner, dict | list) and inner) or data.draw(st.booleans()):
            break
        place = inner
    what = data.draw(st.sampled_from(["replace", "remove", "add"]))
    if what == "remove":
        del place[key]
    elif what == "add" and isinstance(place, dict):
        place[data.draw(st.sampled_from(names))] = data.draw(LEAVES)
    else:
        place[key] = data.draw(LEAVES)


@pytest.mark.parametrize(
    ("kind", "element", "more"),
    [
        ("date", "birthDate", st.dates().map(str) | st.from_regex(r"\d{4}(-\d\d(-\d\d)?)?", fullmatch=True)),
        ("id", "id", st.text(max_size=70)),
        ("code", "gender", st.text(max_size=10)),
    ],
)
@settings(deadline=None, max_examples=many(100))
@given(data=st.data())
def test_plain_values_are_good_values(kind, element, more, data):
    value = data.draw(more)
    if PLAIN[kind](value):
        model_of("Patient", R4).model_validate({"resourceType": "Patient", element: value})


@settings(deadline=None, max_examples=many(200))
@given(
    moment=st.from_regex(MOMENT, fullmatch=True),
    number=st.decimals(allow_nan=True, allow_infinity=True) | st.integers(),
)
def test_plain_moments_and_numbers_are_good(moment, number):
    code = {"text": "x"}
    observation = {"resourceType": "Observation", "status": "final", "code": code}
    if PLAIN["dateTime"](moment):
        model_of("Observation", R4).model_validate(observation | {"effectiveDateTime": moment})
    if PLAIN["instant"](moment):
        model_of("Observation", R4).model_validate(observation | {"issued": moment})
    if PLAIN["decimal"](number):
        given = number if isinstance(number, int) else Decimal(number)
        model_of("Observation", R4).model_validate(observation | {"valueQuantity": {"value": given}})


def test_a_missing_companion_extension_is_still_told():
    """A required value may be absent where its companion says why; a companion without an extension does not."""
    why = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    observation = {"resourceType": "Observation", "code": {"text": "x"}}
    fine = observation | {"_status": {"extension": [why]}}
    assert fhir.check(json.dumps(fine).encode(), Media.JSON, R4).problem is None
    assert fhir.check(json.dumps(observation | {"_status": {"id": "a"}}).encode(), Media.JSON, R4).problem
    assert fhir.check(json.dumps(fine).encode(), Media.JSON, R4).problem is None
    assert shape_of_resource("Observation", R4) is not None


@settings(deadline=None, max_examples=many(100))
@given(data=st.data())
def test_references_are_the_same_read_from_the_text_and_from_the_object(primed, data):
    _, text = data.draw(st.sampled_from(primed))
    resource = loads_strict(text)
    extra = data.draw(st.sampled_from(REFERENCES))
    resource["extension"] = [
        {"url": "http://x.nl", "valueReference": {"reference": extra, "display": '"reference":"A/b"'}}
    ]
    body = json.dumps(resource, default=str, indent=data.draw(st.sampled_from([None, 1]))).encode()
    assert fhir.referred(body, Media.JSON, resource) == fhir.referred(body, Media.XML, resource)
