"""The compiled FHIRPath subset."""

import pytest

from adapter.facts.paths import PathError, compile_path

OBSERVATION = {
    "resourceType": "Observation",
    "extension": [{"url": "http://x", "valueReference": {"reference": "Condition/1"}}, {"url": "http://y"}],
    "valuePeriod": {"start": "2024-01-01"},
    "code": {"coding": [{"system": "a", "code": "b"}, {"system": "c", "code": "d"}]},
    "component": [
        {"code": {"coding": [{"system": "a", "code": "b"}]}, "valueDateTime": "2011"},
        {"code": {"coding": [{"system": "c", "code": "d"}]}, "valueBoolean": False},
    ],
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("value.ofType(Period).start", ["2024-01-01"]),
        ("Observation.value.ofType(Period).start", ["2024-01-01"]),
        ("Procedure.value.ofType(Period).start", []),
        ("value.ofType(dateTime)", []),
        ("code.coding.code", ["b", "d"]),
        ("code.coding.first().code", ["b"]),
        ("code.coding.where(system = 'c' and code = 'd').code", ["d"]),
        ("code.coding.where(code = 'b' or code = 'd').system", ["a", "c"]),
        ("extension('http://x').value.ofType(Reference).reference", ["Condition/1"]),
        ("component.where(code.coding.where(code = 'b').exists()).value.ofType(dateTime)", ["2011"]),
        ("component.value.ofType(boolean)", [False]),
        ("subject.reference", []),
        ("subject.exists()", [False]),
    ],
)
def test_gives_what_the_expression_says(expression, expected):
    path = compile_path(expression)
    assert path.all(OBSERVATION) == expected
    assert path.first(OBSERVATION) == (expected[0] if expected else None)


@pytest.mark.parametrize(
    "expression",
    [
        "value",
        "value.start",
        "code.coding.count()",
        "code.where(x > 3)",
        "a..b",
        "",
        "code.coding[0]",
        "a.where(b = 3)",
    ],
)
def test_refuses_what_it_does_not_support_and_says_so(expression):
    with pytest.raises(PathError) as fault:
        compile_path(expression)
    assert repr(expression) in str(fault.value)


def test_its_label_is_where_the_value_lies_in_the_json():
    assert compile_path("value.ofType(Period).start").label == "valuePeriod.start"
    assert compile_path("performed.ofType(dateTime)").label == "performedDateTime"


@pytest.mark.parametrize("odd", [None, 3, "text", [], {"valuePeriod": "2024"}, {"valuePeriod": [{"start": None}, 1]}])
def test_never_fails_on_json_of_another_shape(odd):
    assert compile_path("value.ofType(Period).start").all(odd) == []
