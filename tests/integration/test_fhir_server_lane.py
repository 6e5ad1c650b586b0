"""The short way to read by id answers as the long way does, and what another worker changed is seen at once."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from types import SimpleNamespace

import httpx
import pytest

from adapter import bootstrap
from adapter.access import AuditEvent, EventType
from adapter.api.fhir.lane import Lane
from adapter.asgi import build
from adapter.bootstrap import throttle
from adapter.model.wire import from_json
from support.fhir_server import encounter, episode, observation, patient, put_entry, transaction
from support.systems_configured import KEY, PREGNANCY, configured, form

pytestmark = pytest.mark.integration

HOST = "http://localhost"
OTHER = """
[[access.client]]
id = "epd-ander"
name = "EPD van een ander"
agb = "08009999"
scopes = ["system/*.rs"]
jwks_file = "epd-groen.jwks.json"
[[access.client]]
id = "app"
name = "PGO"
subject = "woman"
source = "vp"
scopes = ["patient/*.rs"]
jwks_file = "epd-groen.jwks.json"
[access.limits]
{limits}
"""
BIG = observation("big", comment="Lorem ipsum dolor sit amet. " * 80)


class World:
    """Two workers over one store; the first knows the long way alone."""

    def __init__(self, folder, limits: str) -> None:
        config = configured(folder, HOST)
        config.write_text(config.read_text() + OTHER.format(limits=limits))
        self.workers = [bootstrap.open_application(config) for _ in range(2)]
        self.apps = [build(worker) for worker in self.workers]
        self.apps[0].lane = None
        self.long, self.short = (
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOST) for app in self.apps
        )

    async def token(self, who: str = "epd-groen", scope: str = "system/*.cruds", **claims: str) -> dict[str, str]:
        """A token, known to both workers."""
        given = form(HOST, scope, who)
        if claims:
            from joserfc import jws

            from support.systems_world import signed

            said = json.loads(jws.extract_compact(given["client_assertion"].encode()).payload)
            given["client_assertion"] = signed({**said, **claims}, KEY)
        answer = await self.long.post("/oauth/token", data=given)
        assert answer.status_code == 200, answer.text
        shown = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        for client in (self.long, self.short):
            assert (await client.get("/fhir/stu3/metadata", headers=shown)).status_code == 200
            await client.get("/fhir/stu3/Patient/w1", headers=shown)
        return shown

    def lines(self) -> list[AuditEvent]:
        """The audit log, newest first."""
        return [from_json(AuditEvent, line) for line in self.workers[0]._rooms.store.audit(limit=50)]


@asynccontextmanager
async def world(folder, limits: str = "per_minute = 6000"):
    made = World(folder, limits)
    try:
        shown = await made.token()
        dossier = [patient(), episode(period={"start": "2026-02-01"}), PREGNANCY, encounter("c1"), BIG]
        sent = await made.long.post("/fhir/stu3", json=transaction(*map(put_entry, dossier)), headers=shown)
        assert sent.status_code == 200, sent.text
        await made.workers[0].fhir.aclose()
        yield made, shown
    finally:
        for client, worker in zip((made.long, made.short), made.workers, strict=True):
            await client.aclose()
            await worker.aclose()


@pytest.fixture
def taken(monkeypatch) -> SimpleNamespace:
    """How many requests went the short way."""
    seen, before = SimpleNamespace(count=0), Lane._read

    async def read(self, asked):
        seen.count += 1
        return await before(self, asked)

    monkeypatch.setattr(Lane, "_read", read)
    monkeypatch.setattr(throttle, "_LOT_SECONDS", 600.0)  # however slow the machine is
    return seen


def told(response: httpx.Response) -> tuple[object, ...]:
    """What is the same each time."""
    changing = {"x-request-id", "ratelimit", "date"}
    return (
        response.status_code,
        sorted((k, v) for k, v in response.headers.items() if k not in changing),
        response.content,
    )


def kept(event: AuditEvent) -> tuple[object, ...]:
    return event.type, event.user, event.patient, event.entities, event.policy, event.checks, event.token, event.purpose


PLAIN = [
    ("Observation/big", {}, 200),
    ("Observation/big", {"Accept": "application/fhir+xml"}, 200),
    ("Observation/big", {"Accept": "text/plain, application/json;q=0.5"}, 200),
    ("Observation/big", {"If-None-Match": 'W/"1"'}, 304),
    ("Observation/big", {"If-None-Match": 'W/"2"'}, 200),
    ("Observation/big", {"Accept-Encoding": "identity"}, 200),
    ("Observation/big", {"X-Request-ID": "abc", "X-Correlation-ID": "def", "MedMij-Request-ID": "ghi"}, 200),
    ("Observation/big", {"X-Correlation-ID": "999911120"}, 200),
    ("Observation/big", {"Prefer": "handling=strict"}, 200),
    ("Patient/w1", {}, 200),
    ("Patient/nobody", {}, 404),
    ("EpisodeOfCare/e1", {}, 200),
]
LONG = [
    ("Observation/big?_format=xml", {}, 200),
    ("Observation?patient=Patient/w1&_format=xml", {}, 200),
    ("Observation?nonsense=1&_format=xml", {}, 400),
    ("Observation?_format=ttl", {}, 406),
    ("Observation/big", {"Accept": "image/png"}, 406),
    ("Observation/big", {"Host": "elsewhere.example"}, 421),
    ("Observation/big", {"X-Noodtoegang": "x"}, 200),
    ("Observation/big", {"Authorization": "Bearer nothing"}, 401),
    ("Observation/_big", {}, 404),
    ("Observation/big/_history/1", {}, 200),
    ("AuditEvent/1", {}, 403),
    ("Subscription/1", {}, 404),
    ("Nothing/1", {}, 404),
]


async def test_both_ways_answer_the_same(tmp_path, taken):
    async with world(tmp_path) as (both, shown):
        for address, headers, status in [*PLAIN, *LONG]:
            plain = (address, headers, status) in PLAIN
            before = taken.count
            given = {**shown, **headers}
            answers = [await client.get(f"/fhir/stu3/{address}", headers=given) for client in (both.long, both.short)]
            assert answers[1].status_code == status, (address, headers, answers[1].text)
            assert told(answers[0]) == told(answers[1]), (address, headers)
            assert taken.count == before + plain, (address, headers)
            newest, before_it = both.lines()[:2]
            if status in (200, 304) and "_" not in address:
                assert newest.type is EventType.READ
                assert kept(newest) == kept(before_it)
            for name in ("X-Request-ID", "X-Correlation-ID"):
                assert newest.request_id != headers.get(name) or answers[1].headers["x-request-id"] == headers[name]
        assert both.workers[1]._rooms.store.verify_audit() is None


WHO = [
    ("epd-groen", "system/Observation.r", 200),
    ("epd-groen", "system/Observation.r?code=161714006", 404),
    ("epd-groen", "system/Patient.r", 403),
    ("epd-groen", "system/Observation.s", 403),
    ("epd-ander", "system/*.rs", 404),
    ("igo", "system/*.rs", 403),
]


async def test_who_may_not_see_it_does_not_see_it_by_the_short_way(tmp_path):
    async with world(tmp_path) as (both, _):
        for who, scope, status in WHO:
            shown = await both.token(who, scope)
            ways = (both.long, both.short)
            answers = [await client.get("/fhir/stu3/Observation/big", headers=shown) for client in ways]
            assert [a.status_code for a in answers] == [status] * 2, (who, scope, answers[1].text)
            assert told(answers[0]) == told(answers[1]), (who, scope)
            newest, before_it = both.lines()[:2]
            if status == 403:
                assert newest.type is EventType.DENIED
                assert kept(newest) == kept(before_it), (who, scope)


async def test_the_woman_of_a_token_sees_no_bsn(tmp_path, taken):
    async with world(tmp_path) as (both, source):
        with_bsn = patient(identifier=[{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": "999911120"}])
        await both.long.put("/fhir/stu3/Patient/w1", json=with_bsn, headers=source)
        await both.workers[0].fhir.aclose()
        shown = await both.token("app", "patient/*.rs", patient="vp/Patient/w1")
        before = taken.count
        answers = [await client.get("/fhir/stu3/Patient/w1", headers=shown) for client in (both.long, both.short)]
        assert told(answers[0]) == told(answers[1])
        assert answers[1].status_code == 200
        assert "999911120" not in answers[1].text
        assert taken.count == before + 1
        assert "999911120" in (await both.short.get("/fhir/stu3/Patient/w1", headers=source)).text


async def test_what_another_worker_wrote_is_read_at_once(tmp_path, taken):
    async with world(tmp_path) as (both, shown):
        for number in range(1, 4):
            changed = observation("o9", comment=f"version {number}")
            sent = await both.long.put("/fhir/stu3/Observation/o9", json=changed, headers=shown)
            assert sent.status_code in (200, 201)
            read = await both.short.get("/fhir/stu3/Observation/o9", headers=shown)
            assert (read.json()["comment"], read.headers["etag"]) == (f"version {number}", f'W/"{number}"')
        assert taken.count >= 3


async def test_what_another_worker_removed_is_gone_at_once(tmp_path, taken):
    from datetime import UTC, datetime

    from adapter.model.sources import RecordKey

    async with world(tmp_path) as (both, shown):
        assert (await both.short.get("/fhir/stu3/Observation/big", headers=shown)).status_code == 200
        both.workers[0]._rooms.store.forget(RecordKey("vp", "Patient/w1"), "asked by her", datetime.now(UTC))
        assert (await both.short.get("/fhir/stu3/Observation/big", headers=shown)).status_code == 404


async def test_a_token_that_expires_is_refused(tmp_path, taken):
    async with world(tmp_path) as (both, shown):
        assert (await both.short.get("/fhir/stu3/Patient/w1", headers=shown)).status_code == 200
        tokens, before = both.workers[1].entrance._tokens, taken.count
        now = tokens._now
        tokens._now = lambda: now() + 301
        refused = await both.short.get("/fhir/stu3/Patient/w1", headers=shown)
        assert (refused.status_code, taken.count) == (401, before)
        assert "expired" in refused.text


async def test_what_is_over_the_limit_is_turned_away(tmp_path):
    async with world(tmp_path, "per_minute = 60\nburst = 40") as (both, shown):
        answers = [await both.short.get("/fhir/stu3/Patient/w1", headers=shown) for _ in range(45)]
        assert {a.status_code for a in answers} == {200, 429}
        assert all("ratelimit" in a.headers for a in answers)
        assert answers[-1].headers["retry-after"]


async def test_without_a_log_nothing_is_read(tmp_path, monkeypatch):
    async with world(tmp_path) as (both, shown):

        def broken(*_):
            raise OSError("the disk is full")

        monkeypatch.setattr(both.workers[1].fhir.audit._pen, "commit", broken)
        answer = await both.short.get("/fhir/stu3/Observation/big", headers=shown)
        assert answer.status_code == 500
        assert "Lorem" not in answer.text
        assert answer.headers["cache-control"] == "no-store"
