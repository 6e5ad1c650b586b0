"""JSON to XML and back is the same resource, for resources made from the shapes of the types themselves."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter import fhir
from adapter.fhir.shapes import shape_of_model, shape_of_resource
from adapter.model.sources import FhirVersion, Media

KINDS = ["Patient", "Observation", "Condition", "EpisodeOfCare", "Organization", "Encounter", "Bundle", "Parameters"]
TEXTS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufffe\uffff") | st.sampled_from("\n\t\r"),
    min_size=1,
    max_size=12,
)
DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div>'
DECIMALS = st.decimals(min_value=-10_000, max_value=10_000, places=3, allow_nan=False) | st.sampled_from(
    [Decimal("1.50"), Decimal("0.0"), Decimal("-0.00"), Decimal("1E+2"), Decimal("1E-7"), 5, -3]
)


def primitive(kind):
    if kind == "boolean":
        return st.booleans()
    if kind == "decimal":
        return DECIMALS
    if kind in {"integer", "positiveInt", "unsignedInt", "integer64"}:
        return st.integers(0, 2**31 - 1)
    return st.just(DIV) if kind == "xhtml" else TEXTS


@st.composite
def objects(draw, shape, version, depth):
    usable = [
        element
        for name, element in shape.elements.items()
        if element.kind not in {"companion", "type"} and (depth > 0 or element.is_primitive)
    ]
    made = {}
    chosen = draw(st.lists(st.sampled_from(usable), min_size=1, max_size=4, unique_by=lambda element: element.name))
    for element in chosen:
        add(draw, made, element, shape, version, depth)
    return made


def add(draw, made, element, shape, version, depth):
    name = element.name
    if element.kind == "resource":
        value = resources(version, depth - 1, ["Patient", "Organization", "Observation"])
    elif element.kind == "complex":
        value = objects(shape_of_model(element.model), version, depth - 1)
    else:
        value = primitive(element.kind)
    if not element.many:
        made[name] = draw(value)
        if f"_{name}" in shape.elements and draw(st.booleans()):
            made[f"_{name}"] = {"id": "x", "extension": [{"url": "http://x", "valueCode": "a"}]}
        return
    made[name] = draw(st.lists(value, min_size=1, max_size=3))
    if f"_{name}" in shape.elements and draw(st.booleans()):
        made[f"_{name}"] = [None] * (len(made[name]) - 1) + [
            {"extension": [{"url": "http://y", "valueDecimal": Decimal("1.50")}]}
        ]
        if len(made[name]) > 1:
            made[name][-1] = None


@st.composite
def resources(draw, version, depth, kinds):
    kind = draw(st.sampled_from(kinds))
    return {"resourceType": kind, **draw(objects(shape_of_resource(kind, version), version, depth))}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), version=st.sampled_from(list(FhirVersion)))
def test_json_to_xml_to_json_is_the_same(data, version):
    resource = data.draw(resources(version, 2, KINDS))
    again = fhir.from_xml(fhir.to_xml(resource, version), version)
    assert again == resource
    assert fhir.content_hash(again) == fhir.content_hash(resource)  # 1.5 and 1.50 are equal, but not the same


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), version=st.sampled_from(list(FhirVersion)))
def test_json_written_is_json_read(data, version):
    resource = data.draw(resources(version, 2, KINDS))
    assert fhir.content_hash(fhir.read_exact(fhir.to_json(resource), Media.JSON, version)) == fhir.content_hash(
        resource
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), version=st.sampled_from(list(FhirVersion)))
def test_the_check_answers_for_every_shape_in_both_formats(data, version):
    resource = data.draw(resources(version, 2, KINDS))
    as_json = fhir.check(fhir.to_json(resource), Media.JSON, version)
    as_xml = fhir.check(fhir.to_xml(resource, version), Media.XML, version)
    assert (as_json.type, as_json.id, as_json.version, as_json.hash) == (
        as_xml.type,
        as_xml.id,
        as_xml.version,
        as_xml.hash,
    )
    assert (as_json.problem is None) == (as_xml.problem is None)
    assert "cannot be read" not in (as_json.problem or "")
