"""A source that answers nonsense: always an honest report, never an exception, never a wrong resource."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapter.connectors import Ask, Limits, PullOutcome, SourceConfig, connect
from adapter.model.evidence import Organisation
from adapter.model.sources import FhirVersion, Received, SourceInfo, SourceState
from adapter.simulation.epd_sample import sample_bsn

LIMITS = Limits(attempts=2, first_wait=0.0, longest_wait=0.0, read_seconds=2)
BSN = sample_bsn(1)
DOSSIER_TYPE = [{"coding": [{"system": "http://snomed.info/sct", "code": "364320009"}]}]


def bundle(*resources: Any, **more: Any) -> bytes:
    entries = [{"resource": r, "search": {"mode": "match"}} for r in resources]
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries, **more}).encode()


async def pull(url: str, transport: httpx.AsyncBaseTransport | None) -> tuple[PullOutcome, list[Received]]:
    got: list[Received] = []

    async def deliver(items: list[Received]) -> None:
        got.extend(items)

    info = SourceInfo("vp", "VP", Organisation("agb:08001234"), "nictiz", FhirVersion.STU3)
    config = SourceConfig(info, "fhir", base_url=url, limits=LIMITS)
    outcome = await connect(config, transport).pull(Ask(True, (BSN,)), deliver)
    assert BSN.value not in repr(outcome)
    return outcome, got


async def pull_answering(body: bytes, media: str = "application/fhir+json") -> tuple[PullOutcome, list[Received]]:
    async def answer(request: Request) -> Response:
        if request.url.path.endswith("metadata"):
            return Response(status_code=404)
        return Response(body, media_type=media)

    app = Starlette(routes=[Route("/fhir/{path:path}", answer, methods=["GET", "POST"])])
    return await pull("http://epd/fhir", httpx.ASGITransport(app=app))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'"Bundle"',
        b'{"resourceType": "Bundle", "entry": [',
        b'{"resourceType": "Bundle", "entry": {"resource": 1}}',
        b"[" * 100_000,
        b"<html><body>Inloggen</body></html>",
        b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaa">]><Bundle xmlns="http://hl7.org/fhir">&a;</Bundle>',
        b'{"resourceType": "OperationOutcome", "issue": [{"severity": "fatal", "code": "exception"}]}',
    ],
)
@pytest.mark.parametrize("media", ["application/fhir+json", "application/fhir+xml", "text/html"])
async def test_an_answer_that_is_no_page_is_a_failure(body: bytes, media: str) -> None:
    outcome, got = await pull_answering(body, media)
    assert got == []
    assert outcome.state is SourceState.FAILED
    assert {w.state for w in outcome.women} == {SourceState.FAILED}
    assert [p for p in outcome.problems if p.severity == "error"]


async def test_bad_entries_do_not_stop_the_good_ones() -> None:
    good = {"resourceType": "EpisodeOfCare", "id": "e", "type": DOSSIER_TYPE, "patient": {"reference": "Patient/w"}}
    odd = [
        1,
        "x",
        None,
        {"resourceType": "EpisodeOfCare"},
        {"resourceType": 7, "id": "e"},
        {**good, "id": "nobody", "patient": {"display": "zonder"}},
        {**good, "id": "odd", "patient": ["Patient/w"], "type": "zwangerschap"},
        {**good, "id": "other-care", "type": []},
    ]
    outcome, got = await pull_answering(bundle(*odd, good))
    assert [i.reference for i in got if i.type == "EpisodeOfCare"] == ["EpisodeOfCare/e"]
    assert {i.woman for i in got} == {"Patient/w"}
    assert [p for p in outcome.problems if p.severity == "error"]


@pytest.mark.parametrize("depth", [100, 400, 900])
async def test_nesting_that_never_ends_is_survived(depth: int) -> None:
    good = {"resourceType": "EpisodeOfCare", "id": "e", "type": DOSSIER_TYPE, "patient": {"reference": "Patient/w"}}
    deep = json.dumps({**good, "id": "deep"})[:-1] + ', "extension": ' + '[{"extension": ' * depth + "[]" + "}]" * depth
    text = bundle(good).replace(b"[{", b'[{"resource": ' + deep.encode() + b"}}, {", 1)
    outcome, got = await pull_answering(text)
    assert outcome.women
    assert {i.reference for i in got if i.type == "EpisodeOfCare"} <= {"EpisodeOfCare/e", "EpisodeOfCare/deep"}


async def test_a_contact_of_somebody_else_is_not_hers() -> None:
    dossier = {"resourceType": "EpisodeOfCare", "id": "e", "type": DOSSIER_TYPE, "patient": {"reference": "Patient/w"}}
    act = {"resourceType": "Observation", "id": "o", "subject": {"reference": "Patient/w"}}
    act["context"] = {"reference": "Encounter/c"}
    other = {"resourceType": "Encounter", "id": "c", "subject": {"reference": "Patient/other"}}
    _, got = await pull_answering(bundle(dossier, act, other))
    assert {i.reference for i in got} == {"EpisodeOfCare/e", "Observation/o"}


async def test_another_person_at_a_bsn_is_not_taken() -> None:
    identifier = [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": sample_bsn(2).value}]
    outcome, got = await pull_answering(bundle({"resourceType": "Patient", "id": "x", "identifier": identifier}))
    assert got == []
    assert [w.state for w in outcome.women if w.bsn == BSN] == [SourceState.FAILED]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hallo\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_a_failure(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        outcome, got = await pull(f"http://127.0.0.1:{port}/fhir", None)
    assert got == []
    assert outcome.state is SourceState.FAILED
    assert [w.state for w in outcome.women] == [SourceState.FAILED]
