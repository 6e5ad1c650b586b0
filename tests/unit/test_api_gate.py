"""Who is let in at all: this machine, asking for itself. The rest is turned away before any route."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from adapter.api.gate import MOST_BODY, MOST_FHIR, names_this_machine
from doors import sample as SAMPLE
from doors.standing import doors

ADDRESSES = ["/", "/api/v1/pregnancies", "/fhir/r4/metadata", "/fhir/stu3/Patient/p1", "/metrics", "/openapi.json"]


@pytest.fixture
def application() -> Any:
    return SAMPLE.SampleApplication()


@pytest.fixture
async def client(application: Any) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(doors(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
        yield client


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3", "[::1]:1"])
def test_loopback_is_this_machine(host: str) -> None:
    assert names_this_machine(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "10.0.0.1"),
        *("[bad", "::1", "0.0.0.0", "localhost:80:80", "local host", "[::1].evil.example", "0x7f000001", "x" * 9000),
    ],
)
def test_any_other_name_may_be_somebody_elses(host: str) -> None:
    assert not names_this_machine(host)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_name_that_was_rebound_to_this_machine_reads_nothing(
    client: httpx.AsyncClient, application: Any, address: str
) -> None:
    response = await client.get(address, headers={"Host": "evil.example:8080"})
    assert response.status_code == 421
    assert "evil" not in response.text
    assert response.headers["content-security-policy"]
    assert application.asked == []


async def test_two_hosts_or_none_are_refused(client: httpx.AsyncClient) -> None:
    twice = await client.get("/", headers=[("Host", "localhost"), ("Host", "evil.example")])
    assert twice.status_code == 421
    request = client.build_request("GET", "/")
    del request.headers["host"]
    assert (await client.send(request)).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "https://localhost:8080"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("address", ["/", "/api/v1/pregnancies/_search", "/fhir/r4/Patient/_search"])
async def test_a_page_of_another_origin_posts_nothing(
    client: httpx.AsyncClient, application: Any, headers: dict[str, str], address: str
) -> None:
    response = await client.post(address, data={"zoek": "Bakker"}, headers=headers)
    assert response.status_code == 403
    assert application.asked == []


async def test_our_own_page_posts(client: httpx.AsyncClient) -> None:
    headers = {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-origin"}
    assert (await client.post("/", data={"zoek": "Bakker"}, headers=headers)).status_code == 200


@pytest.mark.parametrize("address", ["/", "/api/v1/pregnancies/_search", "/fhir/r4", "/nothing"])
async def test_a_body_without_end_is_cut_off(client: httpx.AsyncClient, address: str) -> None:
    most = MOST_FHIR if address.startswith("/fhir/") else MOST_BODY
    whole = await client.post(address, content=b"x" * (most + 1))
    assert whole.status_code == 413


@pytest.mark.parametrize(
    ("address", "kind"),
    [("/", "application/x-www-form-urlencoded"), ("/api/v1/pregnancies/_search", "application/json")],
)
async def test_a_body_of_unsaid_length_is_cut_off_too(client: httpx.AsyncClient, address: str, kind: str) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * MOST_BODY:
            sent += 65536
            yield b"x" * 65536

    response = await client.post(address, content=endless(), headers={"Content-Type": kind})
    assert response.status_code == 413
    assert sent <= MOST_BODY + 65536


@pytest.mark.parametrize("address", ["/zwangerschap/a%00b", "/api/v1/pregnancies/%0d%0a/care-path", "/static/%00"])
async def test_control_characters_in_an_address_are_refused(client: httpx.AsyncClient, address: str) -> None:
    assert (await client.get(address)).status_code == 400


@pytest.mark.parametrize("address", ["/zwangerschap/{}", "/api/v1/pregnancies/{}/care-path", "/static/{}.css"])
async def test_a_bsn_in_the_path_is_refused_and_not_repeated(
    client: httpx.AsyncClient, application: Any, address: str
) -> None:
    response = await client.get(address.format(SAMPLE.BSN))
    assert response.status_code == 400
    assert SAMPLE.BSN not in response.text
    assert application.asked == []


async def test_nine_digits_inside_an_id_of_ours_are_no_bsn(client: httpx.AsyncClient) -> None:
    response = await client.get(f"/api/v1/pregnancies/1df84fb9-99c7-495f-a687-adc{SAMPLE.BSN}/care-path")
    assert response.status_code == 404
