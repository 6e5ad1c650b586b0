"""FHIR XML: safe to read, exact, and the same resource as in JSON."""

from decimal import Decimal

import pytest

from adapter import fhir
from adapter.model.sources import FhirVersion, Media

STU3, R4 = FhirVersion.STU3, FhirVersion.R4
BSN = "999900717"
NS = 'xmlns="http://hl7.org/fhir"'


def patient(inner, attributes=NS):
    return f"<Patient {attributes}>{inner}</Patient>".encode()


def problem(body, version=R4):
    text = fhir.check(body, Media.XML, version).problem
    assert text is not None
    assert BSN not in text
    return text


def test_xml_becomes_the_json_shape():
    body = patient(
        "<id value='a'/><meta><versionId value='3'/></meta>"
        "<text><status value='generated'/><div xmlns='http://www.w3.org/1999/xhtml'><p>x &amp; y</p></div></text>"
        "<contained><Organization><id value='o'/><active value='true'/></Organization></contained>"
        "<extension url='http://x'><valueDecimal value='1.50'/></extension>"
        "<name id='n'><given value='A'/><given id='g'><extension url='http://y'>"
        "<valueCode value='BR'/></extension></given>"
        "</name><birthDate><extension url='http://z'><valueCode value='masked'/></extension></birthDate>"
        "<multipleBirthInteger value='2'/>"
    )
    assert fhir.from_xml(body, R4) == {
        "resourceType": "Patient",
        "id": "a",
        "meta": {"versionId": "3"},
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>x &amp; y</p></div>'},
        "contained": [{"resourceType": "Organization", "id": "o", "active": True}],
        "extension": [{"url": "http://x", "valueDecimal": Decimal("1.50")}],
        "name": [
            {
                "id": "n",
                "given": ["A", None],
                "_given": [None, {"id": "g", "extension": [{"url": "http://y", "valueCode": "BR"}]}],
            }
        ],
        "_birthDate": {"extension": [{"url": "http://z", "valueCode": "masked"}]},
        "multipleBirthInteger": 2,
    }
    result = fhir.check(body, Media.XML, R4)
    assert (result.type, result.id, result.version, result.problem) == ("Patient", "a", "3", None)


def test_decimals_keep_their_digits_both_ways():
    body = (
        f"<Observation {NS}><status value='final'/><code><text value='x'/></code><valueQuantity><value value='1.50'/>"
    )
    body += "</valueQuantity></Observation>"
    resource = fhir.from_xml(body.encode(), STU3)
    assert b'"value":1.50' in fhir.to_json(resource)
    assert b'<value value="1.50"/>' in fhir.to_xml(resource, STU3)
    assert fhir.read(body.encode(), Media.XML, STU3)["valueQuantity"]["value"] == 1.5
    assert isinstance(fhir.read(body.encode(), Media.XML, STU3)["valueQuantity"]["value"], float)


def test_elements_are_written_in_the_order_of_the_specification():
    written = fhir.to_xml(
        {"birthDate": "2024-05-01", "id": "a", "active": False, "resourceType": "Patient"}, R4
    ).decode()
    assert written.index("<id") < written.index('<active value="false"') < written.index("<birthDate")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf ", "empty"),
        (b"{}", "not XML"),
        (b"<Patient", "not XML"),
        (b"<Patient xmlns='http://hl7.org/fhir'>\xff</Patient>", "not XML"),
        ('<?xml version="1.0" encoding="UTF-16"?><Patient/>'.encode("utf-16"), "not XML"),
        (b"<Patient/>", "namespace"),
        (b"<Patient xmlns='http://example.org'/>", "namespace"),
        (b"<Quantity xmlns='http://hl7.org/fhir'/>", "resourceType is not"),
        (b"<BodySite xmlns='http://hl7.org/fhir'/>", "BodySite is not a resource type of FHIR 4.0"),
        (patient(f"<bogus value='{BSN}'/>"), "Patient.bogus"),
        (patient("<_birthDate value='x'/>"), "Patient._birthDate"),
        (patient("<resourceType value='Patient'/>"), "Patient.resourceType"),
        (patient(f"bare {BSN}"), "bare text"),
        (patient(f"<active value='true'>{BSN}</active>"), "bare text"),
        (patient("<active value='true'/>", f"{NS} id='x'"), "Patient@id"),
        (patient(f"<active value='true' bogus='{BSN}'/>"), "Patient.active"),
        (patient("<active/>"), "neither a value nor an extension"),
        (patient("<active value='true'/><active value='true'/>"), "given twice"),
        (patient(f"<active value='{BSN}'/>"), "Patient.active: true or false"),
        (patient("<multipleBirthInteger value='1.5'/>"), "a whole number"),
        (patient("<birthDate value='2026-02-30'/>"), "Patient.birthDate"),
        (patient("<name/>"), "Patient.name[0]: the object is empty"),
        (patient("<contained/>"), "exactly one resource"),
        (patient("<contained><Foo/></contained>"), "resourceType is not"),
        (patient("<contained><Patient><bogus value='x'/></Patient></contained>"), "Patient.contained.bogus"),
        (patient("<text><status value='generated'/><div>x</div></text>"), "namespace"),
        (patient("<x:active xmlns:x='http://example.org' value='true'/>"), "namespace"),
        (patient("<name><text value='&nbsp;'/></name>"), "not XML"),
    ],
)
def test_bad_xml_is_told_by_path(body, said):
    assert said in problem(body)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE Patient SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE Patient [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Patient [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>',
        '<!DOCTYPE Patient [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>',
    ],
)
def test_document_types_and_entities_are_refused_unread(head):
    body = f"{head}<Patient {NS}><name><text value='&x;'/></name></Patient>".encode()
    assert "document type or entities" in problem(body)
    assert "document type or entities" in fhir.split(body, Media.XML, R4).problems[0]
    with pytest.raises(fhir.FhirError):
        fhir.read(body, Media.XML, R4)


def test_another_encoding_cannot_hide_a_document_type():
    hidden = '<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE Patient []>' + patient("").decode()
    assert fhir.check(hidden.encode(), Media.XML, R4).problem is not None


def test_deep_xml_is_refused():
    deep = "<extension url='http://x'>" * 50 + "</extension>" * 50
    assert "nested deeper" in problem(patient(deep))
    very = "<extension url='http://x'>" * 5000 + "</extension>" * 5000
    assert problem(patient(very))


def test_absurd_numbers_in_xml_are_refused():
    quantity = "<extension url='http://x'><valueQuantity><value value='{}'/></valueQuantity></extension>"
    assert "digits" in problem(patient(quantity.format("1e999999")))
    assert "digits" in problem(patient(quantity.format("1.2345678901234567890")))
    assert "a number is expected" in problem(patient(quantity.format("6 ")))


def test_comments_and_processing_instructions_say_nothing():
    body = b'<?xml version="1.0"?><!-- x -->' + patient("<!-- y --><?z z?><active value='true'/>")
    assert fhir.from_xml(body, R4) == {"resourceType": "Patient", "active": True}


def test_schema_location_is_allowed():
    location = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='http://hl7.org/fhir x.xsd'"
    assert fhir.check(patient("<active value='true'/>", f"{NS} {location}"), Media.XML, R4).problem is None


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ({"resourceType": "Foo"}, "resourceType is not"),
        ({}, "resourceType is missing"),
        ({"resourceType": "Patient", "bogus": BSN}, "Patient.bogus"),
        ({"resourceType": "Patient", "name": {"text": BSN}}, "Patient.name: an array"),
        ({"resourceType": "Patient", "birthDate": [BSN]}, "Patient.birthDate: one value"),
        ({"resourceType": "Patient", "birthDate": {"x": BSN}}, "Patient.birthDate: a single value"),
        ({"resourceType": "Patient", "name": [BSN]}, "Patient.name: an object"),
        ({"resourceType": "Patient", "_birthDate": {"value": BSN}}, "Patient.birthDate"),
        ({"resourceType": "Patient", "_birthDate": BSN}, "Patient.birthDate"),
        ({"resourceType": "Patient", "contained": [{"resourceType": "Foo"}]}, "Patient.contained"),
        ({"resourceType": "Patient", "text": {"div": f"<p>{BSN}"}}, "not XML"),
        ({"resourceType": "Patient", "text": {"div": "<p>x</p>"}}, "Patient.text.div"),
        ({"resourceType": "Patient", "text": {"div": 5}}, "Patient.text.div"),
    ],
)
def test_what_cannot_be_written_as_xml_is_told_by_path(resource, said):
    with pytest.raises(fhir.FhirError) as caught:
        fhir.to_xml(resource, R4)
    assert said in str(caught.value)
    assert BSN not in str(caught.value)


def test_writing_stops_at_the_depth_limit():
    inner = {"url": "http://x"}
    for _ in range(60):
        inner = {"url": "http://x", "extension": [inner]}
    with pytest.raises(fhir.FhirError, match="nested deeper"):
        fhir.to_xml({"resourceType": "Patient", "extension": [inner]}, R4)


def test_characters_that_xml_cannot_hold_become_a_replacement_and_markup_is_escaped():
    resource = {"resourceType": "Patient", "name": [{"text": "a\x0bb<&\"'\n\tc"}]}
    written = fhir.to_xml(resource, R4)
    assert fhir.from_xml(written, R4)["name"][0]["text"] == "a\ufffdb<&\"'\n\tc"


def test_html_entities_in_a_narrative_become_characters():
    div = '<div xmlns="http://www.w3.org/1999/xhtml">a&nbsp;b &lt; &eacute;</div>'
    written = fhir.to_xml({"resourceType": "Patient", "text": {"status": "generated", "div": div}}, R4)
    assert "a\xa0b &lt; é" in fhir.from_xml(written, R4)["text"]["div"]


def test_ids_and_extensions_in_repeating_primitives_stay_in_their_places():
    extension = {"extension": [{"url": "http://x", "valueCode": "a"}]}
    resource = {"resourceType": "Patient", "name": [{"given": ["a", None, "c"], "_given": [None, extension, None]}]}
    assert fhir.from_xml(fhir.to_xml(resource, R4), R4) == resource


def test_the_same_name_may_be_another_element_in_another_version():
    body = f"<Observation {NS}><status value='final'/><code><text value='x'/></code><comment value='c'/></Observation>"
    assert fhir.check(body.encode(), Media.XML, STU3).problem is None
    assert "Observation.comment" in problem(body.encode(), R4)


def test_white_space_does_not_change_the_hash_and_content_does():
    one = patient("<active value='true'/>")
    other = b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>\n" + patient("\n  <active value = 'true' ></active>\n")
    assert fhir.check(one, Media.XML, R4).hash == fhir.check(other, Media.XML, R4).hash
    assert fhir.check(one, Media.XML, R4).hash != fhir.check(patient("<active value='false'/>"), Media.XML, R4).hash
