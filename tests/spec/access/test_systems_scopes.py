"""SMART v2 scopes: read, intersect with what is registered, ask."""

from __future__ import annotations

import pytest

from adapter.access.systems import BadScopeError, Scopes, granted, read_scope, read_scopes


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("system/*.rs", "system/*.rs"),
        ("system/Patient.cruds", "system/Patient.cruds"),
        ("patient/Observation.r", "patient/Observation.r"),
        ("user/Condition.s", "user/Condition.s"),
        ("system/Patient.read", "system/Patient.rs"),
        ("system/Patient.write", "system/Patient.cud"),
        ("system/*.*", "system/*.cruds"),
        ("system/Observation.rs?category=laboratory", "system/Observation.rs?category=laboratory"),
        ("system/Observation.rs?category=http://x.example|lab", "system/Observation.rs?category=http://x.example|lab"),
        ("system/Observation.rs?b=2&a=1", "system/Observation.rs?a=1&b=2"),
    ],
)
def test_read(text, same):
    assert str(read_scope(text)) == same
    assert read_scope(same) == read_scope(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "openid", "launch", "system", "system/", "system/Patient", "system/Patient.", "system/Patient.x",
        "system/Patient.sr", "system/Patient.rr", "System/Patient.r", "all/Patient.r", "system/patient.r",
        "system/Patient.r ", "system/Patient.r?", "system/Patient.r?x", "system/../x.r", "system/Patient.r?a=é",
    ],
)  # fmt: skip
def test_not_a_scope(text):
    with pytest.raises(BadScopeError):
        read_scope(text)


def given(asked, *registered):
    return [str(scope) for scope in granted(asked.split(), read_scopes(registered))]


@pytest.mark.parametrize(
    ("asked", "registered", "result"),
    [
        ("system/*.rs", ["system/*.rs"], ["system/*.rs"]),
        ("system/*.cruds", ["system/*.rs"], ["system/*.rs"]),
        ("system/*.cruds", ["system/Patient.r", "system/Device.c"], ["system/Device.c", "system/Patient.r"]),
        ("system/Patient.rs", ["system/*.cruds"], ["system/Patient.rs"]),
        ("system/Patient.read", ["system/*.r"], ["system/Patient.r"]),
        ("system/Patient.c", ["system/*.rs"], []),
        ("system/Patient.rs", ["system/Observation.rs"], []),
        ("patient/*.rs", ["system/*.rs"], []),
        ("openid nonsense/x system/Patient.r", ["system/*.r"], ["system/Patient.r"]),
        ("", ["system/*.rs"], []),
        ("system/Observation.rs", ["system/Observation.rs?category=lab"], ["system/Observation.rs?category=lab"]),
        ("system/Observation.rs?category=lab", ["system/*.rs"], ["system/Observation.rs?category=lab"]),
        (
            "system/Observation.rs?category=lab",
            ["system/Observation.rs?status=final"],
            ["system/Observation.rs?category=lab&status=final"],
        ),
        ("system/*.rs system/Patient.r", ["system/*.rs"], ["system/*.rs"]),
        ("system/Observation.rs system/Observation.rs?a=1", ["system/*.rs"], ["system/Observation.rs"]),
    ],
)  # fmt: skip
def test_granted_is_what_is_asked_and_registered_both(asked, registered, result):
    assert given(asked, *registered) == result


def held(*texts):
    return Scopes.of(tuple(texts))


def test_asked_by_type_and_letter():
    some = held("system/Patient.rs", "system/Observation.c")
    assert some.allow("Patient", "r")
    assert some.allow("Observation", "c")
    assert not some.allow("Patient", "u")
    assert not some.allow("Observation", "r")
    assert not some.allow("Condition", "r")
    assert not some.allow("*", "r")


def test_a_star_is_every_type_and_a_type_is_no_star():
    assert held("system/*.s").allow("*", "s")
    assert held("system/*.s").allow("Patient", "s")
    assert not held("system/Patient.s").allow("*", "s")


def test_of_some_resources_alone():
    lab = (("category", "lab"),)
    assert held("system/Observation.rs?category=lab").where("Observation", "rs") == (lab,)
    assert held("system/Observation.rs?category=lab", "system/Observation.r").where("Observation", "r") == ()
    assert held("system/Observation.rs?category=lab", "system/Observation.r").where("Observation", "s") == (lab,)
    assert held("system/Observation.rs?category=lab").where("Patient", "r") is None


def test_what_cannot_be_read_grants_nothing():
    assert not held("system/Patient.zz", "nonsense").allow("Patient", "r")


def test_many_scopes_are_bounded():
    asked = " ".join(f"system/T{'x' * (i % 50)}.r" for i in range(2000)) + " system/Patient.r"
    assert "system/Patient.r" not in given(asked, "system/*.r")
