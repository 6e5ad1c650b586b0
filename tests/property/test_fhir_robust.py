"""Whatever comes in, the edge answers; and it never repeats what it was sent."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter import fhir
from adapter.model.sources import FhirVersion, Media

BSN = "999900717"
# No deadlines: the first use of a resource type imports its model.
MEDIA, VERSIONS = st.sampled_from(list(Media)), st.sampled_from(list(FhirVersion))
XML = f"""<Observation xmlns="http://hl7.org/fhir"><id value="a"/><status value="final"/>
<code><text value="{BSN}"/></code><valueQuantity><value value="1.50"/></valueQuantity></Observation>""".encode()
JSON = json.dumps(
    {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": {"resourceType": "Patient", "id": "a", "name": [{"given": [BSN]}]}}],
    }
).encode()
NAMES = st.sampled_from(
    [
        "resourceType",
        "id",
        "meta",
        "text",
        "contained",
        "extension",
        "name",
        "given",
        "_given",
        "birthDate",
        "entry",
        "resource",
        "value",
        "url",
        "status",
        "code",
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.just(BSN)
    | st.text(max_size=8)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.just(BSN), inner, max_size=4)
)
TYPES = st.sampled_from(["Patient", "Observation", "Bundle", "Parameters", "OperationOutcome", "BodySite", "Quantity"])


def answers(body, media, version):
    result = fhir.check(body, media, version)
    page = fhir.split(body, media, version)
    lines = fhir.split_ndjson(body)
    for text in (result.problem or "", *page.problems, *lines.problems):
        assert BSN not in text
    assert len(result.hash) == 64


@settings(deadline=None)
@given(body=st.binary(max_size=200), media=MEDIA, version=VERSIONS)
def test_arbitrary_bytes_are_answered(body, media, version):
    answers(body, media, version)


@settings(deadline=None)
@given(text=st.text(alphabet='{}[]",:\\u0d8e1-.<>/!?&;#= \n', max_size=60), media=MEDIA, version=VERSIONS)
def test_arbitrary_syntax_is_answered(text, media, version):
    answers(text.encode(), media, version)


@settings(deadline=None)
@given(data=st.data(), version=VERSIONS)
def test_damaged_texts_are_answered(data, version):
    body, media = data.draw(st.sampled_from([(XML, Media.XML), (JSON, Media.JSON)]))
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 20)))
    answers(body[:start] + data.draw(st.binary(max_size=6)) + body[end:], media, version)


@settings(deadline=None)
@given(kind=TYPES, content=st.dictionaries(NAMES | st.just(BSN), VALUES, max_size=5), version=VERSIONS)
def test_arbitrary_content_is_answered(kind, content, version):
    answers(json.dumps({**content, "resourceType": kind}).encode(), Media.JSON, version)


@settings(deadline=None)
@given(kind=TYPES, content=st.dictionaries(NAMES, VALUES, max_size=5), version=VERSIONS)
def test_writing_xml_works_or_says_why(kind, content, version):
    try:
        fhir.to_xml({**content, "resourceType": kind}, version)
    except fhir.FhirError as error:
        assert BSN not in str(error)


@settings(deadline=None)
@given(
    resources=st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4), max_size=5),
    indent=st.sampled_from([None, 1, 3]),
    escape=st.booleans(),
)
def test_cut_resources_have_the_bytes_they_were_sent_as(resources, indent, escape):
    made = [{**resource, "resourceType": "Patient"} for resource in resources]
    bodies = [json.dumps(resource, indent=indent, ensure_ascii=escape).encode(errors="replace") for resource in made]
    entries = b" ,\n".join(b'{"search": {"mode":"match"} , "resource" : ' + body + b"}" for body in bodies)
    page = fhir.split(b'{"entry":[' + entries + b'], "resourceType":"Bundle"}', Media.JSON, FhirVersion.R4)
    assert page.problems == ()
    assert [entry.body for entry in page.entries] == bodies


@settings(deadline=None)
@given(content=st.dictionaries(NAMES, VALUES, min_size=1, max_size=5), data=st.data())
def test_the_hash_does_not_see_key_order_or_white_space(content, data):
    keys = data.draw(st.permutations(list(content)))
    one = json.dumps({"resourceType": "Patient", **content}).encode()
    other = json.dumps({key: content[key] for key in keys} | {"resourceType": "Patient"}, indent=2).encode()
    left, right = (fhir.check(body, Media.JSON, FhirVersion.R4) for body in (one, other))
    if left.type is not None and right.type is not None:
        assert left.hash == right.hash
