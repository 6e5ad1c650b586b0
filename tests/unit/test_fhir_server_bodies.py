"""A body that cannot be read: the answer says what is wrong with it, and where."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from adapter.fhir.errors import FhirError
from adapter.fhir.jsontext import loads, loads_exact
from support.fhir_server import JSON, VP, Server, patient, serving


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path) as server:
        yield server


LONG = b'{"resourceType":"Patient","multipleBirthInteger":' + b"9" * 5000 + b"}"
DEEP = b'{"resourceType":"Patient","extension":' + b"[" * 2000 + b"]" * 2000 + b"}"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b'"x"', "not an object"),
        (b"1", "not an object"),
        (LONG, "digits"),
        (LONG.replace(b"}", b".5}"), "digits"),
        (b'{"resourceType":"Patient","x":1e999999}', "absurd exponent"),
        (b'{"resourceType":"Patient","x":NaN}', "NaN"),
        (DEEP, "nested too deep"),
        (b"\xff", "not UTF-8"),
        (b"", "empty"),
        (b'{"resourceType":"Patient",}', "not valid JSON (line 1"),
        (b'{"id":"\\ud800"}', "not valid JSON"),
    ],
    ids=range(13),
)
async def test_what_is_wrong_with_a_text_is_said(server: Server, body: bytes, text: str) -> None:
    answer = await server.client.put("/fhir/stu3/Patient/w1", content=body, headers={**JSON, **VP})
    (issue,) = answer.json()["issue"]
    assert (answer.status_code, issue["code"], issue["expression"]) == (400, "structure", ["http.body"])
    assert text in issue["diagnostics"]
    for read in (loads, loads_exact):
        with pytest.raises(FhirError) as refused:
            read(body)
        assert text in str(refused.value)


async def test_a_body_that_is_packed_is_no_bad_json(server: Server) -> None:
    body = json.dumps(patient()).encode()
    headers = {**JSON, **VP, "Content-Encoding": "gzip"}
    answer = await server.client.put("/fhir/stu3/Patient/w1", content=gzip.compress(body), headers=headers)
    (issue,) = answer.json()["issue"]
    assert (answer.status_code, issue["expression"]) == (415, ["http.Content-Encoding"])
    headers["Content-Encoding"] = "identity"
    assert (await server.client.put("/fhir/stu3/Patient/w1", content=body, headers=headers)).status_code == 201


async def test_who_may_not_ask_hears_that_it_is_the_token(server: Server) -> None:
    answer = await server.client.post("/fhir/stu3/Patient", json=patient(), headers=JSON)
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (403, ["http.Authorization"])


@pytest.mark.parametrize("name", ["999911120", " ", "a b", "1"])
async def test_an_element_without_a_name_of_fhir_is_pointed_to_by_what_it_stands_in(server: Server, name: str) -> None:
    given = patient("w1", None, contact=[{"gender": "male", name: "x"}])
    (issue,) = (await server.put(given)).json()["issue"]
    assert issue["expression"] == ["Patient.contact[0]"]
    (issue,) = (await server.put({**patient("w1", None), name: "x"})).json()["issue"]
    assert issue["expression"] == ["Patient"]
    assert "999911120" not in str(issue)
