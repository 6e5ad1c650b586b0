"""Bundles that ask for something: whole or absent, of the shape that FHIR prescribes, and pointing to each other."""

from __future__ import annotations

import json

import pytest
import pytest_asyncio

from adapter import fhir
from adapter.model.sources import FhirVersion, Media
from adapter.store import StoreUnavailableError
from support.fhir_server import (
    JSON,
    VP,
    encounter,
    episode,
    observation,
    patient,
    post_entry,
    put_entry,
    serving,
    transaction,
)

OWN = "http://epd.example/id"
WOMAN, SEEN = "urn:uuid:0e5f7b52-0000-4000-8000-000000000001", "urn:uuid:0e5f7b52-0000-4000-8000-000000000002"
XML = {"Accept": "application/fhir+xml"}


@pytest_asyncio.fixture
async def server(tmp_path):
    async with serving(tmp_path) as server:
        yield server


def get_entry(url, **request):
    return {"request": {"method": "GET", "url": url, **request}}


def named(value, kind="Patient", **more):
    """A resource with an identifier of its own, and no id."""
    return {"resourceType": kind, "identifier": [{"system": OWN, "value": value}], **more}


async def posted(server, *entries, kind="transaction", **headers):
    bundle = transaction(*entries, kind=kind)
    return await server.client.post("/fhir/stu3", json=bundle, headers={**VP, **headers})


def statuses(answer):
    assert answer.status_code == 200, answer.text
    assert fhir.check(answer.content, Media.JSON, FhirVersion.STU3).problem is None
    return [e["response"]["status"][:3] for e in answer.json()["entry"]]


def issue_of(answer):
    issue = answer.json()["issue"][0]
    return answer.status_code, issue["code"], issue["expression"][0]


# Whole or absent.


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("Observation/nonexist", 404, "not-found"),
        ("Observation?foo=1", 400, "not-supported"),
        ("Observation?date=x", 400, "value"),
        ("Observation?_page=x", 400, "value"),
        ("Foo/1", 404, "not-supported"),
        ("Foo?x=1", 404, "not-supported"),
        ("Observation/at1/_history/1", 404, "not-supported"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
async def test_nothing_is_written_where_what_is_read_is_refused(server, url, status, code, first):
    entries = [put_entry(observation("at1")), get_entry(url)]
    answer = await posted(server, *(reversed(entries) if first else entries))
    at = 0 if first else 1
    assert issue_of(answer) == (status, code, f"Bundle.entry[{at}].request.url")
    assert server.store.counts()["versions"] == 0


@pytest.mark.parametrize("makes", [True, False])
async def test_a_transaction_that_writes_nothing_is_refused_as_a_whole(server, makes):
    await server.put({**named("x"), "id": "w7"})
    there = post_entry(named("x"), WOMAN, ifNoneExist=f"identifier={OWN}|x")
    answer = await posted(server, *([there] if makes else []), get_entry("Patient/w7"), get_entry("Patient/nobody"))
    assert issue_of(answer) == (404, "not-found", f"Bundle.entry[{1 + makes}].request.url")


@pytest.mark.parametrize("there", [True, False])
async def test_a_chain_that_would_look_through_too_much(server, monkeypatch, there):
    for n in range(5):
        await server.put(encounter(f"c{n}"))
    monkeypatch.setattr("adapter.service.endpoint.search.WALK", 2)
    monkeypatch.setattr("adapter.service.endpoint.search._STEP", 2)
    entries = [put_entry(observation("o1")), get_entry("Observation?context:Encounter.status=x")]
    if there:
        await server.put(observation("o0"))
        assert issue_of(await posted(server, *entries)) == (400, "too-costly", "Bundle.entry[1].request.url")
    else:  # only what is written now has to be looked through
        assert statuses(await posted(server, *entries)) == ["201", "400"]
    assert (await server.get("Observation/o1")).status_code == (404 if there else 200)


async def test_a_transaction_reads_what_it_makes(server):
    await server.put(patient())
    entries = [get_entry("Observation/o1"), get_entry("Observation?patient=w1"), put_entry(observation("o1"))]
    answer = await posted(server, *entries)
    assert statuses(answer) == ["200", "200", "201"]
    assert answer.json()["entry"][0]["resource"]["id"] == "o1"
    assert answer.json()["entry"][1]["resource"]["total"] == 1


async def test_what_fails_after_it_was_written_is_told_of_its_entry(server, monkeypatch):
    await server.put(patient())
    read, written = server.service.endpoint(FhirVersion.STU3).read, server.store.counts()["versions"]

    def gone(*asked):
        if server.store.counts()["versions"] > written:
            raise StoreUnavailableError("it went away")
        return read(*asked)

    monkeypatch.setattr(server.service.endpoint(FhirVersion.STU3), "read", gone)
    answer = await posted(server, put_entry(observation("o1")), get_entry("Patient/w1"))
    assert statuses(answer) == ["201", "503"]
    outcome = answer.json()["entry"][1]["response"]["outcome"]
    assert outcome["issue"][0]["expression"] == ["Bundle.entry[1].request.url"]


async def test_a_store_that_goes_away_in_a_batch_is_told_of_the_entry(server, monkeypatch):
    def gone(*_):
        raise StoreUnavailableError("it went away")

    monkeypatch.setattr(server.service.endpoint(FhirVersion.STU3), "read", gone)
    entries = [put_entry(observation("o1")), get_entry("Patient/w1"), put_entry(observation("o2"))]
    assert statuses(await posted(server, *entries, kind="batch")) == ["201", "503", "201"]


# Its shape.


def bundle_of(**more):
    return {"resourceType": "Bundle", "type": "transaction", **more}


GOOD = put_entry(observation("o1"))


@pytest.mark.parametrize("kind", ["transaction", "batch"])
@pytest.mark.parametrize(
    ("wrong", "status", "where"),
    [
        (bundle_of(entries=[GOOD]), 422, "Bundle.entries"),
        (bundle_of(entry=GOOD), 400, "Bundle.entry"),
        (bundle_of(entry=["x"]), 400, "Bundle.entry[0].request"),
        (bundle_of(entry=[{"resource": observation("o1")}]), 400, "Bundle.entry[0].request"),
        (bundle_of(entry=[put_entry(observation("o1"), ifmatch='W/"1"')]), 422, "Bundle.entry[0].request.ifmatch"),
        (bundle_of(entry=[put_entry(observation("o1"), ifMatch=1)]), 422, "Bundle.entry[0].request.ifMatch"),
        (bundle_of(entry=[post_entry(patient(), WOMAN, ifNoneExist="")]), 422, "Bundle.entry[0].request.ifNoneExist"),
        (bundle_of(entry=[]), 422, "Bundle.entry"),
        (bundle_of(entry=[GOOD, {**put_entry(patient()), "fullurl": WOMAN}]), 422, "Bundle.entry[1].fullurl"),
        (bundle_of(entry=[{**GOOD, "resource": [observation("o1")]}]), 422, "Bundle.entry[0].resource"),
        (bundle_of(entry=[{**GOOD, "fullUrl": 1}]), 422, "Bundle.entry[0].fullUrl"),
        (bundle_of(entry=[GOOD], link="x"), 422, "Bundle.link"),
        (
            bundle_of(entry=[{**GOOD, "fullUrl": WOMAN}, {**put_entry(patient()), "fullUrl": WOMAN}]),
            422,
            "Bundle.entry[1].fullUrl",
        ),
    ],
)
async def test_a_bundle_of_a_wrong_shape(server, wrong, status, where, kind):
    answer = await server.client.post("/fhir/stu3", json={**wrong, "type": kind}, headers=VP)
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (status, [where]), answer.text
    assert server.store.counts()["versions"] == 0


async def test_what_a_bundle_may_say_besides(server):
    extension = [{"url": "http://epd.example/x", "valueString": "y"}]
    whole = bundle_of(
        id="b1",
        meta={"lastUpdated": "2026-03-01T09:00:00Z"},
        link=[{"relation": "self", "url": "http://epd.example/b1"}],
        entry=[{**GOOD, "id": "e1", "extension": extension, "fullUrl": "http://epd.example/Observation/o1"}],
    )
    assert statuses(await server.client.post("/fhir/stu3", json=whole, headers=VP)) == ["201"]
    assert (await server.client.post("/fhir/stu3", json=bundle_of(), headers=VP)).status_code == 200


# Searching and reading in it.


SEARCHES = [
    "Observation?patient=w1&_count=2",
    "Observation?code=http://snomed.info/sct|57036006",
    "Observation?patient=w1&_unknown=1",
    "Observation?patient=w1&_include=Observation:patient",
    "Observation?patient=nobody",
    "Observation?_summary=count",
    "Consent?patient=Patient/w1",
]


@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_a_search_in_a_bundle_is_the_page_of_a_plain_search(server, kind):
    await server.put(patient())
    for n in range(251):
        await server.put(observation(f"o{n}"))
    answer = await posted(server, *map(get_entry, SEARCHES), kind=kind)
    assert set(statuses(answer)) == {"200"}
    paged = []
    for url, entry in zip(SEARCHES, answer.json()["entry"], strict=True):
        plain = (await server.get(url, **VP)).json()
        nexts = [found for found in (_next(plain), _next(entry["resource"])) if found]
        assert entry["resource"] == plain, url
        assert len(nexts) in (0, 2)
        if nexts:
            paged.append(url)
            rest = await server.client.get(nexts[1], headers=VP)
            assert rest.json()["entry"]
            within = await posted(server, get_entry(nexts[1]), kind=kind)
            assert within.json()["entry"][0]["resource"]["entry"] == rest.json()["entry"]
    assert paged == SEARCHES[:4]


def _next(page):
    """Taken out of the page: it is sealed anew each time."""
    found = [link["url"] for link in page["link"] if link["relation"] == "next"]
    page["link"] = [link for link in page["link"] if link["relation"] != "next"]
    return found[0] if found else None


async def test_a_search_in_a_bundle_in_xml(server):
    await server.put(patient())
    await server.put(observation("o1", None, valueQuantity={"value": 1.5}))
    answer = await posted(server, get_entry("Observation?patient=w1"), **XML)
    page = fhir.from_xml(answer.content, FhirVersion.STU3)["entry"][0]["resource"]
    assert page["entry"][0]["resource"]["id"] == "o1"
    assert page["total"] == 1


@pytest.mark.parametrize("kind", ["transaction", "batch"])
@pytest.mark.parametrize(
    ("known", "status"), [('W/"2"', "304"), ('"2"', "304"), ('W/"1"', "200"), ("*", "304"), (None, "200")]
)
async def test_a_read_in_a_bundle_of_what_is_known(server, kind, known, status):
    await server.put(patient())
    await server.put(patient(gender="female"))
    answer = await posted(server, get_entry("Patient/w1", **({"ifNoneMatch": known} if known else {})), kind=kind)
    assert statuses(answer) == [status]
    entry = answer.json()["entry"][0]
    assert entry["response"]["etag"] == 'W/"2"'
    assert ("resource" in entry) is (status == "200")


async def test_an_entry_that_only_makes(server):
    entry = put_entry(patient(), ifNoneMatch="*")
    assert statuses(await posted(server, entry)) == ["201"]
    assert issue_of(await posted(server, put_entry(patient(gender="female"), ifNoneMatch="*")))[:2] == (412, "conflict")


# What points to what.


@pytest.mark.parametrize(("value", "written"), [("A&B", "A%26B"), ("A+B", "A%2BB"), ("A%41", "A%2541"), ("A B", "A+B")])
@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_a_reference_by_search_is_read_as_an_address(server, value, written, kind):
    await server.put({**named(value), "id": "w7"})
    assert await server.found(f"Patient?identifier={OWN}%7C{written}") == ["Patient/w7"]
    seen = {**observation("o1", None), "subject": {"reference": f"Patient?identifier={OWN}%7C{written}"}}
    assert statuses(await posted(server, put_entry(seen), kind=kind)) == ["201"]
    assert (await server.get("Observation/o1")).json()["subject"]["reference"] == "Patient/w7"


def pointing(text, id="o1"):
    return put_entry({**observation(id, None), "subject": {"reference": text}})


@pytest.mark.parametrize("base", ["", "http://localhost/fhir/stu3/"])
@pytest.mark.parametrize("turned", [False, True])
async def test_a_reference_by_search_finds_what_the_transaction_makes(server, base, turned):
    entries = [post_entry(named("P77"), WOMAN), pointing(f"{base}Patient?identifier={OWN}|P77")]
    answer = await posted(server, *(reversed(entries) if turned else entries))
    assert statuses(answer) == ["201", "201"]
    made = answer.json()["entry"][1 if turned else 0]["response"]["location"].split("/_history")[0]
    assert (await server.get("Observation/o1")).json()["subject"]["reference"] == made


@pytest.mark.parametrize(
    ("stored", "entries", "code"),
    [
        # two of them, or one beside what is stored; nothing, where it loses the identifier or has another
        ((), [post_entry(named("P77"), WOMAN), post_entry(named("P77"), SEEN)], "multiple-matches"),
        (({**named("P77"), "id": "w7"},), [post_entry(named("P77"), WOMAN)], "multiple-matches"),
        (({**named("P77"), "id": "w7"},), [put_entry(patient("w7"))], "not-found"),
        ((), [post_entry(named("P78"), WOMAN)], "not-found"),
        ((), [post_entry({**named("P77", "Organization"), "name": "x"}, WOMAN)], "not-found"),
    ],
)
async def test_a_reference_by_search_that_does_not_find_one(server, stored, entries, code):
    for resource in stored:
        await server.put(resource)
    before = server.store.counts()["versions"]
    answer = await posted(server, *entries, pointing(f"Patient?identifier={OWN}|P77"))
    assert issue_of(answer) == (412, code, f"Bundle.entry[{len(entries)}].resource.subject")
    assert server.store.counts()["versions"] == before


async def test_a_reference_by_search_to_what_the_transaction_changes(server):
    await server.put({**named("P77"), "id": "w7"})
    changed = put_entry({**named("P77"), "id": "w7", "gender": "female"})
    once = post_entry(named("P77"), WOMAN, ifNoneExist=f"identifier={OWN}|P77")
    for entry in (changed, once):
        answer = await posted(server, entry, pointing(f"Patient?identifier={OWN}|P77"))
        assert statuses(answer)[0] == "200"
        assert (await server.get("Observation/o1")).json()["subject"]["reference"] == "Patient/w7"


async def test_a_batch_does_not_point_to_itself(server):
    entries = [post_entry(named("P77"), WOMAN), pointing(f"Patient?identifier={OWN}|P77")]
    assert statuses(await posted(server, *entries, kind="batch")) == ["201", "412"]


DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


async def test_links_in_a_narrative_and_addresses_are_put_right_too(server):
    links = f'<a href="{SEEN}">x</a> <a class="c" href=\'{SEEN}\'>y</a> <a href="{SEEN}0">z</a> {SEEN}'
    woman = patient(
        text={"status": "additional", "div": DIV.format(links + f'<img src="{SEEN}" alt="{SEEN}"/>')},
        photo=[{"url": SEEN, "title": SEEN}],
        identifier=[{"system": "urn:ietf:rfc:3986", "value": SEEN}],
        extension=[{"url": "http://epd.example/x", "valueUri": SEEN}, {"url": "http://e.x/y", "valueString": SEEN}],
    )
    seen = observation("", None)
    seen["subject"] = {"reference": WOMAN}
    answer = await posted(server, post_entry(woman, WOMAN), post_entry(seen, SEEN))
    assert statuses(answer) == ["201", "201"]
    hers, made = (e["response"]["location"].split("/_history")[0] for e in answer.json()["entry"])
    kept = (await server.get(hers)).json()
    right = f'<a href="{made}">x</a> <a class="c" href="{made}">y</a> <a href="{SEEN}0">z</a> {SEEN}'
    assert kept["text"]["div"] == DIV.format(right + f'<img src="{made}" alt="{SEEN}"/>')
    assert kept["photo"] == [{"url": made, "title": SEEN}]
    assert kept["identifier"][0]["value"] == SEEN
    assert [list(e.values())[1] for e in kept["extension"]] == [made, SEEN]


# Where it is said to be wrong.


@pytest.mark.parametrize(
    ("method", "address", "body", "headers", "where"),
    [
        ("PUT", "Device/m", {"resourceType": "Device", "id": "m"}, {}, "Device"),
        ("POST", "Patient", named("twice"), {"If-None-Exist": f"identifier={OWN}|twice"}, "http.If-None-Exist"),
        ("POST", "Patient", named("x"), {"If-None-Exist": ""}, "http.If-None-Exist"),
        ("POST", "Patient", named("x"), {"If-None-Exist": "_format=json"}, "http.If-None-Exist"),
        ("POST", "Patient", named("x"), {"If-None-Exist": "foo=1"}, "http.If-None-Exist"),
        ("POST", "Patient", named("x"), {"If-None-Exist": "identifier=%ff"}, "http.If-None-Exist"),
        ("PUT", f"Patient?identifier={OWN}|twice", named("twice"), {}, "http"),
        ("PUT", "Patient", named("x"), {}, "http"),
        ("PUT", "Patient?_format=json", named("x"), {}, "http"),
    ],
)
async def test_where_a_condition_is_wrong(server, method, address, body, headers, where):
    for id in ("w7", "w8"):
        await server.put({**named("twice"), "id": id})
    answer = await server.client.request(
        method, f"/fhir/stu3/{address}", content=json.dumps(body), headers={**JSON, **VP, **headers}
    )
    assert answer.status_code in (400, 412, 422)
    assert answer.json()["issue"][0]["expression"] == [where]


@pytest.mark.parametrize("kind", ["transaction", "batch"])
@pytest.mark.parametrize(
    ("request_", "where"),
    [
        ({"method": "POST", "url": "Patient", "ifNoneExist": f"identifier={OWN}|twice"}, "ifNoneExist"),
        ({"method": "POST", "url": "Patient", "ifNoneExist": "foo=1"}, "ifNoneExist"),
        ({"method": "POST", "url": "Patient", "ifNoneExist": "_format=json"}, "ifNoneExist"),
        ({"method": "PUT", "url": f"Patient?identifier={OWN}|twice"}, "url"),
        ({"method": "PUT", "url": "Patient?foo=1"}, "url"),
    ],
)
async def test_where_a_condition_in_a_bundle_is_wrong(server, request_, where, kind):
    for id in ("w7", "w8"):
        await server.put({**named("twice"), "id": id})
    answer = await posted(server, put_entry(episode()), {"resource": named("x"), "request": request_}, kind=kind)
    whole = answer.json()
    issue = (whole if kind == "transaction" else whole["entry"][1]["response"]["outcome"])["issue"][0]
    assert issue["expression"] == [f"Bundle.entry[1].request.{where}"]


async def test_where_nothing_says_whose_it_is_in_a_bundle(server):
    device = put_entry({"resourceType": "Device", "id": "m"})
    answer = await posted(server, get_entry("Patient?_id=x"), device)
    assert issue_of(answer) == (422, "business-rule", "Bundle.entry[1].resource")
