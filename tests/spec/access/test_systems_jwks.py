"""The public keys of systems: by URL, kept as long as allowed; in a file, read anew when it changes."""

from __future__ import annotations

import asyncio
import json
import os

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from adapter.access.systems import FileKeys, JwksError, RemoteKeys, read_jwks
from adapter.access.systems.keys import INTERVAL, LONGEST, MOST_BYTES, PAUSE, USUAL, lifetime
from support.systems_world import EC_KEY, RSA_KEY, World, client, jwks, signed

URL = "https://epd.example/jwks.json"


class Server:
    """A JWKS by URL, and how often it was fetched."""

    def __init__(self, *keys, cache="max-age=60"):
        self.body, self.cache, self.status = jwks(*keys), cache, 200
        self.location = "https://elsewhere.example/jwks"
        self.asked: list[str] = []
        self.at = 1000.0
        self.remote = RemoteKeys(URL, lambda: self.at, httpx.MockTransport(self.answer))

    def answer(self, request):
        self.asked.append(str(request.url))
        headers = {"Cache-Control": self.cache} if self.cache else {}
        return httpx.Response(self.status, content=self.body, headers={**headers, "Location": self.location})


async def test_it_is_fetched_once_while_it_may_be_kept():
    server = Server(EC_KEY)
    assert [key.kid for key in await server.remote.find("ec")] == ["ec"]
    server.at += 59
    await server.remote.find("ec")
    assert server.asked == [URL]
    server.at += 2
    await server.remote.find("ec")
    assert len(server.asked) == 2


async def test_many_at_once_fetch_once():
    server = Server(EC_KEY)
    await asyncio.gather(*(server.remote.find("ec") for _ in range(20)))
    assert len(server.asked) == 1


async def test_a_new_key_is_fetched_for_at_once_and_then_not_too_often():
    server = Server(EC_KEY, cache="max-age=3600")
    await server.remote.find("ec")
    server.at += INTERVAL
    server.body = jwks(EC_KEY, RSA_KEY)
    assert await server.remote.find("rsa")
    for _ in range(5):
        assert await server.remote.find("made up") == ()
    assert len(server.asked) == 2
    server.at += INTERVAL
    assert await server.remote.find("made up") == ()
    assert len(server.asked) == 3


async def test_a_key_that_was_withdrawn_counts_no_more():
    server = Server(EC_KEY)
    await server.remote.find("ec")
    server.body = jwks(RSA_KEY)
    server.at += 61
    assert await server.remote.find("ec") == ()


async def test_nothing_is_kept_where_that_is_asked():
    server = Server(EC_KEY, cache="no-store")
    await server.remote.find("ec")
    await server.remote.find("ec")
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, USUAL),
        ("public", USUAL),
        ("max-age=60", 60),
        ("public, max-age=10", 10),
        ("MAX-AGE=10", 10),
        ("max-age=99999999", LONGEST),
        ("no-store", 0),
        ("no-cache, max-age=60", 0),
        ("s-maxage=5", USUAL),
    ],
)
def test_how_long_it_is_kept(header, seconds):
    assert lifetime(header) == seconds


@pytest.mark.parametrize("status", [301, 302, 307, 404, 500])
async def test_no_redirect_is_followed_and_no_error_taken(status):
    server = Server(EC_KEY)
    server.status = status
    with pytest.raises(JwksError, match=str(status)):
        await server.remote.find("ec")
    assert server.asked == [URL]


async def test_a_server_that_failed_is_left_alone_for_a_moment():
    server = Server(EC_KEY)
    server.status = 500
    for _ in range(3):
        with pytest.raises(JwksError, match="500"):
            await server.remote.find("ec")
    assert len(server.asked) == 1
    server.status = 200
    server.at += PAUSE
    assert await server.remote.find("ec")


async def test_too_large():
    server = Server(EC_KEY)
    server.body = server.body[:-1] + b" " * MOST_BYTES + b"}"
    with pytest.raises(JwksError, match="bytes"):
        await server.remote.find("ec")


async def test_a_server_that_is_gone():
    def gone(request):
        raise httpx.ConnectError("no")

    with pytest.raises(JwksError, match="ConnectError"):
        await RemoteKeys(URL, lambda: 0.0, httpx.MockTransport(gone)).find("ec")


async def test_in_a_file(tmp_path):
    path = tmp_path / "jwks.json"
    path.write_bytes(jwks(EC_KEY))
    keys = FileKeys(path)
    assert await keys.find("ec")
    assert await keys.find("rsa") == ()
    path.write_bytes(jwks(EC_KEY, RSA_KEY))
    os.utime(path, ns=(1, 1))
    assert await keys.find("rsa")
    path.unlink()
    with pytest.raises(JwksError):
        await keys.find("ec")


def listed(*keys):
    return json.dumps({"keys": list(keys)}).encode()


PUBLIC = EC_KEY.as_dict(private=False)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "no JWKS"),
        (b"[]", "no JWKS"),
        (b'{"keys": 5}', "list"),
        (b"[" * 100_00, "no JWKS"),
        (listed(), "no key"),
        (listed(5), "no key"),
        (listed(EC_KEY.as_dict(private=True)), "private"),
        (listed(OctKey.generate_key(256, {"kid": "o"}).as_dict(private=True)), "symmetric"),
        (listed({**PUBLIC, "x": "!"}), "cannot be read"),
        (listed({**PUBLIC, "crv": "P-000"}), "cannot be read"),
        (listed({k: v for k, v in PUBLIC.items() if k != "kid"}), "kid"),
        (listed({**PUBLIC, "use": "enc"}), "no key to sign"),
        (listed({**PUBLIC, "kty": "OKP"}), "no key to sign"),
        (listed(*[PUBLIC] * 51), "at most"),
    ],
    ids=range(14),
)
def test_what_is_no_jwks_of_public_keys(body, what):
    with pytest.raises(JwksError, match=what):
        read_jwks(body)


@pytest.mark.filterwarnings("ignore")
def test_a_short_rsa_key():
    short = RSAKey.generate_key(1024, {"kid": "short"})
    with pytest.raises(JwksError, match="1024"):
        read_jwks(jwks(short))


def test_other_keys_beside_those_that_sign():
    odd = {"kty": "OKP", "crv": "Ed25519", "kid": "x", "x": "A"}
    assert [key.kid for key in read_jwks(listed(odd, PUBLIC))] == ["ec"]


async def test_a_system_whose_keys_cannot_be_had_is_refused():
    server = Server(EC_KEY)
    server.status = 500
    error = await World((client(keys=server.remote),)).refused()
    assert (error.error, "500" in str(error)) == ("invalid_client", True)


async def test_jku_must_be_the_registered_one():
    world = World((client(keys=Server(EC_KEY).remote),))
    assert await world.ask(assertion=signed(world.claims(), jku=URL))
    assert "jku" in str(await world.refused(assertion=signed(world.claims(jti="2"), jku=f"{URL}x")))
