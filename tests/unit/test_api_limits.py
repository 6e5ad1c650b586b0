"""Each limit with its own clear answer: rate, failures, time, size, depth, entries, page, parameters, hosts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from adapter.access import Actor, ActorKind, Identified, Purpose, UnauthenticatedError
from adapter.api.authentication import Authentication
from adapter.api.headers import Headers
from adapter.api.limits import Deadline, FailureLimit, RateLimit, deeper
from adapter.bootstrap.access import AccessSettings, LimitSettings
from adapter.bootstrap.bounds import bounds_of
from adapter.bootstrap.throttle import RedisThrottle
from adapter.jobs import JobsError
from adapter.service.bounds import Bounds, Limits
from adapter.service.entrance import Credentials, Demonstration
from adapter.service.gcra import Gcra
from tests.support import fhir_server


class Doors(Demonstration):
    def __init__(self) -> None:
        super().__init__()
        self.looked_at: list[Credentials] = []

    async def identify(self, credentials: Credentials) -> Identified:
        self.looked_at.append(credentials)
        if credentials.bearer is None:
            raise UnauthenticatedError("who are you")
        if credentials.bearer == "bad":
            raise UnauthenticatedError("no", "invalid_token")
        kind = ActorKind.SYSTEM if credentials.bearer.startswith("epd") else ActorKind.PERSON
        client, _, person = credentials.bearer.partition("|")
        actor = Actor(credentials.bearer, "X", kind=kind, client=client if person else None)
        return Identified(actor, frozenset(Purpose))


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def no_redis() -> str:
    raise JobsError("away")


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"].endswith("/slow"):
        await asyncio.sleep(60)
    await PlainTextResponse("hello")(scope, receive, send)


def client_of(
    bounds: Bounds,
    issuer: str | None = None,
    base: str = "http://localhost",
    *,
    at: str = "127.0.0.1",
    doors: Doors | None = None,
    inner: Any = hello,
) -> httpx.AsyncClient:
    app: Any = RateLimit(inner, bounds)
    app = FailureLimit(Authentication(app, doors or Doors()), bounds)
    app = Headers(Deadline(app, bounds), issuer=issuer, bounds=bounds)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(at, 1)), base_url=base)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttled(clock: Clock) -> Bounds:
    return Bounds(throttle=RedisThrottle(no_redis, 60, 3, 2, clock))


def who(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


async def test_each_identity_has_its_own_count_and_is_told_when_to_come_back(throttled: Bounds, clock: Clock) -> None:
    async with client_of(throttled) as client:
        answers = [await client.get("/fhir/r4/x", headers=who("epd-1")) for _ in range(4)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit-policy"] == '"identity";q=60;w=60'
        assert answers[0].headers["ratelimit"] == '"identity";r=2;t=60'
        issue = answers[3].json()["issue"][0]
        assert (issue["code"], answers[3].headers["retry-after"]) == ("throttled", "1")
        assert "[access.limits] per_minute" in issue["diagnostics"]
        assert answers[3].headers["content-security-policy"]
        assert (await client.get("/fhir/r4/x", headers=who("epd-2"))).status_code == 200
        assert (await client.get("/fhir/r4/x", headers=who("person"))).status_code == 200
        clock.now += 1
        assert (await client.get("/fhir/r4/x", headers=who("epd-1"))).status_code == 200
        assert (await client.get("/api/v1/x", headers=who("epd-1"))).headers["content-type"] == (
            "application/problem+json"
        )


async def test_an_address_that_guesses_is_told_so_and_a_token_that_holds_goes_on(
    throttled: Bounds, clock: Clock
) -> None:
    doors = Doors()
    async with client_of(throttled, doors=doors) as client:
        tried = [await client.get("/api/v1/x", headers=who("bad")) for _ in range(4)]
        assert [a.status_code for a in tried] == [401, 401, 401, 429]
        assert [c.shut for c in doors.looked_at] == [False, False, False, True]
        assert (await client.get("/api/v1/x", headers=who("epd-1"))).status_code == 200
        assert int(tried[3].headers["retry-after"]) >= 1
        clock.now += 31
        assert (await client.get("/api/v1/x", headers=who("bad"))).status_code == 401
        assert doors.looked_at[-1].shut is False


async def test_who_shows_nothing_at_all_is_not_counted_as_guessing(throttled: Bounds) -> None:
    async with client_of(throttled) as client:
        assert {(await client.get("/api/v1/x")).status_code for _ in range(5)} == {401}
        assert (await client.get("/api/v1/x", headers=who("bad"))).status_code == 401


async def test_assertions_that_do_not_hold_are_counted_too(clock: Clock) -> None:
    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("no", 401)(scope, receive, send)

    async with client_of(Bounds(throttle=RedisThrottle(no_redis, 600, 100, 2, clock)), inner=refusing) as client:
        assert [(await client.post("/oauth/token")).status_code for _ in range(4)] == [401, 401, 401, 429]


async def test_a_token_at_an_open_address_is_not_looked_at() -> None:
    doors = Doors()
    async with client_of(Bounds(), doors=doors) as client:
        for address in ("/health/live", "/oauth/jwks", "/oauth/token", "/static/a.css", "/fhir/r4/metadata"):
            assert (await client.get(address, headers=who("bad"))).status_code == 200
        assert doors.looked_at == []
        assert (await client.get("/inloggen", headers=who("bad"))).status_code == 200
        assert [c.bearer for c in doors.looked_at] == [None], "a session, and no token"


async def test_a_network_of_ipv6_is_one_address(throttled: Bounds) -> None:
    for last, status in (("1", 200), ("2", 200), ("ffff:1", 200), ("3", 429)):
        async with client_of(throttled, at=f"2001:db8:0:1::{last}") as client:
            assert (await client.post("/oauth/token")).status_code == status
    async with client_of(throttled, at="2001:db8:0:2::1") as client:
        assert (await client.post("/oauth/token")).status_code == 200
    for at, status in (("::ffff:10.0.0.1", 200), ("::ffff:10.0.0.2", 200)):
        async with client_of(throttled, at=at) as client:
            assert [(await client.post("/oauth/token")).status_code for _ in range(3)] == [status] * 3


async def test_whom_a_system_names_makes_no_count_of_its_own(throttled: Bounds) -> None:
    async with client_of(throttled) as client:
        asked = [await client.get("/fhir/r4/x", headers=who(f"epd-1|person-{n}")) for n in range(4)]
        assert [a.status_code for a in asked] == [200, 200, 200, 429]
        assert (await client.get("/fhir/r4/x", headers=who("epd-2|person-1"))).status_code == 200


async def test_open_addresses_are_counted_by_address_and_files_are_not(throttled: Bounds) -> None:
    async with client_of(throttled) as client:
        statuses = [(await client.post("/oauth/token")).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        assert (await client.get("/static/stijl.css")).status_code == 200
        assert (await client.get("/health/live")).status_code == 200


async def test_nothing_is_counted_where_nothing_is_configured() -> None:
    async with client_of(Bounds()) as client:
        for _ in range(50):
            assert "ratelimit" not in (await client.get("/api/v1/x", headers=who("epd-1"))).headers
    free = RedisThrottle(no_redis, 0, 1, 0)
    await free.failed("1.2.3.4")
    assert (await free.take("x"), free.shut_out("1.2.3.4")) == (None, 0.0)


async def test_an_answer_that_does_not_begin_in_time_is_given_up_on() -> None:
    bounds = Bounds(Limits(seconds=0.02))
    async with client_of(bounds) as client:
        late = await client.get("/fhir/stu3/slow", headers=who("epd-1"))
        assert (late.status_code, late.json()["issue"][0]["code"]) == (503, "timeout")
        assert "[access.limits] seconds" in late.text
        assert late.headers["retry-after"]
        posted = await client.post("/api/v1/slow", headers=who("epd-1"))
        assert "look before sending it again" in posted.json()["detail"]
        assert (await client.get("/api/v1/x", headers=who("epd-1"))).status_code == 200


async def test_names_and_origins_once_access_is_configured() -> None:
    bounds = Bounds(hosts=frozenset({"intern.example:8443"}))
    async with client_of(bounds, "https://zorg.example", "http://zorg.example") as client:
        answer = await client.get("/api/v1/x", headers=who("epd-1"))
        assert answer.status_code == 200
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert answer.headers["cache-control"] == "no-store"
        for host, status in (("intern.example:8443", 200), ("zorg.example:443", 200), ("evil.example", 421)):
            assert (await client.get("/api/v1/x", headers={**who("epd-1"), "Host": host})).status_code == status
        for origin, status in (("https://zorg.example", 200), ("https://evil.example", 403), ("null", 403)):
            posted = await client.post("/api/v1/x", headers={**who("epd-1"), "Origin": origin})
            assert posted.status_code == status
    async with client_of(Bounds()) as client:
        assert "strict-transport-security" not in (await client.get("/api/v1/x", headers=who("epd-1"))).headers


async def test_sizes_and_numbers_are_named() -> None:
    async with client_of(Bounds(Limits(body=10, fhir_body=20, parameters=2))) as client:
        too_long = await client.post("/api/v1/x", content=b"x" * 11, headers=who("epd-1"))
        assert (too_long.status_code, "[access.limits] body" in too_long.text) == (413, True)
        assert (await client.post("/fhir/r4", content=b"x" * 20, headers=who("epd-1"))).status_code == 200
        fhir = await client.post("/fhir/r4", content=b"x" * 21, headers=who("epd-1"))
        assert (fhir.json()["issue"][0]["code"], "fhir_body" in fhir.text) == ("too-long", True)
        many = await client.get("/fhir/r4/x?a=1&b=2&c=3", headers=who("epd-1"))
        assert (many.status_code, "at most 2 parameters" in many.text) == (400, True)


@pytest.fixture
async def narrow(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The FHIR endpoint with narrow limits."""
    bounds = Bounds(Limits(depth=8, entries=2, page=3, parameters=4))
    with fhir_server.open_service(tmp_path) as service:
        transport = httpx.ASGITransport(fhir_server.door(service, bounds=bounds))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client
        await service.aclose()


async def test_the_fhir_endpoint_keeps_its_bounds(narrow: httpx.AsyncClient) -> None:
    async def sent(resource: dict[str, Any], media: str = "json") -> tuple[int, str, str]:
        headers = {**fhir_server.VP, "Content-Type": f"application/fhir+{media}"}
        answer = await narrow.post("/fhir/stu3", content=json.dumps(resource), headers=headers)
        issue = answer.json().get("issue", [{"code": "", "diagnostics": ""}])[0]
        return answer.status_code, issue["code"], issue["diagnostics"]

    put = fhir_server.put_entry
    pair = [put(fhir_server.patient("w1")), put(fhir_server.patient("w2", None))]
    assert (await sent(fhir_server.transaction(*pair)))[0] == 200
    third = [put(fhir_server.patient("w3", None)), put(fhir_server.patient("w4", None))]
    status, code, text = await sent(fhir_server.transaction(*pair, *third))
    assert (status, code, "at most 2 entries ([access.limits] entries)" in text) == (413, "too-long", True)
    assert (await sent(fhir_server.transaction(*third)))[0] == 200
    deep: dict[str, Any] = {"url": "x"}
    for _ in range(4):
        deep = {"url": "x", "extension": [deep]}
    status, code, text = await sent(fhir_server.transaction(put({**fhir_server.patient("w1"), "extension": [deep]})))
    assert (status, code, "[access.limits] depth" in text) == (400, "too-costly", True)
    for count in ("", "&_count=1000"):
        page = (await narrow.get(f"/fhir/stu3/Patient?_format=json{count}")).json()
        assert len(page["entry"]) == 3
        assert [link["relation"] for link in page["link"]] == ["self", "next"]
    form = {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}
    many = await narrow.post("/fhir/stu3/Patient/_search", data=form)
    assert (many.status_code, many.json()["issue"][0]["code"]) == (400, "too-costly")


@pytest.mark.parametrize(("most", "found"), [(1, True), (3, True), (4, False)])
def test_depth_is_counted_no_further_than_needed(most: int, found: bool) -> None:
    assert deeper({"a": [{"b": [1]}, 2]}, most) is found


def test_depth_of_a_bomb_costs_nothing() -> None:
    bomb: list[object] = []
    for _ in range(100_000):
        bomb = [bomb]
    assert deeper(bomb, 40)
    while bomb:  # taken apart by hand: freeing it whole would recurse
        bomb = bomb.pop()  # type: ignore[assignment]


def test_so_many_at_once_and_so_many_a_minute() -> None:
    rate = Gcra(60, 5)
    assert rate.take("a", 3, 0.0) == (3, 2, 0.0)
    assert rate.take("a", 10, 0.0) == (2, 0, 0.0)
    given, _, wait = rate.take("a", 1, 0.0)
    assert (given, round(wait, 6)) == (0, 1.0)
    assert rate.take("b", 1, 0.0)[0] == 1
    assert rate.take("a", 10, 1.0)[0] == 1
    assert rate.take("a", 10, 100.0)[0] == 5


def test_what_was_given_never_exceeds_the_rate() -> None:
    rate, given = Gcra(600, 20), 0
    for step in range(1000):
        given += rate.take("a", 3, step * 0.05)[0]
    assert given <= 20 + 600 * (1000 * 0.05) / 60
    assert given >= 600 * (999 * 0.05) / 60


def test_the_bounds_are_those_of_the_configuration() -> None:
    given = AccessSettings.model_validate(
        {"issuer": "https://zorg.example", "hosts": "Intern:8443 b", "limits": {"page": 50, "seconds": 0}}
    )
    bounds = bounds_of(given, no_redis)
    assert (bounds.limits.page, bounds.limits.seconds, bounds.limits.entries) == (50, 0.0, 5000)
    assert bounds.hosts == {"intern:8443", "b"}
    assert bounds.throttle is not None
    off = given.model_copy(update={"limits": LimitSettings(per_minute=0, failures_per_minute=0)})
    assert bounds_of(off, no_redis).throttle is None
    assert bounds_of(None, no_redis) == Bounds()
