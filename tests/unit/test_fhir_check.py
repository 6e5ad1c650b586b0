"""The edge check: every trap is told in plain words, and no value is ever repeated."""

import json
import pickle

import pytest

from adapter import fhir
from adapter.model.sources import FhirVersion, Media

STU3, R4 = FhirVersion.STU3, FhirVersion.R4
BSN = "999900717"
GOOD = {"resourceType": "Observation", "id": "o1", "status": "final", "code": {"text": "x"}}


def checked(resource, version=R4):
    body = resource if isinstance(resource, bytes) else json.dumps(resource).encode()
    return fhir.check(body, Media.JSON, version)


def problem(resource, version=R4):
    text = checked(resource, version).problem
    assert text is not None
    assert BSN not in text
    return text


def test_a_good_resource_has_type_id_version_and_hash_and_no_problem():
    result = checked({**GOOD, "meta": {"versionId": "7"}})
    assert (result.type, result.id, result.version, result.problem) == ("Observation", "o1", "7", None)
    assert len(result.hash) == 64
    assert pickle.loads(pickle.dumps(result)) == result


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"[]", "not an object"),
        (b'"text"', "not an object"),
        (b"null", "not an object"),
        (b"5", "not an object"),
        (b"{", "not valid JSON"),
        (b'{"resourceType": "Patient",}', "not valid JSON"),
        (b'{"resourceType": "Patient", "id": "\xff"}', "not UTF-8"),
        (b'{"resourceType": "Patient", "id": "\\ud800"}', "not valid JSON"),
        (b'{"resourceType": "Patient", "multipleBirthInteger": NaN}', "NaN"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "resourceType"),
        (b'{"resourceType": "Patient", "id": "a", "id": "b"}', "id stands twice"),
        (b'{"resourceType": "Patient", "name": [{"family": "a", "family": "b"}]}', "family stands twice"),
        (b'{"resourceType": "Patient", "%s": 1, "%s": 2}' % (BSN.encode(), BSN.encode()), "stands twice"),
        (b'{"resourceType": "Patient", "name": [{"text": "a\\u0000b"}]}', "NUL"),
        (b"<Patient xmlns='http://hl7.org/fhir'/>", "not valid JSON"),
    ],
)
def test_a_text_that_is_no_json_object_is_refused(body, said):
    result = checked(body)
    assert said in result.problem
    assert BSN not in result.problem
    assert len(result.hash) == 64


def test_a_byte_order_mark_is_ignored():
    body = json.dumps(GOOD).encode()
    assert checked(b"\xef\xbb\xbf" + body) == checked(body)


def test_an_escaped_backslash_before_u0000_is_no_nul_character():
    assert checked(b'{"resourceType": "Patient", "name": [{"text": "\\\\u0000"}]}').problem is None


@pytest.mark.parametrize(
    ("number", "fine"),
    [
        ("1.50", True),
        ("1e2", True),
        ("-0.0", True),
        ("0.000000000000000000001", True),
        ("123456789012345678", True),
        ("1234567890123456789", False),
        ("1.234567890123456789", False),
        ("1e999999", False),
        ("1e-999999999999", False),
        ("1e61", False),
        ("9" * 5000, False),
        ("0." + "0" * 5000 + "1", False),
    ],
)
def test_numbers_have_eighteen_digits_at_most_and_no_absurd_exponent(number, fine):
    body = json.dumps({**GOOD, "valueQuantity": {"value": 0}}).replace(": 0", f": {number}").encode()
    result = checked(body)
    assert (result.problem is None) is fine
    if not fine:
        assert "digits" in result.problem


@pytest.mark.parametrize(
    "kind", [None, "", 5, [], {}, "patient", "Quantity", "Resource", "Element", "String", BSN, "../x"]
)
def test_a_resource_type_that_is_none_is_refused(kind):
    result = checked({"resourceType": kind, "id": "a"})
    assert result.type is None
    assert "resourceType" in result.problem
    assert BSN not in result.problem


def test_a_resource_type_of_the_other_version_is_named():
    assert "ReferralRequest is not a resource type of FHIR 4.0. Send it as FHIR 3.0" in problem(
        {"resourceType": "ReferralRequest"}, R4
    )
    assert "ServiceRequest is not a resource type of FHIR 3.0" in problem({"resourceType": "ServiceRequest"}, STU3)


def test_resource_types_that_4_3_added_are_not_4_0_and_those_it_dropped_cannot_be_checked():
    assert "not a resource type" in problem({"resourceType": "NutritionProduct"})
    assert "cannot be checked" in problem({"resourceType": "MedicinalProduct"})


@pytest.mark.parametrize("given", ["a b", "", "é", "a/b", "x" * 65, 5, None, f"{BSN}!"])
def test_an_id_must_have_the_form_of_an_id(given):
    result = checked({**GOOD, "id": given})
    assert result.id is None
    assert "Observation.id" in result.problem
    assert BSN not in result.problem


def test_the_same_observation_differs_between_versions():
    old = {**GOOD, "context": {"reference": "EpisodeOfCare/1"}}
    assert checked(old, STU3).problem is None
    assert "Observation.context" in problem(old, R4)


def value(**given):
    return {**GOOD, **given}


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (value(bogus=1), "Observation.bogus:"),
        (value(status__ext={"id": "a"}), "no FHIR element has"),
        (value(**{BSN: "x"}), "Observation.(a name that no FHIR element has)"),
        (value(fhir_comments=["x"]), "Observation."),
        (value(valueQuantity={"value": BSN}), "Observation.valueQuantity.value: a number is expected"),
        (value(valueQuantity={"value": True}), "Observation.valueQuantity.value: a number is expected"),
        (value(valueInteger=1.0), "Observation.valueInteger: a whole number"),
        (value(valueInteger="5"), "Observation.valueInteger: a whole number"),
        (value(valueInteger=2147483648), "Observation.valueInteger"),
        (value(valueBoolean=1), "Observation.valueBoolean: true or false"),
        (value(valueString=5), "Observation.valueString: a text"),
        (value(valueString=""), "Observation.valueString"),
        (value(subject={}), "Observation.subject: the object is empty"),
        (value(subject=None), "Observation.subject: an object is expected, null"),
        (value(subject=[{"reference": "Patient/1"}]), "Observation.subject: an object is expected, an array"),
        (value(category={"text": "x"}), "Observation.category: an array"),
        (value(category=[]), "Observation.category: the array is empty"),
        (value(category=[None]), "Observation.category[0]: an object"),
        (value(code=None), "Observation.code"),
        (value(valueString="a", valueInteger=1), "Observation.value[x]: more than one"),
        (value(valueString="a", _valueInteger={"id": "x"}), "Observation.value[x]: more than one"),
        (value(valueDateTime="2026-02-30"), "Observation.valueDateTime"),
        (value(valueDateTime="2026-02-20T10:00:00"), "Observation.valueDateTime"),
        (value(valueDateTime="30-02-2026"), "Observation.valueDateTime"),
        (value(issued="2026-02-20"), "Observation.issued"),
        (value(valueTime="25:00:00"), "Observation.valueTime"),
        (value(effectivePeriod={"start": BSN}), "Observation.effectivePeriod.start"),
        (
            value(extension=[{"url": "http://x", "valueString": "a", "valueCode": "b"}]),
            "Observation.extension[0].value[x]",
        ),
        (value(extension=[{"valueString": BSN}]), "Observation.extension[0].url"),
        (value(contained=[{"resourceType": "Foo"}]), "Observation.contained[0]:"),
        (value(contained=[{"resourceType": "Patient", "birthDate": BSN}]), "Observation.contained[0].birthDate"),
        (value(contained=[{"resourceType": "Patient"}]), "Observation.contained[0]: the object is empty"),
        (value(contained=[{"id": "x"}]), "Observation.contained[0]: resourceType is missing"),
        (value(note=[{}]), "Observation.note[0]: the object is empty"),
        (value(note=[{"time": "2024"}]), "Observation.note[0]"),
        (value(component=[{"valueString": "x"}]), "Observation.component[0].code"),
        (
            value(_status={"extension": [{"url": "http://x", "valueCode": 1}]}),
            "Observation._status.extension[0].valueCode",
        ),
        ({"resourceType": "Observation", "code": {"text": "x"}}, "Observation.status is required"),
        ({"resourceType": "Observation", "status": "final"}, "Observation.code is required"),
        ({"resourceType": "Patient", "birthDate": "2024-13"}, "Patient.birthDate"),
        ({"resourceType": "Patient", "name": [{"given": [BSN, 5]}]}, "Patient.name[0].given[1]"),
    ],
)
def test_the_problem_says_where_and_never_the_value(resource, path):
    assert path in problem(resource)


def test_nesting_deeper_than_the_limit_is_refused_and_just_below_it_is_not():
    def nested(levels):
        inner = {"url": "http://x", "valueString": "x"}
        for _ in range(levels):
            inner = {"url": "http://x", "extension": [inner]}
        return {**GOOD, "extension": [inner]}

    assert checked(nested(15)).problem is None
    assert "nested deeper than 40" in problem(nested(25))
    assert checked(nested(200)).problem is not None


@pytest.mark.parametrize("added", ["valueCodeableReference", "valueRatioRange"])
def test_data_types_that_4_3_added_are_not_4_0(added):
    given = {"concept": {"text": "x"}} if "Code" in added else {"denominator": {"value": 1}}
    assert f"extension[0].{added}" in problem({**GOOD, "extension": [{"url": "http://x", added: given}]})


def test_what_was_found_good_or_bad_before_is_found_so_again():
    good = {**GOOD, "code": {"coding": [{"system": "http://x", "code": "a"}]}}
    bad = {**GOOD, "code": {"coding": [{"system": "http://x", "code": " a"}]}}
    worse = {**GOOD, "code": {"coding": [{"system": "http://x", "code": 5}]}}
    for _ in range(3):
        assert checked(good).problem is None
        assert "Observation.code.coding[0].code is not" in problem(bad)
        assert "Observation.code.coding[0].code: a text" in problem(worse)
    assert len({checked(good).hash for _ in range(3)}) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"valueDateTime": "2026-02-30"}, "valueDateTime is not a FHIR dateTime that exists, with a time zone"),
        ({"issued": "2026"}, "issued is not a FHIR instant that exists"),
        ({"valueTime": "9:00"}, "valueTime is not a FHIR time that exists"),
        ({"status": " final"}, "status is not written as FHIR prescribes for a FHIR code"),
        ({"contained": [{"resourceType": "Patient", "birthDate": "x"}]}, "contained[0].birthDate is not written"),
        (
            {"_status": {"extension": [{"url": "http://x", "valueDate": "x"}]}},
            "valueDate is not a FHIR date that exists",
        ),
        ({"valueInteger": 10**17}, "valueInteger is a larger number"),
        ({"valueInteger": -(10**17)}, "valueInteger is a smaller number"),
    ],
)
def test_the_problem_says_what_is_expected(given, said):
    assert f"{said}" in problem({**GOOD, **given})


def test_a_missing_choice_is_told():
    event = {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": {"display": "x"}}
    assert "MedicationRequest lacks a required choice" in problem(event)


@pytest.mark.parametrize("opening", ['{"a":', "[", '{"contained":[', '{"resourceType":"Patient","contained":['])
def test_no_depth_makes_the_check_fail_itself(opening):
    closing = "".join({"{": "}", "[": "]"}[mark] for mark in reversed(opening) if mark in "{[")
    for depth in [19, 21, 39, 41, 60, *range(480, 510, 5), *range(950, 1030, 5)]:
        body = (opening * depth + "1" + closing * depth).encode()
        assert checked(body).problem is not None
        assert len(fhir.split(body, Media.JSON, R4).entries) <= 1


def test_many_problems_are_counted_not_all_told():
    text = problem({**GOOD, **{f"bogus{chr(97 + n)}": 1 for n in range(9)}})
    assert text.endswith("And 6 more.")


def test_a_text_over_the_limit_is_refused_unread():
    small = fhir.Limits(bytes=10)
    assert "larger than 10 bytes" in fhir.check(b"x" * 11, Media.JSON, R4, small).problem


def test_data_absent_reason_on_a_required_element_is_fine():
    absent = {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]
    }
    assert checked({"resourceType": "Observation", "_status": absent, "code": {"text": "x"}}).problem is None
    assert (
        checked({"resourceType": "Patient", "name": [{"given": [None, "b"], "_given": [absent, None]}]}).problem is None
    )


def test_the_hash_is_of_the_content():
    base = checked(GOOD).hash
    assert checked(json.dumps(dict(reversed(GOOD.items())), indent=3).encode()).hash == base
    assert checked({**GOOD, "meta": {"versionId": "1", "lastUpdated": "2024-01-01T00:00:00Z"}}).hash == base
    assert checked({**GOOD, "meta": {"versionId": "1", "profile": ["http://x"]}}).hash != base
    assert checked({**GOOD, "status": "amended"}).hash != base


def test_precision_is_content():
    def with_value(number):
        return checked(json.dumps({**GOOD, "valueQuantity": {"value": 0}}).replace(": 0", f": {number}").encode()).hash

    assert with_value("1.5") == with_value("1.5")
    assert with_value("1.5") != with_value("1.50")


def test_a_resource_set_aside_still_says_which_it_was():
    result = checked({**GOOD, "bogus": 1, "meta": {"versionId": "2"}})
    assert (result.type, result.id, result.version) == ("Observation", "o1", "2")
