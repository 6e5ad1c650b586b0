"""We as a client of SMART Backend Services: a token of the source, asked for with our key. The source is ourselves."""

from __future__ import annotations

import gzip
import json
import time
from contextlib import asynccontextmanager

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapter.connectors import Ask, Auth, ConfigurationError, Limits, SourceConfig, connect, read_key
from adapter.connectors.errors import FailedError, RefusedError, UnreachableError
from adapter.connectors.http import Http
from adapter.model.evidence import Organisation
from adapter.model.sources import FhirVersion, SourceInfo, SourceState
from support.fhir_server import JSON, door, episode, observation, open_service, patient, put_entry, transaction
from support.systems_world import EC_KEY, RSA_KEY, World, client

BASE = "http://localhost/fhir/stu3"
FULL = client("adapter", source="vp", organisation="agb:08000000", scopes=("system/*.cruds",))
QUICK = Limits(attempts=1)


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key.json"
    path.write_text(json.dumps(EC_KEY.as_dict(private=True)))
    return Auth("smart-backend", client_id="adapter", key_file=path)


class Counted(httpx.AsyncBaseTransport):
    """The requests that passed."""

    def __init__(self, inner):
        self.inner, self.paths = inner, []

    async def handle_async_request(self, request):
        self.paths.append(request.url.path)
        return await self.inner.handle_async_request(request)


@asynccontextmanager
async def source(tmp_path, **more):
    world = World((FULL,), at=time.time(), issuer="http://localhost", **more)
    with open_service(tmp_path) as service:
        transport = Counted(httpx.ASGITransport(door(service, entrance=world.entrance)))
        yield world, transport
        await service.aclose()


async def test_a_pull_from_a_source_that_asks_for_a_token(tmp_path, key):
    async with source(tmp_path) as (world, transport):
        token = (await world.ask("system/*.cruds", id="adapter", jti="fill"))["access_token"]
        body = transaction(*map(put_entry, (patient(), episode(), observation("o1"))))
        async with httpx.AsyncClient(transport=transport) as http:
            sent = await http.post(BASE, json=body, headers={**JSON, "Authorization": f"Bearer {token}"})
            assert sent.status_code == 200
        info = SourceInfo("own", "Own", Organisation("agb:08001234"), "nictiz", FhirVersion.STU3)
        connector = connect(SourceConfig(info, "fhir", BASE, auth=key, limits=QUICK), transport)
        got = []

        async def deliver(received):
            got.extend(received)

        outcome = await connector.pull(Ask(discover=True), deliver)
        assert outcome.state is SourceState.ANSWERED, outcome.problems
        assert {one.type for one in got} >= {"Patient", "EpisodeOfCare", "Observation"}
        assert transport.paths.count("/oauth/token") == 1


async def read(http):
    return (await http.get("Patient")).body


async def test_one_token_for_many_calls_and_another_before_it_ends(tmp_path, key):
    async with source(tmp_path) as (world, transport), Http(BASE, key, QUICK, transport) as http:
        await read(http)
        await read(http)
        assert transport.paths.count("/oauth/token") == 1
        http._shown._now = lambda: time.time() + 290
        world.at = time.time() + 290
        await read(http)
        assert transport.paths.count("/oauth/token") == 2


async def test_a_token_that_is_refused_is_asked_for_anew_once(tmp_path, key):
    async with source(tmp_path) as (world, transport), Http(BASE, key, QUICK, transport) as http:
        await read(http)
        world.at += 400  # at the source it has expired; we think that it holds
        http._shown._now = lambda: world.at
        http._shown._until = world.at + 100
        await read(http)
        assert transport.paths.count("/oauth/token") == 2


async def test_the_token_endpoint_of_the_configuration(tmp_path, key):
    from dataclasses import replace

    given = replace(key, token_url="http://localhost/oauth/token")
    async with source(tmp_path) as (_, transport), Http(BASE, given, QUICK, transport) as http:
        await read(http)
        assert not any("well-known" in path for path in transport.paths)


async def test_not_registered(tmp_path, key):
    from dataclasses import replace

    given = replace(key, client_id="another")
    async with source(tmp_path) as (_, transport), Http(BASE, given, QUICK, transport) as http:
        with pytest.raises(RefusedError, match="invalid_client") as error:
            await read(http)
        assert "eyJ" not in str(error.value)


PACKED = gzip.compress(b'{"access_token": "x"}')


def answering(**by_path):
    def answer(request):
        name = "token" if request.url.path.endswith("/token") else "discovery"
        given = by_path.get(name, {"token_endpoint": "http://localhost/token"})
        return given if isinstance(given, httpx.Response) else httpx.Response(200, json=given)

    return httpx.MockTransport(answer)


@pytest.mark.parametrize(
    ("by_path", "error"),
    [
        ({"discovery": {}}, FailedError),
        ({"discovery": {"token_endpoint": "http://elsewhere.example/token"}}, FailedError),
        ({"discovery": {"token_endpoint": "https://elsewhere.example/token"}}, FailedError),
        ({"discovery": {"token_endpoint": "http://localhost:81/token"}}, FailedError),
        ({"discovery": {"token_endpoint": "http://localhost:x/token"}}, FailedError),
        ({"discovery": httpx.Response(200, content=b'{"a": "' + b"x" * 70_000 + b'"}')}, FailedError),
        ({"token": httpx.Response(200, content=b" " * 70_000)}, FailedError),
        ({"token": httpx.Response(200, content=PACKED, headers={"Content-Encoding": "gzip"})}, FailedError),
        ({"discovery": []}, FailedError),
        ({"discovery": httpx.Response(404)}, FailedError),
        ({"discovery": httpx.Response(503)}, UnreachableError),
        ({"token": httpx.Response(401, json={"error": "invalid_client"})}, RefusedError),
        ({"token": httpx.Response(400, content=b"<html>")}, RefusedError),
        ({"token": httpx.Response(302, headers={"Location": "https://x.example"})}, FailedError),
        ({"token": {"access_token": "a b"}}, FailedError),
        ({"token": {"token_type": "bearer"}}, FailedError),
    ],
    ids=range(16),
)
async def test_a_token_endpoint_that_gives_none(key, by_path, error):
    async with Http(BASE, key, QUICK, answering(**by_path)) as http:
        with pytest.raises(error):
            await read(http)


def pem(key):
    return key.raw_value.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    ("text", "kid"),
    [
        (json.dumps(RSA_KEY.as_dict(private=True)), "rsa"),
        (json.dumps({"keys": [EC_KEY.as_dict(private=True)]}), "ec"),
        (pem(EC_KEY), "own"),
        (pem(RSA_KEY), "own"),
    ],
    ids=["jwk", "jwks", "ec-pem", "rsa-pem"],
)
def test_how_a_key_may_be_written(monkeypatch, text, kid):
    monkeypatch.setenv("THE_KEY", text)
    auth = Auth("smart-backend", client_id="c", key_env="THE_KEY", kid=kid)
    assert read_key(auth).is_private


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no private key"),
        ("nonsense", "no private key"),
        ("{}", "no private key"),
        ('{"keys": []}', "no private key"),
        (json.dumps(EC_KEY.as_dict(private=False)), "public key"),
        (pem(EC_KEY), "auth.kid"),
        (json.dumps({**RSA_KEY.as_dict(private=True), "alg": "ES384"}), "no private key"),
    ],
    ids=range(7),
)
def test_a_key_that_cannot_sign(monkeypatch, text, what):
    monkeypatch.setenv("THE_KEY", text)
    with pytest.raises(ConfigurationError, match=what) as error:
        read_key(Auth("smart-backend", client_id="c", key_env="THE_KEY"))
    assert "THE_KEY" in str(error.value)


async def test_a_key_that_is_not_there_is_said_and_nothing_asked(tmp_path):
    auth = Auth("smart-backend", client_id="c", key_file=tmp_path / "none.json")
    with pytest.raises(FailedError):
        async with Http(BASE, auth, QUICK, answering()):
            pass
