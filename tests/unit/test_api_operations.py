"""Health, metrics, and the headers on every answer."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from adapter.asgi import build
from doors import sample as SAMPLE
from doors.standing import doors


@pytest.fixture
def application():
    return SAMPLE.SampleApplication()


@pytest.fixture
async def client(application):
    transport = httpx.ASGITransport(doors(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_live_and_ready(client, application):
    assert (await client.get("/health/live")).json() == {"status": "live"}
    assert (await client.get("/health/ready")).json() == {"status": "ready"}
    application.is_ready = False
    assert (await client.get("/health/ready")).status_code == 503
    assert (await client.get("/health/live")).status_code == 200


async def test_metrics_count_and_name_nobody(client, application):
    response = await client.get("/metrics")
    lines = response.text.splitlines()
    assert 'adapter_sources{state="answered"} 2' in lines
    assert 'adapter_sources{state="refused"} 0' in lines
    assert 'adapter_decisions{status="onbepaald"} 0' in lines
    assert 'adapter_decisions{status="igo"} 2' in lines
    assert "adapter_pregnancies 5" in lines
    assert "adapter_queue_depth 0" in lines
    assert 'adapter_source_last_answer_timestamp_seconds{source="vp-groen"} 1722237300.0' in lines
    assert "Bakker" not in response.text


async def test_no_queue_no_queue_depth(client, application, monkeypatch):
    figures = replace(application.figures(), queue_depth=None)
    monkeypatch.setattr(application, "figures", lambda: figures)
    assert "queue" not in (await client.get("/metrics")).text


@pytest.mark.parametrize(
    "address",
    ["/", "/zwangerschap/zw-bakker-1", "/nothing", "/api/v1/pregnancies", "/fhir/r4/metadata", "/fhir/x", "/metrics"],
)
async def test_every_answer_is_locked_down(client, address):
    headers = (await client.get(address)).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert headers["x-frame-options"] == "DENY"
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-request-id"]


async def test_only_the_configured_epd_may_frame_the_pages(application):
    application.frame_ancestors = ("https://epd.example",)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build(application)), base_url="http://localhost") as one:
        headers = (await one.get("/")).headers
    assert headers["content-security-policy"].endswith("frame-ancestors https://epd.example")
    assert "x-frame-options" not in headers  # it cannot name an origin


@pytest.mark.parametrize("address", ["/", "/zwangerschap/zw-bakker-1", "/api/v1/pregnancies", "/fhir/r4/Patient/p1"])
async def test_patient_data_are_not_cached(client, address):
    assert (await client.get(address)).headers["cache-control"] == "no-store"


async def test_the_request_id_is_echoed_unless_it_is_odd(client):
    async def echoed(given: str) -> str:
        return (await client.get("/health/live", headers={"X-Request-ID": given})).headers["x-request-id"]

    assert await echoed("abc-123") == "abc-123"
    assert await echoed("a b<script>") != "a b<script>"
    assert await echoed(SAMPLE.BSN) != SAMPLE.BSN
