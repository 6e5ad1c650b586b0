"""Cutting Bundles: each resource with the bytes it was sent as, and one bad entry stops no other."""

import pytest

from adapter import fhir
from adapter.model.sources import FhirVersion, Media

R4 = FhirVersion.R4
NS = 'xmlns="http://hl7.org/fhir"'


def split(body, media=Media.JSON):
    return fhir.split(body if isinstance(body, bytes) else body.encode(), media, R4)


def test_the_bytes_of_each_resource_are_those_that_were_sent():
    one = '{ "resourceType":"Observation",\n  "id" : "é1", "valueQuantity":{"value": 1.50e0} }'
    page = split(
        '{"resourceType":"Bundle","type":"searchset","total":7,"link":[{"relation":"self","url":"u"},'
        '{"relation":"next","url":"http://x/fhir?page=2"}],"entry":[{"fullUrl":"http://x/fhir/Observation/1",'
        f'"resource":{one}, "search":{{"mode":"match"}}}},{{"resource":{{"resourceType":"Patient","id":"p"}},'
        '"search":{"mode":"include"}}]}'
    )
    first, second = page.entries
    assert first.body == one.encode()
    assert (first.type, first.id, first.full_url, first.mode) == (
        "Observation",
        "é1",
        "http://x/fhir/Observation/1",
        "match",
    )
    assert (second.type, second.id, second.full_url, second.mode) == ("Patient", "p", None, "include")
    assert (page.next, page.total, page.problems) == ("http://x/fhir?page=2", 7, ())


def test_a_single_resource_is_one_entry_as_sent():
    body = b' {"id": "a", "resourceType": "Patient"}\n'
    (entry,) = split(b"\xef\xbb\xbf" + body).entries
    assert (entry.body, entry.type, entry.id, entry.mode) == (body.strip(), "Patient", "a", None)


@pytest.mark.parametrize(
    "body", [b"", b" ", b"[]", b"{", b"5", b"\xff", b"[" * 100_000, b'{"resourceType":"Bundle","entry":{}}']
)
def test_what_cannot_be_cut_is_a_problem_and_no_error(body):
    page = split(body)
    assert page.entries == ()
    assert len(page.problems) == 1


def test_an_empty_bundle_has_no_entries_and_no_problems():
    assert split('{"resourceType":"Bundle","type":"searchset","total":0}') == fhir.Page((), None, 0, ())


def test_one_bad_entry_stops_no_other():
    page = split(
        '{"resourceType":"Bundle","entry":[5,{},{"resource":5},{"resource":{"id":7}},{"request":{"method":"DELETE"}},'
        '{"search":5,"resource":{"resourceType":"Patient","id":"a"}}]}'
    )
    assert [(e.type, e.id) for e in page.entries] == [(None, None), ("Patient", "a")]
    assert [p.split(":")[0] for p in page.problems] == ["Bundle.entry[0]", "Bundle.entry[1]", "Bundle.entry[2]"]


@pytest.mark.parametrize("mode", ["match", "outcome"])
def test_an_operation_outcome_is_told_without_its_free_text(mode):
    issue = '{"severity":"warning","code":"not-supported","diagnostics":"BSN 999900717 unknown"}'
    outcome = f'{{"resourceType":"OperationOutcome","issue":[{issue}]}}'
    page = split(f'{{"resourceType":"Bundle","entry":[{{"resource":{outcome},"search":{{"mode":"{mode}"}}}}]}}')
    assert page.entries == ()
    assert "warning (not-supported)" in page.problems[0]
    assert "999900717" not in page.problems[0]
    assert split(outcome).problems == page.problems


def test_an_outcome_that_only_informs_is_no_problem_and_one_without_issues_is():
    text = '{{"resourceType":"OperationOutcome"{}}}'
    assert split(text.format(',"issue":[{"severity":"information","code":"informational"}]')).problems == ()
    assert len(split(text.format("")).problems) == 1
    assert len(split(text.format(',"issue":5')).problems) == 1
    (told,) = split(text.format(',"issue":[{"severity":"999900717","code":"999900717"}]')).problems
    assert "999900717" not in told


@pytest.mark.parametrize("total", ['"7"', "true", "-1", "1.5", "null", "[]"])
def test_a_total_that_is_no_count_is_unknown(total):
    assert split(f'{{"resourceType":"Bundle","total":{total}}}').total is None


@pytest.mark.parametrize("link", ["5", "[5]", '[{"relation":"next"}]', '[{"relation":"next","url":5}]'])
def test_a_link_that_is_none_is_no_next_page(link):
    assert split(f'{{"resourceType":"Bundle","link":{link}}}').next is None


def test_xml_is_cut_into_resources_that_stand_alone():
    body = f"""<?xml version="1.0"?><f:Bundle xmlns:f="http://hl7.org/fhir"><f:type value="searchset"/>
      <f:total value="2"/>
      <f:link><f:relation value="next"/><f:url value="http://x?page=2"/></f:link>
      <f:entry><f:fullUrl value="http://x/Patient/a"/><f:resource><Patient {NS}><id value="a"/><active value="true"/>
      </Patient></f:resource><f:search><f:mode value="match"/></f:search></f:entry>
      <f:entry><f:resource><f:Patient><f:id value="b"/><f:active value="true"/></f:Patient></f:resource></f:entry>
      <f:entry/><f:entry><f:request/></f:entry>
      <f:entry><f:resource><f:OperationOutcome><f:issue><f:severity value="error"/><f:code value="timeout"/></f:issue>
      </f:OperationOutcome></f:resource></f:entry></f:Bundle>"""
    page = split(body, Media.XML)
    assert [(e.type, e.id, e.full_url, e.mode) for e in page.entries] == [
        ("Patient", "a", "http://x/Patient/a", "match"),
        ("Patient", "b", None, None),
    ]
    assert (page.next, page.total) == ("http://x?page=2", 2)
    assert page.problems[0].startswith("Bundle.entry[2]")
    assert "error (timeout)" in page.problems[1]
    for entry in page.entries:
        assert fhir.check(entry.body, Media.XML, R4).problem is None


def test_a_single_xml_resource_is_passed_as_sent():
    body = f"<?xml version='1.0'?>\n<Patient {NS}><id value='a'/></Patient>".encode()
    (entry,) = split(body, Media.XML).entries
    assert (entry.body, entry.type, entry.id) == (body, "Patient", "a")
    assert split(b"<Patient", Media.XML).problems


def test_ndjson_names_the_bad_line_and_goes_on():
    page = fhir.split_ndjson(
        b'\xef\xbb\xbf{"resourceType":"Patient","id":"a"}\r\n\n{broken\n'
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"b"}}]}\n'
    )
    assert [(e.type, e.id) for e in page.entries] == [("Patient", "a"), ("Patient", "b")]
    assert page.entries[0].body == b'{"resourceType":"Patient","id":"a"}'
    assert len(page.problems) == 1
    assert page.problems[0].startswith("line 3:")
    assert fhir.split_ndjson(b"") == fhir.Page((), None, None, ())


@pytest.mark.parametrize(
    "bad",
    [
        b'{"resourceType":"Patient","multipleBirthInteger":1e999999}',
        b'{"resourceType":"Patient","multipleBirthInteger":%s}' % (b"9" * 5000),
        b'{"resourceType":"Patient","name":[{"text":"\xff"}]}',
        b'{"resourceType":"Patient","name":[{"text":"\\ud800"}]}',
        b'{"resourceType":"Patient","active":true,"active":false}',
        b'{"resourceType":"\\ud800"}',
        b'{"resourceType":"Patient","x":%s1%s}' % (b"[" * 500, b"]" * 500),
        b'{"resourceType":"Patient","x":"},]","y":NaN,"z":"\\"}"}',
        b'{"resourceType":"Patient",}',
    ],
)
def test_a_resource_with_a_bad_value_is_cut_and_left_to_the_check(bad):
    page = split(b'{"resourceType":"Bundle","entry":[{"resource":%s},{"resource":{"resourceType":"Patient"}}]}' % bad)
    assert page.entries[-1].type == "Patient"
    assert page.entries[0].body == bad
    assert page.problems == ()
    assert fhir.check(bad, Media.JSON, R4).problem is not None
    assert [entry.body for entry in split(bad).entries] == [bad]


def test_the_rest_of_a_bundle_with_a_bad_value_is_read_as_always():
    page = split(
        '{"resourceType":"Bundle", "total":2, "link":[{"relation":"next","url":"u"}], "entry":[ {"fullUrl":"f" ,'
        '"search":{"mode":"match"}, "resource": {"id":"a", "x":NaN, "resourceType":"Patient"} },'
        '{"resource":{"resourceType":"Patient","id":"b"}} ], "x":NaN}'
    )
    assert (page.total, page.next, page.problems) == (2, "u", ())
    assert [(e.type, e.id, e.full_url, e.mode) for e in page.entries] == [
        ("Patient", "a", "f", "match"),
        ("Patient", "b", None, None),
    ]
    assert page.entries[0].body == b'{"id":"a", "x":NaN, "resourceType":"Patient"}'


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient"}}',
        b'{"resourceType":"Bundle","entry":[]}}',
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"a}}]}',
    ],
)
def test_a_bundle_that_was_cut_off_is_not_half_read(body):
    page = split(body)
    assert page.entries == ()
    assert "do not close" in page.problems[0]


def test_an_unending_string_takes_no_unending_time():
    body = b'{"resourceType":"Bundle","entry":[' + b'"\\"' * 200_000 + b"}"
    assert split(body).entries == ()
