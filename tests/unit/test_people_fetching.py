"""Asking a provider something: what goes out, and answers that are not what they should be."""

from __future__ import annotations

import httpx
import pytest

from adapter.access.people import Http, LoginError, is_safe


def http(answer) -> tuple[Http, list[httpx.Request]]:
    """A client whose every question gets this answer, and the questions."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Http(lambda: httpx.AsyncClient(transport=httpx.MockTransport(handle), follow_redirects=False)), asked


async def test_an_object_is_read_with_or_without_a_token():
    fetch, asked = http(httpx.Response(200, json={"issuer": "x"}))
    assert await fetch.json("https://login.example/x", bearer="a-1") == {"issuer": "x"}
    assert asked[0].headers["authorization"] == "Bearer a-1"
    fetch, asked = http(httpx.Response(200, json={}))
    await fetch.json("https://login.example/x")
    assert "authorization" not in asked[0].headers


async def test_the_secret_goes_in_the_header_and_nowhere_else():
    fetch, asked = http(httpx.Response(200, json={"id_token": "t"}))
    await fetch.post("https://login.example/token", {"code": "c"}, httpx.BasicAuth("adapter", "geheim"))
    assert asked[0].headers["authorization"].startswith("Basic ")
    assert asked[0].content == b"code=c"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(500), "provider: answered 500"),
        (httpx.Response(302, headers={"Location": "https://anders.example"}), "provider: answered 302"),
        (httpx.Response(200, text="<html>"), "no JSON"),
        (httpx.Response(200, json=["x"]), "no object"),
        (httpx.Response(200, content=b" " * (1024 * 1024 + 1)), "too large"),
        (httpx.ConnectError("geheim"), r"does not answer \(ConnectError\)"),
        (httpx.ReadTimeout("geheim"), r"does not answer \(ReadTimeout\)"),
    ],
)
async def test_an_answer_that_is_none_is_said_without_repeating_it(answer, said):
    fetch, asked = http(answer)
    with pytest.raises(LoginError, match=said) as caught:
        await fetch.json("https://login.example/x")
    assert "geheim" not in str(caught.value)
    assert len(asked) == 1  # and no redirect is followed


async def test_a_code_that_the_provider_does_not_take_is_its_refusal():
    fetch, _ = http(httpx.Response(400, json={"error": "invalid_grant"}))
    with pytest.raises(LoginError, match="refused"):
        await fetch.post("https://login.example/token", {"code": "c"}, None)


async def test_nothing_goes_over_plain_http_to_another_machine():
    fetch, asked = http(httpx.Response(200, json={}))
    with pytest.raises(LoginError, match="https"):
        await fetch.json("http://login.example/x")
    assert asked == []


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://login.example", True),
        ("http://127.0.0.1:1/x", True),
        ("http://localhost", True),
        ("http://localhost.kwaad.example", False),
        ("ftp://login.example", False),
        ("javascript:x", False),
        ("", False),
    ],
)
def test_what_stays_between_us(address, safe):
    assert is_safe(address) is safe
